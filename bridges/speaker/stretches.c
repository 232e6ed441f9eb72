#include "stretches.h"

enum {
    QUIET_MS = 250,     // so long a pause is one between sentences
    SENTENCE_MS = 1000, // and so much is at least between two
    QUIET = 300,        // no sample above it: about -40 dB
};

static bool is_quiet(const struct sound *sound, size_t from, size_t count)
{
    for (size_t i = from; i < from + count; i++)
        if (sound->samples[i] > QUIET || sound->samples[i] < -QUIET)
            return false;
    return true;
}

size_t stretches_next(const struct sound *sound, size_t from)
{
    const size_t step = SOUND_RATE / 100, quiet = (size_t)QUIET_MS * SOUND_RATE / 1000;
    size_t at = from + (size_t)SENTENCE_MS * SOUND_RATE / 1000;
    while (at + quiet < sound->count && !is_quiet(sound, at, quiet))
        at += step;
    at += quiet;
    while (at + step < sound->count && is_quiet(sound, at, step))
        at += step;
    return at + step < sound->count ? at : sound->count;
}
