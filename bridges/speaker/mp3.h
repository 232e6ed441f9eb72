// Speech as MP3 (MPEG-2 layer III, one channel, SOUND_RATE), each frame by itself: who joins a stream in the middle, or is
// moved from one to another, hears it from the next frame on.
#ifndef LT_SPEAKER_MP3_H
#define LT_SPEAKER_MP3_H

#include "sound.h"

#include <lienthon/bytes.h>

// BLOCK: samples in a frame, 26 ms. LATE: what the encoder and a decoder hold back together, so that a sound has left only
// when so much silence was put in behind it.
enum { MP3_BLOCK = 576, MP3_LATE = 4 * MP3_BLOCK, MP3_BYTES = 8192 };

struct mp3;

// bitrate: kbit/s, constant; the nearest that there is. LT_BAD_USE, LT_NO_MEMORY.
enum lt_code mp3_new(unsigned bitrate, struct mp3 **mp3, struct lt_error *error);
// MP3_BLOCK samples. How many of MP3_BYTES bytes were written: whole frames, or none yet; negative: the encoder failed.
int mp3_add(struct mp3 *mp3, const int16_t *samples, uint8_t *bytes);
void mp3_destroy(struct mp3 **mp3);

#endif
