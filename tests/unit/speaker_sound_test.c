// Sound in memory, the chime, WAV in and out, and the file that is written in real time.
#include <criterion/criterion.h>
#include <dirent.h>
#include <ebur128.h>
#include <stdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lienthon/settings/folder.h>

#include "chime.h"
#include "file_name.h"
#include "leaf.h"
#include "loudness.h"
#include "player.h"
#include "wav.h"

enum { SECOND = SOUND_RATE };

static void folder_for(char *path, size_t size)
{
    snprintf(path, size, "/tmp/lt-speaker-XXXXXX");
    cr_assert(mkdtemp(path));
}

static size_t files_in(const char *folder, const char *ending)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    cr_assert(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        size_t size = strlen(entry->d_name), tail = strlen(ending);
        count += size > tail && strcmp(entry->d_name + size - tail, ending) == 0;
    }
    closedir(dir);
    return count;
}

static void remove_all(const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(folder);
}

static void leave(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fclose(file);
}

static bool is_there(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static struct sound tone(size_t count)
{
    struct sound sound = {.max = count};
    for (size_t i = 0; i < count; i++) {
        int16_t sample = (int16_t)(i % 100 * 100);
        sound_add(&sound, &sample, 1);
    }
    cr_assert_eq(sound.count, count);
    return sound;
}

static struct sound read_wav(const char *folder, const char *name)
{
    char path[512];
    struct lt_buffer bytes = {.max = 16 << 20};
    struct sound sound = {.max = 60 * SECOND};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(lt_file_read(path, &bytes, NULL), LT_DONE);
    cr_assert_eq(wav_read(lt_buffer_slice(&bytes), &sound, NULL), LT_DONE);
    lt_buffer_clear(&bytes);
    return sound;
}

Test(sound, refuses_to_grow_past_its_maximum_and_keeps_what_it_has)
{
    struct sound sound = {.max = 1000};
    int16_t samples[600] = {1};
    cr_expect(sound_add(&sound, samples, 600));
    cr_expect_not(sound_add(&sound, samples, 600));
    cr_expect_eq(sound.count, 600);
    cr_expect(sound.failed);
    sound_clear(&sound);
}

Test(sound, is_put_together_of_pieces_that_others_have_too)
{
    struct sound one = tone(300), whole = {.max = 3000}, rest = {.max = 3000};
    int16_t samples[600];
    struct leaf *leaf = leaf_new(&one);
    cr_assert(leaf);
    cr_assert(sound_join(&whole, leaf, 0, 300) && sound_join_silence(&whole, 100) &&
              sound_join(&whole, leaf, 100, 50));
    cr_assert_eq(whole.count, 300 + 2205 + 50);
    cr_expect_not(sound_join_silence(&whole, 1000), "no more than its maximum");
    cr_expect(whole.failed);
    cr_assert_eq(sound_copy(&whole, 250, samples, 600), 600);
    cr_expect_eq(samples[0], 250 % 100 * 100);
    cr_expect_eq(samples[49], 9900);
    for (size_t i = 50; i < 600; i++)
        cr_assert_eq(samples[i], 0);
    cr_assert_eq(sound_copy(&whole, 2500, samples, 600), 55, "as far as it goes");
    cr_expect_eq(samples[4], 0);
    cr_expect_eq(samples[6], 100);
    cr_assert(sound_join_rest(&rest, &whole, 2510));
    cr_assert_eq(rest.count, 45);
    cr_assert_eq(sound_copy(&rest, 0, samples, 600), 45);
    cr_expect_eq(samples[0], 500);
    cr_expect_eq(sound_tail(&whole, 2505, samples), 50);
    cr_expect_eq(samples[49], 0);
    leaf_leave(&leaf);
    sound_clear(&whole);
    cr_expect_eq(sound_copy(&rest, 44, samples, 9), 1, "it holds what it has");
    sound_clear(&rest);
}

Test(sound, is_held_at_the_limit_when_it_is_made_too_loud)
{
    struct sound sound = {.max = 2};
    int16_t samples[2] = {30000, -30000};
    sound_add(&sound, samples, 2);
    sound_scale(&sound, 200);
    cr_expect_eq(sound.samples[0], INT16_MAX);
    cr_expect_eq(sound.samples[1], INT16_MIN);
    sound_clear(&sound);
}

static double peak_of(const struct sound *sound)
{
    double peak = 0;
    for (size_t i = 0; i < sound->count; i++)
        peak = fmax(peak, abs(sound->samples[i]));
    return peak / 32768;
}

static void add_sine(struct sound *sound, double amplitude, unsigned ms)
{
    size_t from = sound->count;
    cr_assert(sound_silence(sound, ms));
    for (size_t i = from; i < sound->count; i++)
        sound->samples[i] = (int16_t)lrint(
            32767 * amplitude * sin(2 * 3.14159265358979 * 997 * (double)(i - from) / SOUND_RATE));
}

// By EBU Tech 3341 a sine of 997 Hz in one channel has 3.01 LUFS less than its peak has dB.
Test(loudness, soft_and_loud_come_to_the_same_level)
{
    double amplitudes[] = {0.9, 0.3, 0.01};
    for (size_t i = 0; i < 3; i++) {
        struct sound sound = {.max = 10 * SOUND_RATE};
        add_sine(&sound, amplitudes[i], 3000);
        cr_assert(loudness_level(&sound, 0, -20));
        double db = 20 * log10(peak_of(&sound));
        cr_expect(fabs(db - -16.99) < 0.2, "peak %g dB", db);
        sound_clear(&sound);
    }
}

Test(loudness, what_would_clip_stays_softer)
{
    struct sound sound = {.max = 10 * SOUND_RATE};
    add_sine(&sound, 0.02, 3000);
    sound.samples[SOUND_RATE] = 30000; // one knock
    cr_assert(loudness_level(&sound, 0, -12));
    double peak = peak_of(&sound);
    cr_expect(peak < 0.9 && peak > 0.7, "peak %g", peak);
    sound_clear(&sound);
}

static double lufs_of(const struct sound *sound, double *peak)
{
    double lufs = 0;
    ebur128_state *state = ebur128_init(1, SOUND_RATE, EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK);
    cr_assert(state);
    cr_assert_eq(ebur128_add_frames_short(state, sound->samples, sound->count), EBUR128_SUCCESS);
    cr_assert_eq(ebur128_loudness_global(state, &lufs), EBUR128_SUCCESS);
    cr_assert_eq(ebur128_true_peak(state, 0, peak), EBUR128_SUCCESS);
    ebur128_destroy(&state);
    return lufs;
}

// 0.7 ms of 2 kHz at the beginning of every fifth of a second, far above the rest.
static void add_crests(struct sound *sound, double amplitude)
{
    for (size_t at = 0; at + SOUND_RATE / 5 <= sound->count; at += SOUND_RATE / 5)
        for (size_t i = 0; i < 15; i++)
            sound->samples[at + i] = (int16_t)lrint(
                32767 * amplitude * sin(2 * 3.14159265358979 * 2000 * (double)i / SOUND_RATE));
}

Test(loudness, what_has_high_crests_comes_to_the_level_too_and_does_not_clip)
{
    struct sound sound = {.max = 10 * SOUND_RATE};
    double peak = 0;
    add_sine(&sound, 0.08, 5000);
    add_crests(&sound, 0.9);
    double before = lufs_of(&sound, &peak);
    cr_assert(before + 20 * log10(0.891 / peak) < -21,
              "by one gain it would stay too soft: %g LUFS, %g", before, peak);
    cr_assert(loudness_level(&sound, 0, -20));
    double lufs = lufs_of(&sound, &peak);
    cr_expect(fabs(lufs - -20) <= 0.5, "%g LUFS", lufs);
    cr_expect(peak <= 0.8915 && peak > 0.8, "true peak %g", peak);
    sound_clear(&sound);
}

static double rms_of(const struct sound *sound, unsigned from_ms, unsigned ms)
{
    double sum = 0;
    size_t from = (size_t)from_ms * SOUND_RATE / 1000, count = (size_t)ms * SOUND_RATE / 1000;
    for (size_t i = from; i < from + count; i++)
        sum += (double)sound->samples[i] * sound->samples[i];
    return sqrt(sum / (double)count);
}

Test(loudness, a_knock_is_turned_down_and_what_is_around_it_hardly)
{
    struct sound sound = {.max = 10 * SOUND_RATE};
    add_sine(&sound, 0.1, 3000);
    for (size_t i = 0; i < 40; i++)
        sound.samples[SOUND_RATE + i] = (int16_t)(i % 8 < 4 ? 25000 : -25000);
    cr_assert(loudness_level(&sound, 0, -16));
    double level = rms_of(&sound, 2000, 500);
    cr_expect(fabs(20 * log10(rms_of(&sound, 900, 90) / level)) < 0.3, "10 ms before it");
    cr_expect(fabs(20 * log10(rms_of(&sound, 1200, 50) / level)) < 1, "0.2 s behind it");
    cr_expect(fabs(20 * log10(rms_of(&sound, 1400, 50) / level)) < 0.1, "0.4 s behind it");
    sound_clear(&sound);
}

Test(loudness, silence_stays_silent)
{
    struct sound sound = {.max = SOUND_RATE};
    cr_expect(loudness_level(&sound, 0, -20));
    sound_silence(&sound, 500);
    cr_expect(loudness_level(&sound, 0, -20));
    cr_expect_eq(peak_of(&sound), 0);
    sound_clear(&sound);
}

Test(loudness, one_short_word_is_as_loud_as_a_long_sentence)
{
    struct sound sound = {.max = SOUND_RATE};
    add_sine(&sound, 0.5, 100);
    cr_assert(loudness_level(&sound, 0, -20));
    cr_expect(fabs(20 * log10(peak_of(&sound)) - -16.99) < 0.5, "peak %g", peak_of(&sound));
    sound_clear(&sound);
}

Test(chime, is_heard_does_not_clip_and_dies_away)
{
    for (int kind = CHIME_CALM; kind <= CHIME_ALARM; kind++) {
        struct sound sound = {.max = 10 * SECOND};
        cr_assert(chime_ring((enum chime)kind, &sound));
        int loudest = 0;
        for (size_t i = 0; i < sound.count; i++)
            loudest = abs(sound.samples[i]) > loudest ? abs(sound.samples[i]) : loudest;
        cr_expect_gt(loudest, 8000);
        cr_expect_lt(loudest, 32000);
        cr_expect_lt(abs(sound.samples[sound.count - 1]), 300);
        cr_expect_lt(sound_ms(sound.count), 4000);
        sound_clear(&sound);
    }
}

Test(chime, does_not_fit_into_too_little_room)
{
    struct sound sound = {.max = 100};
    cr_expect_not(chime_ring(CHIME_CALM, &sound));
    sound_clear(&sound);
}

// A streamed WAV as espeak-ng writes it: the lengths in its head are not true.
static struct lt_buffer streamed(unsigned rate, unsigned channels, const int16_t *samples,
                                 size_t count)
{
    struct lt_buffer out = {.max = 1 << 20};
    uint32_t false_riff = 0x7ffff024, format_size = 16, hertz = rate, second = rate * channels * 2,
             false_data = 0x7ffff000;
    uint16_t pcm = 1, count16 = (uint16_t)channels, frame = (uint16_t)(channels * 2), bits = 16;
    lt_buffer_add(&out, "RIFF", 4);
    lt_buffer_add(&out, &false_riff, 4);
    lt_buffer_add(&out, "WAVEfmt ", 8);
    lt_buffer_add(&out, &format_size, 4);
    lt_buffer_add(&out, &pcm, 2);
    lt_buffer_add(&out, &count16, 2);
    lt_buffer_add(&out, &hertz, 4);
    lt_buffer_add(&out, &second, 4);
    lt_buffer_add(&out, &frame, 2);
    lt_buffer_add(&out, &bits, 2);
    lt_buffer_add(&out, "data", 4);
    lt_buffer_add(&out, &false_data, 4);
    lt_buffer_add(&out, samples, count * sizeof *samples);
    cr_assert_not(out.failed);
    return out;
}

// As "32-bit float" of a sound editor: another format's number, and that many bits.
static struct lt_buffer floats(const float *samples, size_t count)
{
    const uint16_t format = 3, bits = 32, frame = 4;
    const uint32_t second = SOUND_RATE * 4;
    struct lt_buffer out =
        streamed(SOUND_RATE, 1, (const int16_t *)(const void *)samples, 2 * count);
    memcpy(out.data + 20, &format, sizeof format);
    memcpy(out.data + 28, &second, sizeof second);
    memcpy(out.data + 32, &frame, sizeof frame);
    memcpy(out.data + 34, &bits, sizeof bits);
    return out;
}

Test(wav, a_file_of_floats_is_as_loud_as_one_of_whole_numbers)
{
    const float samples[] = {0, 0.5F, -0.5F, 0.25F, 1, -1, 3, -3, NAN, INFINITY};
    const int16_t wanted[] = {0, 16384, -16384, 8192, 32767, -32768, 32767, -32768, 0, 32767};
    enum { COUNT = sizeof wanted / sizeof *wanted };
    struct lt_buffer bytes = floats(samples, COUNT);
    struct sound sound = {.max = 1000};
    struct lt_error error = {0};
    cr_expect_eq(wav_read(lt_buffer_slice(&bytes), &sound, &error), LT_DONE, "%s", error.text);
    cr_assert_eq(sound.count, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        cr_expect_eq(sound.samples[i], wanted[i], "%zu: %d", i, sound.samples[i]);
    sound_clear(&sound);
    lt_buffer_clear(&bytes);
}

Test(wav, reads_a_stream_whose_head_tells_a_false_length)
{
    int16_t samples[500];
    for (int i = 0; i < 500; i++)
        samples[i] = (int16_t)(i * 60);
    struct lt_buffer bytes = streamed(SOUND_RATE, 1, samples, 500);
    struct sound sound = {.max = 1000};
    struct lt_error error = {0};
    cr_expect_eq(wav_read(lt_buffer_slice(&bytes), &sound, &error), LT_DONE, "%s", error.text);
    cr_expect_eq(sound.count, 500);
    cr_expect_arr_eq(sound.samples, samples, sizeof samples);
    sound_clear(&sound);
    lt_buffer_clear(&bytes);
}

Test(wav, how_long_it_lasts_is_counted_and_not_believed)
{
    int16_t samples[1600] = {0};
    struct lt_buffer bytes = streamed(8000, 2, samples, 1600); // its head says hours
    struct lt_error error = {0};
    uint64_t ms = 0;
    cr_expect_eq(wav_length(lt_buffer_slice(&bytes), 1000, &ms, &error), LT_DONE, "%s", error.text);
    cr_expect_eq(ms, 100);
    cr_expect_eq(wav_length(lt_buffer_slice(&bytes), 50, &ms, &error), LT_TOO_LARGE);
    cr_expect_eq(wav_length(lt_slice_of("no sound at all"), 50, &ms, &error), LT_MALFORMED);
    lt_buffer_clear(&bytes);
}

Test(wav, turns_another_rate_and_two_channels_into_ours)
{
    enum { FRAMES = 16000 };
    int16_t *samples = calloc(2 * FRAMES, sizeof *samples);
    cr_assert(samples);
    for (int i = 0; i < FRAMES; i++) {
        samples[2 * i] = 4000;
        samples[2 * i + 1] = 2000;
    }
    struct lt_buffer bytes = streamed(16000, 2, samples, 2 * FRAMES);
    struct sound sound = {.max = 2 * SECOND};
    cr_expect_eq(wav_read(lt_buffer_slice(&bytes), &sound, NULL), LT_DONE);
    cr_expect_gt(sound.count, SECOND - 10);
    cr_expect_lt(sound.count, SECOND + 10);
    cr_expect_eq(sound.samples[sound.count / 2], 3000);
    sound_clear(&sound);
    lt_buffer_clear(&bytes);
    free(samples);
}

// Of a tone of that rate and height, brought to our rate: its root mean square, of 10,000 at its peak.
static double loud_after(unsigned rate, double hz)
{
    size_t count = rate;
    int16_t *samples = calloc(count, sizeof *samples);
    cr_assert(samples);
    for (size_t i = 0; i < count; i++)
        samples[i] = (int16_t)lrint(10000 * sin(2 * 3.14159265358979 * hz * (double)i / rate));
    struct lt_buffer bytes = streamed(rate, 1, samples, count);
    struct sound sound = {.max = 2 * SECOND};
    cr_assert_eq(wav_read(lt_buffer_slice(&bytes), &sound, NULL), LT_DONE);
    cr_assert_gt(sound.count, SECOND - 100);
    double sum = 0;
    for (size_t i = 1000; i < sound.count - 1000; i++)
        sum += (double)sound.samples[i] * sound.samples[i];
    double loud = sqrt(sum / (double)(sound.count - 2000));
    sound_clear(&sound);
    lt_buffer_clear(&bytes);
    free(samples);
    return loud;
}

Test(wav, what_is_too_high_for_our_rate_does_not_come_back_as_noise)
{
    cr_expect_lt(loud_after(44100, 15000), 10);
    cr_expect_lt(loud_after(48000, 18000), 10);
}

Test(wav, what_our_rate_can_have_stays_as_loud_as_it_was)
{
    cr_expect_float_eq(loud_after(48000, 8000), 7071, 70);
    cr_expect_float_eq(loud_after(16000, 6000), 7071, 70);
    cr_expect_float_eq(loud_after(8000, 3000), 7071, 70);
}

Test(wav, refuses_what_is_no_sound_and_what_is_too_long)
{
    struct sound sound = {.max = 100};
    struct lt_error error = {0};
    cr_expect_eq(wav_read(lt_slice_of("no sound at all"), &sound, &error), LT_MALFORMED);
    int16_t samples[500] = {0};
    struct lt_buffer bytes = streamed(SOUND_RATE, 1, samples, 500);
    cr_expect_eq(wav_read(lt_buffer_slice(&bytes), &sound, &error), LT_TOO_LARGE);
    sound_clear(&sound);
    lt_buffer_clear(&bytes);
}

Test(player, writes_a_file_no_faster_than_a_card_would_play_it)
{
    char folder[64];
    struct outlet *outlet = NULL;
    struct player player = {0};
    struct sound sound = tone(2 * SECOND);
    folder_for(folder, sizeof folder);
    cr_assert_eq(file_outlet_new(folder, 100, 10, &outlet, NULL), LT_DONE);
    player_add(&player, &outlet, "file");
    cr_assert_eq(player_start(&player, &sound, &(struct outlet_cue){.name = "one"}, 5000, NULL),
                 LT_DONE);
    cr_expect_eq(player_turn(&player, 6000, NULL), OUTLET_PLAYS);
    cr_expect_eq(files_in(folder, ".wav.part"), 1);
    cr_expect_eq(files_in(folder, ".wav"), 0);
    cr_expect_eq(player_turn(&player, 6990, NULL), OUTLET_PLAYS);
    cr_expect_eq(player_turn(&player, 7000, NULL), OUTLET_ENDED);
    cr_expect_eq(files_in(folder, ".wav.part"), 0);
    struct sound heard = read_wav(folder, "one.wav");
    cr_expect_eq(heard.count, sound.count);
    cr_expect_arr_eq(heard.samples, sound.samples, sound.count * sizeof *sound.samples);
    sound_clear(&heard);
    player_clear(&player);
    sound_clear(&sound);
    remove_all(folder);
}

Test(player, keeps_what_was_heard_of_a_stopped_one_and_lets_it_die_away)
{
    char folder[64];
    struct outlet *outlet = NULL;
    struct player player = {0};
    struct sound sound = {.max = SECOND};
    for (size_t i = 0; i < (size_t)SECOND; i++)
        cr_assert(sound_add(&sound, (int16_t[]){10000}, 1));
    folder_for(folder, sizeof folder);
    cr_assert_eq(file_outlet_new(folder, 100, 10, &outlet, NULL), LT_DONE);
    player_add(&player, &outlet, "file");
    cr_assert_eq(player_start(&player, &sound, &(struct outlet_cue){.name = "one"}, 0, NULL),
                 LT_DONE);
    cr_expect_eq(player_turn(&player, 500, NULL), OUTLET_PLAYS);
    player_stop(&player);
    cr_expect_eq(player.heard, SECOND / 2);
    cr_expect_eq(files_in(folder, ".part"), 0);
    struct sound heard = read_wav(folder, "one.cut.wav");
    cr_assert_eq(heard.count, SECOND / 2 + SOUND_FADE);
    cr_expect_eq(heard.samples[SECOND / 2 - 1], 10000);
    cr_expect_eq(heard.samples[heard.count - 1], 0);
    for (size_t i = SECOND / 2; i < heard.count; i++)
        cr_expect_leq(abs(heard.samples[i] - heard.samples[i - 1]), 100, "no click");
    player_drain(&player, 501);
    cr_expect_not(player.drains);
    sound_clear(&heard);
    player_clear(&player);
    sound_clear(&sound);
    remove_all(folder);
}

Test(player, waits_in_silence_for_a_sound_that_grows)
{
    char folder[64];
    struct outlet *outlet = NULL;
    struct player player = {0};
    struct sound sound = {.max = 3 * SECOND, .more = true};
    int16_t ones[SECOND / 2];
    for (size_t i = 0; i < SECOND / 2; i++)
        ones[i] = 1;
    folder_for(folder, sizeof folder);
    cr_assert_eq(file_outlet_new(folder, 100, 10, &outlet, NULL), LT_DONE);
    player_add(&player, &outlet, "file");
    cr_assert(sound_add(&sound, ones, SECOND / 2));
    cr_assert_eq(player_start(&player, &sound, &(struct outlet_cue){.name = "one"}, 0, NULL),
                 LT_DONE);
    cr_expect_eq(player_turn(&player, 1000, NULL), OUTLET_PLAYS);
    cr_assert(sound_add(&sound, ones, SECOND / 2));
    sound.more = false;
    cr_expect_eq(player_turn(&player, 1250, NULL), OUTLET_PLAYS);
    cr_expect_eq(player_turn(&player, 1500, NULL), OUTLET_ENDED);
    cr_expect_eq(player.heard, SECOND);
    struct sound heard = read_wav(folder, "one.wav");
    cr_assert_eq(heard.count, SECOND + SECOND / 2);
    cr_expect_eq(heard.samples[SECOND / 2 - 1], 1);
    cr_expect_eq(heard.samples[SECOND / 2], 0, "as a card would");
    cr_expect_eq(heard.samples[SECOND - 1], 0);
    cr_expect_eq(heard.samples[SECOND], 1);
    sound_clear(&heard);
    player_clear(&player);
    sound_clear(&sound);
    remove_all(folder);
}

Test(player, keeps_the_newest_files_only)
{
    char folder[64], name[FILE_NAME], newest_name[FILE_NAME + 8];
    struct outlet *outlet = NULL;
    struct player player = {0};
    struct sound sound = tone(100);
    folder_for(folder, sizeof folder);
    cr_assert_eq(file_outlet_new(folder, 100, 3, &outlet, NULL), LT_DONE);
    player_add(&player, &outlet, "file");
    for (uint64_t i = 0; i < 5; i++) {
        file_name_print(1764295200000 + i, i % 2 ? (const uint8_t[LT_ID_SIZE]){1} : NULL, name);
        cr_assert_eq(player_start(&player, &sound, &(struct outlet_cue){.name = name}, 0, NULL),
                     LT_DONE);
        cr_expect_eq(player_turn(&player, 1000, NULL), OUTLET_ENDED);
    }
    cr_expect_eq(files_in(folder, ".wav"), 3);
    snprintf(newest_name, sizeof newest_name, "%s.wav", name);
    struct sound newest = read_wav(folder, newest_name);
    cr_expect_eq(newest.count, 100);
    sound_clear(&newest);
    player_clear(&player);
    sound_clear(&sound);
    remove_all(folder);
}

Test(player, removes_what_an_earlier_life_left_unfinished)
{
    char folder[64];
    struct outlet *outlet = NULL;
    folder_for(folder, sizeof folder);
    leave(folder, "20261128-170000.000-loa.wav.part");
    cr_assert_eq(file_outlet_new(folder, 100, 3, &outlet, NULL), LT_DONE);
    cr_expect_eq(files_in(folder, ".part"), 0);
    outlet_destroy(&outlet);
    remove_all(folder);
}

Test(player, shares_a_folder_with_another_that_begins_the_same_at_the_same_moment)
{
    enum { SPEAKERS = 3 };
    char folder[64], name[FILE_NAME];
    struct player players[SPEAKERS] = {0};
    struct sound sound = tone(SECOND);
    folder_for(folder, sizeof folder);
    file_name_print(1764295200199, NULL, name);
    for (size_t i = 0; i < SPEAKERS; i++) {
        struct outlet *outlet = NULL;
        cr_assert_eq(file_outlet_new(folder, 100, 10, &outlet, NULL), LT_DONE);
        player_add(&players[i], &outlet, "file");
        cr_assert_eq(player_start(&players[i], &sound, &(struct outlet_cue){.name = name}, 0, NULL),
                     LT_DONE);
        cr_expect_eq(player_turn(&players[i], 400, NULL), OUTLET_PLAYS);
        cr_expect_eq(files_in(folder, ".wav.part"), i + 1, "those before go on");
    }
    for (size_t i = 0; i < SPEAKERS; i++)
        cr_expect_eq(player_turn(&players[i], 1000, NULL), OUTLET_ENDED);
    for (size_t i = 0; i < SPEAKERS; i++) {
        char path[FILE_NAME + 8];
        snprintf(path, sizeof path, "%s.wav", name);
        struct sound heard = read_wav(folder, path);
        cr_expect_eq(heard.count, sound.count);
        sound_clear(&heard);
        cr_assert(file_name_later(name));
        player_clear(&players[i]);
    }
    cr_expect_eq(files_in(folder, ".part"), 0);
    sound_clear(&sound);
    remove_all(folder);
}

Test(file_name, is_later_by_a_millisecond_within_its_second)
{
    char name[FILE_NAME] = "20261128-170000.099-loa", last[FILE_NAME] = "20261128-170000.999-loa";
    cr_expect(file_name_later(name));
    cr_expect_str_eq(name, "20261128-170000.100-loa");
    cr_expect_not(file_name_later(last));
    cr_expect_not(file_name_later((char[]){"thu-am"}));
}

Test(player, leaves_what_others_have_put_beside_its_files)
{
    static const char *const theirs[] = {"quoc-ca.wav",
                                         "20250101.wav",
                                         "20261128-170000.000-loa-cu.wav",
                                         "20261128-170000.000-LOA.wav",
                                         "20261128-170000.000-.wav",
                                         "00000000-000000.wav",
                                         "thu-am.wav.part",
                                         "20261128-170000.000-loa.wav.bak"};
    enum { THEIRS = sizeof theirs / sizeof *theirs };
    char folder[64], name[FILE_NAME];
    struct outlet *outlet = NULL;
    struct player player = {0};
    struct sound sound = tone(100);
    folder_for(folder, sizeof folder);
    for (size_t i = 0; i < THEIRS; i++)
        leave(folder, theirs[i]);
    cr_assert_eq(file_outlet_new(folder, 100, 1, &outlet, NULL), LT_DONE);
    player_add(&player, &outlet, "file");
    for (uint64_t i = 0; i < 3; i++) {
        file_name_print(1764295200000 + i, NULL, name);
        cr_assert_eq(player_start(&player, &sound, &(struct outlet_cue){.name = name}, 0, NULL),
                     LT_DONE);
        cr_expect_eq(player_turn(&player, 1000, NULL), OUTLET_ENDED);
    }
    for (size_t i = 0; i < THEIRS; i++)
        cr_expect(is_there(folder, theirs[i]), "%s", theirs[i]);
    cr_expect_eq(files_in(folder, "-loa.wav"), 1, "the newest of its own");
    player_clear(&player);
    sound_clear(&sound);
    remove_all(folder);
}

Test(player, says_that_a_card_is_not_there)
{
    struct outlet *outlet = NULL;
    struct lt_error error = {0};
    cr_expect_eq(card_outlet_new("no-such-card", &outlet, &error), LT_IO);
    cr_expect_null(outlet);
    cr_expect(strstr(error.text, "no-such-card"));
}

Test(player, gives_a_card_everything_and_ends)
{
    // ALSA's null takes all at once: nothing of pacing is seen, but the whole path is walked.
    struct outlet *outlet = NULL;
    struct player player = {0};
    struct lt_error error = {0};
    struct sound sound = tone(SECOND);
    cr_assert_eq(card_outlet_new("null", &outlet, &error), LT_DONE, "%s", error.text);
    player_add(&player, &outlet, "file");
    cr_assert_eq(player_start(&player, &sound, &(struct outlet_cue){.name = "one"}, 0, &error),
                 LT_DONE, "%s", error.text);
    enum outlet_state state = OUTLET_PLAYS;
    for (uint64_t now = 0; state == OUTLET_PLAYS && now < 4000; now += PLAYER_TURN_MS)
        state = player_turn(&player, now, &error);
    cr_expect_eq(state, OUTLET_ENDED, "%s", error.text);
    player_clear(&player);
    sound_clear(&sound);
}
