// Recordings that notices bring (speech.recording): fetched from the hub as soon as a notice is known, and kept on disk, so
// that they are there when the hub is not.
#ifndef LT_SPEAKER_RECORDING_H
#define LT_SPEAKER_RECORDING_H

#include "zone.h"

// A message that may be said, now or later: what it refers to is fetched, unless it is there. Nothing waits for it.
void recording_foresee(struct zone *zone, const struct lt_part *message);
// The job's reading has begun: it plays its recording, if it has one, and waits a moment for one that is on its way. now:
// monotonic ms.
void recording_use(struct zone *zone, struct job *job, uint64_t now);

// Where a recording of that hash lies once it has come. false: the path is too long.
bool recording_path(struct zone *zone, const uint8_t sha256[32], char *path, size_t size);

#endif
