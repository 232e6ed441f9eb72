// What all zones of an instance say of themselves, as one speaker-state.v1.
#ifndef LT_SPEAKER_ZONES_STATE_H
#define LT_SPEAKER_ZONES_STATE_H

#include "zone.h"

// Appends the body. false: no memory.
bool zones_state_write(const struct speaker *speaker, struct lt_buffer *body);

#endif
