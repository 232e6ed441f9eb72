// A part: what is heard of an announcement without a break. Begun on the player, ended in the play log.
#ifndef LT_SPEAKER_PART_H
#define LT_SPEAKER_PART_H

#include "zone.h"

enum { PART_DETAIL = 512 };

// now: a monotonic clock in ms.
enum lt_code part_begin(struct zone *zone, struct job *job, uint64_t now, struct lt_error *error);
// While it is heard: what listens to it takes it down.
void part_turn(struct zone *zone);
// The player was stopped, or came to the end: job->stopped_at samples of the reading were heard. how: as in played.h.
void part_end(struct zone *zone, struct job *job, const char *how);
// What the receipt says of what was heard, or why nobody has heard it, in Vietnamese.
void part_detail(const struct job *job, char detail[PART_DETAIL]);

#endif
