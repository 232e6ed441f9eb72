// For plan.c alone: how long a notice takes in a programme; of words about, of a recording as it is measured.
#ifndef LT_SPEAKER_PLAN_LENGTH_H
#define LT_SPEAKER_PLAN_LENGTH_H

#include "announcement.h"
#include "plan.h"

// An entry that has just come, and its announcement. What waits for a programme and has a recording is measured as soon as that
// has come, and in no programme before; for one that does not come only a moment is waited, then its words count.
void length_read(const struct zone *zone, struct entry *entry, const struct announcement *said);
// Has measured what is not known yet, and takes what is. At each turn of the plan.
void length_look(struct zone *zone);

#endif
