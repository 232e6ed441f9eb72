// Reads bodies into the generated structs and writes them back, by the structs' tables.
#include "bind.h"

#include <math.h>
#include <string.h>

#include "lienthon/cursor.h"
#include "lienthon/message.h"
#include "lienthon/pack.h"

static bool read_struct(const struct bind_struct *of, struct lt_cursor *cursor, void *into,
                        struct lt_error *error);

static bool wrong(const struct bind_field *field, struct lt_error *error)
{
    lt_fail(error, LT_BODY_WRONG, "body: '%s' is not what its type says", field->key);
    return false;
}

static bool read_choice(struct lt_cursor *cursor, const struct bind_field *field, void *into)
{
    struct lt_slice text;
    if (!lt_cursor_str(cursor, &text)) {
        return false;
    }
    for (unsigned i = 0; field->choices[i] != NULL; i++) {
        if (lt_slice_is(text, field->choices[i])) {
            const unsigned value = i + 1;
            memcpy(into, &value, sizeof value);
            return true;
        }
    }
    return false;
}

static bool read_number(struct lt_cursor *cursor, enum bind_kind kind, void *into)
{
    struct lt_value value;
    if (!lt_cursor_next(cursor, &value)) {
        return false;
    }
    double real = 0;
    if (value.kind == LT_UINT && value.uint <= LT_INT_MAX) {
        real = (double)value.uint;
    } else if (value.kind == LT_NEGATIVE && value.negative >= -(int64_t)LT_INT_MAX) {
        real = (double)value.negative;
    } else if (value.kind == LT_FLOAT && isfinite(value.real)) {
        real = value.real;
    } else {
        return false;
    }
    if (kind == BIND_REAL) {
        memcpy(into, &real, sizeof real);
        return true;
    }
    // A whole real is a whole number: 1.0 is 1.
    if (floor(real) != real || fabs(real) > (double)LT_INT_MAX || (kind == BIND_UINT && real < 0)) {
        return false;
    }
    if (kind == BIND_UINT) {
        const uint64_t number = (uint64_t)real;
        memcpy(into, &number, sizeof number);
    } else {
        const int64_t number = (int64_t)real;
        memcpy(into, &number, sizeof number);
    }
    return true;
}

static bool read_value(struct lt_cursor *cursor, const struct bind_field *field, void *into,
                       struct lt_error *error)
{
    switch (field->kind) {
    case BIND_TEXT:
        return lt_cursor_str(cursor, into) || wrong(field, error);
    case BIND_BYTES:
        return lt_cursor_bin(cursor, into) || wrong(field, error);
    case BIND_UINT:
    case BIND_INT:
    case BIND_REAL:
        return read_number(cursor, field->kind, into) || wrong(field, error);
    case BIND_BOOL:
        return lt_cursor_bool(cursor, into) || wrong(field, error);
    case BIND_CHOICE:
        return read_choice(cursor, field, into) || wrong(field, error);
    case BIND_STRUCT:
        return read_struct(field->of, cursor, into, error);
    }
    return false;
}

static bool read_list(struct lt_cursor *cursor, const struct bind_field *field, char *into,
                      struct lt_error *error)
{
    uint32_t count = 0;
    if (!lt_cursor_array(cursor, &count) || count > field->max) {
        return wrong(field, error);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!read_value(cursor, field, into + field->offset + i * field->size, error)) {
            return false;
        }
    }
    const size_t entries = count;
    memcpy(into + field->count, &entries, sizeof entries);
    return true;
}

static bool read_field(struct lt_cursor *cursor, const struct bind_field *field, char *into,
                       struct lt_error *error)
{
    if (field->max > 0) {
        return read_list(cursor, field, into, error);
    }
    if (field->flag != BIND_NO_FLAG) {
        const bool has = true;
        memcpy(into + field->flag, &has, sizeof has);
    }
    return read_value(cursor, field, into + field->offset, error);
}

static const struct bind_field *find(const struct bind_struct *of, struct lt_slice key)
{
    for (size_t i = 0; i < of->field_count; i++) {
        if (lt_slice_is(key, of->fields[i].key)) {
            return &of->fields[i];
        }
    }
    return NULL;
}

static bool read_struct(const struct bind_struct *of, struct lt_cursor *cursor, void *into,
                        struct lt_error *error)
{
    uint32_t count = 0;
    uint64_t seen = 0; // at most 64 fields: bindings.py sees to it
    if (!lt_cursor_map(cursor, &count)) {
        lt_fail(error, LT_BODY_WRONG, "body: not a map where its type says so");
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct lt_slice key;
        const struct bind_field *field = lt_cursor_str(cursor, &key) ? find(of, key) : NULL;
        if (field == NULL) {
            lt_fail(error, LT_BODY_WRONG, "body: has a key that its type does not know");
            return false;
        }
        seen |= UINT64_C(1) << (field - of->fields);
        if (!read_field(cursor, field, into, error)) {
            return false;
        }
    }
    for (size_t i = 0; i < of->field_count; i++) {
        if (of->fields[i].required && (seen & UINT64_C(1) << i) == 0) {
            lt_fail(error, LT_BODY_WRONG, "body: '%s' is missing", of->fields[i].key);
            return false;
        }
    }
    return true;
}

enum lt_code bind_decode(const struct bind_struct *of, struct lt_slice body, void *into,
                         struct lt_error *error)
{
    struct lt_cursor cursor = lt_cursor_of(body);
    memset(into, 0, of->size);
    if (!read_struct(of, &cursor, into, error)) {
        return LT_BODY_WRONG;
    }
    return lt_cursor_at_end(&cursor)
               ? LT_DONE
               : lt_fail(error, LT_BODY_WRONG, "body: there is something behind it");
}

static bool has_text(const char *at)
{
    struct lt_slice slice;
    memcpy(&slice, at, sizeof slice);
    return slice.data != NULL;
}

static size_t count_of(const struct bind_field *field, const char *from)
{
    size_t count = 0;
    memcpy(&count, from + field->count, sizeof count);
    return count;
}

static bool is_present(const struct bind_field *field, const char *from)
{
    bool has = true;
    unsigned choice = 0;
    if (field->max > 0) {
        return count_of(field, from) > 0;
    }
    if (field->flag != BIND_NO_FLAG) {
        memcpy(&has, from + field->flag, sizeof has);
        return has;
    }
    switch (field->kind) {
    case BIND_TEXT:
    case BIND_BYTES:
        return has_text(from + field->offset);
    case BIND_CHOICE:
        memcpy(&choice, from + field->offset, sizeof choice);
        return choice != 0;
    default:
        return true;
    }
}

static bool write_struct(const struct bind_struct *of, const char *from, struct lt_buffer *body,
                         struct lt_error *error);

static bool write_choice(const struct bind_field *field, const char *at, struct lt_buffer *body)
{
    unsigned choice = 0;
    memcpy(&choice, at, sizeof choice);
    for (unsigned i = 0; field->choices[i] != NULL; i++) {
        if (i + 1 == choice) {
            lt_pack_text(body, field->choices[i]);
            return true;
        }
    }
    return false;
}

static bool write_bytes(const struct bind_field *field, const char *at, struct lt_buffer *body)
{
    struct lt_slice slice;
    memcpy(&slice, at, sizeof slice);
    if (slice.data == NULL || (field->kind == BIND_TEXT && !lt_utf8_valid(slice))) {
        return false;
    }
    if (field->kind == BIND_TEXT) {
        lt_pack_str(body, slice);
    } else {
        lt_pack_bin(body, slice.data, slice.size);
    }
    return true;
}

static bool write_number(const struct bind_field *field, const char *at, struct lt_buffer *body)
{
    uint64_t number = 0;
    int64_t with_sign = 0;
    double real = 0;
    switch (field->kind) {
    case BIND_UINT:
        memcpy(&number, at, sizeof number);
        lt_pack_uint(body, number);
        return number <= LT_INT_MAX;
    case BIND_INT:
        memcpy(&with_sign, at, sizeof with_sign);
        lt_pack_int(body, with_sign);
        return with_sign <= (int64_t)LT_INT_MAX && with_sign >= -(int64_t)LT_INT_MAX;
    default:
        memcpy(&real, at, sizeof real);
        lt_pack_float(body, real);
        return isfinite(real);
    }
}

static bool write_value(const struct bind_field *field, const char *at, struct lt_buffer *body,
                        struct lt_error *error)
{
    bool flag = false;
    bool written = false;
    switch (field->kind) {
    case BIND_TEXT:
    case BIND_BYTES:
        written = write_bytes(field, at, body);
        break;
    case BIND_UINT:
    case BIND_INT:
    case BIND_REAL:
        written = write_number(field, at, body);
        break;
    case BIND_BOOL:
        memcpy(&flag, at, sizeof flag);
        lt_pack_bool(body, flag);
        written = true;
        break;
    case BIND_CHOICE:
        written = write_choice(field, at, body);
        break;
    case BIND_STRUCT:
        return write_struct(field->of, at, body, error);
    }
    if (!written) {
        lt_fail(error, LT_BAD_USE, "'%s' cannot be written", field->key);
    }
    return written;
}

static bool write_field(const struct bind_field *field, const char *from, struct lt_buffer *body,
                        struct lt_error *error)
{
    lt_pack_text(body, field->key);
    if (field->max == 0) {
        return write_value(field, from + field->offset, body, error);
    }
    const size_t count = count_of(field, from);
    if (count > field->max) {
        lt_fail(error, LT_BAD_USE, "'%s' has more than %zu entries", field->key, field->max);
        return false;
    }
    lt_pack_array(body, count);
    for (size_t i = 0; i < count; i++) {
        if (!write_value(field, from + field->offset + i * field->size, body, error)) {
            return false;
        }
    }
    return true;
}

static bool write_struct(const struct bind_struct *of, const char *from, struct lt_buffer *body,
                         struct lt_error *error)
{
    size_t count = 0;
    for (size_t i = 0; i < of->field_count; i++) {
        const bool present = is_present(&of->fields[i], from);
        if (of->fields[i].required && !present) {
            lt_fail(error, LT_BAD_USE, "'%s' is needed", of->fields[i].key);
            return false;
        }
        count += present;
    }
    lt_pack_map(body, count);
    for (size_t i = 0; i < of->field_count; i++) {
        if (is_present(&of->fields[i], from) && !write_field(&of->fields[i], from, body, error)) {
            return false;
        }
    }
    return true;
}

enum lt_code bind_encode(const struct bind_struct *of, const void *from, struct lt_buffer *body,
                         struct lt_error *error)
{
    if (!write_struct(of, from, body, error)) {
        return LT_BAD_USE;
    }
    return body->failed ? lt_fail(error, LT_NO_MEMORY, "no room for the body") : LT_DONE;
}
