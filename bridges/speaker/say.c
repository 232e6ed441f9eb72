// lienthon-say: lets people hear a notice as a loudspeaker would say it, before it is sent. The same words, voice and
// sound as the bridge's. Also the process in which the bridge decodes recordings, and those that have its cards and microphone.
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lienthon/cursor.h>
#include <lienthon/pack.h>
#include <lienthon/settings/folder.h>

#include "decode.h"
#include "own_words.h"
#include "player.h"
#include "reading.h"
#include "serve.h"
#include "wav.h"

enum { BODY_MOST = 256 * 1024, LONGEST_S = 3600 };

struct wish {
    const char *body, *out, *card, *voice, *text, *urgency, *speaker, *recording;
    long rate;
    bool only_words;
};

static const char usage[] =
    "usage: lienthon-say [options] TEXT\n"
    "       lienthon-say [options] --body FILE\n\n"
    "Says a notice as a loudspeaker would: prints the words that are said, then speaks them\n"
    "through the sound card or into a file.\n\n"
    "  --words        only print them\n"
    "  --out FILE     into this WAV file\n"
    "  --card NAME    through this card, as aplay -L lists them [default]\n"
    "  --voice VOICE  espeak-ng's: vi, vi-vn-x-central [vi-vn-x-south]\n"
    "  --rate N       words a minute, 80 to 300 [140]\n"
    "  --urgency N    3: with the alarm's bells; 0 to 2: with the calm chime\n"
    "  --speaker PATH  the commune's own words (options.words) of this loudspeaker's instance "
    "file,\n"
    "                 or of the only one in this folder, bridges/ of a commune\n"
    "  --body FILE    the body of a notice (MessagePack) in place of TEXT\n"
    "  --recording FILE  played in place of the words, which are not printed then\n"
    "  --help         this\n\n"
    "Exit status: 0 it was said, 1 it could not be, 2 usage.\n\n"
    "Example: lienthon-say \"UBND xã mời họp lúc 17h30.\"\n"
    "         lienthon-say --words \"UBND xã mời họp lúc 17h30.\"\n"
    "         lienthon-say --out thu.wav --voice vi --rate 130 \"UBND xã mời họp.\"\n";

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static enum lt_code read_words(const struct wish *wish, const struct lt_option_map *own,
                               struct announcement *announcement, struct lt_error *error)
{
    struct lt_buffer body = {.max = BODY_MOST};
    enum lt_code code = LT_DONE;
    if (wish->body) {
        code = lt_file_read(wish->body, &body, error);
    } else if (!lt_utf8_valid(lt_slice_of(wish->text))) {
        code = lt_fail(error, LT_BAD_USE, "the text is not UTF-8");
    } else {
        lt_pack_map(&body, 1);
        lt_pack_text(&body, "text");
        lt_pack_text(&body, wish->text);
    }
    struct lt_part part = {
        .type = lt_slice_of("notice.v1"),
        .priority = (uint8_t)(wish->urgency && *wish->urgency == '3' ? LT_HOA_TOC : LT_THUONG),
        .body = lt_buffer_slice(&body),
    };
    struct lt_slice key = {0};
    if (code == LT_DONE && !lt_map_str(part.body, "text", &key))
        code = lt_fail(error, LT_BODY_WRONG, "this is no notice: it has no text");
    if (code == LT_DONE)
        code = announcement_read(&part, own, announcement, error);
    lt_buffer_clear(&body);
    return code;
}

// The loudspeaker says the words where it cannot play a recording; here somebody wants to hear that it can.
static enum lt_code start(const struct wish *wish, const struct render_style *style,
                          struct announcement *announcement, struct reading *reading,
                          struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    if (wish->recording)
        code = decode_hash(wish->recording, announcement->sha256, error);
    if (code == LT_DONE)
        code = reading_start(reading, style, announcement, error);
    if (code == LT_DONE && wish->recording)
        reading_play(reading, wish->recording, 0);
    return code;
}

static enum lt_code render_whole(const struct wish *wish, const struct render_style *style,
                                 struct announcement *announcement, struct reading *reading,
                                 struct lt_error *error)
{
    enum lt_code code = start(wish, style, announcement, reading, error);
    enum reading_state state = READING_WORKS;
    while (code == LT_DONE && state == READING_WORKS) {
        state = reading_turn(reading, style, announcement, clock_ms(), error);
        struct pollfd wait = {.fd = reading_fd(reading), .events = POLLIN};
        if (state == READING_WORKS)
            poll(&wait, 1, 100);
    }
    if (code == LT_DONE && state == READING_WHOLE && reading->no_recording.code != LT_DONE)
        return lt_fail(error, reading->no_recording.code, "%s: %s", wish->recording,
                       reading->no_recording.text);
    return state == READING_FAILED ? LT_IO : code;
}

static enum lt_code write_file(const struct sound *sound, const char *path, struct lt_error *error)
{
    struct wav_file *file = NULL;
    enum lt_code code = wav_open(path, &file, error);
    if (code == LT_DONE)
        for (size_t at = 0, count; code == LT_DONE && at < sound->count; at += count) {
            const int16_t *samples = sound_at(sound, at, &count);
            code = wav_add(file, samples, count, error);
        }
    if (code == LT_DONE)
        return wav_finish(&file, error);
    wav_discard(&file);
    return code;
}

static enum lt_code play(const struct sound *sound, const char *card, struct lt_error *error)
{
    struct outlet *outlet = NULL;
    struct player player = {0};
    struct outlet_cue cue = {.name = "nghe"};
    enum lt_code code = card_line_new(card, &outlet, error);
    if (code != LT_DONE)
        return code;
    player_add(&player, &outlet, "card");
    code = player_start(&player, sound, &cue, clock_ms(), error);
    enum outlet_state state = OUTLET_PLAYS;
    while (code == LT_DONE && state == OUTLET_PLAYS) {
        state = player_turn(&player, clock_ms(), error);
        poll(NULL, 0, PLAYER_TURN_MS);
    }
    player_clear(&player);
    return state == OUTLET_FAILED ? LT_IO : code;
}

static enum lt_code say(const struct wish *wish, struct lt_error *error)
{
    struct announcement announcement = {0};
    struct reading reading = {0};
    struct lt_option_map own = {0};
    struct render_style style = {
        .voice = wish->voice ? wish->voice : "vi-vn-x-south",
        .rate = (unsigned)wish->rate,
        .chime = true,
        .loudness = -20,
        .volume = 100,
        .timeout_ms = 30000,
        .longest = (size_t)LONGEST_S * SOUND_RATE,
    };
    enum lt_code code = wish->speaker ? own_words_read(wish->speaker, &own, error) : LT_DONE;
    if (code == LT_DONE)
        code = read_words(wish, &own, &announcement, error);
    if (code == LT_DONE && !wish->recording)
        printf("%.*s", (int)announcement.words.size, (const char *)announcement.words.data);
    fflush(stdout);
    if (code == LT_DONE && !wish->only_words)
        code = render_whole(wish, &style, &announcement, &reading, error);
    if (code == LT_DONE && !wish->only_words)
        code = wish->out ? write_file(&reading.sound, wish->out, error)
                         : play(&reading.sound, wish->card, error);
    reading_clear(&reading);
    announcement_clear(&announcement);
    own_words_clear(&own);
    return code;
}

static int fail(const struct lt_error *error)
{
    fprintf(stderr, "lienthon-say: %s\n", error->text);
    return 1;
}

static bool read_line(int argc, char **argv, struct wish *wish)
{
    static const struct option options[] = {
        {"body", required_argument, NULL, 'b'},      {"out", required_argument, NULL, 'o'},
        {"card", required_argument, NULL, 'c'},      {"voice", required_argument, NULL, 'v'},
        {"rate", required_argument, NULL, 'r'},      {"words", no_argument, NULL, 'w'},
        {"urgency", required_argument, NULL, 'u'},   {"speaker", required_argument, NULL, 's'},
        {"recording", required_argument, NULL, 'p'}, {0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        const char **texts[] = {
            ['b'] = &wish->body,     ['o'] = &wish->out,     ['c'] = &wish->card,
            ['v'] = &wish->voice,    ['u'] = &wish->urgency, ['s'] = &wish->speaker,
            ['p'] = &wish->recording};
        if (c == 'w')
            wish->only_words = true;
        else if (c == 'r')
            wish->rate = strtol(optarg, NULL, 10);
        else if (c == '?')
            return false;
        else
            *texts[c] = optarg;
    }
    if (wish->rate < 80 || wish->rate > 300 || argc - optind != (wish->body ? 0 : 1))
        return false;
    wish->text = wish->body ? NULL : argv[optind];
    return true;
}

// For the bridge: a file, its hash, LUFS, and the most samples.
static int decode(const char *path, const char *sha256, const char *lufs, const char *longest)
{
    struct lt_error error = {0};
    enum lt_code code = decode_recording(path, sha256, (int)strtol(lufs, NULL, 10),
                                         strtoul(longest, NULL, 10), &error);
    if (code != LT_DONE)
        (void)fail(&error);
    return decode_status(code);
}

// The same, how long it lasts: a file, its hash, and the most ms.
static int measure(const char *path, const char *sha256, const char *longest)
{
    struct lt_error error = {0};
    enum lt_code code = decode_length(path, sha256, strtoull(longest, NULL, 10), &error);
    if (code != LT_DONE)
        (void)fail(&error);
    return decode_status(code);
}

int main(int argc, char **argv)
{
    struct lt_error error = {0};
    struct wish wish = {.card = "default", .rate = 140};
    // Without the way out that an ordinary program takes: it may open nothing any more, and has nothing to put away.
    if (argc == 6 && strcmp(argv[1], "--decode") == 0)
        _exit(decode(argv[2], argv[3], argv[4], argv[5]));
    if (argc == 5 && strcmp(argv[1], "--measure") == 0)
        _exit(measure(argv[2], argv[3], argv[4]));
    if (argc == 3 && strcmp(argv[1], "--serve-card") == 0)
        return serve_card(argv[2], &error) == LT_DONE ? 0 : fail(&error);
    if (argc == 3 && strcmp(argv[1], "--serve-microphone") == 0)
        return serve_microphone(argv[2], &error) == LT_DONE ? 0 : fail(&error);
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (!read_line(argc, argv, &wish)) {
        fputs(usage, stderr);
        return 2;
    }
    return say(&wish, &error) == LT_DONE ? 0 : fail(&error);
}
