// The synthesis command in its own process, and what becomes of its sound.
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "render.h"

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct render_style style_of(const char *const *command)
{
    return (struct render_style){.voice = "vi-vn-x-south",
                                 .loudness = -20,
                                 .rate = 140,
                                 .command = command,
                                 .chime = true,
                                 .volume = 100,
                                 .timeout_ms = 20000,
                                 .longest = 60 * SOUND_RATE};
}

static struct announcement words(const char *text)
{
    struct announcement announcement = {.words = {.max = 4096}, .repeat = 1, .volume = 100};
    lt_buffer_print(&announcement.words, "%s", text);
    return announcement;
}

static enum voice_state render_all(const struct render_style *style,
                                   struct announcement *announcement, struct sound *sound,
                                   struct lt_error *error)
{
    struct render render = {0};
    enum voice_state state = VOICE_WORKS;
    if (render_start(&render, style, announcement, clock_ms(), error) != LT_DONE)
        return VOICE_FAILED;
    while (state == VOICE_WORKS) {
        struct pollfd wait = {.fd = render_fd(&render), .events = POLLIN};
        poll(&wait, 1, 50);
        state = render_turn(&render, style, announcement, clock_ms(), sound, error);
    }
    render_stop(&render);
    return state;
}

Test(voice, says_a_vietnamese_sentence_in_a_plausible_time)
{
    struct render_style style = style_of(NULL);
    struct announcement announcement =
        words("Mời bà con ấp An Thường họp lúc 19 giờ tại nhà văn hóa.");
    struct sound sound = {0};
    struct lt_error error = {0};
    cr_assert_eq(render_all(&style, &announcement, &sound, &error), VOICE_DONE, "%s", error.text);
    cr_expect_gt(sound_ms(sound.count), 2500);
    cr_expect_lt(sound_ms(sound.count), 9000);
    sound_clear(&sound);
    announcement_clear(&announcement);
}

Test(voice, repeats_and_rings_as_asked)
{
    struct render_style style = style_of(NULL);
    struct announcement announcement = words("Mời họp.");
    struct sound once = {0}, thrice = {0};
    struct lt_error error = {0};
    cr_assert_eq(render_all(&style, &announcement, &once, &error), VOICE_DONE, "%s", error.text);
    announcement.repeat = 3;
    announcement.has_chime = true;
    cr_assert_eq(render_all(&style, &announcement, &thrice, &error), VOICE_DONE, "%s", error.text);
    cr_expect_gt(sound_ms(thrice.count), 3 * (sound_ms(once.count) - 300) + 2 * 1500 + 2000);
    sound_clear(&once);
    sound_clear(&thrice);
    announcement_clear(&announcement);
}

Test(voice, tells_that_the_command_is_not_there)
{
    static const char *const command[] = {"no-such-synthesis-command", NULL};
    struct render_style style = style_of(command);
    struct lt_error error = {0};
    cr_expect_eq(render_try(&style, &error), LT_IO);
    cr_expect(strstr(error.text, "no-such-synthesis-command"), "%s", error.text);
}

Test(voice, tells_that_the_voice_is_not_there)
{
    struct render_style style = style_of(NULL);
    struct lt_error error = {0};
    style.voice = "xyzzy";
    cr_expect_eq(render_try(&style, &error), LT_IO);
    cr_expect(strstr(error.text, "voice"), "%s", error.text);
    style.voice = "vi";
    cr_expect_eq(render_try(&style, &error), LT_DONE);
}

Test(voice, kills_a_command_that_hangs)
{
    static const char *const command[] = {"sleep", "600", NULL};
    struct render_style style = style_of(command);
    struct announcement announcement = words("loa");
    struct sound sound = {0};
    struct lt_error error = {0};
    style.timeout_ms = 300;
    uint64_t begun = clock_ms();
    cr_expect_eq(render_all(&style, &announcement, &sound, &error), VOICE_FAILED);
    cr_expect_eq(error.code, LT_TIMED_OUT);
    cr_expect_lt(clock_ms() - begun, 10000);
    announcement_clear(&announcement);
}

Test(voice, refuses_a_command_that_gives_no_sound_or_without_end)
{
    static const char *const nothing[] = {"true", NULL};
    static const char *const endless[] = {"cat", "/dev/zero", NULL};
    struct announcement announcement = words("loa");
    struct sound sound = {0};
    struct lt_error error = {0};
    struct render_style style = style_of(nothing);
    cr_expect_eq(render_all(&style, &announcement, &sound, &error), VOICE_FAILED);
    style = style_of(endless);
    style.longest = SOUND_RATE;
    cr_expect_eq(render_all(&style, &announcement, &sound, &error), VOICE_FAILED);
    cr_expect_eq(error.code, LT_TOO_LARGE);
    announcement_clear(&announcement);
}
