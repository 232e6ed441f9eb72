// From another rate to ours, by libsamplerate: what is too high for ours is taken out and does not come back as noise.
#ifndef LT_SPEAKER_RESAMPLE_H
#define LT_SPEAKER_RESAMPLE_H

#include "sound.h"

struct resampler;

// rate: samples a second of what comes, 4,000 to 192,000. NULL: no memory.
struct resampler *resampler_new(unsigned rate);
// Takes samples of one channel, -1 to 1, and appends what they become. last: no more come, and what is still held back is
// appended too. false: out is full, or no memory.
bool resampler_add(struct resampler *resampler, const float *samples, size_t count, bool last,
                   struct sound *out);
void resampler_destroy(struct resampler **resampler);

#endif
