// JSON to MessagePack; where the schema says so, base64 becomes bin and 1.0 becomes 1.
#include "json_pack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lienthon/pack.h"
#include "schema_value.h"

enum { DEPTH_MAX = 64 };

static bool pack(struct json_packer *packer, const json_t *value, const struct json_hints *hints,
                 unsigned depth);

static bool fail(struct json_packer *packer, const char *why)
{
    packer->why = why;
    return false;
}

// Steps into a key or an element; the path stays where it is when that fails.
static size_t enter(struct json_packer *packer, const char *token)
{
    const size_t before = packer->where_size;
    size_t size = before;
    if (size + 1 < sizeof packer->where) {
        packer->where[size++] = '/';
    }
    for (; *token != '\0' && size + 2 < sizeof packer->where; token++) {
        if (*token == '~' || *token == '/') {
            packer->where[size++] = '~';
            packer->where[size++] = *token == '~' ? '0' : '1';
        } else {
            packer->where[size++] = *token;
        }
    }
    packer->where[size] = '\0';
    packer->where_size = size;
    return before;
}

static void leave(struct json_packer *packer, size_t before)
{
    packer->where_size = before;
    packer->where[before] = '\0';
}

static void hints_of_key(const struct json_hints *from, struct lt_slice key, struct json_hints *to)
{
    to->count = 0;
    for (size_t i = 0; i < from->count; i++) {
        const struct schema_property *property = schema_find_property(from->items[i], key);
        const struct schema_node *node = property != NULL && property->node != NULL
                                             ? property->node
                                             : from->items[i]->additional;
        to->count = schema_in_place(node, to->items, to->count);
    }
}

static void hints_of_item(const struct json_hints *from, size_t index, struct json_hints *to)
{
    to->count = 0;
    for (size_t i = 0; i < from->count; i++) {
        const struct schema_node *node = from->items[i];
        to->count =
            schema_in_place(index < node->prefix.count ? node->prefix.items[index] : node->items,
                            to->items, to->count);
    }
}

static bool pack_object(struct json_packer *packer, json_t *object, const struct json_hints *hints,
                        unsigned depth)
{
    lt_pack_map(packer->out, json_object_size(object));
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        const char *key = json_object_iter_key(at);
        const struct lt_slice name = {(const uint8_t *)key, json_object_iter_key_len(at)};
        const size_t before = enter(packer, key);
        struct json_hints *inside = calloc(1, sizeof *inside);
        if (inside == NULL) {
            return fail(packer, NULL);
        }
        hints_of_key(hints, name, inside);
        lt_pack_str(packer->out, name);
        const bool packed = pack(packer, json_object_iter_value(at), inside, depth + 1);
        free(inside);
        if (!packed) {
            return false;
        }
        leave(packer, before);
    }
    return true;
}

static bool pack_array(struct json_packer *packer, const json_t *array,
                       const struct json_hints *hints, unsigned depth)
{
    const size_t count = json_array_size(array);
    lt_pack_array(packer->out, count);
    struct json_hints *inside = calloc(1, sizeof *inside);
    if (inside == NULL) {
        return fail(packer, NULL);
    }
    bool packed = true;
    for (size_t i = 0; packed && i < count; i++) {
        char token[24];
        snprintf(token, sizeof token, "%zu", i);
        const size_t before = enter(packer, token);
        hints_of_item(hints, i, inside);
        packed = pack(packer, json_array_get(array, i), inside, depth + 1);
        if (packed) {
            leave(packer, before);
        }
    }
    free(inside);
    return packed;
}

static bool pack_bytes(struct json_packer *packer, const char *text, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    if (bytes == NULL) {
        return fail(packer, NULL);
    }
    size_t count = 0;
    const char *end = NULL;
    const bool decoded = sodium_base642bin(bytes, size + 1, text, size, NULL, &count, &end,
                                           sodium_base64_VARIANT_ORIGINAL) == 0 &&
                         end == text + size;
    if (decoded) {
        lt_pack_bin(packer->out, bytes, count);
    }
    free(bytes);
    return decoded || fail(packer, "this is no base64 (A-Z a-z 0-9 + /, padded with =)");
}

static bool pack_string(struct json_packer *packer, const json_t *value,
                        const struct json_hints *hints)
{
    const char *text = json_string_value(value);
    const size_t size = json_string_length(value);
    bool bytes = false;
    bool plain = false;
    for (size_t i = 0; i < hints->count; i++) {
        bytes = bytes || hints->items[i]->is_bytes;
        plain = plain || (!hints->items[i]->is_bytes && (hints->items[i]->types & SCHEMA_STRING));
    }
    if (bytes && pack_bytes(packer, text, size)) {
        return true;
    }
    if (bytes && !plain) {
        return false;
    }
    lt_pack_str(packer->out, (struct lt_slice){(const uint8_t *)text, size});
    return true;
}

static bool pack_integer(struct json_packer *packer, json_int_t number)
{
    const json_int_t most = (json_int_t)LT_INT_MAX;
    if (number > most || number < -most) {
        return fail(packer, "whole numbers go to 9007199254740991 at most; larger ones are texts");
    }
    lt_pack_int(packer->out, number);
    return true;
}

static bool pack_real(struct json_packer *packer, double number, const struct json_hints *hints)
{
    bool whole = false;
    for (size_t i = 0; i < hints->count; i++) {
        const unsigned types = hints->items[i]->types;
        whole = whole || ((types & SCHEMA_INTEGER) != 0 && (types & SCHEMA_NUMBER) == 0);
    }
    if (whole && value_is_whole(number) && fabs(number) <= (double)LT_INT_MAX) {
        lt_pack_int(packer->out, (int64_t)number);
    } else {
        lt_pack_float(packer->out, number);
    }
    return true;
}

static bool pack(struct json_packer *packer, const json_t *value, const struct json_hints *hints,
                 unsigned depth)
{
    if (depth == DEPTH_MAX) {
        return fail(packer, "nested too deep");
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return pack_object(packer, (json_t *)(uintptr_t)value, hints, depth);
    case JSON_ARRAY:
        return pack_array(packer, value, hints, depth);
    case JSON_STRING:
        return pack_string(packer, value, hints);
    case JSON_INTEGER:
        return pack_integer(packer, json_integer_value(value));
    case JSON_REAL:
        return pack_real(packer, json_real_value(value), hints);
    case JSON_TRUE:
    case JSON_FALSE:
        lt_pack_bool(packer->out, json_is_true(value));
        return true;
    case JSON_NULL:
        lt_pack_nil(packer->out);
        return true;
    }
    return fail(packer, "no JSON value");
}

bool json_pack_value(struct json_packer *packer, const json_t *value,
                     const struct json_hints *hints)
{
    static const struct json_hints none;
    packer->why = NULL;
    return pack(packer, value, hints != NULL ? hints : &none, 0) &&
           (!packer->out->failed || fail(packer, NULL));
}
