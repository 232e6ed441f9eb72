// A body as JSON text, keys in their order.
#include "lienthon/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lienthon/cursor.h"

enum { DEPTH_MAX = 64 };

struct writer {
    struct lt_buffer *out;
    bool pretty;
    const char *why;
};

static bool write_value(struct writer *writer, struct lt_cursor *cursor, unsigned depth);

static bool fail(struct writer *writer, const char *why)
{
    writer->why = why;
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

static bool write_bytes(struct writer *writer, struct lt_slice bytes)
{
    const size_t room = sodium_base64_ENCODED_LEN(bytes.size, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    if (text == NULL) {
        return fail(writer, NULL);
    }
    sodium_bin2base64(text, room, bytes.data, bytes.size, sodium_base64_VARIANT_ORIGINAL);
    lt_buffer_print(writer->out, "\"");
    lt_buffer_add(writer->out, text, strlen(text));
    lt_buffer_print(writer->out, "\"");
    free(text);
    return true;
}

// The fewest digits that read back as the same number, with a point whatever the locale; always a real.
static bool write_real(struct writer *writer, double number)
{
    if (!isfinite(number)) {
        return fail(writer, "JSON has no such number");
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

static bool write_key(struct writer *writer, struct lt_cursor *cursor)
{
    struct lt_slice key;
    if (!lt_cursor_str(cursor, &key)) {
        return fail(writer, "a key is no text");
    }
    write_text(writer->out, key);
    lt_buffer_print(writer->out, writer->pretty ? ": " : ":");
    return true;
}

static bool write_many(struct writer *writer, struct lt_cursor *cursor, uint32_t count, bool is_map,
                       unsigned depth)
{
    lt_buffer_print(writer->out, "%c", is_map ? '{' : '[');
    for (uint32_t i = 0; i < count; i++) {
        lt_buffer_print(writer->out, "%s", i > 0 ? "," : "");
        break_line(writer, depth + 1);
        if ((is_map && !write_key(writer, cursor)) || !write_value(writer, cursor, depth + 1)) {
            return false;
        }
    }
    if (count > 0) {
        break_line(writer, depth);
    }
    lt_buffer_print(writer->out, "%c", is_map ? '}' : ']');
    return true;
}

static bool write_value(struct writer *writer, struct lt_cursor *cursor, unsigned depth)
{
    struct lt_value value;
    if (depth == DEPTH_MAX) {
        return fail(writer, "nested too deep");
    }
    if (!lt_cursor_next(cursor, &value)) {
        return fail(writer, "cut off");
    }
    switch (value.kind) {
    case LT_NIL:
        return lt_buffer_print(writer->out, "null");
    case LT_BOOL:
        return lt_buffer_print(writer->out, value.boolean ? "true" : "false");
    case LT_UINT:
        return lt_buffer_print(writer->out, "%" PRIu64, value.uint);
    case LT_NEGATIVE:
        return lt_buffer_print(writer->out, "%" PRId64, value.negative);
    case LT_FLOAT:
        return write_real(writer, value.real);
    case LT_STR:
        if (!lt_utf8_valid(value.bytes)) {
            return fail(writer, "a text is no UTF-8");
        }
        write_text(writer->out, value.bytes);
        return true;
    case LT_BIN:
        return write_bytes(writer, value.bytes);
    case LT_ARRAY:
    case LT_MAP:
        return write_many(writer, cursor, value.count, value.kind == LT_MAP, depth);
    case LT_EXT:
        break;
    }
    return fail(writer, "JSON has no ext");
}

enum lt_code lt_json_from_body(struct lt_slice body, struct lt_buffer *out, bool pretty,
                               struct lt_error *error)
{
    struct lt_cursor cursor = lt_cursor_of(body);
    struct writer writer = {.out = out, .pretty = pretty};
    if (!write_value(&writer, &cursor, 0) || out->failed) {
        return writer.why == NULL ? lt_fail(error, LT_NO_MEMORY, "no room for the JSON text")
                                  : lt_fail(error, LT_MALFORMED, "body: %s", writer.why);
    }
    return lt_cursor_at_end(&cursor)
               ? LT_DONE
               : lt_fail(error, LT_MALFORMED, "body: there is something behind the value");
}
