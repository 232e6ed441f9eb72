// Issuing a grant: its body written out, and the part that carries it.
#include <string.h>

#include "grant.h"
#include "lienthon/pack.h"

static void pack_names(struct lt_buffer *out, const char *key, const struct lt_names *names)
{
    lt_pack_text(out, key);
    lt_pack_array(out, names->count);
    for (size_t i = 0; i < names->count; i++) {
        lt_pack_str(out, names->item[i]);
    }
}

static void pack_rights(struct lt_buffer *out, unsigned rights)
{
    size_t count = 0;
    for (size_t i = 0; i < GRANT_RIGHTS; i++) {
        count += (rights & grant_rights[i].right) != 0;
    }
    lt_pack_text(out, "rights");
    lt_pack_array(out, count);
    for (size_t i = 0; i < GRANT_RIGHTS; i++) {
        if ((rights & grant_rights[i].right) != 0) {
            lt_pack_text(out, grant_rights[i].name);
        }
    }
}

static void pack_powers(struct lt_buffer *out, const struct lt_powers *powers)
{
    lt_pack_text(out, "publish");
    lt_pack_array(out, powers->publish_count);
    for (size_t i = 0; i < powers->publish_count; i++) {
        const struct lt_may_publish *entry = &powers->publish[i];
        lt_pack_map(out, entry->two_hands ? 5 : 4);
        pack_names(out, "topics", &entry->topics);
        pack_names(out, "types", &entry->types);
        lt_pack_text(out, "max_priority");
        lt_pack_uint(out, entry->max_priority);
        lt_pack_text(out, "max_label");
        lt_pack_uint(out, entry->max_label);
        if (entry->two_hands) {
            lt_pack_text(out, "hands");
            lt_pack_uint(out, 2);
        }
    }
    lt_pack_text(out, "subscribe");
    lt_pack_array(out, powers->subscribe_count);
    for (size_t i = 0; i < powers->subscribe_count; i++) {
        const struct lt_may_subscribe *entry = &powers->subscribe[i];
        lt_pack_map(out, 2);
        pack_names(out, "topics", &entry->topics);
        lt_pack_text(out, "max_label");
        lt_pack_uint(out, entry->max_label);
    }
    pack_rights(out, powers->rights);
}

static void pack_number(struct lt_buffer *out, const char *key, uint64_t number)
{
    lt_pack_text(out, key);
    lt_pack_uint(out, number);
}

static void pack_body(struct lt_buffer *out, const struct lt_grant *grant)
{
    lt_pack_map(out, grant->has_scope ? 13 : 12);
    lt_pack_text(out, "principal");
    lt_pack_str(out, grant->principal);
    pack_number(out, "serial", grant->serial);
    lt_pack_text(out, "name");
    lt_pack_str(out, grant->name);
    lt_pack_text(out, "role");
    lt_pack_str(out, grant->role);
    lt_pack_text(out, "key");
    lt_pack_bin(out, grant->key, LT_KEY_SIZE);
    lt_pack_text(out, "curve");
    lt_pack_bin(out, grant->curve, LT_KEY_SIZE);
    pack_powers(out, &grant->powers);
    pack_number(out, "not_before", grant->not_before);
    pack_number(out, "expires", grant->expires);
    lt_pack_text(out, "revoked");
    lt_pack_bool(out, grant->revoked);
    if (grant->has_scope) {
        lt_pack_text(out, "scope");
        lt_pack_map(out, 5);
        pack_names(out, "principals", &grant->scope_principals);
        pack_powers(out, &grant->scope);
        pack_number(out, "max_expires", grant->scope_max_expires);
    }
}

static bool fits(const struct lt_powers *powers)
{
    if (powers->publish_count > LT_GRANT_ARRAY_MAX ||
        powers->subscribe_count > LT_GRANT_ARRAY_MAX) {
        return false;
    }
    for (size_t i = 0; i < powers->publish_count; i++) {
        if (powers->publish[i].topics.count > LT_GRANT_ARRAY_MAX ||
            powers->publish[i].types.count > LT_GRANT_ARRAY_MAX) {
            return false;
        }
    }
    for (size_t i = 0; i < powers->subscribe_count; i++) {
        if (powers->subscribe[i].topics.count > LT_GRANT_ARRAY_MAX) {
            return false;
        }
    }
    return true;
}

enum lt_code lt_grant_encode(const struct lt_grant *grant, struct lt_buffer *body,
                             struct lt_error *error)
{
    if (!fits(&grant->powers) ||
        (grant->has_scope &&
         (!fits(&grant->scope) || grant->scope_principals.count > LT_GRANT_ARRAY_MAX))) {
        return lt_fail(error, LT_BODY_WRONG, "body: an array of more than 32");
    }
    struct lt_buffer fresh = {.max = LT_GRANT_BODY_MAX};
    struct lt_grant again = {0};
    enum lt_code code = LT_DONE;
    pack_body(&fresh, grant);
    if (fresh.failed) {
        code = lt_fail(error, LT_BODY_WRONG, "body: a grant has at most 16 KiB");
    } else {
        code = grant_read(lt_buffer_slice(&fresh), &again, error);
        grant_clear(&again);
    }
    if (code == LT_DONE && !lt_buffer_add(body, fresh.data, fresh.size)) {
        code =
            lt_fail(error, LT_TOO_LARGE, "body: above the %zu bytes that it may have", body->max);
    }
    lt_buffer_clear(&fresh);
    return code;
}

enum lt_code lt_grant_part(struct lt_slice issuer, struct lt_slice principal, struct lt_slice body,
                           uint64_t now, char *topic_room, struct lt_part *part)
{
    const size_t size = lt_principal_topic(GRANT_TOPICS, principal, topic_room);
    if (size == 0 || !lt_principal_valid(issuer) || !lt_principal_valid(principal)) {
        return LT_BAD_USE;
    }
    *part = (struct lt_part){
        .from = issuer,
        .topic = {(const uint8_t *)topic_room, size},
        .type = lt_slice_of(GRANT_TYPE),
        .created = now,
        .flags = LT_RETAIN,
        .body = body,
    };
    lt_id_make(now, part->id);
    return LT_DONE;
}
