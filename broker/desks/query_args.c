// The arguments of QUERY: which there are, of which type, and what is said of a wrong one.
#include <stddef.h>
#include <string.h>

#include "queries.h"

enum argument_type { AN_ID, A_PRINCIPAL, A_TEXT, A_PATTERN, TYPES, A_NUMBER, A_LIMIT };

static const struct argument {
    const char *name;
    enum argument_type type;
    size_t at, room; // of its place in struct query_args
} arguments[] = {
#define PLACE(field) offsetof(struct query_args, field), sizeof(((struct query_args *)NULL)->field)
    {"id", AN_ID, PLACE(id)},
    {"from", A_PRINCIPAL, PLACE(from)},
    {"principal", A_PRINCIPAL, PLACE(principal)},
    {"target", A_TEXT, PLACE(target)},
    {"text", A_TEXT, PLACE(text)},
    {"durable", A_TEXT, PLACE(durable)},
    {"pattern", A_PATTERN, PLACE(pattern)},
    {"types", TYPES, PLACE(types)},
    {"since", A_NUMBER, PLACE(since)},
    {"until", A_NUMBER, PLACE(until)},
    {"before", A_NUMBER, PLACE(before)},
    {"after", A_NUMBER, PLACE(after)},
    {"seq", A_NUMBER, PLACE(seq)},
    {"limit", A_LIMIT, PLACE(limit)},
#undef PLACE
};

// Where the name stands in the list of those that a query knows; -1: nowhere.
static int place_of(const char *const *known, struct lt_slice name)
{
    for (int i = 0; known[i] != NULL; i++) {
        if (lt_slice_is(name, known[i] + (known[i][0] == '!'))) {
            return i;
        }
    }
    return -1;
}

static const struct argument *find(const char *known)
{
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
        if (strcmp(arguments[i].name, known + (known[0] == '!')) == 0) {
            return &arguments[i];
        }
    }
    return NULL;
}

static bool take_text(struct lt_cursor *cursor, bool (*valid)(struct lt_slice), char *out,
                      size_t room)
{
    struct lt_slice text = {0};
    if (!lt_cursor_str(cursor, &text) || text.size >= room || (valid != NULL && !valid(text)) ||
        memchr(text.data, 0, text.size) != NULL) {
        return false;
    }
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return true;
}

static bool take_types(struct lt_cursor *cursor, struct query_args *args)
{
    uint32_t count = 0;
    if (!lt_cursor_array(cursor, &count) || count > LT_PATTERNS_MAX) {
        return false;
    }
    for (args->type_count = 0; args->type_count < count; args->type_count++) {
        char *out = args->types[args->type_count];
        if (!take_text(cursor, lt_type_valid, out, LT_TYPE_MAX + 1)) {
            return false;
        }
    }
    return true;
}

static bool take(struct lt_cursor *cursor, const struct argument *argument, struct query_args *args)
{
    uint8_t *place = (uint8_t *)args + argument->at;
    struct lt_slice bytes = {0};
    uint64_t number = 0;
    switch (argument->type) {
    case AN_ID:
        if (!lt_cursor_bin(cursor, &bytes) || bytes.size != argument->room) {
            return false;
        }
        memcpy(place, bytes.data, bytes.size);
        return true;
    case A_PRINCIPAL:
        return take_text(cursor, lt_principal_valid, (char *)place, argument->room);
    case A_PATTERN:
        return take_text(cursor, lt_pattern_valid, (char *)place, argument->room);
    case A_TEXT:
        return take_text(cursor, NULL, (char *)place, argument->room);
    case TYPES:
        return take_types(cursor, args);
    case A_NUMBER:
    case A_LIMIT:
        if (!lt_cursor_uint(cursor, argument->type == A_LIMIT ? QUERY_LIMIT_MOST : LT_INT_MAX,
                            &number)) {
            return false;
        }
        memcpy(place, &number, sizeof number);
        return true;
    }
    return false;
}

static const char *wanted(enum argument_type type)
{
    switch (type) {
    case AN_ID:
        return "must be 16 bytes";
    case A_PRINCIPAL:
        return "must be a principal";
    case A_TEXT:
        return "must be a str of at most 255 bytes";
    case A_PATTERN:
        return "must be a pattern";
    case TYPES:
        return "must be an array of at most 64 types";
    case A_NUMBER:
        return "must be an int from 0 on";
    case A_LIMIT:
        return "must be an int from 0 to 1000";
    }
    return "";
}

enum lt_code query_read_args(struct lt_slice map, const char *const *known, struct query_args *args,
                             struct lt_error *error)
{
    struct lt_cursor cursor = lt_cursor_of(map);
    uint32_t count = 0;
    unsigned given = 0;
    if (map.size > 0 && !lt_cursor_map(&cursor, &count)) {
        return lt_fail(error, LT_MALFORMED, "args: must be a map");
    }
    for (uint32_t i = 0; i < count; i++) {
        struct lt_slice name = {0};
        if (!lt_cursor_str(&cursor, &name)) {
            return lt_fail(error, LT_MALFORMED, "args: a key must be a str");
        }
        const int place = place_of(known, name);
        const int size = name.size < LT_TYPE_MAX ? (int)name.size : LT_TYPE_MAX;
        if (place < 0) {
            return lt_fail(error, LT_MALFORMED, "args: '%.*s' is not known here", size,
                           (const char *)name.data);
        }
        if ((given >> place & 1U) != 0) {
            return lt_fail(error, LT_MALFORMED, "args.%.*s: is there twice", size,
                           (const char *)name.data);
        }
        given |= 1U << place;
        const struct argument *argument = find(known[place]);
        if (argument == NULL || !take(&cursor, argument, args)) {
            return lt_fail(error, LT_MALFORMED, "args.%.*s: %s", size, (const char *)name.data,
                           argument == NULL ? "" : wanted(argument->type));
        }
    }
    for (int i = 0; known[i] != NULL; i++) {
        if (known[i][0] == '!' && (given >> i & 1U) == 0) {
            return lt_fail(error, LT_MALFORMED, "args.%s: is missing", known[i] + 1);
        }
    }
    return LT_DONE;
}
