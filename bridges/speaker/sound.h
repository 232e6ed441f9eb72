// Sound in memory: 22,050 samples a second, one channel, 16 bits, which is what espeak-ng gives.
#ifndef LT_SPEAKER_SOUND_H
#define LT_SPEAKER_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SOUND_RATE = 22050, SOUND_FADE = SOUND_RATE / 100 }; // a fade: 10 ms

// Begins as {.max = n}. A write past max or without memory fails and sets `failed`, and the sound
// stays as it was.
struct sound {
    int16_t *samples;
    size_t count, room, max;
    bool failed;
    bool more; // its end is still to be appended; who plays it waits there
};

bool sound_add(struct sound *sound, const int16_t *samples, size_t count);
bool sound_silence(struct sound *sound, unsigned ms);
// Louder or softer, in percent; what would be too loud is held at the limit.
void sound_scale(struct sound *sound, unsigned percent);
// The first SOUND_FADE samples from `from` on, and the last, come and go without a click. A shorter piece is
// faded as far as it goes.
void sound_fade(struct sound *sound, size_t from);
// Writes what is heard of it from `from` on when it is stopped there: at most SOUND_FADE samples that die away.
// How many they are.
size_t sound_tail(const struct sound *sound, size_t from, int16_t *tail);
void sound_empty(struct sound *sound); // keeps the room
void sound_clear(struct sound *sound); // frees
uint64_t sound_ms(size_t count);       // how long so many samples last

#endif
