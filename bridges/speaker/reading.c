// The sound grows at its end while it is played from its beginning; the marks say where each sentence lies in it.
#include "reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loudness.h"
#include "stretches.h"
#include "words/sentences.h"

enum {
    AFTER_CHIME_MS = 400,
    BETWEEN_SENTENCES_MS = 300,
    BETWEEN_ROUNDS_MS = 1500,
    AT_END_MS = 300,
    LOOK_MS = 50, // how often it is looked whether a recording has come
};

enum lt_code reading_too_long(const struct render_style *style, struct lt_error *error)
{
    return lt_fail(error, LT_TOO_LARGE,
                   "with its repetitions it is longer than %llu s, options.longest",
                   (unsigned long long)(sound_ms(style->longest) / 1000));
}

static enum lt_code split(struct reading *reading, const struct announcement *announcement,
                          struct lt_error *error)
{
    struct lt_slice rest = lt_buffer_slice(&announcement->words), sentence;
    size_t room = 0;
    while (sentences_next(&rest, &sentence)) {
        if (reading->count == room) {
            room = room ? 2 * room : 16;
            struct lt_slice *more = realloc(reading->sentences, room * sizeof *more);
            if (!more)
                return lt_fail(error, LT_NO_MEMORY, "no memory for the sentences");
            reading->sentences = more;
        }
        reading->sentences[reading->count++] = sentence;
    }
    reading->sentence_count = reading->count;
    return LT_DONE;
}

static bool ring(const struct render_style *style, enum chime chime, struct sound *bells)
{
    return chime_ring(chime, bells) && loudness_level(bells, 0, style->loudness);
}

bool reading_bells(const struct render_style *style, struct sound *bells)
{
    bool done = true;
    for (int i = 0; done && i < READING_BELLS; i++) {
        bells[i] = (struct sound){.max = style->longest};
        done = ring(style, (enum chime)i, &bells[i]);
    }
    return done;
}

bool reading_ring(const struct render_style *style, enum chime chime, unsigned percent,
                  struct sound *out)
{
    struct sound bells = {.max = out->max};
    bool done = style->bells
                    ? sound_add(&bells, style->bells[chime].samples, style->bells[chime].count)
                    : ring(style, chime, &bells);
    if (done)
        sound_scale(&bells, percent);
    struct leaf *leaf = done ? leaf_new(&bells) : NULL;
    done = leaf && sound_join(out, leaf, 0, leaf->sound.count) &&
           sound_join_silence(out, AFTER_CHIME_MS);
    leaf_leave(&leaf);
    sound_clear(&bells);
    return done;
}

enum lt_code reading_start(struct reading *reading, const struct render_style *style,
                           const struct announcement *announcement, struct lt_error *error)
{
    reading->begun = true;
    reading->by_command = style->command != NULL;
    reading->percent = style->volume * announcement->volume / 100;
    reading->sound = (struct sound){.max = style->longest, .more = true};
    enum lt_code code = split(reading, announcement, error);
    if (code == LT_DONE && announcement->has_chime && style->chime &&
        !reading_ring(style, announcement->chime, reading->percent, &reading->sound))
        code = reading_too_long(style, error);
    if (code == LT_DONE && reading->count == 0) { // nothing but a chime
        reading->sound.more = false;
        if (!sound_join_silence(&reading->sound, AT_END_MS))
            code = reading_too_long(style, error);
    }
    return code;
}

static bool add_mark(struct reading *reading, size_t from, size_t end)
{
    if (reading->mark_count == reading->mark_room) {
        size_t room = reading->mark_room ? 2 * reading->mark_room : 16;
        struct reading_mark *more = realloc(reading->marks, room * sizeof *more);
        if (!more)
            return false;
        reading->marks = more;
        reading->mark_room = room;
    }
    reading->marks[reading->mark_count++] = (struct reading_mark){
        .from = from,
        .end = end,
        .sentence = reading->next,
        .round = reading->round,
    };
    return true;
}

static unsigned pause_before_next(const struct reading *reading)
{
    if (reading->mark_count == 0)
        return 0;
    return reading->next == 0 ? BETWEEN_ROUNDS_MS : BETWEEN_SENTENCES_MS;
}

// The next sentence is these samples of the leaf. false: too long, or no memory.
static bool append(struct reading *reading, const struct announcement *announcement,
                   struct leaf *leaf, size_t at, size_t count)
{
    struct sound *sound = &reading->sound;
    if (!sound_join_silence(sound, pause_before_next(reading)))
        return false;
    size_t from = sound->count;
    if (!sound_join(sound, leaf, at, count) || !add_mark(reading, from, sound->count))
        return false;
    if (++reading->next < reading->count)
        return true;
    reading->next = 0;
    if (++reading->round < announcement->repeat)
        return true;
    sound->more = false;
    return sound_join_silence(sound, AT_END_MS);
}

// The whole recording, once more; its pauses part what counts as its sentences. false: too long, or no memory.
static bool append_recording(struct reading *reading, const struct announcement *announcement,
                             struct leaf *leaf)
{
    struct sound *sound = &reading->sound;
    reading->next = 0;
    if (!sound_join_silence(sound, pause_before_next(reading)))
        return false;
    size_t begin = sound->count;
    if (!sound_join(sound, leaf, 0, leaf->sound.count))
        return false;
    for (size_t from = 0, end; from < leaf->sound.count; from = end, reading->next++) {
        end = stretches_next(&leaf->sound, from);
        if (!add_mark(reading, begin + from, begin + end))
            return false;
    }
    reading->count = reading->next;
    reading->next = 0;
    if (++reading->round < announcement->repeat)
        return true;
    sound->more = false;
    return sound_join_silence(sound, AT_END_MS);
}

// In an earlier round it was made already, and is still there.
static const struct reading_mark *made_before(const struct reading *reading)
{
    for (size_t i = 0; i < reading->mark_count; i++)
        if (reading->recording[0] || reading->marks[i].sentence == reading->next)
            return &reading->marks[i];
    return NULL;
}

static bool append_again(struct reading *reading, const struct announcement *announcement,
                         const struct reading_mark *mark)
{
    const struct sound_piece *piece = sound_piece_at(&reading->sound, mark->from);
    struct leaf *leaf = leaf_hold(piece->leaf);
    size_t from = piece->from + (mark->from - piece->at);
    bool done = reading->recording[0]
                    ? append_recording(reading, announcement, leaf)
                    : append(reading, announcement, leaf, from, mark->end - mark->from);
    leaf_leave(&leaf);
    return done;
}

void reading_play(struct reading *reading, const char *path, uint64_t wait_until)
{
    snprintf(reading->recording, sizeof reading->recording, "%s", path);
    reading->wait_until = wait_until;
}

static void gives_way(struct reading *reading, const struct lt_error *why)
{
    reading->no_recording = *why;
    reading->recording[0] = '\0';
    reading->count = reading->sentence_count;
    if (reading->round > 0) // it was heard once already
        reading->sound.more = false;
}

// LT_NOT_DUE: it is still on its way. Any other failure: the words are to be said.
static enum lt_code start_recording(struct reading *reading, const struct render_style *style,
                                    const struct announcement *announcement, uint64_t now)
{
    struct lt_error why = {0};
    if (access(reading->recording, R_OK) != 0) {
        reading->looked_at = now;
        if (now < reading->wait_until)
            return LT_NOT_DUE;
        lt_fail(&why, LT_NOT_FOUND, "chưa về kịp từ máy chủ");
    } else {
        (void)speech_play(style->speeches, style, reading->recording, announcement->sha256, now,
                          &reading->speech, &why);
    }
    if (why.code != LT_DONE)
        gives_way(reading, &why);
    return why.code;
}

// Once the command has failed, espeak-ng says the rest, so that the voice does not change with every sentence.
static enum lt_code start_sentence(struct reading *reading, const struct render_style *style,
                                   const struct announcement *announcement, uint64_t now,
                                   struct lt_error *error)
{
    const char *voice = announcement->voice[0] ? announcement->voice : style->voice;
    struct lt_slice words = reading->sentences[reading->next];
    if (reading->by_command) {
        if (speech_say(style->speeches, style, style->command, voice, words, now, &reading->speech,
                       &reading->fell_back) == LT_DONE)
            return LT_DONE;
        reading->by_command = false;
    }
    return speech_say(style->speeches, style, NULL, voice, words, now, &reading->speech, error);
}

static bool take_speech(struct reading *reading, const struct announcement *announcement)
{
    struct leaf *leaf = speech_take(reading->speech, reading->percent);
    bool done =
        leaf && (reading->recording[0] ? append_recording(reading, announcement, leaf)
                                       : append(reading, announcement, leaf, 0, leaf->sound.count));
    leaf_leave(&leaf);
    return done;
}

// What runs. READING_WHOLE: the sentence is in the sound.
static enum reading_state turn_sentence(struct reading *reading, const struct render_style *style,
                                        const struct announcement *announcement, uint64_t now,
                                        struct lt_error *error)
{
    struct lt_error why = {0};
    enum reading_state state = READING_WHOLE;
    switch (speech_turn(reading->speech, style, now, &why)) {
    case VOICE_WORKS:
        state = READING_WORKS;
        break;
    case VOICE_DONE:
        if (!take_speech(reading, announcement)) {
            reading_too_long(style, error);
            state = READING_FAILED;
        }
        break;
    case VOICE_FAILED:
        if (reading->recording[0]) {
            gives_way(reading, &why);
        } else if (reading->by_command) {
            reading->fell_back = why;
            reading->by_command = false;
        } else {
            lt_fail(error, why.code, "%s", why.text);
            state = READING_FAILED;
        }
        break;
    }
    if (state != READING_WORKS)
        speech_leave(&reading->speech);
    return state;
}

enum reading_state reading_turn(struct reading *reading, const struct render_style *style,
                                const struct announcement *announcement, uint64_t now,
                                struct lt_error *error)
{
    while (reading->sound.more) {
        const struct reading_mark *mark = reading->speech ? NULL : made_before(reading);
        if (mark) {
            if (append_again(reading, announcement, mark))
                continue;
            reading_too_long(style, error);
            return READING_FAILED;
        }
        if (!reading->speech && reading->recording[0] &&
            start_recording(reading, style, announcement, now) == LT_NOT_DUE)
            return READING_WORKS;
        if (!reading->sound.more)
            break;
        bool starts = !reading->speech;
        if (starts && start_sentence(reading, style, announcement, now, error) != LT_DONE)
            return READING_FAILED;
        enum reading_state state = turn_sentence(reading, style, announcement, now, error);
        if (state != READING_WHOLE)
            return state;
    }
    return READING_WHOLE;
}

int reading_fd(const struct reading *reading)
{
    return reading->speech ? speech_fd(reading->speech) : -1;
}

uint64_t reading_deadline(const struct reading *reading)
{
    if (reading->speech)
        return speech_deadline(reading->speech);
    return reading->recording[0] && reading->sound.more ? reading->looked_at + LOOK_MS : 0;
}

void reading_rest(struct reading *reading)
{
    speech_leave(&reading->speech);
}

void reading_clear(struct reading *reading)
{
    reading_rest(reading);
    sound_clear(&reading->sound);
    free(reading->marks);
    free(reading->sentences);
    *reading = (struct reading){0};
}
