// One reader a keyword: checks what stands there as draft 2020-12 wants it, and fills in the node.
#include "schema_compile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_pack.h"
#include "schema_value.h"

typedef bool read_keyword(struct schema_compiler *c, struct schema_node *node, const char *key,
                          const json_t *value);

static bool read_type(struct schema_compiler *c, struct schema_node *node, const char *key,
                      const json_t *value)
{
    static const char *const names[] = {"null",   "boolean", "object", "array",
                                        "number", "integer", "string"};
    const size_t count = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;
        unsigned bit = 0;
        for (size_t k = 0; json_is_string(one) && k < sizeof names / sizeof names[0]; k++) {
            bit |= strcmp(names[k], json_string_value(one)) == 0 ? 1U << k : 0;
        }
        if (bit == 0 || (node->types & bit) != 0) {
            return schema_unusable(c, key,
                                   "a type must be one of null, boolean, object, array, "
                                   "number, integer, string, each once");
        }
        node->types |= bit;
    }
    return count > 0 || schema_unusable(c, key, "an empty list of types");
}

static bool read_number(struct schema_compiler *c, const char *key, const json_t *value,
                        struct schema_bound *bound)
{
    if (!json_is_number(value)) {
        return schema_unusable(c, key, "'%s' must be a number", key);
    }
    bound->value = json_number_value(value);
    bound->is_given = true;
    return true;
}

static bool read_bound(struct schema_compiler *c, struct schema_node *node, const char *key,
                       const json_t *value)
{
    const bool exclusive = strncmp(key, "exclusive", 9) == 0;
    const bool low = strcmp(key, "minimum") == 0 || strcmp(key, "exclusiveMinimum") == 0;
    struct schema_bound *bound =
        exclusive ? (low ? &node->above : &node->below) : (low ? &node->minimum : &node->maximum);
    return read_number(c, key, value, bound);
}

static bool read_multiple(struct schema_compiler *c, struct schema_node *node, const char *key,
                          const json_t *value)
{
    return read_number(c, key, value, &node->multiple) &&
           (node->multiple.value > 0 || schema_unusable(c, key, "'%s' must be above 0", key));
}

static bool read_size(struct schema_compiler *c, struct schema_node *node, const char *key,
                      const json_t *value)
{
    const double number = json_number_value(value);
    if (!json_is_number(value) || !value_is_whole(number) || number < 0 || number > 0x1p53) {
        return schema_unusable(c, key, "'%s' must be a whole number from 0", key);
    }
    struct schema_size *size = &node->length;
    if (strcmp(key + 3, "Bytes") == 0) {
        size = &node->bytes;
    } else if (strcmp(key + 3, "Items") == 0) {
        size = &node->items_size;
    }
    if (strncmp(key, "min", 3) == 0) {
        size->least = (uint64_t)number;
    } else {
        size->most = (uint64_t)number;
    }
    return true;
}

static bool read_pattern(struct schema_compiler *c, struct schema_node *node, const char *key,
                         const json_t *value)
{
    if (!json_is_string(value)) {
        return schema_unusable(c, key, "'pattern' must be a text");
    }
    const size_t size = json_string_length(value);
    const struct lt_slice text = {(const uint8_t *)json_string_value(value), size};
    const char *why = NULL;
    size_t where = 0;
    struct regex *regex = regex_compile(text, &why, &where);
    if (regex == NULL) {
        return why == NULL ? schema_no_memory(c)
                           : schema_unusable(c, key, "the pattern cannot be used: %s (byte %zu)",
                                             why, where + 1);
    }
    if (!schema_keep_regex(c->schema, regex)) {
        regex_destroy(&regex);
        return schema_no_memory(c);
    }
    char *copy = schema_memory(c->schema, size + 1, 1);
    if (copy == NULL) {
        return schema_no_memory(c);
    }
    memcpy(copy, text.data, size);
    node->pattern = regex;
    node->pattern_text = copy;
    return true;
}

static bool read_format(struct schema_compiler *c, struct schema_node *node, const char *key,
                        const json_t *value)
{
    if (!json_is_string(value)) {
        return schema_unusable(c, key, "'format' must be a text");
    }
    node->format = format_of(json_string_value(value));
    return true;
}

static bool read_encoding(struct schema_compiler *c, struct schema_node *node, const char *key,
                          const json_t *value)
{
    node->is_bytes = json_is_string(value) && strcmp(json_string_value(value), "base64") == 0;
    return node->is_bytes || schema_unusable(c, key, "'contentEncoding' must be base64");
}

static bool pack_constant(struct schema_compiler *c, const char *key, const json_t *value,
                          struct lt_slice *slice)
{
    struct lt_buffer bytes = {.max = (size_t)1024 * 1024};
    struct json_packer packer = {.out = &bytes};
    uint8_t *copy = NULL;
    bool done = json_pack_value(&packer, value, NULL);
    if (!done) {
        done = packer.why == NULL ? schema_no_memory(c) : schema_unusable(c, key, "%s", packer.why);
    } else {
        copy = schema_memory(c->schema, bytes.size, 1);
        done = copy != NULL || schema_no_memory(c);
    }
    if (copy != NULL) {
        memcpy(copy, bytes.data, bytes.size);
        *slice = (struct lt_slice){copy, bytes.size};
    }
    lt_buffer_clear(&bytes);
    return done;
}

// enum and const together: a value must be in both, so const narrows what enum lists.
static bool read_constants(struct schema_compiler *c, struct schema_node *node, const char *key,
                           const json_t *value)
{
    const bool is_const = strcmp(key, "const") == 0;
    if (!is_const && !json_is_array(value)) {
        return schema_unusable(c, key, "'enum' must be a list");
    }
    const size_t count = is_const ? 1 : json_array_size(value);
    struct lt_slice *items = schema_memory(c->schema, count + 1, sizeof *items);
    if (items == NULL) {
        return schema_no_memory(c);
    }
    for (size_t i = 0; i < count; i++) {
        if (!pack_constant(c, key, is_const ? value : json_array_get(value, i), &items[i])) {
            return false;
        }
    }
    const struct schema_values fresh = {items, count, true, is_const};
    if (!node->values.is_given) {
        node->values = fresh;
        return true;
    }
    const struct schema_values *list = is_const ? &node->values : &fresh;
    const struct schema_values one = is_const ? fresh : node->values;
    bool listed = false;
    for (size_t i = 0; i < list->count; i++) {
        uint64_t budget = UINT64_MAX;
        listed = listed || value_equal(list->items[i], one.items[0], &budget);
    }
    node->values = (struct schema_values){one.items, listed ? 1 : 0, true, true};
    return true;
}

static bool read_unique(struct schema_compiler *c, struct schema_node *node, const char *key,
                        const json_t *value)
{
    node->is_unique = json_is_true(value);
    return json_is_boolean(value) || schema_unusable(c, key, "'uniqueItems' must be true or false");
}

static bool read_one(struct schema_compiler *c, struct schema_node *node, const char *key,
                     const json_t *value)
{
    static const struct {
        const char *key;
        size_t offset;
    } places[] = {
        {"additionalProperties", offsetof(struct schema_node, additional)},
        {"items", offsetof(struct schema_node, items)},
        {"contains", offsetof(struct schema_node, contains)},
        {"not", offsetof(struct schema_node, not )},
        {"if", offsetof(struct schema_node, if_)},
        {"then", offsetof(struct schema_node, then)},
        {"else", offsetof(struct schema_node, else_)},
    };
    const struct schema_node *read = schema_read(c, value, key, NULL);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strcmp(places[i].key, key) == 0) {
            memcpy((char *)node + places[i].offset, &read, sizeof read);
        }
    }
    return read != NULL;
}

static bool read_many(struct schema_compiler *c, struct schema_node *node, const char *key,
                      const json_t *value)
{
    struct schema_list *list = &node->prefix;
    if (strcmp(key, "allOf") == 0) {
        list = &node->all_of;
    } else if (strcmp(key, "anyOf") == 0) {
        list = &node->any_of;
    } else if (strcmp(key, "oneOf") == 0) {
        list = &node->one_of;
    }
    return schema_read_list(c, value, key, list);
}

static bool read_reference(struct schema_compiler *c, struct schema_node *node, const char *key,
                           const json_t *value)
{
    if (!json_is_string(value)) {
        return schema_unusable(c, key, "'$ref' must be a text");
    }
    node->ref = schema_read_reference(c, json_string_value(value));
    return node->ref != NULL;
}

static bool read_definitions(struct schema_compiler *c, struct schema_node *node, const char *key,
                             const json_t *value)
{
    (void)node;
    if (!json_is_object(value)) {
        return schema_unusable(c, key, "'$defs' must be an object");
    }
    const char *name = NULL;
    json_t *one = NULL;
    json_object_foreach((json_t *)(uintptr_t)value, name, one)
    {
        if (schema_read(c, one, key, name) == NULL) {
            return false;
        }
    }
    return true;
}

// Read with the whole schema at hand, by schema_read_properties.
static bool read_later(struct schema_compiler *c, struct schema_node *node, const char *key,
                       const json_t *value)
{
    (void)c;
    (void)node;
    (void)key;
    (void)value;
    return true;
}

static const struct {
    const char *key;
    read_keyword *read;
} keywords[] = {
    {"type", read_type},
    {"enum", read_constants},
    {"const", read_constants},
    {"minimum", read_bound},
    {"maximum", read_bound},
    {"exclusiveMinimum", read_bound},
    {"exclusiveMaximum", read_bound},
    {"multipleOf", read_multiple},
    {"minLength", read_size},
    {"maxLength", read_size},
    {"minItems", read_size},
    {"maxItems", read_size},
    {"minBytes", read_size},
    {"maxBytes", read_size},
    {"pattern", read_pattern},
    {"format", read_format},
    {"contentEncoding", read_encoding},
    {"uniqueItems", read_unique},
    {"additionalProperties", read_one},
    {"items", read_one},
    {"contains", read_one},
    {"not", read_one},
    {"if", read_one},
    {"then", read_one},
    {"else", read_one},
    {"prefixItems", read_many},
    {"allOf", read_many},
    {"anyOf", read_many},
    {"oneOf", read_many},
    {"$ref", read_reference},
    {"$defs", read_definitions},
    {"properties", read_later},
    {"required", read_later},
};

bool schema_read_keyword(struct schema_compiler *c, struct schema_node *node, const char *key,
                         const json_t *value, bool *known)
{
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (strcmp(keywords[i].key, key) == 0) {
            *known = true;
            return keywords[i].read(c, node, key, value);
        }
    }
    return false;
}
