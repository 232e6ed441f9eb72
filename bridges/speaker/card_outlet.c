// A sound card, by ALSA, in this process. The card is opened for each sound and closed behind it, so that others may
// use it and one that was plugged in again is found. Behind the sound comes silence until the card
// has played the last sample: that is what "to its end" is measured by. What was stopped dies away behind what the
// card has already, so the card is given no more than it plays within BUFFER_US: so late does an alarm begin.
#include "outlet.h"

#include <stdlib.h>
#include <string.h>

#include <alsa/asoundlib.h>

enum { BUFFER_US = 250000, STUCK_MS = 5000, SILENCE = 1024 };

struct card_outlet {
    struct outlet outlet;
    char *card;
    snd_pcm_t *pcm;
    const struct sound *sound; // NULL: what is left dies away
    size_t at;                 // samples of the sound that the card has
    int16_t tail[SOUND_FADE];  // the last of what was stopped, before the sound
    size_t tail_at, tail_count;
    size_t written, played; // samples since the card was opened, silence too
    size_t last;            // behind the last sample that is no silence
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
        return lt_fail(error, failed == -EBUSY ? LT_BUSY : LT_IO,
                       "cannot open the sound card '%s': %s (`aplay -L` lists what there is)", card,
                       snd_strerror(failed));
    }
    failed = snd_pcm_set_params(*pcm, SND_PCM_FORMAT_S16, SND_PCM_ACCESS_RW_INTERLEAVED, 1,
                                SOUND_RATE, 1, BUFFER_US);
    if (failed < 0) {
        snd_pcm_close(*pcm);
        *pcm = NULL;
        return lt_fail(error, LT_IO,
                       "the sound card '%s' does not take %d Hz, 1 channel: %s (try plughw:…)",
                       card, SOUND_RATE, snd_strerror(failed));
    }
    return LT_DONE;
}

static void close_card(struct card_outlet *own)
{
    if (own->pcm) {
        snd_pcm_drop(own->pcm);
        snd_pcm_close(own->pcm);
    }
    own->pcm = NULL;
    own->sound = NULL;
    own->tail_at = own->tail_count = 0;
}

static enum lt_code start_card(struct outlet *outlet, const struct sound *sound,
                               const struct outlet_cue *cue, uint64_t now, struct lt_error *error)
{
    (void)cue;
    struct card_outlet *own = (struct card_outlet *)outlet;
    enum lt_code code = LT_DONE;
    if (!own->pcm) {
        own->written = own->played = own->last = 0;
        code = open_card(own->card, &own->pcm, error);
    }
    own->sound = code == LT_DONE ? sound : NULL;
    own->at = 0;
    own->moved = now;
    return code;
}

struct block {
    const int16_t *samples;
    size_t count;
};

static struct block next_block(const struct card_outlet *own)
{
    static const int16_t silence[SILENCE] = {0};
    if (own->tail_at < own->tail_count)
        return (struct block){own->tail + own->tail_at, own->tail_count - own->tail_at};
    if (own->sound && own->at < own->sound->count) {
        struct block block = {0};
        block.samples = sound_at(own->sound, own->at, &block.count);
        return block;
    }
    return (struct block){silence, SILENCE};
}

static void took(struct card_outlet *own, size_t count)
{
    own->written += count;
    if (own->tail_at < own->tail_count)
        own->tail_at += count;
    else if (own->sound && own->at < own->sound->count)
        own->at += count;
    else
        return;
    own->last = own->written;
}

// Fills what room the card has. 0, or ALSA's negative code.
static snd_pcm_sframes_t fill(struct card_outlet *own)
{
    snd_pcm_sframes_t room = snd_pcm_avail_update(own->pcm);
    while (room > 0) {
        struct block block = next_block(own);
        if (block.count > (size_t)room)
            block.count = (size_t)room;
        snd_pcm_sframes_t n = snd_pcm_writei(own->pcm, block.samples, block.count);
        if (n <= 0)
            return n == -EAGAIN ? 0 : n;
        took(own, (size_t)n);
        room -= n;
        // A card that takes everything at once (ALSA's null) must not keep us here.
        if (own->written >= own->last + SOUND_RATE)
            break;
    }
    return room < 0 ? room : 0;
}

static bool has_more(const struct card_outlet *own)
{
    return own->tail_at < own->tail_count ||
           (own->sound && (own->sound->more || own->at < own->sound->count));
}

// Of what has failed nothing dies away, and the next sound opens it anew.
static enum outlet_state fail_card(struct card_outlet *own)
{
    close_card(own);
    return OUTLET_FAILED;
}

static enum outlet_state turn_card(struct outlet *outlet, uint64_t now, struct lt_error *error)
{
    struct card_outlet *own = (struct card_outlet *)outlet;
    snd_pcm_sframes_t failed = fill(own);
    bool ran_dry = failed == -EPIPE;
    if (failed < 0 && snd_pcm_recover(own->pcm, (int)failed, 1) < 0) {
        lt_fail(error, LT_IO, "the sound card '%s' stopped: %s", own->card,
                snd_strerror((int)failed));
        return fail_card(own);
    }
    snd_pcm_sframes_t waits = 0;
    if (ran_dry || snd_pcm_delay(own->pcm, &waits) < 0 || waits < 0)
        waits = 0;
    size_t played = own->written > (size_t)waits ? own->written - (size_t)waits : 0;
    if (played > own->played) {
        own->played = played;
        own->moved = now;
    }
    if (own->played >= own->last && !has_more(own)) {
        close_card(own);
        return OUTLET_ENDED;
    }
    if (now - own->moved < STUCK_MS)
        return OUTLET_PLAYS;
    lt_fail(error, LT_IO, "the sound card '%s' has taken nothing for %d s", own->card,
            STUCK_MS / 1000);
    return fail_card(own);
}

static size_t stop_card(struct outlet *outlet)
{
    struct card_outlet *own = (struct card_outlet *)outlet;
    if (own->sound && own->at > 0) {
        own->tail_count = sound_tail(own->sound, own->at, own->tail);
        own->tail_at = 0;
    }
    own->sound = NULL;
    return own->at;
}

static enum outlet_state drain_card(struct outlet *outlet, uint64_t now)
{
    struct card_outlet *own = (struct card_outlet *)outlet;
    return own->pcm ? turn_card(outlet, now, NULL) : OUTLET_ENDED;
}

size_t card_outlet_has(const struct outlet *outlet)
{
    return ((const struct card_outlet *)outlet)->at;
}

void card_outlet_forget(struct outlet *outlet, size_t count)
{
    ((struct card_outlet *)outlet)->at -= count;
}

static void destroy_card(struct outlet *outlet)
{
    struct card_outlet *own = (struct card_outlet *)outlet;
    close_card(own);
    free(own->card);
    free(own);
    snd_config_update_free_global();
}

static const struct outlet_kind card_kind = {.start = start_card,
                                             .turn = turn_card,
                                             .stop = stop_card,
                                             .drain = drain_card,
                                             .is_amplified = true,
                                             .destroy = destroy_card};

enum lt_code card_outlet_await(const char *card, struct outlet **outlet, struct lt_error *error)
{
    snd_lib_error_set_handler(say_nothing); // the sentence says it once
    struct card_outlet *own = calloc(1, sizeof *own);
    if (own)
        own->card = strdup(card);
    if (!own || !own->card) {
        free(own);
        return lt_fail(error, LT_NO_MEMORY, "no memory for the sound card");
    }
    own->outlet.kind = &card_kind;
    *outlet = &own->outlet;
    return LT_DONE;
}

enum lt_code card_outlet_try(const char *card, struct lt_error *error)
{
    snd_pcm_t *pcm = NULL;
    enum lt_code code = open_card(card, &pcm, error);
    if (pcm)
        snd_pcm_close(pcm);
    return code;
}

enum lt_code card_outlet_new(const char *card, struct outlet **outlet, struct lt_error *error)
{
    struct outlet *made = NULL;
    enum lt_code code = card_outlet_await(card, &made, error);
    if (code == LT_DONE)
        code = card_outlet_try(card, error);
    if (code == LT_DONE)
        *outlet = made;
    else
        outlet_destroy(&made);
    return code;
}
