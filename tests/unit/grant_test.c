// One grant: written and read back, what encoding refuses, and scopes against a plain reference on random grants.
#include "lienthon/grant.h"
#include "vectors.h"

#define NOW UINT64_C(1767225600000)

static struct lt_names names_of(const char *const *names, size_t count)
{
    struct lt_names made = {.count = count};
    for (size_t i = 0; i < count; i++) {
        made.item[i] = lt_slice_of(names[i]);
    }
    return made;
}

static enum lt_code reopen(const struct lt_grant *grant, struct lt_buffer *body,
                           struct lt_grant **again, struct lt_error *error)
{
    struct lt_part part = {0};
    char topic[LT_TOPIC_MAX + 1];
    const enum lt_code code = lt_grant_encode(grant, body, error);
    if (code != LT_DONE) {
        return code;
    }
    cr_assert_eq(lt_grant_part(lt_slice_of("root"), grant->principal, lt_buffer_slice(body), NOW,
                               topic, &part),
                 LT_DONE);
    return lt_grant_open(&part, again, error);
}

Test(grant, each_of_the_vectors_is_written_out_again_as_it_was_read)
{
    json_t *all = vectors_load("grants.json");
    size_t i = 0;
    size_t good = 0;
    const json_t *step = NULL;
    json_array_foreach(json_object_get(all, "steps"), i, step)
    {
        const struct lt_slice bytes = vectors_field(step, "sealed");
        struct lt_sealed sealed = {0};
        struct lt_grant *grant = NULL;
        struct lt_grant *again = NULL;
        struct lt_buffer body = {.max = LT_GRANT_BODY_MAX};
        struct lt_buffer twice = {.max = LT_GRANT_BODY_MAX};
        cr_assert_eq(lt_sealed_decode(bytes, &sealed, NULL), LT_DONE);
        if (lt_grant_open(&sealed.part, &grant, NULL) == LT_DONE) {
            cr_expect_eq(reopen(grant, &body, &again, NULL), LT_DONE, "%s", vectors_name(step));
            cr_expect_eq(body.size, sealed.part.body.size, "%s", vectors_name(step));
            cr_expect_eq(lt_grant_encode(again, &twice, NULL), LT_DONE);
            cr_expect(lt_slice_equal(lt_buffer_slice(&body), lt_buffer_slice(&twice)));
            good++;
        }
        lt_grant_destroy(&grant);
        lt_grant_destroy(&again);
        lt_buffer_clear(&body);
        lt_buffer_clear(&twice);
        vectors_free(bytes);
    }
    cr_expect_gt(good, 50);
    json_decref(all);
}

static struct lt_grant plain_grant(void)
{
    return (struct lt_grant){
        .principal = lt_slice_of("to-so.x"),
        .name = lt_slice_of("Tổ"),
        .role = lt_slice_of("hamlet-team"),
        .not_before = NOW,
        .expires = NOW + 1,
    };
}

static void check_refused(const struct lt_grant *grant, const char *sentence)
{
    struct lt_buffer body = {.max = LT_GRANT_BODY_MAX};
    struct lt_error error = {0};
    cr_expect_eq(lt_grant_encode(grant, &body, &error), LT_BODY_WRONG, "%s", sentence);
    cr_expect_str_eq(error.text, sentence);
    cr_expect_eq(body.size, 0);
    lt_buffer_clear(&body);
}

Test(grant, what_opening_would_refuse_is_not_written)
{
    static const char *const topics[] = {"x/#", "x/+/y"};
    static const char *const wrong_topics[] = {"x/#/y"};
    static const char *const types[] = {"*"};
    struct lt_may_publish may = {.topics = names_of(topics, 2), .types = names_of(types, 1)};
    struct lt_grant grant = plain_grant();
    struct lt_grant *again = NULL;
    struct lt_buffer body = {.max = LT_GRANT_BODY_MAX};
    grant.powers.publish = &may;
    grant.powers.publish_count = 1;
    cr_expect_eq(reopen(&grant, &body, &again, NULL), LT_DONE);
    lt_grant_destroy(&again);
    lt_buffer_clear(&body);

    may.max_priority = 4;
    check_refused(&grant, "body.publish[0].max_priority: not an integer in its range");
    may.max_priority = 3;
    may.topics = names_of(wrong_topics, 1);
    check_refused(&grant, "body.publish[0].topics[0]: out of its grammar");
    may.topics.count = 0;
    check_refused(&grant, "body.publish[0].topics: not an array of 1 to 32");
    may.topics.count = LT_GRANT_ARRAY_MAX + 1;
    check_refused(&grant, "body: an array of more than 32");
    grant.powers.publish_count = 0;
    grant.expires = NOW;
    check_refused(&grant, "body.expires: not after not_before");
    grant.expires = NOW + 1;
    grant.principal = lt_slice_of("root");
    check_refused(&grant, "body.principal: root needs no grant");
    grant = plain_grant();
    grant.serial = LT_INT_MAX + 1;
    check_refused(&grant, "body.serial: above 2^53 - 1");
    grant = plain_grant();
    grant.has_scope = true;
    grant.powers.rights = LT_ENROL;
    grant.scope_principals = names_of(types, 1);
    check_refused(&grant,
                  "body.scope.principals: with enrol and not grant exactly one, no wildcard");
}

Test(grant, everyone_may_hear_grants_the_time_and_receipts_for_oneself)
{
    const struct lt_grant grant = plain_grant();
    cr_expect(lt_grant_may_subscribe(&grant, lt_slice_of("$lt/grants/#")));
    cr_expect(lt_grant_may_subscribe(&grant, lt_slice_of("$lt/grants/loa/+")));
    cr_expect(lt_grant_may_subscribe(&grant, lt_slice_of("$lt/time")));
    cr_expect(lt_grant_may_subscribe(&grant, lt_slice_of("$lt/receipts/to-so/x")));
    cr_expect_not(lt_grant_may_subscribe(&grant, lt_slice_of("$lt/receipts/to-so/x/#")));
    cr_expect_not(lt_grant_may_subscribe(&grant, lt_slice_of("$lt/receipts/to-so/+")));
    cr_expect_not(lt_grant_may_subscribe(&grant, lt_slice_of("$lt/#")));
    cr_expect_not(lt_grant_may_subscribe(&grant, lt_slice_of("x/tb")));
    cr_expect(lt_grant_may_receive(&grant, lt_slice_of("$lt/receipts/to-so/x"), 1));
    cr_expect_not(lt_grant_may_receive(&grant, lt_slice_of("$lt/receipts/to-so/y"), 0));
    cr_expect_not(lt_grant_may_receive(&grant, lt_slice_of("x/tb"), 0));
}

// Random grants and issuers out of a few names, and the rule "inside a scope" written out plainly.
enum { ENTRIES = 3, NAMES = 2 };

static uint32_t state = 0xC0FFEE11;

static uint32_t dice(uint32_t sides)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % sides;
}

static struct lt_names roll(const char *const *names, uint32_t among)
{
    struct lt_names made = {.count = 1 + dice(NAMES)};
    for (size_t i = 0; i < made.count; i++) {
        made.item[i] = lt_slice_of(names[dice(among)]);
    }
    return made;
}

static const char *const topics[] = {"a", "a/b", "a/#", "+", "#", "a/+", "$lt/x", "$lt/#"};
static const char *const types[] = {"t.v1", "u.v1", "*"};
static const char *const principals[] = {"p", "p.q", "p.*", "p.**", "*", "**"};

static void roll_powers(struct lt_powers *powers, bool wide)
{
    static struct lt_may_publish publish[4][ENTRIES];
    static struct lt_may_subscribe subscribe[4][ENTRIES];
    static size_t turn;
    const unsigned some = dice(16);
    const unsigned others = dice(16);
    const unsigned many = some | others;
    const unsigned few = some & others;
    turn = (turn + 1) % 4;
    *powers = (struct lt_powers){
        .publish = publish[turn],
        .publish_count = dice(wide ? ENTRIES + 1 : 2),
        .subscribe = subscribe[turn],
        .subscribe_count = dice(wide ? ENTRIES + 1 : 2),
        .rights = wide ? many : few,
    };
    for (size_t i = 0; i < powers->publish_count; i++) {
        publish[turn][i] = (struct lt_may_publish){
            roll(topics, 8), roll(types, 3), (uint8_t)(wide ? 3 - dice(2) : dice(4)),
            (uint8_t)(wide ? 2 - dice(2) : dice(3)), dice(3) == 0};
    }
    for (size_t i = 0; i < powers->subscribe_count; i++) {
        subscribe[turn][i] =
            (struct lt_may_subscribe){roll(topics, 8), (uint8_t)(wide ? 2 - dice(2) : dice(3))};
    }
}

static bool any_covers(const struct lt_names *patterns, struct lt_slice name,
                       bool (*covers)(struct lt_slice, struct lt_slice))
{
    bool found = false;
    for (size_t i = 0; i < patterns->count; i++) {
        found = found || covers(patterns->item[i], name);
    }
    return found;
}

static bool type_covers(struct lt_slice outer, struct lt_slice inner)
{
    return lt_slice_is(outer, "*") || lt_slice_equal(outer, inner);
}

static bool plainly_powers_inside(const struct lt_powers *inner, const struct lt_powers *outer)
{
    bool inside = (inner->rights & outer->rights) == inner->rights;
    for (size_t e = 0; e < inner->publish_count; e++) {
        const struct lt_may_publish *entry = &inner->publish[e];
        for (size_t pair = 0; pair < entry->topics.count * entry->types.count; pair++) {
            bool covered = false;
            for (size_t o = 0; o < outer->publish_count; o++) {
                const struct lt_may_publish *over = &outer->publish[o];
                covered = covered ||
                          (any_covers(&over->topics, entry->topics.item[pair % entry->topics.count],
                                      lt_pattern_covers) &&
                           any_covers(&over->types, entry->types.item[pair / entry->topics.count],
                                      type_covers) &&
                           !(entry->max_priority > over->max_priority) &&
                           !(entry->max_label > over->max_label) &&
                           !(over->two_hands && !entry->two_hands));
            }
            inside = inside && covered;
        }
    }
    for (size_t e = 0; e < inner->subscribe_count; e++) {
        const struct lt_may_subscribe *entry = &inner->subscribe[e];
        for (size_t t = 0; t < entry->topics.count; t++) {
            bool covered = false;
            for (size_t o = 0; o < outer->subscribe_count; o++) {
                covered = covered || (any_covers(&outer->subscribe[o].topics, entry->topics.item[t],
                                                 lt_pattern_covers) &&
                                      entry->max_label <= outer->subscribe[o].max_label);
            }
            inside = inside && covered;
        }
    }
    return inside;
}

static bool plainly_inside(const struct lt_grant *grant, const struct lt_grant *issuer)
{
    if (!issuer->has_scope ||
        !any_covers(&issuer->scope_principals, grant->principal, lt_principal_covers)) {
        return false;
    }
    if (grant->revoked) {
        return true;
    }
    bool inside = grant->expires <= issuer->scope_max_expires &&
                  plainly_powers_inside(&grant->powers, &issuer->scope);
    if (grant->has_scope) {
        for (size_t i = 0; i < grant->scope_principals.count; i++) {
            inside = inside && any_covers(&issuer->scope_principals,
                                          grant->scope_principals.item[i], lt_principal_covers);
        }
        inside = inside && grant->scope_max_expires <= issuer->scope_max_expires &&
                 plainly_powers_inside(&grant->scope, &issuer->scope);
    }
    return inside;
}

Test(grant, random_grants_are_inside_a_scope_as_a_plain_reference_says)
{
    size_t inside = 0;
    for (int i = 0; i < 300000; i++) {
        struct lt_grant issuer = {.principal = lt_slice_of("office")};
        struct lt_grant grant = {.principal = lt_slice_of(principals[dice(2)])};
        issuer.has_scope = dice(20) != 0;
        issuer.scope_principals = roll(principals, 6);
        issuer.scope_max_expires = 4;
        roll_powers(&issuer.scope, true);
        grant.expires = dice(6);
        grant.revoked = dice(10) == 0;
        grant.has_scope = dice(3) == 0;
        grant.scope_principals = roll(principals, 6);
        grant.scope_max_expires = dice(6);
        roll_powers(&grant.powers, false);
        roll_powers(&grant.scope, false);
        struct lt_error error = {0};
        const enum lt_code code = lt_grant_inside(&grant, &issuer, &error);
        cr_assert_eq(code, plainly_inside(&grant, &issuer) ? LT_DONE : LT_NOT_ALLOWED, "%s",
                     error.text);
        inside += code == LT_DONE;
    }
    cr_assert_gt(inside, 5000);
}

Test(grant, random_messages_are_covered_as_a_plain_reference_says)
{
    static const char *const said[] = {"a", "a/b", "a/b/c", "b", "$lt/x"};
    size_t covered = 0;
    for (int i = 0; i < 300000; i++) {
        struct lt_grant grant = plain_grant();
        roll_powers(&grant.powers, i % 2 == 0);
        const struct lt_slice topic = lt_slice_of(said[dice(5)]);
        const struct lt_slice type = lt_slice_of(types[dice(2)]);
        const uint8_t priority = (uint8_t)dice(4);
        const uint8_t label = (uint8_t)dice(3);
        bool alone = false;
        bool together = false;
        for (size_t e = 0; e < grant.powers.publish_count; e++) {
            const struct lt_may_publish *entry = &grant.powers.publish[e];
            if (any_covers(&entry->topics, topic, lt_pattern_matches) &&
                any_covers(&entry->types, type, type_covers) && priority <= entry->max_priority &&
                label <= entry->max_label) {
                alone = alone || !entry->two_hands;
                together = together || entry->two_hands;
            }
        }
        bool two_hands = false;
        const bool may = lt_grant_may_publish(&grant, topic, type, priority, label, &two_hands);
        cr_assert_eq(may, alone || together);
        cr_assert_eq(two_hands, together && !alone);
        covered += may;
    }
    cr_assert_gt(covered, 5000);
}
