// The hours that a loudspeaker keeps to: an area of speaker-hours.v1, or `hours` of a speaker-state.v1.
#ifndef CLI_KEPT_H
#define CLI_KEPT_H

#include <lienthon/bytes.h>
#include <lienthon/settings/hours.h>

enum { KEPT_PROGRAMMES = 12, KEPT_NAME = 65, KEPT_TEXT = 1024 };

struct kept {
    char hamlet[KEPT_NAME];
    bool own;      // it has hours of its own
    uint64_t told; // ms since 1970: when the commune's were that it keeps to; 0: it has heard none
    struct kept_programme {
        char name[KEPT_NAME];
        struct lt_hours_programme is;
    } programmes[KEPT_PROGRAMMES]; // by name
    size_t programme_count;
    struct lt_hours_span day, quiet; // never where both hours are the same
    struct lt_hours_span volume[LT_HOURS_VOLUMES];
    size_t volume_count;
    uint64_t repeat_minutes;
};

// false: it does not fit, *kept is of no use.
bool kept_read(struct lt_slice map, struct kept *kept);
// That of the hamlet in a body of speaker-hours.v1, else that of tat-ca. false: there is none that fits.
bool kept_of_hamlet(struct lt_slice body, const char *hamlet, struct kept *kept);
// Whatever is said differently but means the same is the same.
bool kept_same(const struct kept *one, const struct kept *other);
// Can anything be heard in this programme: not where all of it lies in quiet hours, or has a volume of 0.
bool kept_is_heard(const struct kept *kept, const struct kept_programme *programme);

// As people read it, cut where it is very long: "sang 05:00 30m, chieu 17:00 30m", "06:00-21:00", "none".
struct kept_words {
    char programmes[KEPT_TEXT], day[32], quiet[32], volume[KEPT_TEXT];
};
void kept_say(const struct kept *kept, struct kept_words *words);

#endif
