// The walk over MessagePack: one head at a time, every length checked before it is used.
#include "lienthon/cursor.h"

#include <string.h>

#include "lienthon/message.h"

enum { DEPTH_MAX = 64 };

struct lt_cursor lt_cursor_of(struct lt_slice bytes)
{
    if (bytes.data == NULL) {
        return (struct lt_cursor){NULL, NULL};
    }
    return (struct lt_cursor){bytes.data, bytes.data + bytes.size};
}

bool lt_cursor_at_end(const struct lt_cursor *cursor)
{
    return cursor->at == cursor->end;
}

static size_t left(const struct lt_cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

// A big-endian number of `width` bytes; false: cut off.
static bool take_number(struct lt_cursor *cursor, size_t width, uint64_t *number)
{
    if (left(cursor) < width) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++) {
        value = value << 8 | cursor->at[i];
    }
    cursor->at += width;
    *number = value;
    return true;
}

static bool take_bytes(struct lt_cursor *cursor, uint64_t size, enum lt_kind kind,
                       struct lt_value *value)
{
    if (left(cursor) < size) {
        return false;
    }
    value->kind = kind;
    value->bytes = (struct lt_slice){cursor->at, (size_t)size};
    cursor->at += size;
    return true;
}

static bool take_sized_bytes(struct lt_cursor *cursor, size_t width, enum lt_kind kind,
                             struct lt_value *value)
{
    uint64_t size = 0;
    return take_number(cursor, width, &size) && take_bytes(cursor, size, kind, value);
}

// An ext's type is one byte before its payload; nothing of ours uses it.
static bool take_ext(struct lt_cursor *cursor, uint64_t size, struct lt_value *value)
{
    uint64_t type = 0;
    return take_number(cursor, 1, &type) && take_bytes(cursor, size, LT_EXT, value);
}

static bool take_sized_ext(struct lt_cursor *cursor, size_t width, struct lt_value *value)
{
    uint64_t size = 0;
    return take_number(cursor, width, &size) && take_ext(cursor, size, value);
}

static bool take_count(const struct lt_cursor *cursor, uint64_t count, enum lt_kind kind,
                       struct lt_value *value)
{
    const uint64_t values = kind == LT_MAP ? count * 2 : count; // a byte each, at the least
    if (values > left(cursor)) {
        return false;
    }
    value->kind = kind;
    value->count = (uint32_t)count;
    return true;
}

static bool take_sized_count(struct lt_cursor *cursor, size_t width, enum lt_kind kind,
                             struct lt_value *value)
{
    uint64_t count = 0;
    return take_number(cursor, width, &count) && take_count(cursor, count, kind, value);
}

static bool take_unsigned(struct lt_cursor *cursor, size_t width, struct lt_value *value)
{
    value->kind = LT_UINT;
    return take_number(cursor, width, &value->uint);
}

static bool take_signed(struct lt_cursor *cursor, size_t width, struct lt_value *value)
{
    uint64_t number = 0;
    if (!take_number(cursor, width, &number)) {
        return false;
    }
    const uint64_t sign = UINT64_C(1) << (width * 8 - 1);
    if ((number & sign) == 0) {
        value->kind = LT_UINT;
        value->uint = number;
        return true;
    }
    const uint64_t extended = number | ~(sign - 1);
    value->kind = LT_NEGATIVE;
    value->negative = -(int64_t)(~extended) - 1;
    return true;
}

static bool take_float(struct lt_cursor *cursor, size_t width, struct lt_value *value)
{
    uint64_t bits = 0;
    if (!take_number(cursor, width, &bits)) {
        return false;
    }
    value->kind = LT_FLOAT;
    if (width == 4) {
        const uint32_t narrow_bits = (uint32_t)bits;
        float narrow = 0;
        memcpy(&narrow, &narrow_bits, sizeof narrow);
        value->real = (double)narrow;
    } else {
        memcpy(&value->real, &bits, sizeof value->real);
    }
    return true;
}

// What begins with a byte from 0xC0 to 0xDF.
static bool take_marked(struct lt_cursor *cursor, uint8_t mark, struct lt_value *value)
{
    switch (mark) {
    case 0xC0:
        value->kind = LT_NIL;
        return true;
    case 0xC2:
    case 0xC3:
        value->kind = LT_BOOL;
        value->boolean = mark == 0xC3;
        return true;
    case 0xC4:
    case 0xC5:
    case 0xC6:
        return take_sized_bytes(cursor, (size_t)1 << (mark - 0xC4), LT_BIN, value);
    case 0xC7:
    case 0xC8:
    case 0xC9:
        return take_sized_ext(cursor, (size_t)1 << (mark - 0xC7), value);
    case 0xCA:
    case 0xCB:
        return take_float(cursor, mark == 0xCA ? 4 : 8, value);
    case 0xCC:
    case 0xCD:
    case 0xCE:
    case 0xCF:
        return take_unsigned(cursor, (size_t)1 << (mark - 0xCC), value);
    case 0xD0:
    case 0xD1:
    case 0xD2:
    case 0xD3:
        return take_signed(cursor, (size_t)1 << (mark - 0xD0), value);
    case 0xD4:
    case 0xD5:
    case 0xD6:
    case 0xD7:
    case 0xD8:
        return take_ext(cursor, UINT64_C(1) << (mark - 0xD4), value);
    case 0xD9:
    case 0xDA:
    case 0xDB:
        return take_sized_bytes(cursor, (size_t)1 << (mark - 0xD9), LT_STR, value);
    case 0xDC:
    case 0xDD:
        return take_sized_count(cursor, mark == 0xDC ? 2 : 4, LT_ARRAY, value);
    case 0xDE:
    case 0xDF:
        return take_sized_count(cursor, mark == 0xDE ? 2 : 4, LT_MAP, value);
    default:
        return false; // 0xC1 is reserved
    }
}

static bool take(struct lt_cursor *cursor, struct lt_value *value)
{
    if (lt_cursor_at_end(cursor)) {
        return false;
    }
    const uint8_t mark = *cursor->at++;
    if (mark < 0x80) {
        value->kind = LT_UINT;
        value->uint = mark;
        return true;
    }
    if (mark < 0x90) {
        return take_count(cursor, mark & 0x0F, LT_MAP, value);
    }
    if (mark < 0xA0) {
        return take_count(cursor, mark & 0x0F, LT_ARRAY, value);
    }
    if (mark < 0xC0) {
        return take_bytes(cursor, mark & 0x1F, LT_STR, value);
    }
    if (mark < 0xE0) {
        return take_marked(cursor, mark, value);
    }
    value->kind = LT_NEGATIVE;
    value->negative = (int64_t)mark - 256;
    return true;
}

bool lt_cursor_next(struct lt_cursor *cursor, struct lt_value *value)
{
    struct lt_cursor ahead = *cursor;
    struct lt_value read = {0};
    if (!take(&ahead, &read)) {
        return false;
    }
    *cursor = ahead;
    *value = read;
    return true;
}

bool lt_cursor_skip(struct lt_cursor *cursor, struct lt_slice *whole)
{
    uint64_t open[DEPTH_MAX]; // values still to come at each level
    size_t depth = 0;
    struct lt_cursor ahead = *cursor;
    do {
        struct lt_value value = {0};
        if (!take(&ahead, &value)) {
            return false;
        }
        if (depth > 0) {
            open[depth - 1]--;
        }
        if ((value.kind == LT_ARRAY || value.kind == LT_MAP)) {
            if (depth == DEPTH_MAX) {
                return false;
            }
            open[depth++] = value.kind == LT_MAP ? (uint64_t)value.count * 2 : value.count;
        }
        while (depth > 0 && open[depth - 1] == 0) {
            depth--;
        }
    } while (depth > 0);
    if (whole != NULL) {
        *whole = (struct lt_slice){cursor->at, (size_t)(ahead.at - cursor->at)};
    }
    *cursor = ahead;
    return true;
}

// The next value if it is of this kind, else the cursor stays.
static bool expect(struct lt_cursor *cursor, enum lt_kind kind, struct lt_value *value)
{
    struct lt_cursor ahead = *cursor;
    if (!lt_cursor_next(&ahead, value) || value->kind != kind) {
        return false;
    }
    *cursor = ahead;
    return true;
}

bool lt_cursor_uint(struct lt_cursor *cursor, uint64_t max, uint64_t *value)
{
    struct lt_cursor ahead = *cursor;
    struct lt_value read = {0};
    if (!expect(&ahead, LT_UINT, &read) || read.uint > max) {
        return false;
    }
    *cursor = ahead;
    *value = read.uint;
    return true;
}

bool lt_cursor_bool(struct lt_cursor *cursor, bool *value)
{
    struct lt_value read = {0};
    if (!expect(cursor, LT_BOOL, &read)) {
        return false;
    }
    *value = read.boolean;
    return true;
}

bool lt_cursor_str(struct lt_cursor *cursor, struct lt_slice *text)
{
    struct lt_cursor ahead = *cursor;
    struct lt_value read = {0};
    if (!expect(&ahead, LT_STR, &read) || !lt_utf8_valid(read.bytes)) {
        return false;
    }
    *cursor = ahead;
    *text = read.bytes;
    return true;
}

bool lt_cursor_bin(struct lt_cursor *cursor, struct lt_slice *bytes)
{
    struct lt_value read = {0};
    if (!expect(cursor, LT_BIN, &read)) {
        return false;
    }
    *bytes = read.bytes;
    return true;
}

bool lt_cursor_nil(struct lt_cursor *cursor)
{
    struct lt_value read = {0};
    return expect(cursor, LT_NIL, &read);
}

bool lt_cursor_array(struct lt_cursor *cursor, uint32_t *count)
{
    struct lt_value read = {0};
    if (!expect(cursor, LT_ARRAY, &read)) {
        return false;
    }
    *count = read.count;
    return true;
}

bool lt_cursor_map(struct lt_cursor *cursor, uint32_t *count)
{
    struct lt_value read = {0};
    if (!expect(cursor, LT_MAP, &read)) {
        return false;
    }
    *count = read.count;
    return true;
}

bool lt_map_find(struct lt_slice map, const char *key, struct lt_slice *value)
{
    struct lt_cursor cursor = lt_cursor_of(map);
    uint32_t count = 0;
    if (!lt_cursor_map(&cursor, &count)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct lt_slice name = {0};
        const bool is_str = lt_cursor_str(&cursor, &name);
        struct lt_slice found = {0};
        if ((!is_str && !lt_cursor_skip(&cursor, NULL)) || !lt_cursor_skip(&cursor, &found)) {
            return false;
        }
        if (is_str && lt_slice_is(name, key)) {
            *value = found;
            return true;
        }
    }
    return false;
}

bool lt_map_uint(struct lt_slice map, const char *key, uint64_t *value)
{
    struct lt_slice found = {0};
    if (!lt_map_find(map, key, &found)) {
        return false;
    }
    struct lt_cursor cursor = lt_cursor_of(found);
    return lt_cursor_uint(&cursor, LT_INT_MAX, value);
}

bool lt_map_str(struct lt_slice map, const char *key, struct lt_slice *value)
{
    struct lt_slice found = {0};
    if (!lt_map_find(map, key, &found)) {
        return false;
    }
    struct lt_cursor cursor = lt_cursor_of(found);
    return lt_cursor_str(&cursor, value);
}

bool lt_map_bin(struct lt_slice map, const char *key, struct lt_slice *value)
{
    struct lt_slice found = {0};
    if (!lt_map_find(map, key, &found)) {
        return false;
    }
    struct lt_cursor cursor = lt_cursor_of(found);
    return lt_cursor_bin(&cursor, value);
}
