// Times as people type and read them, in the commune's time zone.
#ifndef CLI_WHEN_H
#define CLI_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include <lienthon/code.h>

// The zone that all further times are in. A Debian without tzdata knows no names: Vietnam's is told then.
void when_zone(const char *name);

// "17:00" (the next one), "17:00:30", "2026-11-22 17:00", "22/11 17:00", "22/11/2026 17:00", "2026-11-22T17:00:00+07:00"
// (also with Z), "+2h" (from now). LT_BAD_USE lists these.
enum lt_code when_parse(const char *text, uint64_t now, uint64_t *ms, struct lt_error *error);
// The same for what lies in the past: "17:00" is the last one, "-2h" is two hours ago.
enum lt_code when_past(const char *text, uint64_t now, uint64_t *ms, struct lt_error *error);
// "30m", "2h", "7d" as ms, more than 0. `option` is named in the sentence.
enum lt_code when_duration(const char *text, const char *option, uint64_t *ms,
                           struct lt_error *error);

// "17:00", "17h30", "17h" as a minute of the day. false: it is none.
bool when_minute(const char *text, unsigned *minute);
// "2026-11-22", "22/11/2026" or "22/11" (the next one): when that day is over. LT_BAD_USE; `option` is named in the sentence.
enum lt_code when_day_end(const char *text, const char *option, uint64_t now, uint64_t *ms,
                          struct lt_error *error);
// Minutes ahead of UTC, then.
int when_utc_minutes(uint64_t ms);

enum { WHEN_SIZE = 32 };
// "17:00:05", with the day ("22/11 17:00:05") when it is another than that of `now`.
void when_short(uint64_t ms, uint64_t now, char out[WHEN_SIZE]);
// "2026-11-22 17:00:05".
void when_full(uint64_t ms, char out[WHEN_SIZE]);
// "2026-11-22".
void when_day(uint64_t ms, char out[WHEN_SIZE]);
// The same for a line that only people read: in Vietnamese "22/11/2026 17:00:05" and "22/11/2026". Sentences that also
// stand in JSON keep the others.
void when_said(uint64_t ms, char out[WHEN_SIZE]);
void when_said_day(uint64_t ms, char out[WHEN_SIZE]);

#endif
