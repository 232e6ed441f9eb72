// Title before text; of an alert the headline, what happens, and what to do.
#include "announcement.h"

#include <stdio.h>
#include <string.h>

#include <lienthon/cursor.h>

#include "words/words.h"

enum { WORDS_MAX = 256 * 1024 };

// A sentence of its own: with a full stop where it has no end, so that the voice pauses.
static void say(struct announcement *announcement, struct lt_slice text)
{
    struct lt_buffer *words = &announcement->words;
    size_t from = words->size;
    words_say(text, announcement->own, words);
    if (words->size == from)
        return;
    bool ends = strchr(".!?:;", words->data[words->size - 1]) != NULL;
    lt_buffer_add(words, ends ? "\n" : ".\n", ends ? 1 : 2);
}

static void say_field(struct announcement *announcement, struct lt_slice body, const char *key)
{
    struct lt_slice text;
    if (lt_map_str(body, key, &text))
        say(announcement, text);
}

// bac, trung, nam; any other is not ours, and the configured voice speaks.
static void choose_voice(struct lt_slice name, struct announcement *announcement)
{
    static const char *const names[][2] = {
        {"bac", "vi"}, {"trung", "vi-vn-x-central"}, {"nam", "vi-vn-x-south"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (lt_slice_is(name, names[i][0]) || lt_slice_is(name, names[i][1]))
            snprintf(announcement->voice, sizeof announcement->voice, "%s", names[i][1]);
}

static void read_recording(struct lt_slice blob, struct announcement *announcement)
{
    struct lt_slice hash;
    if (!lt_map_bin(blob, "sha256", &hash) || hash.size != sizeof announcement->sha256 ||
        !lt_map_uint(blob, "size", &announcement->size))
        return;
    memcpy(announcement->sha256, hash.data, hash.size);
    announcement->has_recording = true;
}

static void read_speech(struct lt_slice speech, struct announcement *announcement)
{
    struct lt_slice value;
    uint64_t number;
    if (lt_map_uint(speech, "repeat", &number) && number >= 1)
        announcement->repeat =
            number < ANNOUNCEMENT_REPEATS ? (unsigned)number : ANNOUNCEMENT_REPEATS;
    if (lt_map_uint(speech, "volume", &number) && number <= 100)
        announcement->volume = (unsigned)number;
    if (lt_map_find(speech, "chime", &value)) {
        struct lt_cursor cursor = lt_cursor_of(value);
        lt_cursor_bool(&cursor, &announcement->has_chime);
    }
    if (lt_map_find(speech, "recording", &value))
        read_recording(value, announcement);
    if (lt_map_str(speech, "voice", &value))
        choose_voice(value, announcement);
}

// speech.text says better what is to be said; `fallback` are the fields that are said without it.
static void say_body(struct announcement *announcement, struct lt_slice body,
                     const char *const *fallback)
{
    struct lt_slice speech, text;
    if (lt_map_find(body, "speech", &speech)) {
        read_speech(speech, announcement);
        if (lt_map_str(speech, "text", &text)) {
            say(announcement, text);
            return;
        }
    }
    for (; *fallback; fallback++)
        say_field(announcement, body, *fallback);
}

static enum lt_code read_notice(struct lt_slice body, struct announcement *announcement)
{
    static const char *const fields[] = {"title", "text", NULL};
    struct lt_slice value;
    announcement->drop_late =
        lt_map_str(body, "late", &value) && !lt_slice_is(value, "announce-late");
    say_body(announcement, body, fields);
    return LT_DONE;
}

static enum lt_code read_alert(struct lt_slice body, struct announcement *announcement,
                               struct lt_error *error)
{
    static const char *const fields[] = {"headline", "description", "instruction", NULL};
    struct lt_slice status = {0}, kind = {0};
    if (lt_map_str(body, "status", &status) && !lt_slice_is(status, "Actual"))
        return lt_fail(error, LT_NOT_ALLOWED, "không phát: không phải cảnh báo thật (%.*s)",
                       (int)status.size, (const char *)status.data);
    if (lt_map_str(body, "msgType", &kind) &&
        (lt_slice_is(kind, "Ack") || lt_slice_is(kind, "Error")))
        return lt_fail(error, LT_NOT_ALLOWED, "không phát: chỉ là tin báo nhận");
    say_body(announcement, body, fields);
    return LT_DONE;
}

enum lt_code announcement_read(const struct lt_part *message, const struct lt_option_map *own,
                               struct announcement *announcement, struct lt_error *error)
{
    *announcement = (struct announcement){
        .words = {.max = WORDS_MAX},
        .own = own,
        .has_chime = true,
        .chime = message->priority >= LT_HOA_TOC ? CHIME_ALARM : CHIME_CALM,
        .repeat = 1,
        .volume = 100,
    };
    enum lt_code code = lt_slice_is(message->type, "alert.v1")
                            ? read_alert(message->body, announcement, error)
                            : read_notice(message->body, announcement);
    if (code == LT_DONE && announcement->words.failed)
        code = lt_fail(error, LT_NO_MEMORY, "no memory for the words, or too many of them");
    if (code == LT_DONE && announcement->words.size == 0)
        code = lt_fail(error, LT_BODY_WRONG, "body.text: there is nothing to say");
    return code;
}

bool announcement_correct(struct announcement *announcement)
{
    struct lt_buffer words = {.max = WORDS_MAX};
    struct lt_slice said = lt_buffer_slice(&announcement->words);
    lt_buffer_print(&words, "Xin đính chính.\n");
    if (!lt_buffer_add(&words, said.data, said.size)) {
        lt_buffer_clear(&words);
        return false;
    }
    lt_buffer_clear(&announcement->words);
    announcement->words = words;
    return true;
}

bool announcement_own(const char *words, struct announcement *announcement)
{
    *announcement = (struct announcement){.words = {.max = WORDS_MAX}, .repeat = 1, .volume = 100};
    return lt_buffer_print(&announcement->words, "%s", words);
}

void announcement_clear(struct announcement *announcement)
{
    lt_buffer_clear(&announcement->words);
}
