// When a commune's loudspeakers speak, as commune.yaml says it (`loudspeakers`), and as they are told it
// (speaker-hours.v1).
#ifndef LIENTHON_SETTINGS_HOURS_H
#define LIENTHON_SETTINGS_HOURS_H

#include <lienthon/settings/option.h>

#ifdef __cplusplus
extern "C" {
#endif

// The names of the maps: tat-ca for all hamlets, or one; of programmes: NAME for all, HAMLET/NAME for one.
struct lt_hours {
    struct lt_option_map programmes; // sang: "05:00, 30m, days 1-6, no-closing"; an-lac/sang: none
    struct lt_option_map day, quiet; // tat-ca: "06:00-21:00"
    struct lt_option_map volume;     // tat-ca: "05:00-06:00 60, 11:30-13:30 50"
    int64_t repeat_ms;               // of what concerns life and property
};

// Checks it, and appends the body of speaker-hours.v1 (body NULL: it is only checked). hamlets: those that there are. path: of
// the file, for errors. LT_BAD_FILE: the sentence names the key and what is allowed; LT_NO_MEMORY.
enum lt_code lt_hours_pack(const struct lt_hours *hours, const struct lt_option_map *hamlets,
                           int utc_minutes, const char *path, struct lt_buffer *body,
                           struct lt_error *error);

// --- one of these texts, for whoever keeps to it ---

enum { LT_HOURS_VOLUMES = 12, LT_HOURS_PROGRAMMES = 12 };

struct lt_hours_programme {
    uint16_t at, minutes; // of the day; how long at most
    uint8_t days;         // bits 1 (Monday) to 7; 0: not given, all
    bool closing, none;   // a chime ends it; there is no such programme
};
struct lt_hours_span {
    uint16_t from, to; // minutes of the day
    uint8_t percent;   // of a volume
};
struct lt_hours_named {
    const char *name;
    struct lt_hours_programme read;
};
// The programmes of the loudspeakers of a hamlet (tat-ca: where it has none of its own), in the order of the file; none is
// left out. The names are lent from *hours. path: of the file, for errors. LT_BAD_FILE as lt_hours_pack.
enum lt_code lt_hours_programmes(const struct lt_hours *hours, const char *hamlet, const char *path,
                                 struct lt_hours_named list[LT_HOURS_PROGRAMMES], size_t *count,
                                 struct lt_error *error);
// false: it is none. What stands there then is of no use.
bool lt_hours_read_programme(const char *text, struct lt_hours_programme *programme);
bool lt_hours_read_span(const char *text, struct lt_hours_span *span);
bool lt_hours_read_volume(const char *text, struct lt_hours_span spans[LT_HOURS_VOLUMES],
                          size_t *count);
// For the rows of options. LT_BAD_USE what is allowed.
enum lt_code lt_hours_check_programme(const char *text, struct lt_error *error);
enum lt_code lt_hours_check_span(const char *text, struct lt_error *error);
enum lt_code lt_hours_check_volume(const char *text, struct lt_error *error);

#ifdef __cplusplus
}
#endif
#endif
