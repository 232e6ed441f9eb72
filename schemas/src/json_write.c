// A body as JSON text, keys in their order.
#include "lienthon/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lienthon/cursor.h"
#include "keys.h"

enum { DEPTH_MAX = 64, FEW_KEYS = 16, WHERE_MAX = 160 };

// Where in the body a value stands; the outermost has no up.
struct place {
    const struct place *up;
    struct lt_slice key; // data NULL: an element of an array
    uint32_t index;
    unsigned depth;
};

struct writer {
    struct lt_buffer *out;
    bool pretty;
    const char *why;           // NULL: no memory
    char where[WHERE_MAX + 4]; // a JSON pointer to what is wrong
};

static bool write_value(struct writer *writer, struct lt_cursor *cursor, const struct place *place);

// No half characters: a key that has no room, or is none, is a mark.
static void print_key(struct lt_slice key, struct lt_buffer *path)
{
    if (key.size > WHERE_MAX / 2 || !lt_utf8_valid(key)) {
        lt_buffer_print(path, "?");
        return;
    }
    for (size_t i = 0; i < key.size; i++) {
        const uint8_t byte = key.data[i];
        if (byte == '~' || byte == '/') {
            lt_buffer_print(path, "~%c", byte == '~' ? '0' : '1');
        } else {
            lt_buffer_add(path, byte < 0x20 || byte == 0x7F ? (const uint8_t *)"?" : &byte, 1);
        }
    }
}

static void print_place(const struct place *place, struct lt_buffer *path)
{
    if (place->up == NULL) {
        return;
    }
    print_place(place->up, path);
    const size_t before = path->size;
    lt_buffer_print(path, "/");
    if (place->key.data == NULL) {
        lt_buffer_print(path, "%u", (unsigned)place->index);
    } else {
        print_key(place->key, path);
    }
    if (path->failed) {
        path->size = before;
    }
}

static bool fail(struct writer *writer, const struct place *place, const char *why)
{
    struct lt_buffer path = {.max = WHERE_MAX};
    writer->why = why;
    print_place(place, &path);
    snprintf(writer->where, sizeof writer->where, "%.*s%s", (int)path.size,
             path.data == NULL ? "" : (const char *)path.data, path.failed ? "…" : "");
    lt_buffer_clear(&path);
    return false;
}

static void write_text(struct lt_buffer *out, struct lt_slice text)
{
    static const char letters[] = "btnfr";
    static const char values[] = "\b\t\n\f\r";
    lt_buffer_add(out, "\"", 1);
    size_t begin = 0;
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t byte = text.data[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7F) {
            continue;
        }
        lt_buffer_add(out, text.data + begin, i - begin);
        begin = i + 1;
        const char *named = byte != 0 ? strchr(values, byte) : NULL;
        if (byte == '"' || byte == '\\') {
            lt_buffer_print(out, "\\%c", byte);
        } else if (named != NULL) {
            lt_buffer_print(out, "\\%c", letters[named - values]);
        } else {
            lt_buffer_print(out, "\\u%04x", byte);
        }
    }
    if (text.size > begin) {
        lt_buffer_add(out, text.data + begin, text.size - begin);
    }
    lt_buffer_add(out, "\"", 1);
}

static bool write_bytes(struct writer *writer, const struct place *place, struct lt_slice bytes)
{
    const size_t room = sodium_base64_ENCODED_LEN(bytes.size, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    if (text == NULL) {
        return fail(writer, place, NULL);
    }
    sodium_bin2base64(text, room, bytes.data, bytes.size, sodium_base64_VARIANT_ORIGINAL);
    lt_buffer_print(writer->out, "\"");
    lt_buffer_add(writer->out, text, strlen(text));
    lt_buffer_print(writer->out, "\"");
    free(text);
    return true;
}

// The fewest digits that read back as the same number, with a point whatever the locale; always a real.
static bool write_real(struct writer *writer, const struct place *place, double number)
{
    if (!isfinite(number)) {
        return fail(writer, place, "JSON has no such number");
    }
    char text[40] = "";
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number) {
            break;
        }
    }
    char *odd = text + strspn(text, "-0123456789e+");
    if (*odd != '\0') {
        *odd = '.';
    }
    const bool is_real = strpbrk(text, ".e") != NULL;
    lt_buffer_print(writer->out, "%s%s", text, is_real ? "" : ".0");
    return true;
}

static void break_line(struct writer *writer, unsigned depth)
{
    if (writer->pretty) {
        lt_buffer_print(writer->out, "\n%*s", (int)depth * 2, "");
    }
}

static bool write_key(struct writer *writer, struct lt_cursor *cursor, const struct place *map,
                      struct lt_slice *key)
{
    if (!lt_cursor_str(cursor, key)) {
        return fail(writer, map, "a key is no text in UTF-8");
    }
    // Whoever reads JSON in C cannot have such a key.
    if (key->size > 0 && memchr(key->data, '\0', key->size) != NULL) {
        return fail(writer, map, "a key has a NUL in it");
    }
    write_text(writer->out, *key);
    lt_buffer_print(writer->out, writer->pretty ? ": " : ":");
    return true;
}

static void begin_item(struct writer *writer, uint32_t index, unsigned depth)
{
    lt_buffer_print(writer->out, "%s", index > 0 ? "," : "");
    break_line(writer, depth);
}

static bool write_entries(struct writer *writer, struct lt_cursor *cursor, uint32_t count,
                          struct lt_slice *keys, const struct place *place)
{
    for (uint32_t i = 0; i < count; i++) {
        begin_item(writer, i, place->depth + 1);
        if (!write_key(writer, cursor, place, &keys[i])) {
            return false;
        }
        const struct place inner = {.up = place, .key = keys[i], .depth = place->depth + 1};
        if (!write_value(writer, cursor, &inner)) {
            return false;
        }
    }
    return !keys_twice(keys, count) || fail(writer, place, "a key stands there twice");
}

// The cursor has refused a count that is more than the bytes that are left.
static bool write_map(struct writer *writer, struct lt_cursor *cursor, uint32_t count,
                      const struct place *place)
{
    struct lt_slice few[FEW_KEYS];
    if (count <= FEW_KEYS) {
        return write_entries(writer, cursor, count, few, place);
    }
    struct lt_slice *keys = calloc(count, sizeof *keys);
    if (keys == NULL) {
        return fail(writer, place, NULL);
    }
    const bool written = write_entries(writer, cursor, count, keys, place);
    free(keys);
    return written;
}

static bool write_array(struct writer *writer, struct lt_cursor *cursor, uint32_t count,
                        const struct place *place)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct place inner = {.up = place, .index = i, .depth = place->depth + 1};
        begin_item(writer, i, inner.depth);
        if (!write_value(writer, cursor, &inner)) {
            return false;
        }
    }
    return true;
}

static bool write_many(struct writer *writer, struct lt_cursor *cursor,
                       const struct lt_value *value, const struct place *place)
{
    const bool is_map = value->kind == LT_MAP;
    lt_buffer_print(writer->out, "%c", is_map ? '{' : '[');
    if (is_map ? !write_map(writer, cursor, value->count, place)
               : !write_array(writer, cursor, value->count, place)) {
        return false;
    }
    if (value->count > 0) {
        break_line(writer, place->depth);
    }
    lt_buffer_print(writer->out, "%c", is_map ? '}' : ']');
    return true;
}

static bool write_integer(struct writer *writer, const struct place *place,
                          const struct lt_value *value)
{
    const bool fits = value->kind == LT_UINT ? value->uint <= LT_INT_MAX
                                             : value->negative >= -(int64_t)LT_INT_MAX;
    if (!fits) {
        return fail(writer, place,
                    "whole numbers go to 9007199254740991 at most; larger ones are texts");
    }
    return value->kind == LT_UINT ? lt_buffer_print(writer->out, "%" PRIu64, value->uint)
                                  : lt_buffer_print(writer->out, "%" PRId64, value->negative);
}

static bool write_value(struct writer *writer, struct lt_cursor *cursor, const struct place *place)
{
    struct lt_value value;
    if (place->depth == DEPTH_MAX) {
        return fail(writer, place, "nested too deep");
    }
    if (!lt_cursor_next(cursor, &value)) {
        return fail(writer, place, "cut off");
    }
    switch (value.kind) {
    case LT_NIL:
        return lt_buffer_print(writer->out, "null");
    case LT_BOOL:
        return lt_buffer_print(writer->out, value.boolean ? "true" : "false");
    case LT_UINT:
    case LT_NEGATIVE:
        return write_integer(writer, place, &value);
    case LT_FLOAT:
        return write_real(writer, place, value.real);
    case LT_STR:
        if (!lt_utf8_valid(value.bytes)) {
            return fail(writer, place, "a text is no UTF-8");
        }
        write_text(writer->out, value.bytes);
        return true;
    case LT_BIN:
        return write_bytes(writer, place, value.bytes);
    case LT_ARRAY:
    case LT_MAP:
        return write_many(writer, cursor, &value, place);
    case LT_EXT:
        break;
    }
    return fail(writer, place, "JSON has no ext");
}

enum lt_code lt_json_from_body(struct lt_slice body, struct lt_buffer *out, bool pretty,
                               struct lt_error *error)
{
    struct lt_cursor cursor = lt_cursor_of(body);
    struct writer writer = {.out = out, .pretty = pretty};
    const struct place whole = {.up = NULL};
    if (!write_value(&writer, &cursor, &whole) || out->failed) {
        return writer.why == NULL
                   ? lt_fail(error, LT_NO_MEMORY, "no room for the JSON text")
                   : lt_fail(error, LT_MALFORMED, "at %s: %s",
                             writer.where[0] != '\0' ? writer.where : "/", writer.why);
    }
    return lt_cursor_at_end(&cursor)
               ? LT_DONE
               : lt_fail(error, LT_MALFORMED, "body: there is something behind the value");
}
