// What a grant covers: messages, subscriptions, and the grants that its holder may issue.
#include <stddef.h>

#include "grant.h"

static bool has_type(const struct lt_names *types, struct lt_slice type)
{
    for (size_t i = 0; i < types->count; i++) {
        if (lt_slice_is(types->item[i], "*") || lt_slice_equal(types->item[i], type)) {
            return true;
        }
    }
    return false;
}

static bool covers_topic(const struct lt_names *topics, struct lt_slice pattern)
{
    for (size_t i = 0; i < topics->count; i++) {
        if (lt_pattern_covers(topics->item[i], pattern)) {
            return true;
        }
    }
    return false;
}

// One pair of a pattern and a type, under one single entry of the scope.
static bool pair_inside(const struct lt_may_publish *entry, struct lt_slice topic,
                        struct lt_slice type, const struct lt_powers *scope)
{
    for (size_t i = 0; i < scope->publish_count; i++) {
        const struct lt_may_publish *over = &scope->publish[i];
        if (entry->max_priority <= over->max_priority && entry->max_label <= over->max_label &&
            (entry->two_hands || !over->two_hands) && has_type(&over->types, type) &&
            covers_topic(&over->topics, topic)) {
            return true;
        }
    }
    return false;
}

static enum lt_code publish_inside(const struct lt_may_publish *entry,
                                   const struct lt_powers *scope, struct lt_error *error)
{
    for (size_t i = 0; i < entry->topics.count; i++) {
        for (size_t j = 0; j < entry->types.count; j++) {
            const struct lt_slice topic = entry->topics.item[i];
            const struct lt_slice type = entry->types.item[j];
            if (!pair_inside(entry, topic, type, scope)) {
                return lt_fail(error, LT_NOT_ALLOWED,
                               "grant: publishing %.*s on %.*s is outside its issuer's scope",
                               (int)type.size, (const char *)type.data, (int)topic.size,
                               (const char *)topic.data);
            }
        }
    }
    return LT_DONE;
}

static bool subscription_inside(struct lt_slice topic, uint8_t max_label,
                                const struct lt_powers *scope)
{
    for (size_t i = 0; i < scope->subscribe_count; i++) {
        if (max_label <= scope->subscribe[i].max_label &&
            covers_topic(&scope->subscribe[i].topics, topic)) {
            return true;
        }
    }
    return false;
}

static enum lt_code subscribe_inside(const struct lt_may_subscribe *entry,
                                     const struct lt_powers *scope, struct lt_error *error)
{
    for (size_t i = 0; i < entry->topics.count; i++) {
        const struct lt_slice topic = entry->topics.item[i];
        if (!subscription_inside(topic, entry->max_label, scope)) {
            return lt_fail(error, LT_NOT_ALLOWED,
                           "grant: receiving %.*s is outside its issuer's scope", (int)topic.size,
                           (const char *)topic.data);
        }
    }
    return LT_DONE;
}

static enum lt_code powers_inside(const struct lt_powers *powers, const struct lt_powers *scope,
                                  struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    for (size_t i = 0; i < powers->publish_count && code == LT_DONE; i++) {
        code = publish_inside(&powers->publish[i], scope, error);
    }
    for (size_t i = 0; i < powers->subscribe_count && code == LT_DONE; i++) {
        code = subscribe_inside(&powers->subscribe[i], scope, error);
    }
    if (code == LT_DONE && (powers->rights & ~scope->rights) != 0) {
        code = lt_fail(error, LT_NOT_ALLOWED, "grant: a right outside its issuer's scope");
    }
    return code;
}

static bool names_cover(const struct lt_names *patterns, struct lt_slice principal)
{
    for (size_t i = 0; i < patterns->count; i++) {
        if (lt_principal_covers(patterns->item[i], principal)) {
            return true;
        }
    }
    return false;
}

// The scope that the grant itself gives on.
static enum lt_code scope_inside(const struct lt_grant *grant, const struct lt_grant *issuer,
                                 struct lt_error *error)
{
    for (size_t i = 0; i < grant->scope_principals.count; i++) {
        const struct lt_slice name = grant->scope_principals.item[i];
        if (!names_cover(&issuer->scope_principals, name)) {
            return lt_fail(error, LT_NOT_ALLOWED,
                           "grant: its scope over %.*s is outside its issuer's", (int)name.size,
                           (const char *)name.data);
        }
    }
    if (grant->scope_max_expires > issuer->scope_max_expires) {
        return lt_fail(error, LT_NOT_ALLOWED, "grant: its scope lasts longer than its issuer's");
    }
    return powers_inside(&grant->scope, &issuer->scope, error);
}

enum lt_code lt_grant_inside(const struct lt_grant *grant, const struct lt_grant *issuer,
                             struct lt_error *error)
{
    if (!issuer->has_scope || !names_cover(&issuer->scope_principals, grant->principal)) {
        return lt_fail(error, LT_NOT_ALLOWED, "grant: %.*s is outside the scope of %.*s",
                       (int)grant->principal.size, (const char *)grant->principal.data,
                       (int)issuer->principal.size, (const char *)issuer->principal.data);
    }
    if (grant->revoked) {
        return LT_DONE;
    }
    if (grant->expires > issuer->scope_max_expires) {
        return lt_fail(error, LT_NOT_ALLOWED, "grant: expires after its issuer's scope allows");
    }
    const enum lt_code code = powers_inside(&grant->powers, &issuer->scope, error);
    return code == LT_DONE && grant->has_scope ? scope_inside(grant, issuer, error) : code;
}

bool lt_grant_may_publish(const struct lt_grant *grant, struct lt_slice topic, struct lt_slice type,
                          uint8_t priority, uint8_t label, bool *two_hands)
{
    bool covered = false;
    *two_hands = false;
    for (size_t i = 0; i < grant->powers.publish_count; i++) {
        const struct lt_may_publish *entry = &grant->powers.publish[i];
        if (priority <= entry->max_priority && label <= entry->max_label &&
            has_type(&entry->types, type) && covers_topic(&entry->topics, topic)) {
            covered = true;
            if (!entry->two_hands) {
                *two_hands = false;
                return true;
            }
            *two_hands = true;
        }
    }
    return covered;
}

// What everyone with a grant may receive, without its saying so.
static bool is_everyones(const struct lt_grant *grant, struct lt_slice pattern)
{
    char own[LT_TOPIC_MAX + 1];
    lt_principal_topic("$lt/receipts/", grant->principal, own);
    return lt_pattern_covers(lt_slice_of(GRANT_TOPICS "#"), pattern) ||
           lt_slice_is(pattern, "$lt/time") || lt_slice_is(pattern, own);
}

bool lt_grant_may_subscribe(const struct lt_grant *grant, struct lt_slice pattern)
{
    for (size_t i = 0; i < grant->powers.subscribe_count; i++) {
        if (covers_topic(&grant->powers.subscribe[i].topics, pattern)) {
            return true;
        }
    }
    return is_everyones(grant, pattern);
}

bool lt_grant_may_receive(const struct lt_grant *grant, struct lt_slice topic, uint8_t label)
{
    return subscription_inside(topic, label, &grant->powers) || is_everyones(grant, topic);
}

static bool lists(const struct lt_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (lt_slice_is(names->item[i], name)) {
            return true;
        }
    }
    return false;
}

bool lt_grant_tells_time(const struct lt_grant *grant)
{
    for (size_t i = 0; i < grant->powers.publish_count; i++) {
        const struct lt_may_publish *entry = &grant->powers.publish[i];
        bool there = false;
        for (size_t k = 0; k < entry->topics.count; k++) {
            there = there || lt_pattern_matches(entry->topics.item[k], lt_slice_of("$lt/time"));
        }
        if (there && !entry->two_hands && lists(&entry->types, "time.v1")) {
            return true;
        }
    }
    return false;
}
