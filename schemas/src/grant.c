// Opening a grant: the rules of its message, and its body read key by key. What is not understood voids it.
#include "grant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lienthon/cursor.h"

enum { TEXT_MAX = 256, WHERE_ROOM = 48 };

const struct grant_right grant_rights[GRANT_RIGHTS] = {
    {"relay", LT_RELAY},
    {"query", LT_QUERY},
    {"grant", LT_GRANT},
    {"enrol", LT_ENROL},
};

// A map being read: `where` is its path, `seen` the keys that it had.
struct reader {
    struct lt_cursor *cursor;
    const char *where;
    unsigned seen;
    struct lt_error *error;
};

typedef enum lt_code read_value(struct reader *reader, const char *key, void *target);

struct field {
    const char *key;
    read_value *read;
    size_t offset; // of its target
    bool optional;
};

static enum lt_code wrong(const struct reader *reader, const char *key, const char *what)
{
    return lt_fail(reader->error, LT_BODY_WRONG, "%s.%s: %s", reader->where, key, what);
}

static enum lt_code read_field(struct reader *reader, const struct field *fields, size_t count,
                               uint8_t *target)
{
    struct lt_slice key = {0};
    if (!lt_cursor_str(reader->cursor, &key)) {
        return lt_fail(reader->error, LT_BODY_WRONG, "%s: a key that is no string", reader->where);
    }
    for (size_t i = 0; i < count; i++) {
        if (lt_slice_is(key, fields[i].key)) {
            reader->seen |= 1U << i;
            return fields[i].read(reader, fields[i].key, target + fields[i].offset);
        }
    }
    return lt_fail(reader->error, LT_BODY_WRONG, "%s: a key that is not known", reader->where);
}

// A map of exactly these fields; lt_body_check has seen to it that none comes twice.
static enum lt_code read_map(struct lt_cursor *cursor, const char *where,
                             const struct field *fields, size_t count, void *target,
                             struct lt_error *error)
{
    struct reader reader = {.cursor = cursor, .where = where, .error = error};
    uint32_t pairs = 0;
    if (!lt_cursor_map(cursor, &pairs)) {
        return lt_fail(error, LT_BODY_WRONG, "%s: not a map", where);
    }
    for (uint32_t i = 0; i < pairs; i++) {
        const enum lt_code code = read_field(&reader, fields, count, target);
        if (code != LT_DONE) {
            return code;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if ((reader.seen & 1U << i) == 0 && !fields[i].optional) {
            return wrong(&reader, fields[i].key, "is missing");
        }
    }
    return LT_DONE;
}

static enum lt_code read_int(struct reader *reader, const char *key, void *target)
{
    uint64_t *value = target;
    return lt_cursor_uint(reader->cursor, LT_INT_MAX, value)
               ? LT_DONE
               : wrong(reader, key, "not an integer from 0 to 2^53 - 1");
}

static enum lt_code read_small(struct reader *reader, const char *key, uint64_t max, void *target)
{
    uint8_t *value = target;
    uint64_t number = 0;
    if (!lt_cursor_uint(reader->cursor, max, &number)) {
        return wrong(reader, key, "not an integer in its range");
    }
    *value = (uint8_t)number;
    return LT_DONE;
}

static enum lt_code read_priority(struct reader *reader, const char *key, void *target)
{
    return read_small(reader, key, LT_HOA_TOC, target);
}

static enum lt_code read_label(struct reader *reader, const char *key, void *target)
{
    return read_small(reader, key, LT_MAT, target);
}

static enum lt_code read_hands(struct reader *reader, const char *key, void *target)
{
    bool *two_hands = target;
    uint64_t hands = 0;
    if (!lt_cursor_uint(reader->cursor, LT_INT_MAX, &hands) || hands != 2) {
        return wrong(reader, key, "not 2");
    }
    *two_hands = true;
    return LT_DONE;
}

static enum lt_code read_bool(struct reader *reader, const char *key, void *target)
{
    bool *value = target;
    return lt_cursor_bool(reader->cursor, value) ? LT_DONE
                                                 : wrong(reader, key, "neither true nor false");
}

static enum lt_code read_text(struct reader *reader, const char *key, void *target)
{
    struct lt_slice *text = target;
    return lt_cursor_str(reader->cursor, text) && text->size <= TEXT_MAX
               ? LT_DONE
               : wrong(reader, key, "not a string of at most 256 bytes");
}

static enum lt_code read_principal(struct reader *reader, const char *key, void *target)
{
    struct lt_slice *name = target;
    if (!lt_cursor_str(reader->cursor, name) || !lt_principal_valid(*name)) {
        return wrong(reader, key, "not a principal");
    }
    return lt_slice_is(*name, "root") ? wrong(reader, key, "root needs no grant") : LT_DONE;
}

static enum lt_code read_key(struct reader *reader, const char *key, void *target)
{
    struct lt_slice bytes = {0};
    if (!lt_cursor_bin(reader->cursor, &bytes) || bytes.size != LT_KEY_SIZE) {
        return wrong(reader, key, "not 32 bytes");
    }
    memcpy(target, bytes.data, LT_KEY_SIZE);
    return LT_DONE;
}

static enum lt_code read_names(struct reader *reader, const char *key,
                               bool (*valid)(struct lt_slice), struct lt_names *names)
{
    uint32_t count = 0;
    if (!lt_cursor_array(reader->cursor, &count) || count == 0 || count > LT_GRANT_ARRAY_MAX) {
        return wrong(reader, key, "not an array of 1 to 32");
    }
    for (names->count = 0; names->count < count; names->count++) {
        struct lt_slice *name = &names->item[names->count];
        if (!lt_cursor_str(reader->cursor, name) || !valid(*name)) {
            return lt_fail(reader->error, LT_BODY_WRONG, "%s.%s[%zu]: out of its grammar",
                           reader->where, key, names->count);
        }
    }
    return LT_DONE;
}

static enum lt_code read_topics(struct reader *reader, const char *key, void *target)
{
    return read_names(reader, key, lt_pattern_valid, target);
}

static bool is_type_or_any(struct lt_slice type)
{
    return lt_slice_is(type, "*") || lt_type_valid(type);
}

static enum lt_code read_types(struct reader *reader, const char *key, void *target)
{
    return read_names(reader, key, is_type_or_any, target);
}

static enum lt_code read_principals(struct reader *reader, const char *key, void *target)
{
    return read_names(reader, key, lt_principal_pattern_valid, target);
}

static enum lt_code read_count(struct reader *reader, const char *key, uint32_t *count)
{
    return lt_cursor_array(reader->cursor, count) && *count <= LT_GRANT_ARRAY_MAX
               ? LT_DONE
               : wrong(reader, key, "not an array of at most 32");
}

#define FIELD(type, member, reads)                                                                 \
    {                                                                                              \
        .key = #member, .read = (reads), .offset = offsetof(struct type, member)                   \
    }

static const struct field publish_fields[] = {
    FIELD(lt_may_publish, topics, read_topics),
    FIELD(lt_may_publish, types, read_types),
    FIELD(lt_may_publish, max_priority, read_priority),
    FIELD(lt_may_publish, max_label, read_label),
    {.key = "hands",
     .read = read_hands,
     .offset = offsetof(struct lt_may_publish, two_hands),
     .optional = true},
};

static const struct field subscribe_fields[] = {
    FIELD(lt_may_subscribe, topics, read_topics),
    FIELD(lt_may_subscribe, max_label, read_label),
};

#define COUNT(fields) (sizeof(fields) / sizeof(fields)[0])

static void name_entry(const struct reader *reader, const char *key, uint32_t index,
                       char where[WHERE_ROOM])
{
    (void)snprintf(where, WHERE_ROOM, "%s.%s[%u]", reader->where, key, (unsigned)index);
}

static enum lt_code read_publish(struct reader *reader, const char *key, void *target)
{
    struct lt_powers *powers = target;
    uint32_t count = 0;
    enum lt_code code = read_count(reader, key, &count);
    if (code != LT_DONE || count == 0) {
        return code;
    }
    powers->publish = calloc(count, sizeof *powers->publish);
    if (powers->publish == NULL) {
        return lt_fail(reader->error, LT_NO_MEMORY, "grant: no memory");
    }
    powers->publish_count = count;
    for (uint32_t i = 0; i < count && code == LT_DONE; i++) {
        char where[WHERE_ROOM];
        name_entry(reader, key, i, where);
        code = read_map(reader->cursor, where, publish_fields, COUNT(publish_fields),
                        &powers->publish[i], reader->error);
    }
    return code;
}

static enum lt_code read_subscribe(struct reader *reader, const char *key, void *target)
{
    struct lt_powers *powers = target;
    uint32_t count = 0;
    enum lt_code code = read_count(reader, key, &count);
    if (code != LT_DONE || count == 0) {
        return code;
    }
    powers->subscribe = calloc(count, sizeof *powers->subscribe);
    if (powers->subscribe == NULL) {
        return lt_fail(reader->error, LT_NO_MEMORY, "grant: no memory");
    }
    powers->subscribe_count = count;
    for (uint32_t i = 0; i < count && code == LT_DONE; i++) {
        char where[WHERE_ROOM];
        name_entry(reader, key, i, where);
        code = read_map(reader->cursor, where, subscribe_fields, COUNT(subscribe_fields),
                        &powers->subscribe[i], reader->error);
    }
    return code;
}

static unsigned right_of(struct lt_slice name)
{
    for (size_t i = 0; i < GRANT_RIGHTS; i++) {
        if (lt_slice_is(name, grant_rights[i].name)) {
            return grant_rights[i].right;
        }
    }
    return 0;
}

static enum lt_code read_rights(struct reader *reader, const char *key, void *target)
{
    struct lt_powers *powers = target;
    uint32_t count = 0;
    const enum lt_code code = read_count(reader, key, &count);
    for (uint32_t i = 0; i < count && code == LT_DONE; i++) {
        struct lt_slice name = {0};
        const unsigned right = lt_cursor_str(reader->cursor, &name) ? right_of(name) : 0;
        if (right == 0) {
            return wrong(reader, key, "holds what is not one of relay, query, grant, enrol");
        }
        powers->rights |= right;
    }
    return code;
}

static enum lt_code read_scope(struct reader *reader, const char *key, void *target)
{
    static const struct field fields[] = {
        {.key = "principals",
         .read = read_principals,
         .offset = offsetof(struct lt_grant, scope_principals)},
        {.key = "publish", .read = read_publish, .offset = offsetof(struct lt_grant, scope)},
        {.key = "subscribe", .read = read_subscribe, .offset = offsetof(struct lt_grant, scope)},
        {.key = "rights", .read = read_rights, .offset = offsetof(struct lt_grant, scope)},
        {.key = "max_expires",
         .read = read_int,
         .offset = offsetof(struct lt_grant, scope_max_expires)},
    };
    struct lt_grant *grant = target;
    (void)key;
    grant->has_scope = true;
    return read_map(reader->cursor, "body.scope", fields, COUNT(fields), grant, reader->error);
}

static const struct field body_fields[] = {
    FIELD(lt_grant, principal, read_principal),
    FIELD(lt_grant, serial, read_int),
    FIELD(lt_grant, name, read_text),
    FIELD(lt_grant, role, read_text),
    FIELD(lt_grant, key, read_key),
    FIELD(lt_grant, curve, read_key),
    {.key = "publish", .read = read_publish, .offset = offsetof(struct lt_grant, powers)},
    {.key = "subscribe", .read = read_subscribe, .offset = offsetof(struct lt_grant, powers)},
    {.key = "rights", .read = read_rights, .offset = offsetof(struct lt_grant, powers)},
    FIELD(lt_grant, not_before, read_int),
    FIELD(lt_grant, expires, read_int),
    FIELD(lt_grant, revoked, read_bool),
    {.key = "scope", .read = read_scope, .offset = 0, .optional = true},
};

static bool names_one(const struct lt_grant *grant)
{
    return grant->scope_principals.count == 1 &&
           lt_principal_valid(grant->scope_principals.item[0]);
}

enum lt_code grant_read(struct lt_slice body, struct lt_grant *grant, struct lt_error *error)
{
    if (body.size > LT_GRANT_BODY_MAX) {
        return lt_fail(error, LT_BODY_WRONG, "body: a grant has at most 16 KiB");
    }
    enum lt_code code = lt_body_check(body, error);
    if (code != LT_DONE) {
        return code;
    }
    struct lt_cursor cursor = lt_cursor_of(body);
    code = read_map(&cursor, "body", body_fields, COUNT(body_fields), grant, error);
    if (code != LT_DONE) {
        return code;
    }
    if (grant->not_before >= grant->expires) {
        return lt_fail(error, LT_BODY_WRONG, "body.expires: not after not_before");
    }
    if (grant->has_scope && (grant->powers.rights & (LT_ENROL | LT_GRANT)) == LT_ENROL &&
        !names_one(grant)) {
        return lt_fail(error, LT_BODY_WRONG,
                       "body.scope.principals: with enrol and not grant exactly one, no wildcard");
    }
    return LT_DONE;
}

void grant_clear(struct lt_grant *grant)
{
    free(grant->powers.publish);
    free(grant->powers.subscribe);
    free(grant->scope.publish);
    free(grant->scope.subscribe);
}

// What a grant's message may be, beside its body.
static enum lt_code check_message(const struct lt_part *part, struct lt_error *error)
{
    if (!lt_slice_is(part->type, GRANT_TYPE)) {
        return lt_fail(error, LT_BODY_WRONG, "part[4] type: not " GRANT_TYPE);
    }
    if (part->flags != LT_RETAIN) {
        return lt_fail(error, LT_BODY_WRONG, "part[12] flags: a grant has retain and no other");
    }
    if (part->label != LT_CONG_KHAI) {
        return lt_fail(error, LT_BODY_WRONG, "part[6] label: a grant is public");
    }
    if (part->relation != LT_NOTHING || part->origin.data != NULL || part->expires != 0 ||
        part->deliver_at != 0) {
        return lt_fail(error, LT_BODY_WRONG,
                       "part: a grant has no relation, origin, expires or deliver_at");
    }
    return LT_DONE;
}

static enum lt_code open_into(const struct lt_part *part, struct lt_grant *grant,
                              struct lt_error *error)
{
    enum lt_code code = check_message(part, error);
    if (code == LT_DONE) {
        code = grant_read(part->body, grant, error);
    }
    if (code != LT_DONE) {
        return code;
    }
    char topic[LT_TOPIC_MAX + 1];
    lt_principal_topic(GRANT_TOPICS, grant->principal, topic);
    return lt_slice_is(part->topic, topic)
               ? LT_DONE
               : lt_fail(error, LT_BODY_WRONG, "part[3] topic: not %s, where this grant lives",
                         topic);
}

enum lt_code lt_grant_open(const struct lt_part *part, struct lt_grant **grant,
                           struct lt_error *error)
{
    *grant = calloc(1, sizeof **grant);
    if (*grant == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "grant: no memory");
    }
    const enum lt_code code = open_into(part, *grant, error);
    if (code != LT_DONE) {
        lt_grant_destroy(grant);
    }
    return code;
}

void lt_grant_destroy(struct lt_grant **grant)
{
    if (*grant != NULL) {
        grant_clear(*grant);
        free(*grant);
        *grant = NULL;
    }
}
