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

#ifdef __cplusplus
}
#endif
#endif
