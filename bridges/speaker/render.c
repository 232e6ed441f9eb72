// Each sentence is as loud as the others: measured and levelled by itself.
#include "render.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "decode.h"
#include "loudness.h"
#include "process.h"
#include "wav.h"

enum { HEAD_MAX = 64 * 1024, NUMBER_MAX = 32 }; // of a WAV, before its samples; digits

enum lt_code render_start(struct render *render, const struct render_style *style,
                          const char *const *argv, const char *voice, struct lt_slice text,
                          uint64_t now, struct lt_error *error)
{
    char rate[16];
    snprintf(rate, sizeof rate, "%u", style->rate);
    const char *const espeak[] = {"espeak-ng", "-b", "1",       "-v",       voice,
                                  "-s",        rate, "--stdin", "--stdout", NULL};
    render->levelled = false;
    render->timeout_ms = style->timeout_ms;
    render->deadline = now + render->timeout_ms;
    return voice_start(argv ? argv : espeak, text, style->longest * sizeof(int16_t) + HEAD_MAX,
                       &render->voice, error);
}

enum lt_code render_recording(struct render *render, const struct render_style *style,
                              const char *path, const uint8_t sha256[32], uint64_t now,
                              struct lt_error *error)
{
    char say[4096], hash[65], loudness[16], longest[24];
    process_find_say(say, sizeof say);
    lt_hex_encode((struct lt_slice){sha256, 32}, hash);
    snprintf(loudness, sizeof loudness, "%d", style->loudness);
    snprintf(longest, sizeof longest, "%zu", style->longest);
    const char *const argv[] = {say, "--decode", path, hash, loudness, longest, NULL};
    render->levelled = true;
    render->timeout_ms = style->timeout_ms;
    render->deadline = now + render->timeout_ms;
    return voice_start(argv, lt_slice_of(""), style->longest * sizeof(int16_t) + HEAD_MAX,
                       &render->voice, error);
}

enum lt_code render_measure(const struct render_style *style, const char *path,
                            const uint8_t sha256[32], struct voice **voice, struct lt_error *error)
{
    char say[4096], hash[65], longest[24];
    process_find_say(say, sizeof say);
    lt_hex_encode((struct lt_slice){sha256, 32}, hash);
    snprintf(longest, sizeof longest, "%llu", (unsigned long long)sound_ms(style->longest));
    const char *const argv[] = {say, "--measure", path, hash, longest, NULL};
    return voice_start(argv, lt_slice_of(""), NUMBER_MAX, voice, error);
}

static enum lt_code finish(const struct render *render, const struct render_style *style,
                           struct sound *speech, struct lt_error *error)
{
    *speech = (struct sound){.max = style->longest};
    enum lt_code code = wav_read(voice_wav(render->voice), speech, error);
    if (code == LT_DONE && speech->count == 0)
        code = lt_fail(error, LT_IO, "the synthesis command gave no sound");
    if (code == LT_DONE && !render->levelled && !loudness_level(speech, 0, style->loudness))
        code = lt_fail(error, LT_NO_MEMORY, "no memory to measure the speech");
    return code;
}

// In a receipt; what the decoder has written to standard error is in the log.
static void tell_recording(const struct render *render, struct lt_error *error)
{
    int status = voice_status(render->voice);
    const char *why = status == DECODE_TOO_LONG     ? "dài quá mức cho phép"
                      : status == DECODE_SILENT     ? "không có tiếng"
                      : error->code == LT_TIMED_OUT ? "đọc lâu quá"
                                                    : "không đọc được";
    lt_fail(error, error->code, "%s", why);
}

enum voice_state render_turn(struct render *render, const struct render_style *style, uint64_t now,
                             struct sound *speech, struct lt_error *error)
{
    enum voice_state state = voice_turn(render->voice, error);
    if (state == VOICE_WORKS && now < render->deadline)
        return VOICE_WORKS;
    if (state == VOICE_WORKS) {
        lt_fail(error, LT_TIMED_OUT,
                "the synthesis command took longer than %llu ms, options.timeout",
                (unsigned long long)render->timeout_ms);
        state = VOICE_FAILED;
    }
    if (state == VOICE_DONE && finish(render, style, speech, error) != LT_DONE)
        state = VOICE_FAILED;
    if (state == VOICE_FAILED && render->levelled)
        tell_recording(render, error);
    render_stop(render);
    return state;
}

enum lt_code render_try(const struct render_style *style, const char *const *argv,
                        struct lt_error *error)
{
    struct render render = {0};
    struct sound speech = {0};
    enum voice_state state = VOICE_WORKS;
    uint64_t waited = 0;
    enum lt_code code =
        render_start(&render, style, argv, style->voice, lt_slice_of("loa"), 0, error);
    while (code == LT_DONE && state == VOICE_WORKS) {
        struct pollfd wait = {.fd = render_fd(&render), .events = POLLIN};
        // Nothing in a tenth of a second counts as so much of the time-out.
        if (poll(&wait, 1, 100) == 0)
            waited += 100;
        state = render_turn(&render, style, waited, &speech, error);
    }
    if (code == LT_DONE && state == VOICE_FAILED)
        code = LT_IO;
    render_stop(&render);
    sound_clear(&speech);
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
