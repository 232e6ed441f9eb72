// The synthesis command in its own process, and what becomes of its sound.
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "reading.h"

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

static enum reading_state read_all(const struct render_style *style,
                                   const struct announcement *announcement, struct reading *reading,
                                   struct lt_error *error)
{
    enum reading_state state = READING_WORKS;
    if (reading_start(reading, style, announcement, error) != LT_DONE)
        return READING_FAILED;
    while (state == READING_WORKS) {
        state = reading_turn(reading, style, announcement, clock_ms(), error);
        struct pollfd wait = {.fd = reading_fd(reading), .events = POLLIN};
        if (state == READING_WORKS)
            poll(&wait, 1, 50);
    }
    return state;
}

Test(voice, takes_a_piece_at_a_time_of_what_gives_without_a_pause)
{
    static const char *const zeros[] = {"cat", "/dev/zero", NULL};
    enum { PIECE = 256 * 1024, WHOLE = 64 << 20 };
    struct voice *voice = NULL;
    cr_assert_eq(voice_start(zeros, lt_slice_of(""), 2 * WHOLE, &voice, NULL), LT_DONE);
    for (size_t had = 0; had < WHOLE; had = voice_wav(voice).size) {
        struct pollfd wait = {.fd = voice_fd(voice), .events = POLLIN};
        cr_assert_eq(poll(&wait, 1, 20000), 1);
        cr_assert_eq(voice_turn(voice, NULL), VOICE_WORKS);
        cr_assert_leq(voice_wav(voice).size - had, PIECE);
    }
    voice_end(&voice);
}

// Where memory runs out, the kernel ends what makes speech and not the loudspeaker.
Test(voice, is_the_first_to_go_where_memory_runs_out)
{
    static const char *const asks[] = {"cat", "/proc/self/oom_score_adj", NULL};
    struct voice *voice = NULL;
    cr_assert_eq(voice_start(asks, lt_slice_of(""), 100, &voice, NULL), LT_DONE);
    while (voice_turn(voice, NULL) == VOICE_WORKS) {
        int fd = voice_fd(voice);
        struct pollfd wait = {.fd = fd >= 0 ? fd : voice_exit_fd(voice), .events = POLLIN};
        cr_assert_eq(poll(&wait, 1, 20000), 1);
    }
    cr_expect(lt_slice_is(voice_wav(voice), "1000\n"));
    voice_end(&voice);
}

Test(voice, says_a_vietnamese_sentence_in_a_plausible_time)
{
    struct render_style style = style_of(NULL);
    struct announcement announcement =
        words("Mời bà con ấp An Thường họp lúc 19 giờ tại nhà văn hóa.");
    struct reading reading = {0};
    struct lt_error error = {0};
    cr_assert_eq(read_all(&style, &announcement, &reading, &error), READING_WHOLE, "%s",
                 error.text);
    cr_expect_gt(sound_ms(reading.sound.count), 2500);
    cr_expect_lt(sound_ms(reading.sound.count), 9000);
    reading_clear(&reading);
    announcement_clear(&announcement);
}

Test(voice, repeats_and_rings_as_asked)
{
    struct render_style style = style_of(NULL);
    struct announcement announcement = words("Mời họp.");
    struct reading once = {0}, thrice = {0};
    struct lt_error error = {0};
    cr_assert_eq(read_all(&style, &announcement, &once, &error), READING_WHOLE, "%s", error.text);
    announcement.repeat = 3;
    announcement.has_chime = true;
    cr_assert_eq(read_all(&style, &announcement, &thrice, &error), READING_WHOLE, "%s", error.text);
    cr_expect_gt(sound_ms(thrice.sound.count),
                 3 * (sound_ms(once.sound.count) - 300) + 2 * 1500 + 2000);
    reading_clear(&once);
    reading_clear(&thrice);
    announcement_clear(&announcement);
}

Test(voice, tells_that_the_command_is_not_there)
{
    static const char *const command[] = {"no-such-synthesis-command", NULL};
    struct render_style style = style_of(command);
    struct lt_error error = {0};
    cr_expect_eq(render_try(&style, style.command, &error), LT_IO);
    cr_expect(strstr(error.text, "no-such-synthesis-command"), "%s", error.text);
}

Test(voice, tells_that_the_voice_is_not_there)
{
    struct render_style style = style_of(NULL);
    struct lt_error error = {0};
    style.voice = "xyzzy";
    cr_expect_eq(render_try(&style, style.command, &error), LT_IO);
    cr_expect(strstr(error.text, "voice"), "%s", error.text);
    style.voice = "vi";
    cr_expect_eq(render_try(&style, style.command, &error), LT_DONE);
}

// Each of them gives way to espeak-ng, and is told.
static void falls_back(const char *const *command, enum lt_code code, const char *why)
{
    struct render_style style = style_of(command);
    struct announcement announcement = words("Mời họp.");
    struct reading reading = {0};
    struct lt_error error = {0};
    style.timeout_ms = 2000;
    style.longest = 20 * SOUND_RATE;
    cr_assert_eq(read_all(&style, &announcement, &reading, &error), READING_WHOLE, "%s",
                 error.text);
    cr_expect_eq(reading.fell_back.code, code, "%s: %s", command[0], reading.fell_back.text);
    cr_expect(strstr(reading.fell_back.text, why), "%s: %s", command[0], reading.fell_back.text);
    cr_expect_eq(reading.mark_count, 1);
    cr_expect_gt(sound_ms(reading.sound.count), 500);
    reading_clear(&reading);
    announcement_clear(&announcement);
}

Test(voice, a_command_that_hangs_fails_or_writes_rubbish_gives_way_to_espeak)
{
    falls_back((const char *const[]){"sleep", "600", NULL}, LT_TIMED_OUT, "took longer");
    falls_back((const char *const[]){"false", NULL}, LT_IO, "status 1");
    falls_back((const char *const[]){"true", NULL}, LT_MALFORMED, "no sound");
    falls_back((const char *const[]){"head", "-c", "5000", "/dev/urandom", NULL}, LT_MALFORMED,
               "no sound");
    falls_back((const char *const[]){"cat", "/dev/zero", NULL}, LT_TOO_LARGE, "too long");
    falls_back((const char *const[]){"no-such-synthesis-command", NULL}, LT_IO, "cannot run");
}

Test(voice, where_no_voice_speaks_it_fails)
{
    struct render_style style = style_of(NULL);
    struct announcement announcement = words("Mời họp.");
    struct reading reading = {0};
    struct lt_error error = {0};
    style.voice = "xyzzy";
    cr_expect_eq(read_all(&style, &announcement, &reading, &error), READING_FAILED);
    cr_expect_eq(error.code, LT_IO);
    reading_clear(&reading);
    style = style_of(NULL);
    style.longest = SOUND_RATE / 2;
    cr_expect_eq(read_all(&style, &announcement, &reading, &error), READING_FAILED);
    cr_expect_eq(error.code, LT_TOO_LARGE);
    reading_clear(&reading);
    announcement_clear(&announcement);
}

// A script's own children: each that stayed would hold one of the few processes that the unit may have.
static void check_nothing_is_left(const char *script, uint64_t timeout_ms)
{
    char folder[] = "/tmp/lt-voice-XXXXXX", pipe[64], line[256];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(pipe, sizeof pipe, "%s/held", folder);
    cr_assert_eq(mkfifo(pipe, 0600), 0);
    int held = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    cr_assert_geq(held, 0);
    snprintf(line, sizeof line, script, pipe);
    const char *command[] = {"sh", "-c", line, NULL};
    struct render_style style = style_of(command);
    struct announcement announcement = words("Mời họp.");
    struct reading reading = {0};
    struct lt_error error = {0};
    style.timeout_ms = timeout_ms;
    cr_expect_eq(read_all(&style, &announcement, &reading, &error), READING_WHOLE, "%s",
                 error.text);
    reading_clear(&reading);
    announcement_clear(&announcement);
    // Hung up: nobody holds its other end any more.
    struct pollfd wait = {.fd = held, .events = POLLIN};
    cr_expect_eq(poll(&wait, 1, 10000), 1);
    cr_expect((wait.revents & POLLHUP) != 0);
    close(held);
    unlink(pipe);
    rmdir(folder);
}

Test(voice, a_script_that_is_stopped_leaves_nothing_that_it_has_started)
{
    check_nothing_is_left("exec 3>%s; sleep 300 & wait", 1000);
}

Test(voice, a_script_that_ends_leaves_nothing_either)
{
    check_nothing_is_left("exec 3>%s; sleep 300 >/dev/null & exec espeak-ng -v vi --stdin --stdout",
                          20000);
}
