// Reading what a subscription is to get from the store.
#ifndef LT_FILL_H
#define LT_FILL_H

#include "desks.h"

void fill_clear(struct fills *fills);

// Everything since then, for a new one: what fits into the queue, and how many more. fill_done follows.
void fill_count(struct broker *broker, struct subscription *sub, uint64_t since);
// Last values, for a new one. fill_done follows.
void fill_last(struct broker *broker, struct subscription *sub);
// Of the subscribe desk: what a new one begins with is known, or could not be read.
void fill_done(struct broker *broker, struct subscription *sub, enum lt_code code);

#endif
