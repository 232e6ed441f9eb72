// The book of grants: every case of grants.json, sets in any order, and random histories against a plain
// reference that works the whole set out anew each time.
#include <sodium.h>

#include "lienthon/book.h"
#include "lienthon/pack.h"
#include "vectors.h"

static enum lt_code take_step(lt_book *book, const json_t *step, struct lt_error *error)
{
    const struct lt_slice bytes = vectors_field(step, "sealed");
    enum lt_code code = LT_DONE;
    if (strcmp(json_string_value(json_object_get(step, "do")), "grant") == 0) {
        code = lt_book_take(book, bytes, error);
    } else {
        struct lt_sealed sealed = {0};
        code = lt_sealed_decode(bytes, &sealed, error);
        if (code == LT_DONE) {
            code = lt_book_authorise(book, &sealed, sealed.part.created, false, NULL, error);
        }
    }
    vectors_free(bytes);
    return code;
}

Test(book, every_step_of_the_hubs_vectors_holds)
{
    json_t *all = vectors_load("grants.json");
    const struct lt_slice root = vectors_field(all, "root");
    lt_book *book = lt_book_new(root.data);
    size_t i = 0;
    const json_t *step = NULL;
    cr_assert_gt(json_array_size(json_object_get(all, "steps")), 100);
    json_array_foreach(json_object_get(all, "steps"), i, step)
    {
        struct lt_error error = {0};
        lt_book *before = lt_book_copy(book);
        const uint64_t version = lt_book_version(book);
        const enum lt_code code = take_step(book, step, &error);
        cr_expect_eq((int)code, vectors_code(step), "%zu %s: %d %s", i, vectors_name(step),
                     (int)code, error.text);
        cr_expect(code == LT_DONE || error.text[0] != '\0', "%s", vectors_name(step));
        cr_expect(code == LT_DONE || lt_book_version(book) == version, "%s", vectors_name(step));
        if (i % 2 == 0) { // what was taken back and what was kept are the same book
            lt_book *swap = before;
            before = book;
            book = swap;
            cr_expect_eq(take_step(book, step, &error), code, "%s", vectors_name(step));
        }
        lt_book_destroy(&before);
    }
    lt_book_destroy(&book);
    vectors_free(root);
    json_decref(all);
}

static bool count_one(void *self, const struct lt_grant *grant, struct lt_slice sealed)
{
    size_t *count = self;
    (void)grant;
    (void)sealed;
    ++*count;
    return true;
}

static void check_in_force(const lt_book *book, const json_t *set, const char *when)
{
    const char *name = NULL;
    const json_t *serial = NULL;
    json_t *in_force = json_object_get(set, "in_force");
    size_t count = 0;
    lt_book_each(book, count_one, &count);
    cr_expect_eq(count, json_object_size(in_force), "%s, %s: %zu in force", vectors_name(set), when,
                 count);
    json_object_foreach(in_force, name, serial)
    {
        const struct lt_grant *grant = lt_book_find(book, lt_slice_of(name), NULL);
        cr_expect(grant != NULL && grant->serial == (uint64_t)json_integer_value(serial),
                  "%s, %s: %s", vectors_name(set), when, name);
    }
    if (json_object_get(set, "key_of_c") != NULL) {
        const struct lt_slice key = vectors_field(set, "key_of_c");
        cr_expect_arr_eq(lt_book_find(book, lt_slice_of("c"), NULL)->key, key.data, LT_KEY_SIZE);
        vectors_free(key);
    }
}

// Every order of up to 5 grants, by Heap's way.
static void learn_in_every_order(const uint8_t *root, struct lt_slice *grants, size_t count,
                                 size_t fixed, const json_t *set)
{
    if (fixed == count) {
        lt_book *book = lt_book_new(root);
        for (size_t i = 0; i < count; i++) {
            cr_expect_eq(lt_book_learn(book, grants[i], NULL), LT_DONE, "%s", vectors_name(set));
        }
        check_in_force(book, set, "once");
        for (size_t i = 0; i < count; i++) {
            cr_expect_eq(lt_book_learn(book, grants[i], NULL), LT_DONE, "%s", vectors_name(set));
        }
        check_in_force(book, set, "learned again");
        lt_book_destroy(&book);
        return;
    }
    for (size_t i = fixed; i < count; i++) {
        struct lt_slice swap = grants[fixed];
        grants[fixed] = grants[i];
        grants[i] = swap;
        learn_in_every_order(root, grants, count, fixed + 1, set);
        swap = grants[fixed];
        grants[fixed] = grants[i];
        grants[i] = swap;
    }
}

Test(book, every_set_holds_in_every_order_of_learning)
{
    json_t *all = vectors_load("grants.json");
    const struct lt_slice root = vectors_field(all, "root");
    size_t i = 0;
    const json_t *set = NULL;
    cr_assert_gt(json_array_size(json_object_get(all, "sets")), 10);
    json_array_foreach(json_object_get(all, "sets"), i, set)
    {
        const json_t *list = json_object_get(set, "grants");
        struct lt_slice grants[8];
        const size_t count = json_array_size(list);
        cr_assert_leq(count, 8);
        for (size_t j = 0; j < count; j++) {
            grants[j] = vectors_bytes(json_array_get(list, j));
        }
        learn_in_every_order(root.data, grants, count, 0, set);
        for (size_t j = 0; j < count; j++) {
            vectors_free(grants[j]);
        }
    }
    vectors_free(root);
    json_decref(all);
}

// A little commune of our own: principals a to f, each with two keys.
enum { PEOPLE = 6, KEYS = 2, HISTORY = 40 };
#define NOW UINT64_C(1767225600000)

static uint32_t state = 0x9E3779B9;

static uint32_t dice(uint32_t sides)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % sides;
}

struct commune {
    lt_signer *root;
    lt_signer *keys[PEOPLE][KEYS];
};

static void commune_open(struct commune *commune)
{
    uint8_t seed[LT_SEED_SIZE] = {1};
    commune->root = lt_signer_new(seed);
    for (size_t i = 0; i < PEOPLE; i++) {
        for (size_t j = 0; j < KEYS; j++) {
            seed[1] = (uint8_t)(1 + i);
            seed[2] = (uint8_t)j;
            commune->keys[i][j] = lt_signer_new(seed);
        }
    }
}

static void commune_close(struct commune *commune)
{
    lt_signer_destroy(&commune->root);
    for (size_t i = 0; i < (size_t)PEOPLE * KEYS; i++) {
        lt_signer_destroy(&commune->keys[i / KEYS][i % KEYS]);
    }
}

static struct lt_slice name_of(size_t i)
{
    static const char names[] = "abcdef";
    return (struct lt_slice){(const uint8_t *)&names[i], 1};
}

static enum lt_code issue(const lt_signer *signer, struct lt_slice issuer,
                          const struct lt_grant *grant, uint64_t created, struct lt_buffer *out)
{
    struct lt_buffer body = {.max = LT_GRANT_BODY_MAX};
    struct lt_part part = {0};
    char topic[LT_TOPIC_MAX + 1];
    enum lt_code code = lt_grant_encode(grant, &body, NULL);
    if (code == LT_DONE) {
        code =
            lt_grant_part(issuer, grant->principal, lt_buffer_slice(&body), created, topic, &part);
    }
    if (code == LT_DONE) {
        code = lt_seal_part(signer, &part, out, NULL);
    }
    lt_buffer_clear(&body);
    return code;
}

static void random_grant(const struct commune *commune, struct lt_buffer *out)
{
    const size_t who = dice(PEOPLE);
    const size_t issuer = dice(PEOPLE + 3); // the root three times as often
    const bool by_root = issuer >= PEOPLE;
    const lt_signer *signer = by_root ? commune->root : commune->keys[issuer][dice(8) == 0];
    struct lt_grant grant = {
        .principal = name_of(who),
        .name = lt_slice_of("x"),
        .role = lt_slice_of("x"),
        .serial = dice(6),
        .not_before = NOW - 1000,
        .expires = NOW + (dice(6) == 0 ? 1 : 100000),
        .revoked = dice(6) == 0,
        .has_scope = true,
        .scope_max_expires = NOW + 100000,
        .powers = {.rights = dice(8) == 0 ? 0 : (dice(4) == 0 ? LT_ENROL | LT_GRANT : LT_GRANT)},
        .scope = {.rights = LT_GRANT | LT_ENROL | LT_RELAY},
    };
    grant.scope_principals.item[0] = dice(6) == 0 ? name_of(dice(PEOPLE)) : lt_slice_of("*");
    grant.scope_principals.count = 1;
    memcpy(grant.key, lt_signer_key(commune->keys[who][dice(8) == 0]), LT_KEY_SIZE);
    grant.curve[0] = (uint8_t)who;
    cr_assert_eq(
        issue(signer, by_root ? lt_slice_of("root") : name_of(issuer), &grant, NOW + dice(3), out),
        LT_DONE);
}

// The reference: wire.md's paragraph, word by word, over the whole set.
struct plain {
    struct lt_sealed sealed[HISTORY];
    struct lt_grant *grant[HISTORY];
    uint8_t hash[HISTORY][LT_HASH_SIZE];
    size_t count;
    int in_force[PEOPLE]; // index of the grant, or -1
    size_t link[PEOPLE];
};

static size_t index_of(struct lt_slice name)
{
    return (size_t)(name.data[0] - 'a');
}

static bool plainly_candidate(const struct plain *plain, size_t g, size_t link, const uint8_t *root)
{
    const struct lt_part *part = &plain->sealed[g].part;
    if (lt_slice_is(part->from, "root")) {
        return link == 1 && lt_seal_verify(&plain->sealed[g], root, NULL, NULL) == LT_DONE;
    }
    const size_t issuer = index_of(part->from);
    if (plain->in_force[issuer] < 0 || plain->link[issuer] != link - 1) {
        return false;
    }
    const struct lt_grant *held = plain->grant[plain->in_force[issuer]];
    return lt_seal_verify(&plain->sealed[g], held->key, NULL, NULL) == LT_DONE &&
           part->created >= held->not_before && part->created < held->expires &&
           (held->powers.rights & (LT_GRANT | LT_ENROL)) != 0 &&
           lt_grant_inside(plain->grant[g], held, NULL) == LT_DONE;
}

static bool plainly_better(const struct plain *plain, size_t a, int b)
{
    if (b < 0) {
        return true;
    }
    const struct lt_grant *one = plain->grant[a];
    const struct lt_grant *other = plain->grant[b];
    if (one->serial != other->serial) {
        return one->serial > other->serial;
    }
    if (one->revoked != other->revoked) {
        return one->revoked;
    }
    return memcmp(plain->hash[a], plain->hash[b], LT_HASH_SIZE) > 0;
}

static void work_out(struct plain *plain, const uint8_t *root)
{
    int64_t revoked_up_to[PEOPLE];
    for (size_t p = 0; p < PEOPLE; p++) {
        plain->in_force[p] = -1;
        revoked_up_to[p] = -1;
    }
    for (size_t link = 1; link <= 4; link++) {
        int best[PEOPLE];
        int64_t highest_revocation[PEOPLE];
        for (size_t p = 0; p < PEOPLE; p++) {
            best[p] = -1;
            highest_revocation[p] = -1;
        }
        for (size_t g = 0; g < plain->count; g++) {
            const size_t p = index_of(plain->grant[g]->principal);
            if (plain->in_force[p] >= 0 || !plainly_candidate(plain, g, link, root)) {
                continue;
            }
            if (plainly_better(plain, g, best[p])) {
                best[p] = (int)g;
            }
            if (plain->grant[g]->revoked &&
                (int64_t)plain->grant[g]->serial > highest_revocation[p]) {
                highest_revocation[p] = (int64_t)plain->grant[g]->serial;
            }
        }
        for (size_t p = 0; p < PEOPLE; p++) {
            if (best[p] >= 0 && !plain->grant[best[p]]->revoked &&
                (int64_t)plain->grant[best[p]]->serial > revoked_up_to[p]) {
                plain->in_force[p] = best[p];
                plain->link[p] = link;
            }
            if (highest_revocation[p] > revoked_up_to[p]) {
                revoked_up_to[p] = highest_revocation[p];
            }
        }
    }
}

static void plain_add(struct plain *plain, struct lt_slice bytes)
{
    const size_t at = plain->count++;
    cr_assert_eq(lt_sealed_decode(bytes, &plain->sealed[at], NULL), LT_DONE);
    cr_assert_eq(lt_grant_open(&plain->sealed[at].part, &plain->grant[at], NULL), LT_DONE);
    lt_hash(plain->sealed[at].part.bytes, plain->hash[at]);
}

static size_t compare_books(const lt_book *book, const struct plain *plain)
{
    size_t count = 0;
    for (size_t p = 0; p < PEOPLE; p++) {
        const struct lt_slice sealed = lt_book_sealed(book, name_of(p));
        if (plain->in_force[p] < 0) {
            cr_assert_null(sealed.data, "%c is in force", (char)('a' + p));
            continue;
        }
        cr_assert(lt_slice_equal(sealed, plain->sealed[plain->in_force[p]].bytes), "%c",
                  (char)('a' + p));
        count++;
    }
    size_t each = 0;
    lt_book_each(book, count_one, &each);
    cr_assert_eq(each, count);
    return count;
}

static void free_history(struct lt_buffer *history, struct plain *plain)
{
    for (size_t i = 0; i < HISTORY; i++) {
        lt_buffer_clear(&history[i]);
    }
    for (size_t i = 0; i < plain->count; i++) {
        lt_grant_destroy(&plain->grant[i]);
    }
}

Test(book, random_histories_stand_as_a_plain_reference_works_them_out)
{
    struct commune commune;
    size_t in_force = 0;
    commune_open(&commune);
    const uint8_t *root = lt_signer_key(commune.root);
    for (int round = 0; round < 60; round++) {
        struct lt_buffer history[HISTORY] = {0};
        struct plain plain = {0};
        lt_book *book = lt_book_new(root);
        for (size_t i = 0; i < HISTORY; i++) {
            history[i].max = 4096;
            random_grant(&commune, &history[i]);
            const struct lt_slice bytes = lt_buffer_slice(&history[i]);
            if (lt_book_learn(book, bytes, NULL) == LT_DONE) {
                plain_add(&plain, bytes);
            }
            work_out(&plain, root);
            in_force += compare_books(book, &plain);
        }
        lt_book_destroy(&book);
        free_history(history, &plain);
    }
    cr_assert_gt(in_force, 1000);
    commune_close(&commune);
}

// What the hub takes is in force then; what it refuses changes nothing, on a copy either.
Test(book, random_histories_taken_by_the_hub_leave_only_what_holds)
{
    struct commune commune;
    size_t taken = 0;
    commune_open(&commune);
    const uint8_t *root = lt_signer_key(commune.root);
    for (int round = 0; round < 60; round++) {
        struct lt_buffer history[HISTORY] = {0};
        struct plain plain = {0};
        lt_book *book = lt_book_new(root);
        for (size_t i = 0; i < HISTORY; i++) {
            history[i].max = 4096;
            random_grant(&commune, &history[i]);
            const struct lt_slice bytes = lt_buffer_slice(&history[i]);
            lt_book *tried = lt_book_copy(book);
            const enum lt_code code = lt_book_take(tried, bytes, NULL);
            work_out(&plain, root);
            (void)compare_books(book, &plain);
            if (code == LT_DONE) {
                lt_book *swap = book;
                book = tried;
                tried = swap;
                plain_add(&plain, bytes);
                work_out(&plain, root);
                const struct lt_grant *grant = plain.grant[plain.count - 1];
                cr_assert(grant->revoked ||
                          plain.in_force[index_of(grant->principal)] == (int)plain.count - 1);
                taken++;
            }
            lt_book_destroy(&tried);
            (void)compare_books(book, &plain);
        }
        lt_book_destroy(&book);
        free_history(history, &plain);
    }
    cr_assert_gt(taken, 500);
    commune_close(&commune);
}

static struct lt_grant office(const struct commune *commune)
{
    struct lt_grant grant = {
        .principal = lt_slice_of("a"),
        .name = lt_slice_of("Văn phòng"),
        .role = lt_slice_of("x"),
        .serial = 1,
        .not_before = NOW,
        .expires = NOW + 1000000,
        .has_scope = true,
        .scope_max_expires = NOW + 1000000,
        .powers = {.rights = LT_GRANT},
        .scope = {.rights = LT_ENROL},
    };
    grant.scope_principals.item[0] = lt_slice_of("**");
    grant.scope_principals.count = 1;
    memcpy(grant.key, lt_signer_key(commune->keys[0][0]), LT_KEY_SIZE);
    return grant;
}

static struct lt_grant device(const struct lt_signer *signer, const char *name, uint32_t number)
{
    struct lt_grant grant = {
        .principal = lt_slice_of(name),
        .name = lt_slice_of("x"),
        .role = lt_slice_of("x"),
        .serial = 1,
        .not_before = NOW,
        .expires = NOW + 1000,
    };
    memcpy(grant.key, lt_signer_key(signer), LT_KEY_SIZE);
    memcpy(grant.curve, &number, sizeof number);
    grant.curve[31] = 1;
    return grant;
}

// Each device: an invitation from the office, and the device's own grant under it; each on a copy, as the hub does.
Test(book, ten_thousand_devices_join_one_by_one)
{
    enum { DEVICES = 10000 };
    struct commune commune;
    struct lt_buffer bytes = {.max = 4096};
    commune_open(&commune);
    lt_book *book = lt_book_new(lt_signer_key(commune.root));
    const struct lt_grant head = office(&commune);
    cr_assert_eq(issue(commune.root, lt_slice_of("root"), &head, NOW, &bytes), LT_DONE);
    cr_assert_eq(lt_book_take(book, lt_buffer_slice(&bytes), NULL), LT_DONE);
    for (uint32_t i = 0; i < DEVICES; i++) {
        char invitation[32];
        char name[32];
        (void)snprintf(invitation, sizeof invitation, "invite.%u", i);
        (void)snprintf(name, sizeof name, "loa.%u", i);
        struct lt_grant invite = device(commune.keys[1][0], invitation, i * 2);
        struct lt_grant own = device(commune.keys[2][0], name, i * 2 + 1);
        invite.powers.rights = LT_ENROL;
        invite.has_scope = true;
        invite.scope_max_expires = NOW + 1000;
        invite.scope_principals.item[0] = lt_slice_of(name);
        invite.scope_principals.count = 1;
        lt_book *tried = lt_book_copy(book);
        lt_buffer_empty(&bytes);
        cr_assert_eq(issue(commune.keys[0][0], head.principal, &invite, NOW, &bytes), LT_DONE);
        cr_assert_eq(lt_book_take(tried, lt_buffer_slice(&bytes), NULL), LT_DONE);
        lt_buffer_empty(&bytes);
        cr_assert_eq(issue(commune.keys[1][0], invite.principal, &own, NOW, &bytes), LT_DONE);
        cr_assert_eq(lt_book_take(tried, lt_buffer_slice(&bytes), NULL), LT_DONE);
        lt_book_destroy(&book);
        book = tried;
    }
    size_t count = 0;
    lt_book_each(book, count_one, &count);
    cr_expect_eq(count, 2 * DEVICES + 1);
    const struct lt_grant last = device(commune.keys[2][0], "loa.9999", 2 * 9999 + 1);
    const struct lt_grant *found = lt_book_find_curve(book, last.curve);
    cr_assert_not_null(found);
    cr_expect(lt_slice_is(found->principal, "loa.9999"));

    // The office revoked: all of it falls, and stands again with the office.
    struct lt_grant again = head;
    again.serial = 2;
    again.revoked = true;
    lt_buffer_empty(&bytes);
    cr_assert_eq(issue(commune.root, lt_slice_of("root"), &again, NOW, &bytes), LT_DONE);
    cr_assert_eq(lt_book_take(book, lt_buffer_slice(&bytes), NULL), LT_DONE);
    count = 0;
    lt_book_each(book, count_one, &count);
    cr_expect_eq(count, 0);
    cr_expect_null(lt_book_find_curve(book, last.curve));
    bool revoked = false;
    cr_expect_null(lt_book_find(book, head.principal, &revoked));
    cr_expect(revoked);
    cr_expect_null(lt_book_find(book, lt_slice_of("loa.9999"), &revoked));
    cr_expect_not(revoked);
    cr_expect_not_null(lt_book_key(book, lt_slice_of("loa.9999")));
    again.serial = 3;
    again.revoked = false;
    lt_buffer_empty(&bytes);
    cr_assert_eq(issue(commune.root, lt_slice_of("root"), &again, NOW, &bytes), LT_DONE);
    cr_assert_eq(lt_book_take(book, lt_buffer_slice(&bytes), NULL), LT_DONE);
    count = 0;
    lt_book_each(book, count_one, &count);
    cr_expect_eq(count, 2 * DEVICES + 1);
    lt_buffer_clear(&bytes);
    lt_book_destroy(&book);
    commune_close(&commune);
}

Test(book, an_invitation_marked_used_takes_that_grant_and_no_other)
{
    struct commune commune;
    struct lt_buffer bytes[4];
    commune_open(&commune);
    const uint8_t *root = lt_signer_key(commune.root);
    struct lt_grant invite = device(commune.keys[1][0], "invite.1", 1);
    invite.powers.rights = LT_ENROL;
    invite.has_scope = true;
    invite.scope_max_expires = NOW + 1000;
    invite.scope_principals.item[0] = lt_slice_of("loa.1");
    invite.scope_principals.count = 1;
    struct lt_grant own = device(commune.keys[2][0], "loa.1", 2);
    for (size_t i = 0; i < 4; i++) {
        bytes[i] = (struct lt_buffer){.max = 4096};
    }
    cr_assert_eq(issue(commune.root, lt_slice_of("root"), &invite, NOW, &bytes[0]), LT_DONE);
    cr_assert_eq(issue(commune.keys[1][0], invite.principal, &own, NOW, &bytes[1]), LT_DONE);
    own.serial = 2;
    cr_assert_eq(issue(commune.keys[1][0], invite.principal, &own, NOW, &bytes[2]), LT_DONE);
    struct lt_sealed first = {0};
    uint8_t hash[LT_HASH_SIZE];
    cr_assert_eq(lt_sealed_decode(lt_buffer_slice(&bytes[1]), &first, NULL), LT_DONE);
    lt_hash(first.part.bytes, hash);

    lt_book *book = lt_book_new(root); // as after a restart: the mark before the grants
    cr_assert(lt_book_mark_used(book, lt_slice_of("invite.1"), hash));
    cr_expect_eq(lt_book_take(book, lt_buffer_slice(&bytes[0]), NULL), LT_DONE);
    cr_expect_eq(lt_book_take(book, lt_buffer_slice(&bytes[2]), NULL), LT_INVITATION_USED);
    cr_expect_eq(lt_book_take(book, lt_buffer_slice(&bytes[1]), NULL), LT_DONE);
    cr_expect_eq(lt_book_take(book, lt_buffer_slice(&bytes[2]), NULL), LT_INVITATION_USED);
    cr_expect(lt_slice_is(lt_book_issuer(book, own.principal), "invite.1"));
    lt_book_destroy(&book);
    for (size_t i = 0; i < 4; i++) {
        lt_buffer_clear(&bytes[i]);
    }
    commune_close(&commune);
}

Test(book, a_full_book_keeps_what_is_in_force)
{
    struct commune commune;
    struct lt_buffer bytes = {.max = 4096};
    commune_open(&commune);
    lt_book *book = lt_book_new(lt_signer_key(commune.root));
    lt_book_limit(book, 16);
    char name[32];
    for (uint32_t i = 0; i < 16; i++) { // grants from nobody known
        (void)snprintf(name, sizeof name, "x.%u", i);
        const struct lt_grant idle = device(commune.keys[2][0], name, i);
        lt_buffer_empty(&bytes);
        cr_assert_eq(issue(commune.keys[1][0], lt_slice_of("nobody"), &idle, NOW, &bytes), LT_DONE);
        cr_expect_eq(lt_book_learn(book, lt_buffer_slice(&bytes), NULL), LT_DONE);
    }
    const struct lt_grant one_more = device(commune.keys[2][0], "x.more", 99);
    lt_buffer_empty(&bytes);
    cr_assert_eq(issue(commune.keys[1][0], lt_slice_of("nobody"), &one_more, NOW, &bytes), LT_DONE);
    cr_expect_eq(lt_book_learn(book, lt_buffer_slice(&bytes), NULL), LT_TOO_LARGE);
    for (uint32_t i = 0; i < 17; i++) {
        (void)snprintf(name, sizeof name, "loa.%u", i);
        const struct lt_grant real = device(commune.keys[2][0], name, 100 + i);
        lt_buffer_empty(&bytes);
        cr_assert_eq(issue(commune.root, lt_slice_of("root"), &real, NOW, &bytes), LT_DONE);
        cr_expect_eq(lt_book_learn(book, lt_buffer_slice(&bytes), NULL),
                     i < 16 ? LT_DONE : LT_TOO_LARGE, "%u", i);
    }
    size_t count = 0;
    lt_book_each(book, count_one, &count);
    cr_expect_eq(count, 16);
    lt_buffer_clear(&bytes);
    lt_book_destroy(&book);
    commune_close(&commune);
}

Test(book, what_is_not_in_force_is_bounded_in_memory_and_gives_way)
{
    enum { ENTRIES = 32, FEW = 3000 }; // each about 48 KiB once it is opened
    struct commune commune;
    struct lt_buffer bytes = {.max = 32768};
    struct lt_may_publish may[ENTRIES];
    char name[32];
    commune_open(&commune);
    lt_book *book = lt_book_new(lt_signer_key(commune.root));
    for (size_t i = 0; i < ENTRIES; i++) {
        may[i] = (struct lt_may_publish){.max_priority = 1};
        may[i].topics = (struct lt_names){.item = {lt_slice_of("x/#")}, .count = 1};
        may[i].types = (struct lt_names){.item = {lt_slice_of("*")}, .count = 1};
    }
    enum lt_code code = LT_DONE;
    uint32_t count = 0;
    for (; count < FEW * 2 && code == LT_DONE; count++) {
        (void)snprintf(name, sizeof name, "x.%u", count);
        struct lt_grant idle = device(commune.keys[2][0], name, count);
        idle.powers.publish = may;
        idle.powers.publish_count = ENTRIES;
        lt_buffer_empty(&bytes);
        cr_assert_eq(issue(commune.keys[1][0], lt_slice_of("nobody"), &idle, NOW, &bytes), LT_DONE);
        code = lt_book_learn(book, lt_buffer_slice(&bytes), NULL);
    }
    cr_expect_eq(code, LT_TOO_LARGE);
    cr_expect_lt(count, FEW * 2);
    const struct lt_grant real = device(commune.keys[2][0], "loa.1", 1);
    lt_buffer_empty(&bytes);
    cr_assert_eq(issue(commune.root, lt_slice_of("root"), &real, NOW, &bytes), LT_DONE);
    cr_expect_eq(lt_book_learn(book, lt_buffer_slice(&bytes), NULL), LT_DONE);
    cr_expect_not_null(lt_book_find(book, lt_slice_of("loa.1"), NULL));
    lt_buffer_clear(&bytes);
    lt_book_destroy(&book);
    commune_close(&commune);
}

Test(book, a_forged_seal_does_not_hide_the_genuine_grant_that_comes_after)
{
    struct commune commune;
    struct lt_buffer head = {.max = 4096};
    struct lt_buffer bytes = {.max = 4096};
    commune_open(&commune);
    lt_book *book = lt_book_new(lt_signer_key(commune.root));
    const struct lt_grant top = office(&commune);
    const struct lt_grant below = device(commune.keys[1][0], "b", 1);
    cr_assert_eq(issue(commune.root, lt_slice_of("root"), &top, NOW, &head), LT_DONE);
    cr_assert_eq(issue(commune.keys[0][0], top.principal, &below, NOW, &bytes), LT_DONE);
    bytes.data[bytes.size - 1] ^= 1;
    cr_expect_eq(lt_book_learn(book, lt_buffer_slice(&bytes), NULL), LT_DONE); // nobody can say yet
    cr_expect_eq(lt_book_learn(book, lt_buffer_slice(&head), NULL), LT_DONE);
    cr_expect_null(lt_book_find(book, below.principal, NULL));
    cr_expect_null(lt_book_key(book, below.principal));
    bytes.data[bytes.size - 1] ^= 1;
    cr_expect_eq(lt_book_learn(book, lt_buffer_slice(&bytes), NULL), LT_DONE);
    cr_expect_not_null(lt_book_find(book, below.principal, NULL));
    bytes.data[bytes.size - 1] ^= 2;
    cr_expect_eq(lt_book_learn(book, lt_buffer_slice(&bytes), NULL), LT_BAD_SEAL);
    head.data[head.size - 1] ^= 1;
    cr_expect_eq(lt_book_learn(book, lt_buffer_slice(&head), NULL), LT_BAD_SEAL);
    lt_buffer_clear(&head);
    lt_buffer_clear(&bytes);
    lt_book_destroy(&book);
    commune_close(&commune);
}

// With equal serials the higher H would win in a set; the hub takes neither over the other.
Test(book, the_hub_takes_no_second_grant_of_one_serial_whichever_came_first)
{
    struct commune commune;
    struct lt_buffer bytes[2] = {{.max = 4096}, {.max = 4096}};
    commune_open(&commune);
    for (size_t i = 0; i < 2; i++) {
        struct lt_grant grant = device(commune.keys[1][0], "b", 1);
        grant.name = lt_slice_of(i == 0 ? "one" : "other");
        cr_assert_eq(issue(commune.root, lt_slice_of("root"), &grant, NOW, &bytes[i]), LT_DONE);
    }
    for (size_t first = 0; first < 2; first++) {
        lt_book *book = lt_book_new(lt_signer_key(commune.root));
        cr_expect_eq(lt_book_take(book, lt_buffer_slice(&bytes[first]), NULL), LT_DONE);
        cr_expect_eq(lt_book_take(book, lt_buffer_slice(&bytes[1 - first]), NULL), LT_NOT_VALID);
        lt_book_destroy(&book);
    }
    lt_buffer_clear(&bytes[0]);
    lt_buffer_clear(&bytes[1]);
    commune_close(&commune);
}

Test(book, the_fifth_link_is_not_allowed)
{
    static const char *const chain[] = {"root", "a", "b", "c", "d", "e"};
    struct commune commune;
    struct lt_error error = {0};
    commune_open(&commune);
    lt_book *book = lt_book_new(lt_signer_key(commune.root));
    for (size_t i = 1; i <= 5; i++) {
        struct lt_buffer bytes = {.max = 4096};
        struct lt_grant grant = office(&commune);
        const lt_signer *signer = i == 1 ? commune.root : commune.keys[i - 2][0];
        grant.principal = lt_slice_of(chain[i]);
        grant.scope.rights = LT_GRANT;
        grant.curve[0] = (uint8_t)i;
        memcpy(grant.key, lt_signer_key(commune.keys[i - 1][0]), LT_KEY_SIZE);
        cr_assert_eq(issue(signer, lt_slice_of(chain[i - 1]), &grant, NOW, &bytes), LT_DONE);
        cr_expect_eq(lt_book_take(book, lt_buffer_slice(&bytes), &error),
                     i == 5 ? LT_NOT_ALLOWED : LT_DONE, "%zu: %s", i, error.text);
        lt_buffer_clear(&bytes);
    }
    cr_expect_str_eq(error.text, "grant: d is 4 links from the root already");
    lt_book_destroy(&book);
    commune_close(&commune);
}
