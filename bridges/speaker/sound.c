// A growing row of samples with a stated maximum, so that no text however long fills the memory.
#include "sound.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "leaf.h"

static bool make_room(struct sound *sound, size_t count)
{
    if (sound->failed || count > sound->max || sound->count > sound->max - count) {
        sound->failed = true;
        return false;
    }
    size_t need = sound->count + count;
    if (need <= sound->room)
        return true;
    size_t room = sound->room ? sound->room : SOUND_RATE;
    while (room < need)
        room *= 2;
    if (room > sound->max)
        room = sound->max;
    int16_t *samples = realloc(sound->samples, room * sizeof *samples);
    if (!samples) {
        sound->failed = true;
        return false;
    }
    sound->samples = samples;
    sound->room = room;
    return true;
}

bool sound_add(struct sound *sound, const int16_t *samples, size_t count)
{
    if (!make_room(sound, count))
        return false;
    if (count)
        memcpy(sound->samples + sound->count, samples, count * sizeof *samples);
    sound->count += count;
    return true;
}

bool sound_silence(struct sound *sound, unsigned ms)
{
    size_t count = (size_t)((uint64_t)ms * SOUND_RATE / 1000);
    if (!make_room(sound, count))
        return false;
    if (count)
        memset(sound->samples + sound->count, 0, count * sizeof *sound->samples);
    sound->count += count;
    return true;
}

// false: it is as it was, and failed.
static bool make_piece_room(struct sound *sound, size_t count)
{
    if (sound->failed || count > sound->max || sound->count > sound->max - count) {
        sound->failed = true;
        return false;
    }
    if (sound->piece_count < sound->piece_room)
        return true;
    size_t room = sound->piece_room ? 2 * sound->piece_room : 16;
    struct sound_piece *pieces = realloc(sound->pieces, room * sizeof *pieces);
    if (!pieces) {
        sound->failed = true;
        return false;
    }
    sound->pieces = pieces;
    sound->piece_room = room;
    return true;
}

bool sound_join(struct sound *sound, struct leaf *leaf, size_t from, size_t count)
{
    assert(!sound->samples);
    if (!make_piece_room(sound, count))
        return false;
    if (!count)
        return true;
    sound->pieces[sound->piece_count++] = (struct sound_piece){
        .leaf = leaf ? leaf_hold(leaf) : NULL, .from = from, .at = sound->count, .count = count};
    sound->count += count;
    return true;
}

bool sound_join_silence(struct sound *sound, unsigned ms)
{
    return sound_join(sound, NULL, 0, (size_t)((uint64_t)ms * SOUND_RATE / 1000));
}

bool sound_join_rest(struct sound *sound, const struct sound *other, size_t at)
{
    for (size_t i = 0; i < other->piece_count; i++) {
        const struct sound_piece *piece = &other->pieces[i];
        size_t skip = at > piece->at ? at - piece->at : 0;
        if (skip < piece->count &&
            !sound_join(sound, piece->leaf, piece->from + skip, piece->count - skip))
            return false;
    }
    return true;
}

const struct sound_piece *sound_piece_at(const struct sound *sound, size_t at)
{
    size_t low = 0, high = sound->piece_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (at >= sound->pieces[middle].at + sound->pieces[middle].count)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sound->piece_count ? &sound->pieces[low] : NULL;
}

const int16_t *sound_at(const struct sound *sound, size_t at, size_t *count)
{
    static const int16_t silence[SOUND_RATE / 10] = {0};
    const struct sound_piece *piece = sound_piece_at(sound, at);
    *count = at < sound->count ? sound->count - at : 0;
    if (*count == 0)
        return silence;
    if (!piece)
        return sound->samples + at;
    *count = piece->count - (at - piece->at);
    if (piece->leaf)
        return piece->leaf->sound.samples + piece->from + (at - piece->at);
    if (*count > sizeof silence / sizeof *silence)
        *count = sizeof silence / sizeof *silence;
    return silence;
}

size_t sound_copy(const struct sound *sound, size_t at, int16_t *out, size_t count)
{
    size_t done = 0, some = 0;
    while (done < count) {
        const int16_t *samples = sound_at(sound, at + done, &some);
        if (some == 0)
            break;
        if (some > count - done)
            some = count - done;
        memcpy(out + done, samples, some * sizeof *out);
        done += some;
    }
    return done;
}

void sound_scale(struct sound *sound, unsigned percent)
{
    for (size_t i = 0; i < sound->count; i++) {
        int64_t value = (int64_t)sound->samples[i] * percent / 100;
        if (value > INT16_MAX)
            value = INT16_MAX;
        if (value < INT16_MIN)
            value = INT16_MIN;
        sound->samples[i] = (int16_t)value;
    }
}

void sound_fade(struct sound *sound, size_t from)
{
    size_t count = sound->count - from;
    size_t length = count / 2 < SOUND_FADE ? count / 2 : SOUND_FADE;
    for (size_t i = 0; i < length; i++) {
        int16_t *in = sound->samples + from + i, *out = sound->samples + sound->count - 1 - i;
        *in = (int16_t)(*in * (int)i / (int)length);
        *out = (int16_t)(*out * (int)i / (int)length);
    }
}

size_t sound_tail(const struct sound *sound, size_t from, int16_t *tail)
{
    size_t count = sound_copy(sound, from, tail, SOUND_FADE);
    for (size_t i = 0; i < count; i++)
        tail[i] = (int16_t)(tail[i] * (int)(count - 1 - i) / (int)count);
    return count;
}

void sound_empty(struct sound *sound)
{
    sound->count = 0;
    sound->failed = false;
}

void sound_clear(struct sound *sound)
{
    for (size_t i = 0; i < sound->piece_count; i++)
        leaf_leave(&sound->pieces[i].leaf);
    free(sound->pieces);
    free(sound->samples);
    *sound = (struct sound){.max = sound->max};
}

uint64_t sound_ms(size_t count)
{
    return (uint64_t)count * 1000 / SOUND_RATE;
}
