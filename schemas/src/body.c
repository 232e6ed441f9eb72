// Is it a body at all: what two parsers could read in two ways is refused, before its type is
// asked.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lienthon/cursor.h"
#include "lienthon/message.h"
#include "keys.h"

enum { FEW_KEYS = 16, PATH_MAX_BYTES = 120 };

// Where in the body a value stands; the outermost has no up.
struct place {
    const struct place *up;
    struct lt_slice key; // data NULL: an element of an array
    uint32_t index;
};

static bool is_plain(struct lt_slice key)
{
    for (size_t i = 0; i < key.size; i++) {
        if (key.data[i] < 0x20 || key.data[i] == 0x7F) {
            return false;
        }
    }
    return true;
}

static void print_place(const struct place *place, struct lt_buffer *path)
{
    if (place->up == NULL) {
        lt_buffer_print(path, "body");
        return;
    }
    print_place(place->up, path);
    if (place->key.data == NULL) {
        lt_buffer_print(path, "[%u]", (unsigned)place->index);
    } else if (is_plain(place->key)) {
        lt_buffer_print(path, ".%.*s", (int)place->key.size, (const char *)place->key.data);
    } else {
        lt_buffer_print(path, ".?");
    }
}

static enum lt_code wrong(struct lt_error *error, const struct place *place, const char *what)
{
    struct lt_buffer path = {.max = PATH_MAX_BYTES};
    print_place(place, &path);
    lt_fail(error, LT_BODY_WRONG, "%.*s%s: %s", (int)path.size,
            path.data == NULL ? "" : (const char *)path.data, path.failed ? "…" : "", what);
    lt_buffer_clear(&path);
    return LT_BODY_WRONG;
}

static enum lt_code check_value(struct lt_cursor *cursor, const struct place *place, unsigned depth,
                                struct lt_error *error);

static enum lt_code check_entries(struct lt_cursor *cursor, uint32_t count, struct lt_slice *keys,
                                  const struct place *place, unsigned depth, struct lt_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!lt_cursor_str(cursor, &keys[i])) {
            return wrong(error, place, "a key that is no string in UTF-8");
        }
        const struct place inner = {.up = place, .key = keys[i]};
        const enum lt_code code = check_value(cursor, &inner, depth, error);
        if (code != LT_DONE) {
            return code;
        }
    }
    return keys_twice(keys, count) ? wrong(error, place, "a key twice") : LT_DONE;
}

// The whole body was stepped over before, so count is what is really there.
static enum lt_code check_map(struct lt_cursor *cursor, uint32_t count, const struct place *place,
                              unsigned depth, struct lt_error *error)
{
    struct lt_slice few[FEW_KEYS];
    if (count <= FEW_KEYS) {
        return check_entries(cursor, count, few, place, depth, error);
    }
    struct lt_slice *keys = calloc(count, sizeof *keys);
    if (keys == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "body: no memory");
    }
    const enum lt_code code = check_entries(cursor, count, keys, place, depth, error);
    free(keys);
    return code;
}

static enum lt_code check_array(struct lt_cursor *cursor, uint32_t count, const struct place *place,
                                unsigned depth, struct lt_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct place inner = {.up = place, .index = i};
        const enum lt_code code = check_value(cursor, &inner, depth, error);
        if (code != LT_DONE) {
            return code;
        }
    }
    return LT_DONE;
}

static enum lt_code check_value(struct lt_cursor *cursor, const struct place *place, unsigned depth,
                                struct lt_error *error)
{
    struct lt_value value = {0};
    if (!lt_cursor_next(cursor, &value)) {
        return wrong(error, place, "cut off");
    }
    switch (value.kind) {
    case LT_UINT:
        return value.uint <= LT_INT_MAX ? LT_DONE : wrong(error, place, "above 2^53 - 1");
    case LT_NEGATIVE:
        return value.negative >= -(int64_t)LT_INT_MAX ? LT_DONE
                                                      : wrong(error, place, "below -(2^53 - 1)");
    case LT_FLOAT:
        return isfinite(value.real) ? LT_DONE : wrong(error, place, "no finite number");
    case LT_STR:
        return lt_utf8_valid(value.bytes) ? LT_DONE : wrong(error, place, "not UTF-8");
    case LT_EXT:
        return wrong(error, place, "an extension type");
    case LT_ARRAY:
    case LT_MAP:
        if (depth == LT_BODY_DEPTH) {
            return wrong(error, place, "nested more than 16 deep");
        }
        return value.kind == LT_MAP ? check_map(cursor, value.count, place, depth + 1, error)
                                    : check_array(cursor, value.count, place, depth + 1, error);
    case LT_NIL:
    case LT_BOOL:
    case LT_BIN:
        break;
    }
    return LT_DONE;
}

enum lt_code lt_body_check(struct lt_slice body, struct lt_error *error)
{
    const struct place whole = {0};
    struct lt_cursor cursor = lt_cursor_of(body);
    struct lt_cursor ahead = cursor;
    struct lt_value first = {0};
    if (!lt_cursor_next(&ahead, &first) || first.kind != LT_MAP) {
        return wrong(error, &whole, "not a map");
    }
    ahead = cursor;
    if (!lt_cursor_skip(&ahead, NULL)) {
        return wrong(error, &whole, "no whole MessagePack value, or nested more than 16 deep");
    }
    if (!lt_cursor_at_end(&ahead)) {
        return wrong(error, &whole, "bytes after the map");
    }
    return check_value(&cursor, &whole, 0, error);
}
