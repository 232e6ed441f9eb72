// What is due when, in what order, and what is left over: the heart of the plan. Pure: the clock is handed in (ms since 1970),
// and it owns no item.
#ifndef LT_SPEAKER_PROGRAMME_H
#define LT_SPEAKER_PROGRAMME_H

#include <lienthon/schedule.h>

#include "hours.h"

struct programme_item {
    struct programme_item *next;
    uint8_t priority;
    uint64_t created;
    uint64_t from;      // not before: when it was made, or its hour
    bool has_hour;      // somebody has named the hour: no programme is waited for
    bool drops_late;    // it is not to be said when its time has passed
    uint64_t length_ms; // about; of itself, without what goes before and after it
    bool unmeasured;    // how long is not known yet: it is in no programme till then
    bool held;          // whether it is over is not known yet: it is not said till then
    uint64_t left_at;   // a programme had no room for it: not before its end; 0: none
};

struct programme_time {
    uint64_t when, until; // when it is said at the earliest; until when that counts as in time
    uint64_t begin;       // of its programme
    const struct hours_programme *in; // NULL: in no programme
};
// As seen at `now`; when <= now: now.
struct programme_time programme_time(const struct hours *hours, const struct programme_item *item,
                                     uint64_t now);
// Was its time, as it was meant when it was made, over `grace_ms` ago?
bool programme_is_late(const struct hours *hours, const struct programme_item *item, uint64_t now,
                       uint64_t grace_ms);

struct programme {
    struct programme_item *first;
    size_t count;
    uint64_t began, ends;             // of the one on air; 0: none is
    const struct hours_programme *on; // lent by the hours
    bool spoke;                       // something was said in it
};

void programme_add(struct programme *programme, struct programme_item *item);
bool programme_drop(struct programme *programme,
                    struct programme_item *item); // false: it is not in it
// Takes out the item that is to be said now: the higher priority first, then what was meant earlier, then what was made
// earlier. Routine ones with no hour of their own are said in a programme, as far as they fit into it; what
// fits into none is said as its first. NULL: there is none. busy: something is being said, so that only what does not wait for that is taken.
struct programme_item *programme_take(struct programme *programme, const struct hours *hours,
                                      uint64_t now, bool busy);
// Is a programme on air that has nothing more to say? Then it ends; true: a chime closes it.
bool programme_close(struct programme *programme, const struct hours *hours, uint64_t now);
// When programme_take may have something, for a timer; UINT64_MAX: never.
uint64_t programme_next(const struct programme *programme, const struct hours *hours, uint64_t now);

// --- again and again ---

struct programme_series {
    struct lt_schedule schedule; // looks into the message's body
    uint64_t made, last; // ms: the message's created; the last time that is settled, 0: none
};
// UNKNOWN: it names a programme that there is not here, or not yet, or on none of its days.
enum programme_due { PROGRAMME_OVER, PROGRAMME_DUE, PROGRAMME_UNKNOWN };
// The time that is next to be settled (it may be past, where it is to be made up for), and whether it has an hour of its own;
// *missed counts those before it that are left out, and series->last moves past them. A day on which the programme that it names
// is not on air has no time of it.
enum programme_due programme_series_next(struct programme_series *series, const struct hours *hours,
                                         uint64_t now, uint64_t grace_ms,
                                         struct programme_item *item, unsigned *missed);

#endif
