// The pauses of a recording part it into stretches, as sentences part a text.
#ifndef LT_SPEAKER_STRETCHES_H
#define LT_SPEAKER_STRETCHES_H

#include "sound.h"

// sound: with samples of its own. Where the next stretch begins: behind the next pause after `from`, or at the end.
size_t stretches_next(const struct sound *sound, size_t from);

#endif
