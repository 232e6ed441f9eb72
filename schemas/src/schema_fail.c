// Sentences of refusals: the path in the body, what is there, what is allowed there.
#include "schema_fail.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "schema_value.h"

enum {
    ALLOWED_MAX = 768, // bytes of what is allowed, in a sentence
    PATH_MAX_BYTES = 120,
};

static size_t print_path(const struct schema_path *path, char *out, size_t size)
{
    if (path->up == NULL) {
        return (size_t)snprintf(out, size, "body");
    }
    const size_t used = print_path(path->up, out, size);
    if (used >= size) {
        return used;
    }
    if (path->key.data == NULL) {
        return used + (size_t)snprintf(out + used, size - used, "[%" PRIu32 "]", path->index);
    }
    const int wrote = snprintf(out + used, size - used, ".%.*s", (int)path->key.size,
                               (const char *)path->key.data);
    for (char *at = out + used; *at != '\0'; at++) {
        *at = (unsigned char)*at < 0x20 ? '?' : *at;
    }
    return used + (size_t)(wrote > 0 ? wrote : 0);
}

// What was cut in the middle of a character, or never was one, becomes '?': a sentence is sent as text.
static void repair(char *text)
{
    for (char *at = text; *at != '\0';) {
        const unsigned char lead = (unsigned char)*at;
        size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        size = strnlen(at, size);
        if (!lt_utf8_valid((struct lt_slice){(const uint8_t *)at, size})) {
            *at = '?';
            size = 1;
        }
        at += size;
    }
}

bool schema_fail(struct lt_error *error, const struct schema_path *path, const char *format, ...)
{
    if (error == NULL) {
        return false; // only tried
    }
    char where[PATH_MAX_BYTES];
    char what[LT_ERROR_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    const bool cut = print_path(path, where, sizeof where) >= sizeof where;
    lt_fail_whole(error, LT_BODY_WRONG, "%s%s: %s", where, cut ? "…" : "", what);
    repair(error->text);
    return false;
}

static const char *const type_names[] = {"null",     "true or false",  "a map", "a list",
                                         "a number", "a whole number", "a text"};

bool schema_fail_type(const struct schema_node *node, struct lt_slice bytes,
                      const struct schema_path *path, struct lt_error *error)
{
    char shown[VALUE_SHOWN];
    char allowed[ALLOWED_MAX] = "";
    size_t used = 0;
    if (error == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof type_names / sizeof type_names[0]; i++) {
        if ((node->types & 1U << i) != 0 && used < sizeof allowed) {
            const char *name = 1U << i == SCHEMA_STRING && node->is_bytes ? "bytes" : type_names[i];
            used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%s",
                                     used > 0 ? " or " : "", name);
        }
    }
    value_show(bytes, shown);
    return schema_fail(error, path, "%s is not %s", shown, allowed);
}

bool schema_fail_choice(const struct schema_node *node, struct lt_slice bytes,
                        const struct schema_path *path, struct lt_error *error)
{
    if (error == NULL) {
        return false;
    }
    char shown[VALUE_SHOWN];
    char allowed[ALLOWED_MAX] = "nothing";
    size_t used = 0;
    for (size_t i = 0; i < node->values.count && used < sizeof allowed; i++) {
        char one[VALUE_SHOWN];
        value_show(node->values.items[i], one);
        const size_t size = strlen(one);
        const bool quoted = one[0] == '\'' && size > 2;
        used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%.*s", i > 0 ? ", " : "",
                                 (int)(quoted ? size - 2 : size), quoted ? one + 1 : one);
    }
    value_show(bytes, shown);
    return schema_fail(error, path, node->values.is_const ? "%s is not %s" : "%s is not one of %s",
                       shown, allowed);
}

bool schema_fail_key(const struct schema_node *node, struct lt_slice key,
                     const struct schema_path *path, struct lt_error *error)
{
    if (error == NULL) {
        return false;
    }
    char allowed[ALLOWED_MAX] = "none";
    size_t used = 0;
    for (size_t i = 0; i < node->property_count; i++) {
        const struct schema_property *property = &node->properties[i];
        if (property->node != NULL && used < sizeof allowed) {
            used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%.*s",
                                     used > 0 ? ", " : "", (int)property->name.size,
                                     (const char *)property->name.data);
        }
    }
    return schema_fail(error, path, "the key '%.*s' is not known; allowed: %s",
                       (int)(key.size < 64 ? key.size : 64), (const char *)key.data, allowed);
}
