// Reading schemas/vectors in tests: a file, its cases, bytes written as hexadecimal.
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lienthon/bytes.h"

static inline json_t *vectors_load(const char *file)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", LT_VECTORS, file);
    json_error_t error;
    json_t *all = json_load_file(path, JSON_ALLOW_NUL, &error);
    cr_assert_not_null(all, "%s:%d: %s", path, error.line, error.text);
    return all;
}

// A case's field as a view; it lives as long as the file's json_t.
static inline struct lt_slice vectors_text(const json_t *value)
{
    cr_assert(json_is_string(value));
    return (struct lt_slice){(const uint8_t *)json_string_value(value), json_string_length(value)};
}

// Bytes of a hexadecimal string; free data. An empty string gives memory too, so that ASan sees a read past it.
static inline struct lt_slice vectors_bytes(const json_t *value)
{
    const struct lt_slice text = vectors_text(value);
    const size_t size = text.size / 2;
    uint8_t *data = malloc(size == 0 ? 1 : size);
    cr_assert_not_null(data);
    cr_assert(lt_hex_decode(text, data, size), "not hexadecimal: %s", json_string_value(value));
    return (struct lt_slice){data, size};
}

static inline struct lt_slice vectors_field(const json_t *of, const char *field)
{
    return vectors_bytes(json_object_get(of, field));
}

static inline void vectors_free(struct lt_slice bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

static inline const char *vectors_name(const json_t *of)
{
    return json_string_value(json_object_get(of, "name"));
}

static inline int vectors_code(const json_t *of)
{
    return (int)json_integer_value(json_object_get(of, "code"));
}

#endif
