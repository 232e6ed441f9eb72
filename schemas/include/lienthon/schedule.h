// When a notice with a `schedule` (notice.v1) is to be done: once, or again and again by the solar or the
// lunar calendar. Pure: the same schedule gives the same times on every device.
#ifndef LIENTHON_SCHEDULE_H
#define LIENTHON_SCHEDULE_H

#include "bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

enum lt_every { LT_ONCE, LT_EVERY_DAY, LT_EVERY_WEEK, LT_EVERY_MONTH, LT_EVERY_YEAR };
enum lt_missed { LT_MISSED_SKIP, LT_MISSED_ONCE, LT_MISSED_IF_LESS_THAN };

enum { LT_SCHEDULE_TIMES = 24, LT_SCHEDULE_YEARS = 20 }; // so far ahead times are looked for

struct lt_schedule {
    uint64_t at, until;        // ms; 0: not given
    struct lt_slice programme; // a view into the body; empty: not given
    enum lt_missed missed;
    unsigned missed_minutes;
    bool is_lunar;
    enum lt_every every;
    unsigned interval;
    uint8_t weekdays;                  // bits 1 (Monday) to 7; 0: not given
    uint32_t month_days;               // bits 1 to 31, bit 0 the month's last; 0: not given
    uint16_t months;                   // bits 1 to 12; 0: not given
    uint16_t times[LT_SCHEDULE_TIMES]; // minutes of the day, ascending
    size_t time_count;
};

// Reads the value of the body's key `schedule`. false: it does not fit notice.v1.
bool lt_schedule_read(struct lt_slice schedule, struct lt_schedule *read);

struct lt_schedule_place {
    int utc_minutes; // the commune's time, ahead of UTC: 420
    int programme_minute; // of the day, when its programme begins; -1: the schedule names none that there is
    uint64_t made; // ms: the message's created; without `at` it is counted from there
};

// The first time after `after` (ms, exclusive). A day of a month that a month does not have is left out in
// that month; -1 is always its last. In the lunar calendar a leap month counts as a month, but not as one of
// `months`. false: there is none (in LT_SCHEDULE_YEARS).
bool lt_schedule_next(const struct lt_schedule *schedule, const struct lt_schedule_place *place,
                      uint64_t after, uint64_t *when);

#ifdef __cplusplus
}
#endif
#endif
