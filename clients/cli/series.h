// A notice that is said again and again: --every, --at and --until as a schedule (notice.v1), and when that is.
#ifndef CLI_SERIES_H
#define CLI_SERIES_H

#include <jansson.h>

#include "compose.h"

enum { SERIES_TIMES = 3 };

// Sets created and expires of the draft, whose type and priority are set, and makes its schedule: *schedule is yours.
// Without --until it goes on for a year. to: the hamlets, which there are. LT_BAD_USE: what cannot be, and what is allowed.
enum lt_code series_read(struct session *session, const char *to, struct draft *draft,
                         json_t **schedule);

// Has it a schedule that can be read?
bool series_has(const struct lt_part *part);

// The next times behind `after` (ms) of a message with a schedule, by the hours of the commune that is here: how many, at most
// SERIES_TIMES; 0: there are none, or it has no schedule that can be read.
size_t series_next(const struct cli *cli, const struct lt_part *part, uint64_t after,
                   uint64_t times[SERIES_TIMES]);

// What was understood, for people: one line each, with its end. Nothing where it has no schedule.
void series_tell(const struct cli *cli, const struct lt_part *part, struct lt_buffer *out);
// The next times for programs, [{at, day, lunar, leap}]. NULL: it has no schedule.
json_t *series_json(const struct cli *cli, const struct lt_part *part);

#endif
