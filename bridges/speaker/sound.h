// Sound in memory: 22,050 samples a second, one channel, 16 bits, which is what espeak-ng gives.
#ifndef LT_SPEAKER_SOUND_H
#define LT_SPEAKER_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SOUND_RATE = 22050, SOUND_FADE = SOUND_RATE / 100 }; // a fade: 10 ms

struct leaf;

struct sound_piece {
    struct leaf *leaf; // held; NULL: silence
    size_t from;       // sample of the leaf
    size_t at, count;  // where it lies in the whole
};

// Begins as {.max = n}. A write past max or without memory fails and sets `failed`, and the sound
// stays as it was. It has samples of its own (sound_add …), or is put together of pieces that others may have too
// (sound_join …), never both.
struct sound {
    int16_t *samples;
    size_t count, room, max;
    bool failed;
    bool more; // its end is still to be appended; who plays it waits there
    struct sound_piece *pieces;
    size_t piece_count, piece_room;
};

bool sound_add(struct sound *sound, const int16_t *samples, size_t count);
bool sound_silence(struct sound *sound, unsigned ms);
// Appends so many samples of a leaf, from `from` on; leaf NULL: silence.
bool sound_join(struct sound *sound, struct leaf *leaf, size_t from, size_t count);
bool sound_join_silence(struct sound *sound, unsigned ms);
// Appends the pieces of another from that sample on.
bool sound_join_rest(struct sound *sound, const struct sound *other, size_t at);
// The piece in which that sample lies; NULL: it lies behind the end, or there are no pieces. Lent until the next change.
const struct sound_piece *sound_piece_at(const struct sound *sound, size_t at);
// Samples from `at` on, as many as lie behind each other: *count, 0 at the end. Lent until the next change.
const int16_t *sound_at(const struct sound *sound, size_t at, size_t *count);
// Copies at most so many from `at` on. How many.
size_t sound_copy(const struct sound *sound, size_t at, int16_t *out, size_t count);
// Of samples of its own: louder or softer, in percent; what would be too loud is held at the limit.
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
