// Follows a JSON pointer through a JSON text that has been read already, to say line and column.
#include "schema_place.h"

#include <stdlib.h>
#include <string.h>

enum { TOKEN_MAX = 512 };

struct text {
    const uint8_t *at, *end;
};

static void skip_space(struct text *text)
{
    while (text->at < text->end && strchr(" \t\r\n", *text->at) != NULL && *text->at != '\0') {
        text->at++;
    }
}

static uint8_t peek(const struct text *text)
{
    return text->at < text->end ? *text->at : 0;
}

static void skip_string(struct text *text)
{
    text->at++;
    while (text->at < text->end && *text->at != '"') {
        text->at += *text->at == '\\' && text->end - text->at > 1 ? 2 : 1;
    }
    text->at += text->at < text->end;
}

static void skip_value(struct text *text)
{
    skip_space(text);
    size_t depth = 0;
    do {
        const uint8_t c = peek(text);
        if (c == '"') {
            skip_string(text);
        } else if (c == '{' || c == '[') {
            depth++;
            text->at++;
        } else if (c == '}' || c == ']') {
            if (depth == 0) {
                return;
            }
            depth--;
            text->at++;
        } else if (depth == 0 && (c == ',' || c == '\0')) {
            return;
        } else if (text->at < text->end) {
            text->at++;
        } else {
            return;
        }
        if (depth == 0 && (c == '"' || c == '}' || c == ']')) {
            return;
        }
    } while (true);
}

static size_t put_character(uint32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xC0U | point >> 6);
        out[1] = (char)(0x80U | (point & 0x3FU));
        return 2;
    }
    out[0] = (char)(0xE0U | point >> 12);
    out[1] = (char)(0x80U | (point >> 6 & 0x3FU));
    out[2] = (char)(0x80U | (point & 0x3FU));
    return 3;
}

// A key as text; escapes are undone (surrogate pairs stay two, they only make the place less exact).
static void read_key(struct text *text, char out[TOKEN_MAX])
{
    static const char escapes[] = "nrtbf";
    static const char escaped[] = "\n\r\t\b\f";
    size_t size = 0;
    text->at++;
    while (text->at < text->end && *text->at != '"' && size < TOKEN_MAX - 4) {
        if (*text->at != '\\') {
            out[size++] = (char)*text->at++;
            continue;
        }
        text->at++;
        const char letter = (char)peek(text);
        text->at += text->at < text->end;
        const char *named = letter != '\0' ? strchr(escapes, letter) : NULL;
        if (letter == 'u' && text->end - text->at >= 4) {
            char digits[5] = {0};
            memcpy(digits, text->at, 4);
            text->at += 4;
            size += put_character((uint32_t)strtoul(digits, NULL, 16), out + size);
        } else {
            out[size++] = named != NULL ? escaped[named - escapes] : letter;
        }
    }
    out[size] = '\0';
    while (text->at < text->end && *text->at != '"') {
        text->at++;
    }
    text->at += text->at < text->end;
}

// The next token of a pointer, ~0 and ~1 undone; false at its end.
static bool next_token(const char **pointer, char out[TOKEN_MAX])
{
    if (**pointer != '/') {
        return false;
    }
    size_t size = 0;
    for (++*pointer; **pointer != '\0' && **pointer != '/' && size < TOKEN_MAX - 1; ++*pointer) {
        char c = **pointer;
        if (c == '~' && ((*pointer)[1] == '0' || (*pointer)[1] == '1')) {
            ++*pointer;
            c = **pointer == '0' ? '~' : '/';
        }
        out[size++] = c;
    }
    out[size] = '\0';
    return true;
}

// Moves to the value of `token` in the object or array here; *found becomes the key's (or element's) place.
static bool enter(struct text *text, const char *token, const uint8_t **found)
{
    const bool is_object = peek(text) == '{';
    if (!is_object && peek(text) != '[') {
        return false;
    }
    const size_t wanted = is_object ? 0 : strtoul(token, NULL, 10);
    text->at++;
    for (size_t index = 0;; index++) {
        skip_space(text);
        if (peek(text) == '}' || peek(text) == ']' || text->at == text->end) {
            return false;
        }
        const uint8_t *here = text->at;
        char key[TOKEN_MAX] = "";
        if (is_object) {
            read_key(text, key);
            skip_space(text);
            text->at += text->at < text->end; // the colon
            skip_space(text);
        }
        if (is_object ? strcmp(key, token) == 0 : index == wanted) {
            *found = here;
            return true;
        }
        skip_value(text);
        skip_space(text);
        text->at += peek(text) == ',';
    }
}

struct schema_place schema_place_of(struct lt_slice json, const char *pointer)
{
    struct text text = {json.data, json.data + json.size};
    char token[TOKEN_MAX];
    skip_space(&text);
    const uint8_t *found = text.at;
    while (next_token(&pointer, token) && enter(&text, token, &found)) {
        skip_space(&text);
    }
    struct schema_place place = {1, 1};
    for (const uint8_t *at = json.data; at < found; at++) {
        if (*at == '\n') {
            place.line++;
            place.column = 1;
        } else {
            place.column += (*at & 0xC0U) != 0x80U;
        }
    }
    return place;
}
