// A growing row of samples with a stated maximum, so that no text however long fills the memory.
#include "sound.h"

#include <stdlib.h>
#include <string.h>

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
    size_t left = from < sound->count ? sound->count - from : 0;
    size_t count = left < SOUND_FADE ? left : SOUND_FADE;
    for (size_t i = 0; i < count; i++)
        tail[i] = (int16_t)(sound->samples[from + i] * (int)(count - 1 - i) / (int)count);
    return count;
}

void sound_empty(struct sound *sound)
{
    sound->count = 0;
    sound->failed = false;
}

void sound_clear(struct sound *sound)
{
    free(sound->samples);
    *sound = (struct sound){.max = sound->max};
}

uint64_t sound_ms(size_t count)
{
    return (uint64_t)count * 1000 / SOUND_RATE;
}
