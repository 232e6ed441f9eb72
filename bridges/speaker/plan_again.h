// For plan.c alone: what is said more than once. A notice with a schedule, at each of its times; what concerns life and
// property, until it is over.
#ifndef LT_SPEAKER_PLAN_AGAIN_H
#define LT_SPEAKER_PLAN_AGAIN_H

#include "plan.h"

enum { PLAN_TEXT = 600 };

// Reads whether it is one, and what was said of it in an earlier life. LT_BODY_WRONG: its schedule.
enum lt_code again_read(const struct zone *zone, struct entry *entry, struct lt_error *error);
// Puts the item of a series to its next time, and into the plan; out of it, where it names a programme that there is not. false:
// it has none any more.
bool again_place(struct zone *zone, struct entry *entry, uint64_t now);
// It was handed over and has ended. Reports and remembers that, and puts the item to its next time, into the plan. false: that
// was its last; of what is not to be repeated any more nothing is reported.
bool again_goes_on(struct zone *zone, struct entry *entry, enum lt_settled outcome,
                   const char *why);
// What is said until it is over does not wait longer for a clock that was put back.
void again_keep_up(const struct zone *zone, struct entry *entry, uint64_t now);
bool again_is_all_clear(const struct lt_part *message);
// May it say of that one that it is over?
bool again_clears(const struct lt_part *clear, const struct lt_part *message);

// plan.c: ends the repeating of what this all-clear is for.
void plan_all_clear(struct zone *zone, const struct lt_part *clear);
// plan_hours.c: those of the instance's disk, else the built-in ones; the instance's own options come before both.
void plan_hours_load(struct zone *zone);

#endif
