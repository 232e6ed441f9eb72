// Walks a body's bytes with a compiled schema. Builds nothing and allocates nothing; every way out of a refusal names
// the place in the body and what is allowed there.
#include "schema.h"

#include <inttypes.h>

#include "schema_fail.h"
#include "schema_value.h"

enum { DEPTH_MAX = 256 };

// What one check may cost at most, tens of milliseconds: values, steps of patterns, comparisons (four each).
#define WORK_MAX (UINT64_C(1) << 24)

struct check {
    uint64_t work;
    unsigned depth;
    bool gave_up;
};

static bool spend(struct check *check, uint64_t work)
{
    check->gave_up = check->gave_up || check->work <= work;
    check->work -= check->gave_up ? check->work : work;
    return !check->gave_up;
}

static bool check_value(struct check *check, const struct schema_node *node, struct lt_slice bytes,
                        const struct schema_path *path, struct lt_error *error);

static unsigned types_of(const struct schema_node *node, const struct lt_value *value)
{
    switch (value->kind) {
    case LT_NIL:
        return SCHEMA_NULL;
    case LT_BOOL:
        return SCHEMA_BOOLEAN;
    case LT_UINT:
    case LT_NEGATIVE:
        return SCHEMA_NUMBER | SCHEMA_INTEGER;
    case LT_FLOAT:
        return value_is_whole(value->real) ? SCHEMA_NUMBER | SCHEMA_INTEGER : SCHEMA_NUMBER;
    case LT_STR:
        return node->is_bytes ? 0 : SCHEMA_STRING;
    case LT_BIN:
        return node->is_bytes ? SCHEMA_STRING : 0;
    case LT_ARRAY:
        return SCHEMA_ARRAY;
    case LT_MAP:
        return SCHEMA_OBJECT;
    default:
        return 0;
    }
}

static bool check_choice(struct check *check, const struct schema_node *node, struct lt_slice bytes,
                         const struct schema_path *path, struct lt_error *error)
{
    for (size_t i = 0; i < node->values.count; i++) {
        if (value_equal(bytes, node->values.items[i], &check->work)) {
            return true;
        }
    }
    return spend(check, 0) && schema_fail_choice(node, bytes, path, error);
}

static bool fail_number(double number, const char *what, double bound,
                        const struct schema_path *path, struct lt_error *error)
{
    char shown[VALUE_SHOWN];
    char limit[VALUE_SHOWN];
    value_show_number(number, shown);
    value_show_number(bound, limit);
    return schema_fail(error, path, "%s is %s %s", shown, what, limit);
}

static bool check_number(const struct schema_node *node, const struct lt_value *value,
                         const struct schema_path *path, struct lt_error *error)
{
    const double number = value_number(value);
    if (node->minimum.is_given && !(number >= node->minimum.value)) {
        return fail_number(number, "below", node->minimum.value, path, error);
    }
    if (node->maximum.is_given && !(number <= node->maximum.value)) {
        return fail_number(number, "above", node->maximum.value, path, error);
    }
    if (node->above.is_given && !(number > node->above.value)) {
        return fail_number(number, "not above", node->above.value, path, error);
    }
    if (node->below.is_given && !(number < node->below.value)) {
        return fail_number(number, "not below", node->below.value, path, error);
    }
    if (node->multiple.is_given && !value_is_multiple(number, node->multiple.value)) {
        return fail_number(number, "not a multiple of", node->multiple.value, path, error);
    }
    return true;
}

static bool check_size(const struct schema_size *allowed, uint64_t size, const char *unit,
                       const struct schema_path *path, struct lt_error *error)
{
    if (size < allowed->least) {
        return schema_fail(error, path, "has %" PRIu64 " %s; at least %" PRIu64 " are needed", size,
                           unit, allowed->least);
    }
    if (size > allowed->most) {
        return schema_fail(error, path, "has %" PRIu64 " %s; at most %" PRIu64 " are allowed", size,
                           unit, allowed->most);
    }
    return true;
}

static bool check_text(struct check *check, const struct schema_node *node, struct lt_slice bytes,
                       struct lt_slice text, const struct schema_path *path, struct lt_error *error)
{
    if (!check_size(&node->length, lt_utf8_length(text), "characters", path, error)) {
        return false;
    }
    char shown[VALUE_SHOWN];
    if (node->pattern != NULL && !regex_matches(node->pattern, text, &check->work)) {
        value_show(bytes, shown);
        return spend(check, 0) &&
               schema_fail(error, path, "%s does not match %s", shown, node->pattern_text);
    }
    if (!format_fits(node->format, text)) {
        value_show(bytes, shown);
        return schema_fail(error, path, "%s is not %s", shown, format_describe(node->format));
    }
    return true;
}

static bool find_twin(struct check *check, struct lt_cursor items, uint32_t count, uint32_t *first,
                      uint32_t *second)
{
    for (*first = 0; *first + 1 < count; ++*first) {
        struct lt_slice one;
        if (!lt_cursor_skip(&items, &one)) {
            return false;
        }
        struct lt_cursor rest = items;
        for (*second = *first + 1; *second < count; ++*second) {
            struct lt_slice other;
            if (!spend(check, 3) || !lt_cursor_skip(&rest, &other)) {
                return false;
            }
            if (value_equal(one, other, &check->work)) {
                return true;
            }
        }
    }
    return false;
}

static bool check_unique(struct check *check, struct lt_cursor items, uint32_t count,
                         const struct schema_path *path, struct lt_error *error)
{
    uint32_t first = 0;
    uint32_t second = 0;
    if (find_twin(check, items, count, &first, &second)) {
        return schema_fail(error, path, "[%" PRIu32 "] is the same as [%" PRIu32 "]", second,
                           first);
    }
    return spend(check, 0);
}

static bool check_array(struct check *check, const struct schema_node *node, struct lt_cursor items,
                        uint32_t count, const struct schema_path *path, struct lt_error *error)
{
    if (!check_size(&node->items_size, count, "entries", path, error)) {
        return false;
    }
    struct lt_cursor at = items;
    bool contains = node->contains == NULL;
    for (uint32_t i = 0; i < count; i++) {
        struct lt_slice item;
        if (!lt_cursor_skip(&at, &item)) {
            return schema_fail(error, path, "is cut off or nested too deep");
        }
        const struct schema_path here = {.up = path, .index = i};
        const struct schema_node *of = i < node->prefix.count ? node->prefix.items[i] : node->items;
        if (of != NULL && !check_value(check, of, item, &here, error)) {
            return false;
        }
        contains = contains || check_value(check, node->contains, item, &here, NULL);
    }
    if (!contains) {
        return schema_fail(error, path, "has no entry of the kind that it must contain");
    }
    return !node->is_unique || check_unique(check, items, count, path, error);
}

static bool check_pair(struct check *check, const struct schema_node *node, struct lt_slice key,
                       struct lt_slice value, uint64_t *seen, const struct schema_path *path,
                       struct lt_error *error)
{
    const struct schema_path here = {.up = path, .key = key};
    const struct schema_property *property = schema_find_property(node, key);
    if (property != NULL && property->required >= 0) {
        seen[property->required / 64] |= UINT64_C(1) << (property->required % 64);
    }
    if (property != NULL && property->node != NULL) {
        return check_value(check, property->node, value, &here, error);
    }
    if (node->additional == NULL) {
        return true;
    }
    if (node->additional->kind == SCHEMA_FALSE) {
        return schema_fail_key(node, key, path, error);
    }
    return check_value(check, node->additional, value, &here, error);
}

static bool check_map(struct check *check, const struct schema_node *node, struct lt_cursor pairs,
                      uint32_t count, const struct schema_path *path, struct lt_error *error)
{
    uint64_t seen[SCHEMA_REQUIRED_MAX / 64] = {0};
    for (uint32_t i = 0; i < count; i++) {
        struct lt_value key;
        struct lt_slice value;
        if (!lt_cursor_next(&pairs, &key) || key.kind != LT_STR ||
            !lt_cursor_skip(&pairs, &value)) {
            return schema_fail(error, path, "has a key that is no text, or is cut off");
        }
        if (!check_pair(check, node, key.bytes, value, seen, path, error)) {
            return false;
        }
    }
    for (size_t i = 0; i < node->required_count; i++) {
        if ((seen[i / 64] & UINT64_C(1) << (i % 64)) == 0) {
            return schema_fail(error, path, "'%.*s' is missing", (int)node->required[i].size,
                               (const char *)node->required[i].data);
        }
    }
    return true;
}

// What holds for values of its kind alone.
static bool check_kind(struct check *check, const struct schema_node *node, struct lt_slice bytes,
                       const struct lt_value *value, struct lt_cursor inside,
                       const struct schema_path *path, struct lt_error *error)
{
    switch (value->kind) {
    case LT_UINT:
    case LT_NEGATIVE:
    case LT_FLOAT:
        return check_number(node, value, path, error);
    case LT_STR:
        return check_text(check, node, bytes, value->bytes, path, error);
    case LT_BIN:
        return check_size(&node->bytes, value->bytes.size, "bytes", path, error);
    case LT_ARRAY:
        return check_array(check, node, inside, value->count, path, error);
    case LT_MAP:
        return check_map(check, node, inside, value->count, path, error);
    default:
        return true;
    }
}

static size_t count_fits(struct check *check, const struct schema_list *list, struct lt_slice bytes,
                         const struct schema_path *path, size_t enough)
{
    size_t fits = 0;
    for (size_t i = 0; i < list->count && fits < enough; i++) {
        fits += check_value(check, list->items[i], bytes, path, NULL);
    }
    return fits;
}

static bool check_any(struct check *check, const struct schema_list *list, struct lt_slice bytes,
                      const struct schema_path *path, struct lt_error *error)
{
    if (list->count == 0 || count_fits(check, list, bytes, path, 1) > 0) {
        return true;
    }
    if (error == NULL) {
        return false;
    }
    struct lt_error first = {0};
    check_value(check, list->items[0], bytes, path, &first);
    return schema_fail(error, path, "fits none of %zu forms; the first: %s", list->count,
                       first.text);
}

static bool check_one(struct check *check, const struct schema_list *list, struct lt_slice bytes,
                      const struct schema_path *path, struct lt_error *error)
{
    if (list->count == 0) {
        return true;
    }
    const size_t fits = count_fits(check, list, bytes, path, 2);
    if (fits == 0) {
        return check_any(check, list, bytes, path, error);
    }
    return fits == 1 || schema_fail(error, path, "fits more than one form; it must be exactly one");
}

static bool check_forms(struct check *check, const struct schema_node *node, struct lt_slice bytes,
                        const struct schema_path *path, struct lt_error *error)
{
    if (node->ref != NULL && !check_value(check, node->ref, bytes, path, error)) {
        return false;
    }
    for (size_t i = 0; i < node->all_of.count; i++) {
        if (!check_value(check, node->all_of.items[i], bytes, path, error)) {
            return false;
        }
    }
    if (!check_any(check, &node->any_of, bytes, path, error) ||
        !check_one(check, &node->one_of, bytes, path, error)) {
        return false;
    }
    if (node->not != NULL && check_value(check, node->not, bytes, path, NULL)) {
        char shown[VALUE_SHOWN];
        value_show(bytes, shown);
        return schema_fail(error, path, "%s is what it must not be", shown);
    }
    if (node->if_ == NULL) {
        return true;
    }
    const struct schema_node *next =
        check_value(check, node->if_, bytes, path, NULL) ? node->then : node->else_;
    return next == NULL || check_value(check, next, bytes, path, error);
}

static bool check_inside(struct check *check, const struct schema_node *node, struct lt_slice bytes,
                         const struct schema_path *path, struct lt_error *error)
{
    struct lt_cursor inside = lt_cursor_of(bytes);
    struct lt_value value;
    if (!lt_cursor_next(&inside, &value)) {
        return schema_fail(error, path, "is cut off");
    }
    if (node->types != 0 && (node->types & types_of(node, &value)) == 0) {
        return schema_fail_type(node, bytes, path, error);
    }
    if (node->values.is_given && !check_choice(check, node, bytes, path, error)) {
        return false;
    }
    return check_kind(check, node, bytes, &value, inside, path, error) &&
           check_forms(check, node, bytes, path, error);
}

static bool check_value(struct check *check, const struct schema_node *node, struct lt_slice bytes,
                        const struct schema_path *path, struct lt_error *error)
{
    if (node->kind != SCHEMA_KEYWORDS) {
        return node->kind == SCHEMA_TRUE || schema_fail(error, path, "nothing is allowed here");
    }
    if (check->depth == DEPTH_MAX) {
        check->gave_up = true;
        return false;
    }
    if (!spend(check, 1)) {
        return false;
    }
    check->depth++;
    const bool fits = check_inside(check, node, bytes, path, error);
    check->depth--;
    return fits && !check->gave_up;
}

enum lt_code lt_schema_check(const lt_schema *schema, struct lt_slice body, struct lt_error *error)
{
    struct check check = {.work = WORK_MAX};
    const struct schema_path root = {0};
    struct lt_error found = {0};
    struct lt_cursor cursor = lt_cursor_of(body);
    struct lt_slice whole;
    if (!lt_cursor_skip(&cursor, &whole) || !lt_cursor_at_end(&cursor)) {
        return lt_fail(error, LT_BODY_WRONG, "body: is not one MessagePack value");
    }
    const bool fits = check_value(&check, schema->root, body, &root, &found);
    if (check.gave_up) {
        return lt_fail(error, LT_BODY_WRONG, "body: is too large or too deep for its schema");
    }
    return fits ? LT_DONE : lt_fail_whole(error, LT_BODY_WRONG, "%s", found.text);
}
