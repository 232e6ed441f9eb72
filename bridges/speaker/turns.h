// Says one announcement after the other in one zone.
#ifndef LT_SPEAKER_TURNS_H
#define LT_SPEAKER_TURNS_H

#include "zone.h"

// To be said now (plan.h decides when that is); Life and property interrupts what is playing,
// which fades and goes on later at the beginning of its sentence. arrived: ms since 1970, for the play log.
void turns_deliver(struct zone *zone, lt_delivery *delivery, const struct lt_part *message,
                   uint64_t arrived);
// Where words of it were heard, people are told: that it was cancelled, or, when what replaces it is said, that this is a
// correction.
void turns_cancel(struct zone *zone, lt_delivery *delivery, const struct lt_part *by);
// It is not to be said any more, and is settled as skipped, unless words of it were heard: false, then it goes on. why (lent): for
// the receipt.
bool turns_leave_out(struct zone *zone, lt_delivery *delivery, const char *why);
// Says a sentence of the loudspeaker's own, when its turn comes. words: as they are to be said. false: no memory.
bool turns_say(struct zone *zone, const char *words, uint8_t priority);
// The chime that ends a programme.
void turns_close(struct zone *zone);
// Whatever is due now.
void turns_turn(struct zone *zone);
// When turns_turn is wanted next, monotonic ms; UINT64_MAX: not before something comes.
uint64_t turns_next(const struct zone *zone);
// Publishes what the loudspeaker says of itself.
void turns_tell_state(struct zone *zone, const char *state);
// Silent, and nothing waits: what was not settled comes again.
void turns_end(struct zone *zone);

#endif
