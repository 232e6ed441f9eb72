// For plan.c alone: how what it has taken ends. Each takes the entry.
#ifndef LT_SPEAKER_PLAN_END_H
#define LT_SPEAKER_PLAN_END_H

#include "plan.h"

// Without a word: its delivery was settled, or comes again.
void end_forget(struct plan *plan, struct entry **entry);
// The last word on it.
void end_settle(struct zone *zone, struct entry **entry, enum lt_settled outcome, const char *why);
// Somebody has stopped it. Of what is said again and again what was said stays said, and the receipt says `why`, in Vietnamese; of
// what was not said yet it is `outcome`.
void end_stopped(struct zone *zone, struct entry **entry, const char *outcome, const char *why);
// The same by itself. What was tried in vain was not left out on purpose.
void end_over(struct zone *zone, struct entry **entry, const char *outcome, const char *why);
// Expired, late, without any more time in its schedule, or not to be repeated any more, by a clock that has not just jumped. true: so it was, and the entry is
// settled.
bool end_by_itself(struct zone *zone, struct entry *entry, uint64_t now);
// Would its time be over if the clock, which has just jumped, were right? Then it is neither said nor ended.
bool end_is_held(const struct zone *zone, const struct entry *entry, uint64_t now);

#endif
