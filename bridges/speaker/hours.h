// When a loudspeaker speaks: programmes, day, quiet hours, volume, in the commune's time. Pure: the clock is handed in, in ms
// since 1970.
#ifndef LT_SPEAKER_HOURS_H
#define LT_SPEAKER_HOURS_H

#include <lienthon/bytes.h>

enum {
    HOURS_PROGRAMMES = 12,
    HOURS_VOLUMES = 12,
    HOURS_NAME = 65,
    HOURS_TEXT = 64,
    HOURS_EVERY_DAY = 0xFE
};

struct hours_span { // minutes of the day; to below from: over midnight; the same: never
    uint16_t from, to;
};

struct hours_programme {
    char name[HOURS_NAME];
    uint16_t at, minutes; // of the day; how long at most
    uint8_t days;         // bits 1 (Monday) to 7
    bool closing;         // a chime ends it
};

struct hours_volume {
    struct hours_span span;
    uint8_t percent;
};

struct hours {
    int utc_minutes; // ahead of UTC
    struct hours_programme programmes[HOURS_PROGRAMMES];
    size_t programme_count;
    struct hours_span day, quiet;
    struct hours_volume volumes[HOURS_VOLUMES];
    size_t volume_count;
    uint16_t repeat_minutes;
};

// What holds until the commune has said otherwise: programmes at 05:00 and 17:00 of half an hour, day from 06:00 to 21:00, no
// quiet hours, full volume, a flash again after 15 minutes, Việt Nam's time.
void hours_default(struct hours *hours);
// All is said as it comes: no programme, no day, no quiet hours.
void hours_at_once(struct hours *hours);
// From a speaker-hours.v1 body, for a hamlet (empty: none). false: it does not fit, *hours is as it was.
bool hours_read(struct lt_slice body, struct lt_slice hamlet, struct hours *hours);

bool hours_in(const struct hours *hours, struct hours_span span, uint64_t now);
// now, or when the span has begun (ended) next: *when. A span that never is has ended always and begins never (false).
bool hours_begin(const struct hours *hours, struct hours_span span, uint64_t now, uint64_t *when);
uint64_t hours_end(const struct hours *hours, struct hours_span span, uint64_t now);
unsigned hours_percent(const struct hours *hours, uint64_t now);

struct hours_slot { // a programme of a day
    uint64_t begin, end;
    const struct hours_programme *programme;
};
// The first that begins at `from` or later and ends after `now`. Quiet hours end it, or begin it later. false: there are none.
bool hours_slot(const struct hours *hours, uint64_t from, uint64_t now, struct hours_slot *slot);
// Is there a programme of that name on that day?
bool hours_has(const struct hours *hours, struct lt_slice name, uint64_t when);
// Minutes of the day at which the programme of that name begins; -1: there is none.
int hours_minute_of(const struct hours *hours, struct lt_slice name);

struct hours_kept {            // what is said of them
    const struct hours *hours; // lent
    const char *hamlet;        // lent; empty: of none, it keeps to those of all
    bool own;                  // the instance has hours of its own
    uint64_t told;             // ms since 1970: when the commune's were; 0: it has heard none
};
// Appends them, as `hours` of speaker-state.v1. false: no memory.
bool hours_pack(const struct hours_kept *kept, struct lt_buffer *body);

// "17:00 ngày 28/11/2026".
void hours_print(const struct hours *hours, uint64_t when, char text[HOURS_TEXT]);
// Appends all of them on one line, for a log: "programmes sang 05:00 30m; day 06:00-21:00; …". false: no memory.
bool hours_tell(const struct hours *hours, struct lt_buffer *out);

#endif
