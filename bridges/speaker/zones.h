// All zones of an instance: what the host hands to a target goes to its zone, and what they say of themselves is said together.
#ifndef LT_SPEAKER_ZONES_H
#define LT_SPEAKER_ZONES_H

#include "zone.h"

// Opens a zone, its outlets and its plan for each target. What was opened before it failed is for zones_close.
enum lt_code zones_open(struct speaker *speaker, struct lt_error *error);
void zones_close(struct speaker *speaker);
// The words that say where sound goes in that target's zone. Lent.
const char *zones_output(const struct speaker *speaker, const char *target);

// Of the bridge's vtable; state is a struct speaker.
void zones_deliver(void *state, lt_delivery *delivery, const struct lt_part *message);
void zones_cancel(void *state, lt_delivery *delivery, const struct lt_part *by);
void zones_told(void *state, const struct lt_part *message);
void zones_wake(void *state, int fd);
void zones_over(void *state, const char *target, const struct lt_part *message);

// For turns.c.
void zones_ask_to_be_woken(struct speaker *speaker);
// Publishes what the loudspeaker says of itself; where there are several zones, when all of them have had their turn.
void zones_tell_state(struct speaker *speaker);

#endif
