// Chime and speech are each brought to the same loudness before they are put together.
#include "render.h"

#include <poll.h>
#include <stdio.h>

#include "loudness.h"
#include "wav.h"

enum { AFTER_CHIME_MS = 400, BETWEEN_MS = 1500, AT_END_MS = 300 };

enum lt_code render_start(struct render *render, const struct render_style *style,
                          const struct announcement *announcement, uint64_t now,
                          struct lt_error *error)
{
    char rate[16];
    snprintf(rate, sizeof rate, "%u", style->rate);
    const char *espeak[] = {"espeak-ng",
                            "-b",
                            "1",
                            "-v",
                            announcement->voice[0] ? announcement->voice : style->voice,
                            "-s",
                            rate,
                            "--stdin",
                            "--stdout",
                            NULL};
    const char *const *argv = style->command ? style->command : espeak;
    render->deadline = now + style->timeout_ms;
    return voice_start(argv, lt_buffer_slice(&announcement->words),
                       style->longest * sizeof(int16_t) + 4096, &render->voice, error);
}

// Chime, speech, and the speech again as often as asked.
static bool compose(const struct render_style *style, const struct announcement *announcement,
                    const struct sound *speech, struct sound *sound)
{
    if (announcement->has_chime && style->chime &&
        !(chime_ring(announcement->chime, sound) && loudness_level(sound, 0, style->loudness) &&
          sound_silence(sound, AFTER_CHIME_MS)))
        return false;
    for (unsigned i = 0; i < announcement->repeat; i++) {
        if (i > 0 && !sound_silence(sound, BETWEEN_MS))
            return false;
        if (!sound_add(sound, speech->samples, speech->count))
            return false;
    }
    return sound_silence(sound, AT_END_MS);
}

static enum lt_code finish(const struct render *render, const struct render_style *style,
                           const struct announcement *announcement, struct sound *sound,
                           struct lt_error *error)
{
    struct sound speech = {.max = style->longest};
    enum lt_code code = wav_read(voice_wav(render->voice), &speech, error);
    if (code == LT_DONE && speech.count == 0)
        code = lt_fail(error, LT_IO, "the synthesis command gave no sound");
    if (code == LT_DONE && !loudness_level(&speech, 0, style->loudness))
        code = lt_fail(error, LT_NO_MEMORY, "no memory to measure the speech");
    *sound = (struct sound){.max = style->longest};
    if (code == LT_DONE && !compose(style, announcement, &speech, sound))
        code = lt_fail(error, LT_TOO_LARGE,
                       "with its repetitions it is longer than %llu s, options.longest",
                       (unsigned long long)(sound_ms(style->longest) / 1000));
    sound_scale(sound, style->volume * announcement->volume / 100);
    sound_clear(&speech);
    if (code != LT_DONE)
        sound_clear(sound);
    return code;
}

enum voice_state render_turn(struct render *render, const struct render_style *style,
                             const struct announcement *announcement, uint64_t now,
                             struct sound *sound, struct lt_error *error)
{
    enum voice_state state = voice_turn(render->voice, error);
    if (state == VOICE_WORKS && now < render->deadline)
        return VOICE_WORKS;
    if (state == VOICE_WORKS)
        lt_fail(error, LT_TIMED_OUT,
                "the synthesis command took longer than %llu ms, options.timeout",
                (unsigned long long)style->timeout_ms);
    if (state == VOICE_DONE && finish(render, style, announcement, sound, error) == LT_DONE) {
        render_stop(render);
        return VOICE_DONE;
    }
    render_stop(render);
    return VOICE_FAILED;
}

enum lt_code render_try(const struct render_style *style, struct lt_error *error)
{
    struct announcement announcement = {.words = {.max = 64}, .repeat = 1, .volume = 100};
    struct render render = {0};
    struct sound sound = {0};
    enum voice_state state = VOICE_WORKS;
    uint64_t waited = 0;
    lt_buffer_print(&announcement.words, "loa");
    enum lt_code code = render_start(&render, style, &announcement, 0, error);
    while (code == LT_DONE && state == VOICE_WORKS) {
        struct pollfd wait = {.fd = render_fd(&render), .events = POLLIN};
        // Nothing in a tenth of a second counts as so much of the time-out.
        if (poll(&wait, 1, 100) == 0)
            waited += 100;
        state = render_turn(&render, style, &announcement, waited, &sound, error);
    }
    if (code == LT_DONE && state == VOICE_FAILED)
        code = LT_IO;
    render_stop(&render);
    sound_clear(&sound);
    announcement_clear(&announcement);
    return code;
}

int render_fd(const struct render *render)
{
    if (!render->voice)
        return -1;
    int fd = voice_fd(render->voice);
    return fd >= 0 ? fd : voice_exit_fd(render->voice);
}

void render_stop(struct render *render)
{
    voice_end(&render->voice);
}
