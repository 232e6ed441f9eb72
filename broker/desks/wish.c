// The patterns and options of a SUBSCRIBE.
#include "wish.h"

#include <stdlib.h>

#include "state/must.h"

enum { CREDIT_DEFAULT = 64, TYPES_MAX = 64 };

static enum lt_code open_patterns(struct lt_slice list, const struct lt_grant *grant, size_t most,
                                  struct era *era, struct lt_error *error)
{
    struct lt_list walk = lt_list_of(list);
    struct lt_slice pattern;
    era->patterns = must_calloc(LT_PATTERNS_MAX, sizeof *era->patterns);
    while (lt_list_pattern(&walk, &pattern)) {
        int size = (int)(pattern.size < 200 ? pattern.size : 200);
        if (!lt_pattern_valid(pattern))
            return lt_fail(error, LT_MALFORMED, "pattern '%.*s' is none: levels of a topic, + or #",
                           size, (const char *)pattern.data);
        if (!grant || !lt_grant_may_subscribe(grant, pattern))
            return lt_fail(error, LT_NOT_ALLOWED,
                           "pattern '%.*s' is not inside what the grant lets you subscribe to",
                           size, (const char *)pattern.data);
        if (era->pattern_count == most)
            return lt_fail(error, LT_TOO_LARGE, "more than %zu patterns", most);
        era->patterns[era->pattern_count++] = must_copy(pattern.data, pattern.size);
    }
    if (!era->pattern_count)
        return lt_fail(error, LT_MALFORMED, "SUBSCRIBE: no pattern in it");
    return LT_DONE;
}

static bool open_types(struct lt_cursor *cursor, struct era *era)
{
    uint32_t count = 0;
    if (era->types || !lt_cursor_array(cursor, &count) || !count || count > TYPES_MAX)
        return false;
    era->types = must_calloc(count, sizeof *era->types);
    for (uint32_t i = 0; i < count; i++) {
        struct lt_slice type;
        if (!lt_cursor_str(cursor, &type) || !lt_type_valid(type))
            return false;
        era->types[era->type_count++] = must_copy(type.data, type.size);
    }
    return true;
}

static bool open_from(struct lt_cursor *cursor, struct wish *wish)
{
    static const char *const names[] = {"new", "retained", "all"};
    struct lt_slice text;
    if (lt_cursor_uint(cursor, LT_INT_MAX, &wish->since)) {
        wish->from = WISH_TIME;
        return true;
    }
    if (!lt_cursor_str(cursor, &text))
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (lt_slice_is(text, names[i])) {
            wish->from = (enum wish_from)i;
            return true;
        }
    }
    return false;
}

// The value of one option; false: it is not as it must be. *known: is there such an option.
static bool open_option(struct lt_slice key, struct lt_cursor *cursor, struct wish *wish,
                        bool *known)
{
    uint64_t priority = 0;
    *known = true;
    if (lt_slice_is(key, "durable"))
        return lt_cursor_str(cursor, &wish->durable) && lt_durable_valid(wish->durable);
    if (lt_slice_is(key, "from"))
        return open_from(cursor, wish);
    if (lt_slice_is(key, "credit"))
        return lt_cursor_uint(cursor, LT_INT_MAX, &wish->credit);
    if (lt_slice_is(key, "types"))
        return open_types(cursor, &wish->era);
    if (lt_slice_is(key, "early"))
        return lt_cursor_bool(cursor, &wish->era.early);
    if (lt_slice_is(key, "min_priority")) {
        bool is = lt_cursor_uint(cursor, LT_HOA_TOC, &priority);
        wish->era.min_priority = (uint8_t)priority;
        return is;
    }
    *known = false;
    return false;
}

static enum lt_code open_options(struct lt_slice args, struct wish *wish, struct lt_error *error)
{
    struct lt_cursor cursor = lt_cursor_of(args);
    uint32_t count = 0;
    if (!args.size)
        return LT_DONE;
    if (!lt_cursor_map(&cursor, &count))
        return lt_fail(error, LT_MALFORMED, "SUBSCRIBE: the options are no map");
    for (uint32_t i = 0; i < count; i++) {
        struct lt_slice key;
        bool known = false;
        if (!lt_cursor_str(&cursor, &key))
            return lt_fail(error, LT_MALFORMED, "SUBSCRIBE: an option's name is no str");
        if (open_option(key, &cursor, wish, &known))
            continue;
        int size = (int)(key.size < 64 ? key.size : 64);
        return lt_fail(error, LT_MALFORMED,
                       known ? "option '%.*s' has a value that it cannot have"
                             : "option '%.*s' is not known: durable, from, credit, types, "
                               "min_priority, early are",
                       size, (const char *)key.data);
    }
    return LT_DONE;
}

enum lt_code wish_open(const struct lt_frame *frame, const struct lt_grant *grant,
                       const struct lt_commune_limits *limits, struct wish *wish,
                       struct lt_error *error)
{
    *wish = (struct wish){.credit = CREDIT_DEFAULT};
    enum lt_code code = open_options(frame->args, wish, error);
    if (code == LT_DONE)
        code = open_patterns(frame->list, grant, (size_t)limits->patterns, &wish->era, error);
    if (wish->credit > (uint64_t)limits->credit)
        wish->credit = (uint64_t)limits->credit;
    return code;
}

void wish_clear(struct wish *wish)
{
    era_clear(&wish->era);
}
