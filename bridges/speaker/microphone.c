// The card is closed when enough was taken down, so that others may use it. What it gives is a little late: the card that plays
// has a buffer, and so has this one.
#include "microphone.h"

#include <stdlib.h>
#include <string.h>

#include <alsa/asoundlib.h>

#include "recognise.h"

enum {
    LATE_MS = 1500, // so much later than it was given out the chime may begin
    BUFFER_US = 500000,
    BLOCK = 2048,
    ALIKE = 30, // percent; a room and a horn leave that much of it, and nothing else has it
};

struct microphone {
    char *name;
    snd_pcm_t *pcm; // NULL: it does not run
    struct sound sound;
    size_t chime_count; // 0: nothing is to be heard
};

enum lt_code microphone_new(const char *name, struct microphone **out, struct lt_error *error)
{
    struct microphone *microphone = calloc(1, sizeof *microphone);
    char *copy = strdup(name);
    *out = NULL;
    if (!microphone || !copy) {
        free(microphone);
        free(copy);
        return lt_fail(error, LT_NO_MEMORY, "no memory for a microphone");
    }
    microphone->name = copy;
    *out = microphone;
    return LT_DONE;
}

static void close_pcm(struct microphone *microphone)
{
    if (microphone->pcm)
        snd_pcm_close(microphone->pcm);
    microphone->pcm = NULL;
}

static enum lt_code fail(struct microphone *microphone, int code, struct lt_error *error)
{
    close_pcm(microphone);
    microphone->chime_count = 0;
    return lt_fail(error, LT_IO, "micrô '%s': %s", microphone->name, snd_strerror(code));
}

void microphone_destroy(struct microphone **microphone)
{
    struct microphone *own = *microphone;
    if (!own)
        return;
    *microphone = NULL;
    close_pcm(own);
    sound_clear(&own->sound);
    free(own->name);
    free(own);
}

static size_t wanted(const struct microphone *microphone)
{
    return microphone->chime_count + (size_t)LATE_MS * SOUND_RATE / 1000;
}

enum lt_code microphone_begin(struct microphone *microphone, size_t chime_count,
                              struct lt_error *error)
{
    close_pcm(microphone);
    microphone->chime_count = chime_count;
    sound_empty(&microphone->sound);
    microphone->sound.max = wanted(microphone);
    microphone->sound.failed = false;
    if (chime_count == 0)
        return LT_DONE;
    int code =
        snd_pcm_open(&microphone->pcm, microphone->name, SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK);
    if (code < 0) {
        microphone->pcm = NULL;
        return fail(microphone, code, error);
    }
    code = snd_pcm_set_params(microphone->pcm, SND_PCM_FORMAT_S16, SND_PCM_ACCESS_RW_INTERLEAVED, 1,
                              SOUND_RATE, 1, BUFFER_US);
    if (code >= 0)
        code = snd_pcm_start(microphone->pcm);
    return code < 0 ? fail(microphone, code, error) : LT_DONE;
}

enum lt_code microphone_turn(struct microphone *microphone, struct lt_error *error)
{
    int16_t block[BLOCK];
    while (microphone->pcm) {
        size_t left = wanted(microphone) - microphone->sound.count;
        if (left == 0) {
            close_pcm(microphone);
            break;
        }
        snd_pcm_sframes_t count =
            snd_pcm_readi(microphone->pcm, block, left < BLOCK ? left : BLOCK);
        if (count == -EAGAIN || count == 0)
            break;
        if (count < 0)
            return fail(microphone, (int)count, error);
        if (count > 0 && !sound_add(&microphone->sound, block, (size_t)count))
            return fail(microphone, -ENOMEM, error);
    }
    return LT_DONE;
}

enum microphone_verdict microphone_end(struct microphone *microphone, const int16_t *chime,
                                       size_t heard)
{
    size_t count = microphone->chime_count, all = wanted(microphone);
    struct sound *sound = &microphone->sound;
    close_pcm(microphone);
    microphone->chime_count = 0;
    if (count == 0 || heard < count || sound->count < count)
        return MICROPHONE_KNOWS_NOTHING;
    unsigned alike = recognise(chime, count, sound->samples, sound->count, sound->count - count);
    if (alike >= ALIKE)
        return MICROPHONE_HEARS;
    // As late as it may come it has to have listened, or the end of it was still on its way.
    return sound->count < all ? MICROPHONE_KNOWS_NOTHING : MICROPHONE_HEARS_NOTHING;
}
