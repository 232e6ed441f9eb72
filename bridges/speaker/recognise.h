// Whether a sound is heard in what a microphone took down: by how alike the two are, wherever it begins, however loud it is there.
// Pure.
#ifndef LT_SPEAKER_RECOGNISE_H
#define LT_SPEAKER_RECOGNISE_H

#include "sound.h"

// How alike they are where they are most alike, in percent: 100 the same, about 10 what has nothing to do with it. wanted begins
// somewhere in the first `within` samples of heard. Less than half a second of wanted, silence, no memory: 0.
unsigned recognise(const int16_t *wanted, size_t wanted_count, const int16_t *heard,
                   size_t heard_count, size_t within);

#endif
