// What the command prints.
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <lienthon/json.h>

#include "cli.h"
#include "tongue.h"

enum { TEXT_MAX = 16 * 1024 * 1024, SENTENCE_MAX = 4096 };

void say_json(json_t *value)
{
    char *text = value != NULL
                     ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))
                     : NULL;
    if (text == NULL) {
        say_aside("no memory to print the answer");
        exit(CLI_FAILED);
    }
    puts(text);
    fflush(stdout);
    free(text);
    json_decref(value);
}

json_t *say_text(struct lt_slice text)
{
    return json_stringn((const char *)text.data, text.size);
}

// Of the character that begins here; 0: none does.
static size_t character_size(struct lt_slice text)
{
    for (size_t size = 1; size <= 4 && size <= text.size; size++) {
        if (lt_utf8_valid((struct lt_slice){text.data, size})) {
            return size;
        }
    }
    return 0;
}

json_t *say_string(const char *text)
{
    struct lt_slice rest = lt_slice_of(text);
    struct lt_buffer whole = {.max = 3 * rest.size};
    while (rest.size > 0) {
        const size_t size = character_size(rest);
        if (size > 0) {
            lt_buffer_add(&whole, rest.data, size);
        } else {
            lt_buffer_add(&whole, "\xEF\xBF\xBD", 3);
        }
        rest.data += size > 0 ? size : 1;
        rest.size -= size > 0 ? size : 1;
    }
    json_t *string = whole.failed ? NULL : json_stringn((const char *)whole.data, whole.size);
    if (string == NULL && text[0] == '\0') {
        string = json_string("");
    }
    lt_buffer_clear(&whole);
    return string;
}

json_t *say_hex(struct lt_slice bytes)
{
    char *hex = cli_alloc(bytes.size * 2 + 1);
    lt_hex_encode(bytes, hex);
    json_t *value = json_string(hex);
    free(hex);
    return value;
}

json_t *say_value(struct lt_slice value)
{
    struct lt_buffer text = {.max = TEXT_MAX};
    json_t *json = NULL;
    if (lt_json_from_body(value, &text, false, NULL) == LT_DONE) {
        json =
            json_loadb((const char *)text.data, text.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    }
    lt_buffer_clear(&text);
    return json != NULL ? json : json_null();
}

// C0, DEL, and C1 as UTF-8 has them (C2 80 … C2 9F): what a terminal would obey.
static bool is_control(struct lt_slice text, size_t at)
{
    const uint8_t c = text.data[at];
    if (c == 0xC2) {
        return at + 1 < text.size && text.data[at + 1] < 0xA0;
    }
    return c < 0x20 || c == 0x7F;
}

void say_clean(struct lt_slice text, bool ends, struct lt_buffer *out)
{
    for (size_t i = 0; i < text.size; i++) {
        const bool stays = ends && (text.data[i] == '\n' || text.data[i] == '\t');
        if (!stays && is_control(text, i)) {
            i += text.data[i] == 0xC2;
            lt_buffer_add(out, " ", 1);
        } else {
            lt_buffer_add(out, text.data + i, 1);
        }
    }
}

static void print(struct lt_slice text, bool ends)
{
    struct lt_buffer clean = {.max = text.size};
    say_clean(text, ends, &clean);
    if (clean.size > 0) {
        fwrite(clean.data, 1, clean.size, stdout);
    }
    lt_buffer_clear(&clean);
}

void say_line(struct lt_slice text)
{
    print(text, false);
}

void say_lines(struct lt_slice text)
{
    print(text, true);
}

// At once: lines of several programs may meet there.
void say_behind_name(struct lt_slice text)
{
    struct lt_buffer line = {.max = text.size};
    say_clean(text, true, &line);
    fprintf(stderr, "lienthon: %.*s\n", (int)line.size, (const char *)line.data);
    lt_buffer_clear(&line);
}

void say_aside(const char *english, ...)
{
    char sentence[SENTENCE_MAX];
    struct lt_buffer words = {.max = 4 * SENTENCE_MAX};
    va_list values;
    va_start(values, english);
    vsnprintf(sentence, sizeof sentence, english, values);
    va_end(values);
    tongue_sentence(sentence, &words);
    say_behind_name(lt_buffer_slice(&words));
    lt_buffer_clear(&words);
}

void say_sentence(const char *english)
{
    struct lt_buffer words = {.max = 4 * SENTENCE_MAX};
    tongue_sentence(english, &words);
    say_line(lt_buffer_slice(&words));
    lt_buffer_clear(&words);
}
