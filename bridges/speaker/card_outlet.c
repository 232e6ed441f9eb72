// A sound card, by ALSA. The card is opened for each sound and closed behind it, so that others may
// use it and one that was plugged in again is found. Behind the sound comes silence until the card
// has played the last sample: that is what "to its end" is measured by.
#include "outlet.h"

#include <stdlib.h>
#include <string.h>

#include <alsa/asoundlib.h>

enum { BUFFER_US = 400000, STUCK_MS = 5000, SILENCE = 1024 };

struct card_outlet {
    struct outlet outlet;
    char *card;
    snd_pcm_t *pcm;
    const struct sound *sound;
    size_t written, played; // samples since the start; silence behind the end counts as written
    uint64_t moved;         // when `played` last grew
};

static void say_nothing(const char *file, int line, const char *function, int code,
                        const char *format, ...)
{
    (void)file, (void)line, (void)function, (void)code, (void)format;
}

static enum lt_code open_card(const char *card, snd_pcm_t **pcm, struct lt_error *error)
{
    int failed = snd_pcm_open(pcm, card, SND_PCM_STREAM_PLAYBACK, SND_PCM_NONBLOCK);
    if (failed < 0) {
        *pcm = NULL;
        return lt_fail(error, LT_IO,
                       "cannot open the sound card '%s': %s; `aplay -L` lists what there is", card,
                       snd_strerror(failed));
    }
    failed = snd_pcm_set_params(*pcm, SND_PCM_FORMAT_S16, SND_PCM_ACCESS_RW_INTERLEAVED, 1,
                                SOUND_RATE, 1, BUFFER_US);
    if (failed < 0) {
        snd_pcm_close(*pcm);
        *pcm = NULL;
        return lt_fail(error, LT_IO,
                       "the sound card '%s' does not take %d Hz, 1 channel: %s; try plughw:…", card,
                       SOUND_RATE, snd_strerror(failed));
    }
    return LT_DONE;
}

static enum lt_code start_card(struct outlet *outlet, const struct sound *sound, const char *name,
                               uint64_t now, struct lt_error *error)
{
    (void)name;
    struct card_outlet *own = (struct card_outlet *)outlet;
    own->sound = sound;
    own->written = own->played = 0;
    own->moved = now;
    return open_card(own->card, &own->pcm, error);
}

// Fills what room the card has. 0, or ALSA's negative code.
static snd_pcm_sframes_t fill(struct card_outlet *own)
{
    static const int16_t silence[SILENCE] = {0};
    snd_pcm_sframes_t room = snd_pcm_avail_update(own->pcm);
    while (room > 0) {
        size_t left = own->written < own->sound->count ? own->sound->count - own->written : 0;
        const int16_t *from = left ? own->sound->samples + own->written : silence;
        size_t count = left ? left : SILENCE;
        if (count > (size_t)room)
            count = (size_t)room;
        snd_pcm_sframes_t n = snd_pcm_writei(own->pcm, from, count);
        if (n <= 0)
            return n == -EAGAIN ? 0 : n;
        own->written += (size_t)n;
        room -= n;
        // A card that takes everything at once (ALSA's null) must not keep us here.
        if (own->written >= own->sound->count + SOUND_RATE)
            break;
    }
    return room < 0 ? room : 0;
}

static void stop_card(struct outlet *outlet)
{
    struct card_outlet *own = (struct card_outlet *)outlet;
    if (own->pcm) {
        snd_pcm_drop(own->pcm);
        snd_pcm_close(own->pcm);
        own->pcm = NULL;
    }
}

static enum outlet_state turn_card(struct outlet *outlet, uint64_t now, struct lt_error *error)
{
    struct card_outlet *own = (struct card_outlet *)outlet;
    snd_pcm_sframes_t failed = fill(own);
    bool ran_dry = failed == -EPIPE;
    if (failed < 0 && snd_pcm_recover(own->pcm, (int)failed, 1) < 0) {
        lt_fail(error, LT_IO, "the sound card '%s' stopped: %s", own->card,
                snd_strerror((int)failed));
        return OUTLET_FAILED;
    }
    snd_pcm_sframes_t waits = 0;
    if (ran_dry || snd_pcm_delay(own->pcm, &waits) < 0 || waits < 0)
        waits = 0;
    size_t played = own->written > (size_t)waits ? own->written - (size_t)waits : 0;
    if (played > own->played) {
        own->played = played;
        own->moved = now;
    }
    if (own->played >= own->sound->count) {
        stop_card(outlet);
        return OUTLET_ENDED;
    }
    if (now - own->moved < STUCK_MS)
        return OUTLET_PLAYS;
    lt_fail(error, LT_IO, "the sound card '%s' has taken nothing for %d s", own->card,
            STUCK_MS / 1000);
    return OUTLET_FAILED;
}

static void destroy_card(struct outlet *outlet)
{
    struct card_outlet *own = (struct card_outlet *)outlet;
    stop_card(outlet);
    free(own->card);
    free(own);
    snd_config_update_free_global();
}

static const struct outlet_kind card_kind = {
    .start = start_card, .turn = turn_card, .stop = stop_card, .destroy = destroy_card};

enum lt_code card_outlet_new(const char *card, struct outlet **outlet, struct lt_error *error)
{
    snd_lib_error_set_handler(say_nothing); // the sentence below says it once
    snd_pcm_t *pcm = NULL;
    enum lt_code code = open_card(card, &pcm, error);
    if (pcm)
        snd_pcm_close(pcm);
    struct card_outlet *own = code == LT_DONE ? calloc(1, sizeof *own) : NULL;
    if (own)
        own->card = strdup(card);
    if (!own || !own->card) {
        free(own);
        snd_config_update_free_global();
        return code != LT_DONE ? code
                               : lt_fail(error, LT_NO_MEMORY, "no memory for the sound card");
    }
    own->outlet.kind = &card_kind;
    *outlet = &own->outlet;
    return LT_DONE;
}
