// What is made is found by a hash of all that decides what it sounds like.
#include "speech.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/message.h>

enum { KEPT_SAMPLES = 120 * SOUND_RATE }; // of what nobody holds: two minutes, 5 MB

struct speech {
    struct speech *next;   // the newest first
    struct speeches *home; // NULL: it is nobody else's
    uint8_t key[LT_HASH_SIZE];
    size_t holders;
    struct render render;
    enum voice_state state;
    struct leaf *whole;     // VOICE_DONE: at full volume
    struct leaf *at_volume; // as it was wanted last at another; NULL: it was not
    unsigned percent;
    struct lt_error why; // VOICE_FAILED
};

static void add_text(struct lt_buffer *key, const char *text)
{
    lt_buffer_add(key, text, strlen(text) + 1);
}

static bool key_of(const struct render_style *style, const char *const *argv, const char *voice,
                   struct lt_slice text, uint8_t key[LT_HASH_SIZE])
{
    struct lt_buffer all = {.max = 1024 * 1024};
    for (; argv && *argv; argv++)
        add_text(&all, *argv);
    lt_buffer_print(&all, "\n%s\n%u %d %llu %zu\n", voice, style->rate, style->loudness,
                    (unsigned long long)style->timeout_ms, style->longest);
    lt_buffer_add(&all, text.data, text.size);
    lt_hash(lt_buffer_slice(&all), key);
    bool whole = !all.failed;
    lt_buffer_clear(&all);
    return whole;
}

static struct speech *find(struct speeches *speeches, const uint8_t key[LT_HASH_SIZE])
{
    struct speech *at = speeches ? speeches->first : NULL;
    while (at && (at->state == VOICE_FAILED || memcmp(at->key, key, LT_HASH_SIZE) != 0))
        at = at->next;
    return at;
}

static struct speech *begin(struct speeches *speeches, const uint8_t key[LT_HASH_SIZE],
                            struct lt_error *error)
{
    struct speech *speech = calloc(1, sizeof *speech);
    if (!speech) {
        lt_fail(error, LT_NO_MEMORY, "no memory for speech");
        return NULL;
    }
    speech->home = speeches;
    speech->holders = 1;
    speech->state = VOICE_WORKS;
    memcpy(speech->key, key, LT_HASH_SIZE);
    if (speeches) {
        speech->next = speeches->first;
        speeches->first = speech;
    }
    return speech;
}

static void free_speech(struct speech *speech)
{
    render_stop(&speech->render);
    leaf_leave(&speech->whole);
    leaf_leave(&speech->at_volume);
    free(speech);
}

static void destroy(struct speech **speech)
{
    struct speech *own = *speech;
    struct speech **link = own->home ? &own->home->first : NULL;
    while (link && *link != own)
        link = &(*link)->next;
    if (link)
        *link = own->next;
    free_speech(own);
    *speech = NULL;
}

static bool join(struct speeches *speeches, const uint8_t key[LT_HASH_SIZE], struct speech **speech)
{
    *speech = find(speeches, key);
    if (*speech)
        (*speech)->holders++;
    return *speech != NULL;
}

enum lt_code speech_say(struct speeches *speeches, const struct render_style *style,
                        const char *const *argv, const char *voice, struct lt_slice text,
                        uint64_t now, struct speech **speech, struct lt_error *error)
{
    uint8_t key[LT_HASH_SIZE];
    if (!key_of(style, argv, voice, text, key))
        return lt_fail(error, LT_NO_MEMORY, "no memory for speech");
    if (join(speeches, key, speech))
        return LT_DONE;
    *speech = begin(speeches, key, error);
    if (!*speech)
        return LT_NO_MEMORY;
    enum lt_code code = render_start(&(*speech)->render, style, argv, voice, text, now, error);
    if (code != LT_DONE)
        destroy(speech);
    return code;
}

enum lt_code speech_play(struct speeches *speeches, const struct render_style *style,
                         const char *path, const uint8_t sha256[32], uint64_t now,
                         struct speech **speech, struct lt_error *error)
{
    uint8_t key[LT_HASH_SIZE];
    if (!key_of(style, NULL, "recording", (struct lt_slice){sha256, 32}, key))
        return lt_fail(error, LT_NO_MEMORY, "no memory for a recording");
    if (join(speeches, key, speech))
        return LT_DONE;
    *speech = begin(speeches, key, error);
    if (!*speech)
        return LT_NO_MEMORY;
    enum lt_code code = render_recording(&(*speech)->render, style, path, sha256, now, error);
    if (code != LT_DONE)
        destroy(speech);
    return code;
}

static enum voice_state make(struct speech *speech, const struct render_style *style, uint64_t now)
{
    struct sound sound = {0};
    enum voice_state state = render_turn(&speech->render, style, now, &sound, &speech->why);
    if (state == VOICE_DONE) {
        sound_fade(&sound, 0);
        speech->whole = leaf_new(&sound);
    }
    sound_clear(&sound);
    if (state != VOICE_DONE || speech->whole)
        return state;
    lt_fail(&speech->why, LT_NO_MEMORY, "no memory for speech");
    return VOICE_FAILED;
}

enum voice_state speech_turn(struct speech *speech, const struct render_style *style, uint64_t now,
                             struct lt_error *error)
{
    if (speech->state == VOICE_WORKS)
        speech->state = make(speech, style, now);
    if (speech->state == VOICE_FAILED)
        lt_fail(error, speech->why.code, "%s", speech->why.text);
    return speech->state;
}

struct leaf *speech_take(struct speech *speech, unsigned percent)
{
    if (percent == 100)
        return leaf_hold(speech->whole);
    if (!speech->at_volume || speech->percent != percent) {
        const struct sound *whole = &speech->whole->sound;
        struct sound sound = {.max = whole->count};
        if (!sound_add(&sound, whole->samples, whole->count))
            return NULL;
        sound_scale(&sound, percent);
        leaf_leave(&speech->at_volume);
        speech->at_volume = leaf_new(&sound);
        speech->percent = percent;
    }
    return speech->at_volume ? leaf_hold(speech->at_volume) : NULL;
}

int speech_fd(const struct speech *speech)
{
    return render_fd(&speech->render);
}

uint64_t speech_deadline(const struct speech *speech)
{
    // It was made in the turn of another who holds it, and nothing is watched any more.
    return speech->state == VOICE_WORKS ? speech->render.deadline : 1;
}

// Of what nobody holds the newest stay.
static void make_room(struct speeches *speeches)
{
    size_t kept = 0;
    for (struct speech *at = speeches->first, *next; at; at = next) {
        next = at->next;
        if (at->holders)
            continue;
        kept += at->whole->sound.count * (at->at_volume ? 2 : 1);
        if (kept > KEPT_SAMPLES)
            destroy(&at);
    }
}

void speech_leave(struct speech **speech)
{
    struct speech *own = *speech;
    *speech = NULL;
    if (!own || --own->holders)
        return;
    if (own->home && own->state == VOICE_DONE)
        make_room(own->home);
    else
        destroy(&own);
}

void speeches_clear(struct speeches *speeches)
{
    struct speech *first = speeches->first;
    speeches->first = NULL;
    for (struct speech *next; first; first = next) {
        assert(!first->holders);
        next = first->next;
        free_speech(first);
    }
}
