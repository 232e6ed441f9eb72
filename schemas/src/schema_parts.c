// Keywords that hold several things: properties with required, lists of subschemas, $ref's target, the lienthon object.
#include "schema_compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool schema_read_list(struct schema_compiler *c, const json_t *value, const char *key,
                      struct schema_list *list)
{
    const size_t count = json_array_size(value);
    if (!json_is_array(value) || count == 0) {
        return schema_unusable(c, key, "'%s' must be a list of schemas, at least one", key);
    }
    list->items = schema_memory(c->schema, count, sizeof *list->items);
    if (list->items == NULL) {
        return schema_no_memory(c);
    }
    list->count = count;
    for (size_t i = 0; i < count; i++) {
        char token[24];
        snprintf(token, sizeof token, "%zu", i);
        list->items[i] = schema_read(c, json_array_get(value, i), key, token);
        if (list->items[i] == NULL) {
            return false;
        }
    }
    return true;
}

static bool copy_name(struct schema_compiler *c, const char *text, size_t size,
                      struct lt_slice *name)
{
    uint8_t *copy = schema_memory(c->schema, size + 1, 1);
    if (copy == NULL) {
        return schema_no_memory(c);
    }
    memcpy(copy, text, size);
    *name = (struct lt_slice){copy, size};
    return true;
}

static struct schema_property *find(struct schema_node *node, struct lt_slice name)
{
    for (size_t i = 0; i < node->property_count; i++) {
        if (lt_slice_equal(node->properties[i].name, name)) {
            return &node->properties[i];
        }
    }
    return NULL;
}

static bool read_required(struct schema_compiler *c, struct schema_node *node, const json_t *names)
{
    const size_t count = json_array_size(names);
    node->required = schema_memory(c->schema, count + 1, sizeof *node->required);
    if (node->required == NULL) {
        return schema_no_memory(c);
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(names, i);
        if (!json_is_string(one)) {
            return schema_unusable(c, "required", "'required' must be a list of texts");
        }
        struct lt_slice name = {0};
        if (!copy_name(c, json_string_value(one), json_string_length(one), &name)) {
            return false;
        }
        struct schema_property *property = find(node, name);
        if (property == NULL) {
            property = &node->properties[node->property_count++];
            *property = (struct schema_property){.name = name, .required = -1};
        }
        if (property->required >= 0) {
            return schema_unusable(c, "required", "'required' has '%s' twice",
                                   json_string_value(one));
        }
        property->required = (int)i;
        node->required[i] = name;
    }
    node->required_count = count;
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct schema_property *one = a;
    const struct schema_property *other = b;
    return schema_compare_names(one->name, other->name);
}

static bool check_shapes(struct schema_compiler *c, const json_t *properties,
                         const json_t *required)
{
    if (properties != NULL && !json_is_object(properties)) {
        return schema_unusable(c, "properties", "'properties' must be an object");
    }
    if (required != NULL && !json_is_array(required)) {
        return schema_unusable(c, "required", "'required' must be a list of texts");
    }
    return json_array_size(required) <= SCHEMA_REQUIRED_MAX ||
           schema_unusable(c, "required", "more than %d required keys", SCHEMA_REQUIRED_MAX);
}

bool schema_read_properties(struct schema_compiler *c, struct schema_node *node,
                            const json_t *schema)
{
    json_t *properties = json_object_get(schema, "properties");
    const json_t *required = json_object_get(schema, "required");
    if (properties == NULL && required == NULL) {
        return true;
    }
    if (!check_shapes(c, properties, required)) {
        return false;
    }
    const size_t most = json_object_size(properties) + json_array_size(required);
    node->properties = schema_memory(c->schema, most + 1, sizeof *node->properties);
    if (node->properties == NULL) {
        return schema_no_memory(c);
    }
    for (void *at = json_object_iter(properties); at != NULL;
         at = json_object_iter_next(properties, at)) {
        const char *key = json_object_iter_key(at);
        struct schema_property property = {.required = -1};
        property.node = schema_read(c, json_object_iter_value(at), "properties", key);
        if (property.node == NULL ||
            !copy_name(c, key, json_object_iter_key_len(at), &property.name)) {
            return false;
        }
        node->properties[node->property_count++] = property;
    }
    if (required != NULL && !read_required(c, node, required)) {
        return false;
    }
    qsort(node->properties, node->property_count, sizeof *node->properties, by_name);
    return true;
}

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at == NULL ? -1 : (int)((at - digits) % 16);
}

// The pointer behind '#', %XX undone; false: it is none.
static bool pointer_of(const char *reference, char pointer[SCHEMA_POINTER_MAX])
{
    if (reference[0] != '#' || (reference[1] != '/' && reference[1] != '\0')) {
        return false;
    }
    size_t size = 0;
    for (const char *at = reference + 1; *at != '\0'; at++) {
        if (size == SCHEMA_POINTER_MAX - 1) {
            return false;
        }
        if (*at == '%') {
            const int high = hex_value(at[1]);
            const int low = high < 0 ? -1 : hex_value(at[2]);
            if (low < 0 || (high == 0 && low == 0)) {
                return false;
            }
            pointer[size++] = (char)(high * 16 + low);
            at += 2;
        } else {
            pointer[size++] = *at;
        }
    }
    pointer[size] = '\0';
    return true;
}

static const json_t *step(const json_t *json, const char *token)
{
    if (json_is_object(json)) {
        return json_object_get(json, token);
    }
    char *end = NULL;
    const unsigned long index = strtoul(token, &end, 10);
    return json_is_array(json) && end != token && *end == '\0' ? json_array_get(json, index) : NULL;
}

const json_t *schema_resolve(struct schema_compiler *c, const char *reference,
                             char pointer[SCHEMA_POINTER_MAX])
{
    if (!pointer_of(reference, pointer)) {
        schema_unusable(c, "$ref", "'%s' is no place in this file; allowed: #/$defs/NAME",
                        reference);
        return NULL;
    }
    const json_t *json = c->root;
    for (const char *at = pointer; json != NULL && *at == '/';) {
        char token[SCHEMA_POINTER_MAX];
        size_t size = 0;
        for (at++; *at != '\0' && *at != '/'; at++) {
            const bool escaped = *at == '~' && (at[1] == '0' || at[1] == '1');
            at += escaped;
            token[size++] = escaped ? (*at == '0' ? '~' : '/') : *at;
        }
        token[size] = '\0';
        json = step(json, token);
    }
    if (json == NULL) {
        schema_unusable(c, "$ref", "'%s' is not there", reference);
    }
    return json;
}

bool schema_read_rules(struct schema_compiler *c, const json_t *rules)
{
    const char *key = NULL;
    json_t *value = NULL;
    if (!json_is_object(rules) || json_object_size(rules) != 3) {
        return schema_unusable(c, "lienthon", "'lienthon' must have retain, max_life and label");
    }
    json_object_foreach((json_t *)(uintptr_t)rules, key, value)
    {
        const char *text = json_is_string(value) ? json_string_value(value) : "";
        const json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;
        if (strcmp(key, "retain") == 0) {
            c->schema->retain = strcmp(text, "state") == 0 ? LT_RETAIN_STATE : LT_RETAIN_NEVER;
            if (strcmp(text, "state") != 0 && strcmp(text, "never") != 0) {
                return schema_unusable(c, "lienthon", "retain must be \"state\" or \"never\"");
            }
        } else if (strcmp(key, "max_life") == 0) {
            if (!json_is_null(value) && (number < 1 || number > INT64_C(9007199254740))) {
                return schema_unusable(c, "lienthon", "max_life must be seconds from 1, or null");
            }
            c->schema->max_life_s = json_is_null(value) ? 0 : (uint64_t)number;
        } else if (strcmp(key, "label") == 0) {
            if (number < LT_CONG_KHAI || number > LT_MAT) {
                return schema_unusable(c, "lienthon", "label must be 0, 1 or 2");
            }
            c->schema->label = (uint8_t)number;
        } else {
            return schema_unusable(c, "lienthon",
                                   "'%s' is not known here; allowed: retain, "
                                   "max_life, label",
                                   key);
        }
    }
    c->schema->has_rules = true;
    return true;
}
