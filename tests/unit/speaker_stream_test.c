// What streams are made of: samples without a hole, frames of MP3, and what a server says of its listeners.
#include <criterion/criterion.h>
#include <string.h>

#include "feed.h"
#include "icecast_outlet.h"
#include "listeners.h"
#include "mp3.h"

enum { SAMPLES = 1000 };

static struct sound ramp(void)
{
    struct sound sound = {.max = SAMPLES};
    for (int i = 0; i < SAMPLES; i++) {
        int16_t value = (int16_t)(i + 1);
        cr_assert(sound_add(&sound, &value, 1));
    }
    return sound;
}

Test(feed, gives_the_sound_and_silence_behind_it)
{
    struct sound sound = ramp();
    struct feed feed = {0};
    int16_t out[600];
    feed_start(&feed, &sound);
    cr_expect_eq(feed_take(&feed, out, 600), 600);
    cr_expect_eq(out[599], 600);
    cr_expect(feed_has_more(&feed));
    cr_expect_eq(feed_take(&feed, out, 600), 400);
    cr_expect_eq(out[399], 1000);
    cr_expect_eq(out[400], 0);
    cr_expect_not(feed_has_more(&feed));
    sound.more = true;
    cr_expect(feed_has_more(&feed), "its end is still to come");
    sound_clear(&sound);
}

Test(feed, what_is_stopped_dies_away_before_the_next_begins)
{
    struct sound sound = ramp();
    struct feed feed = {0};
    int16_t out[SAMPLES];
    feed_start(&feed, &sound);
    feed_take(&feed, out, 500);
    cr_expect_eq(feed_stop(&feed), 500);
    cr_expect(feed_has_more(&feed));
    feed_start(&feed, &sound);
    cr_expect_eq(feed_take(&feed, out, 400), 400 - SOUND_FADE);
    cr_expect(out[0] > 490 && out[0] <= 501);
    cr_expect_eq(out[SOUND_FADE - 1], 0);
    cr_expect_eq(out[SOUND_FADE], 1, "then the next, from its first sample on");
    sound_clear(&sound);
}

Test(feed, of_a_sound_that_has_nothing_yet_there_is_silence)
{
    struct sound sound = {.max = SAMPLES, .more = true};
    struct feed feed = {0};
    int16_t out[10] = {1};
    feed_start(&feed, &sound);
    cr_expect_eq(feed_take(&feed, out, 10), 0);
    cr_expect_eq(out[0], 0);
    cr_expect(feed_has_more(&feed));
}

Test(mp3, each_frame_is_whole_and_of_one_size)
{
    struct mp3 *mp3 = NULL;
    struct lt_error error = {0};
    uint8_t bytes[MP3_BYTES], all[65536];
    size_t count = 0;
    cr_assert_eq(mp3_new(48, &mp3, &error), LT_DONE, "%s", error.text);
    for (int block = 0; block < 100; block++) {
        int16_t samples[MP3_BLOCK];
        for (int i = 0; i < MP3_BLOCK; i++)
            samples[i] = (int16_t)((i % 50) * 400 - 10000);
        int size = mp3_add(mp3, samples, bytes);
        cr_assert(size >= 0 && count + (size_t)size < sizeof all);
        memcpy(all + count, bytes, (size_t)size);
        count += (size_t)size;
    }
    mp3_destroy(&mp3);
    size_t at = 0, frames = 0;
    for (; at + 4 <= count; frames++) {
        cr_assert(all[at] == 0xff && (all[at + 1] & 0xfe) == 0xf2, "MPEG-2, layer III");
        cr_assert_eq(all[at + 2] >> 4, 6, "48 kbit/s");
        at += 72U * 48000 / SOUND_RATE + (all[at + 2] >> 1 & 1);
    }
    cr_expect_eq(at, count);
    cr_expect(frames >= 96 && frames <= 100);
}

static int read_of(const char *text)
{
    return listeners_read(lt_slice_of(text), "/khan.mp3");
}

Test(listeners, are_those_of_the_mount_that_is_meant)
{
    const char *one =
        "{\"icestats\":{\"source\":{\"listenurl\":\"http://a:8000/khan.mp3\",\"listeners\":7}}}";
    const char *two =
        "{\"icestats\":{\"source\":[{\"listenurl\":\"http://a:8000/thuong.mp3\",\"listeners\":9},"
        "{\"listenurl\":\"http://a:8000/khan.mp3\",\"listeners\":2}]}}";
    cr_expect_eq(read_of(one), 7);
    cr_expect_eq(read_of(two), 2);
    cr_expect_eq(read_of("{\"icestats\":{}}"), 0, "it has no source");
}

Test(listeners, of_an_answer_that_is_none_nothing_is_known)
{
    // Icecast 2.4 writes the first in its first moments.
    const char *const wrong[] = {"{\"icestats\":\"server_start\":\"Sat\"}", "", "<html>", "[]",
                                 "{\"icestats\":3}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(read_of(wrong[i]), LISTENERS_UNKNOWN, "%s", wrong[i]);
    cr_expect_eq(read_of("{\"icestats\":{\"source\":[3,{\"listenurl\":\"x\"},{\"listeners\":5}]}}"),
                 0);
    cr_expect_eq(
        read_of(
            "{\"icestats\":{\"source\":{\"listenurl\":\"http://a/khan.mp3\",\"listeners\":-5}}}"),
        0);
}

Test(icecast, addresses_and_mounts_are_looked_at_before_anything_is_opened)
{
    struct lt_error error = {0};
    cr_expect_eq(icecast_check_server("http://10.0.0.2:8000", &error), LT_DONE);
    cr_expect_eq(icecast_check_server("https://[fd00::2]:8443", &error), LT_DONE);
    cr_expect_eq(icecast_check_server("http://source:bi-mat@10.0.0.2", &error), LT_BAD_USE);
    cr_expect_eq(icecast_check_server("http://10.0.0.2/x", &error), LT_BAD_USE);
    cr_expect_eq(icecast_check_server("icecast://10.0.0.2", &error), LT_BAD_USE);
    cr_expect_eq(icecast_check_server("http://10.0.0.2:99999", &error), LT_BAD_USE);
    cr_expect_eq(icecast_check_server("http://:8000", &error), LT_BAD_USE);
    cr_expect_eq(icecast_check_server("http://10.0.0.2\r\nHost: b", &error), LT_BAD_USE);
    cr_expect_eq(icecast_check_path("/thuong.mp3", &error), LT_DONE);
    cr_expect_eq(icecast_check_path("thuong.mp3", &error), LT_BAD_USE);
    cr_expect_eq(icecast_check_path("/", &error), LT_BAD_USE);
    cr_expect_eq(icecast_check_path("/a\r\nHost: b", &error), LT_BAD_USE);
}
