// The loudspeaker bridge: says notices and alerts aloud, and has them heard to their end before it
// says "done".
#ifndef LT_SPEAKER_SPEAKER_H
#define LT_SPEAKER_SPEAKER_H

#include <lienthon/bridge.h>

extern const struct lt_bridge speaker_bridge;

#endif
