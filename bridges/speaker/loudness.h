// Brings sound to one loudness (EBU R128), so that no voice, recording or chime is softer than the others.
#ifndef LT_SPEAKER_LOUDNESS_H
#define LT_SPEAKER_LOUDNESS_H

#include "sound.h"

// The samples from `from` on are made as loud as `lufs` (below 0) on the whole. Peaks whose true peak would come above -1 dBTP
// are limited, so nothing clips; what has so many that this would be heard stays softer. Silence stays silent. false: no memory.
bool loudness_level(struct sound *sound, size_t from, int lufs);

#endif
