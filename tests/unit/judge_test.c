// A receiver's judgement: every case of receive.json, and what it remembers when memory is short.
#include <sodium.h>
#include <stdio.h>

#include "lienthon/judge.h"
#include "vectors.h"

#define NOW  UINT64_C(1767225600000)
#define DAY  UINT64_C(86400000)
#define WEEK (7 * DAY)

static lt_book *vector_book(const json_t *all)
{
    const struct lt_slice root = vectors_field(all, "root");
    lt_book *book = lt_book_new(root.data);
    size_t i = 0;
    const json_t *one = NULL;
    json_array_foreach(json_object_get(all, "grants"), i, one)
    {
        const struct lt_slice bytes = vectors_bytes(one);
        cr_assert_eq(lt_book_learn(book, bytes, NULL), LT_DONE);
        vectors_free(bytes);
    }
    vectors_free(root);
    return book;
}

static enum lt_code judge_bytes(lt_judge *judge, struct lt_slice bytes, uint64_t now, bool look,
                                struct lt_error *error)
{
    struct lt_sealed sealed = {0};
    const enum lt_code code = lt_sealed_decode(bytes, &sealed, error);
    if (code != LT_DONE) {
        return code;
    }
    return look ? lt_judge_look(judge, &sealed, now, error)
                : lt_judge_message(judge, &sealed, now, error);
}

// Forgets all but what was saved, as a restart does.
static void restart(lt_judge **judge, lt_book *book)
{
    struct lt_buffer saved = {.max = 1048576};
    cr_assert_eq(lt_judge_save(*judge, &saved), LT_DONE);
    lt_judge_destroy(judge);
    *judge = lt_judge_new(book, 1000);
    cr_assert_eq(lt_judge_load(*judge, lt_buffer_slice(&saved), NULL), LT_DONE);
    lt_buffer_clear(&saved);
}

static void run_steps(bool restarts)
{
    json_t *all = vectors_load("receive.json");
    lt_book *book = vector_book(all);
    lt_judge *judge = lt_judge_new(book, 1000);
    size_t i = 0;
    const json_t *step = NULL;
    cr_assert_gt(json_array_size(json_object_get(all, "steps")), 25);
    json_array_foreach(json_object_get(all, "steps"), i, step)
    {
        const struct lt_slice bytes = vectors_field(step, "sealed");
        const uint64_t now = (uint64_t)json_integer_value(json_object_get(step, "now"));
        struct lt_error error = {0};
        cr_expect_eq((int)judge_bytes(judge, bytes, now, true, &error), vectors_code(step),
                     "look: %s: %s", vectors_name(step), error.text);
        cr_expect_eq((int)judge_bytes(judge, bytes, now, false, &error), vectors_code(step),
                     "%s: %s", vectors_name(step), error.text);
        vectors_free(bytes);
        if (restarts) {
            restart(&judge, book);
        }
    }
    lt_judge_destroy(&judge);
    lt_book_destroy(&book);
    json_decref(all);
}

Test(judge, every_step_of_the_receivers_vectors_holds)
{
    run_steps(false);
}

Test(judge, every_step_holds_with_a_restart_after_each)
{
    run_steps(true);
}

Test(judge, every_vector_of_the_sealed_time_holds)
{
    json_t *all = vectors_load("receive.json");
    lt_book *book = vector_book(all);
    lt_judge *judge = lt_judge_new(book, 10);
    size_t i = 0;
    const json_t *one = NULL;
    uint64_t wanted = 0;
    cr_expect_eq(lt_judge_time(judge), 0);
    json_array_foreach(json_object_get(all, "times"), i, one)
    {
        const struct lt_slice bytes = vectors_field(one, "sealed");
        cr_expect_eq((int)judge_bytes(judge, bytes, NOW, false, NULL), vectors_code(one), "%s",
                     vectors_name(one));
        if (json_object_get(one, "time") != NULL) {
            wanted = (uint64_t)json_integer_value(json_object_get(one, "time"));
        }
        cr_expect_eq(lt_judge_time(judge), wanted, "%s", vectors_name(one));
        vectors_free(bytes);
    }
    cr_expect_eq(i, 3);
    restart(&judge, book);
    cr_expect_eq(lt_judge_time(judge), wanted);
    lt_judge_destroy(&judge);
    lt_book_destroy(&book);
    json_decref(all);
}

// A receiver with an office, a team and a hub, whose keys the test has.
struct world {
    lt_signer *root, *office, *team, *hub;
    lt_book *book;
    lt_judge *judge;
};

static lt_signer *signer_of(uint8_t number)
{
    const uint8_t seed[LT_SEED_SIZE] = {number};
    return lt_signer_new(seed);
}

static enum lt_code give(struct world *world, const char *name, const lt_signer *key,
                         uint64_t serial, const char *topic, bool two_hands, bool revoked,
                         uint64_t created)
{
    struct lt_may_publish may = {
        .max_priority = LT_HOA_TOC, .max_label = 1, .two_hands = two_hands};
    struct lt_grant grant = {
        .principal = lt_slice_of(name),
        .name = lt_slice_of("x"),
        .role = lt_slice_of("x"),
        .serial = serial,
        .not_before = NOW - WEEK,
        .expires = NOW + 60 * DAY,
        .powers = {.publish = &may, .publish_count = 1},
        .revoked = revoked,
    };
    struct lt_buffer body = {.max = LT_GRANT_BODY_MAX};
    struct lt_buffer sealed = {.max = 4096};
    struct lt_part part = {0};
    char room[LT_TOPIC_MAX + 1];
    may.topics = (struct lt_names){.item = {lt_slice_of(topic)}, .count = 1};
    may.types = (struct lt_names){
        .item = {lt_slice_of(strcmp(topic, "$lt/time") == 0 ? "time.v1" : "*")}, .count = 1};
    memcpy(grant.key, lt_signer_key(key), LT_KEY_SIZE);
    cr_assert_eq(lt_grant_encode(&grant, &body, NULL), LT_DONE);
    cr_assert_eq(lt_grant_part(lt_slice_of("root"), grant.principal, lt_buffer_slice(&body),
                               created, room, &part),
                 LT_DONE);
    cr_assert_eq(lt_seal_part(world->root, &part, &sealed, NULL), LT_DONE);
    struct lt_sealed decoded = {0};
    cr_assert_eq(lt_sealed_decode(lt_buffer_slice(&sealed), &decoded, NULL), LT_DONE);
    const enum lt_code code = lt_judge_message(world->judge, &decoded, NOW, NULL);
    lt_buffer_clear(&body);
    lt_buffer_clear(&sealed);
    return code;
}

static struct world world_open(size_t remember)
{
    struct world world = {signer_of(1), signer_of(2), signer_of(3), signer_of(4), NULL, NULL};
    world.book = lt_book_new(lt_signer_key(world.root));
    world.judge = lt_judge_new(world.book, remember);
    cr_assert_eq(give(&world, "van-phong", world.office, 1, "x/#", true, false, NOW), LT_DONE);
    cr_assert_eq(give(&world, "to-so", world.team, 1, "x/#", true, false, NOW), LT_DONE);
    cr_assert_eq(give(&world, "hub", world.hub, 1, "$lt/time", false, false, NOW), LT_DONE);
    return world;
}

static void world_close(struct world *world)
{
    lt_judge_destroy(&world->judge);
    lt_book_destroy(&world->book);
    lt_signer_destroy(&world->root);
    lt_signer_destroy(&world->office);
    lt_signer_destroy(&world->team);
    lt_signer_destroy(&world->hub);
}

static struct lt_part draft(const char *from, const char *topic, const char *type, uint64_t created)
{
    struct lt_part part = {
        .from = lt_slice_of(from),
        .topic = lt_slice_of(topic),
        .type = lt_slice_of(type),
        .created = created,
        .body = lt_slice_of("\x80"),
    };
    lt_id_make(created, part.id);
    return part;
}

static enum lt_code hear(struct world *world, const lt_signer *key, const struct lt_part *part,
                         uint64_t now)
{
    struct lt_buffer sealed = {.max = 4096};
    cr_assert_eq(lt_seal_part(key, part, &sealed, NULL), LT_DONE);
    const enum lt_code code = judge_bytes(world->judge, lt_buffer_slice(&sealed), now, false, NULL);
    lt_buffer_clear(&sealed);
    return code;
}

static struct lt_buffer approval_body(const struct lt_part *of)
{
    struct lt_buffer body = {.max = 256};
    lt_buffer_print(&body, "\x83\xA4");
    lt_buffer_print(&body, "from%c%.*s", (char)(0xA0 | of->from.size), (int)of->from.size,
                    (const char *)of->from.data);
    lt_buffer_print(&body, "\xA2id");
    const uint8_t bin[] = {0xC4, LT_ID_SIZE};
    lt_buffer_add(&body, bin, 2);
    lt_buffer_add(&body, of->id, LT_ID_SIZE);
    lt_buffer_print(&body, "\xA4type%c%.*s", (char)(0xA0 | of->type.size), (int)of->type.size,
                    (const char *)of->type.data);
    cr_assert_not(body.failed);
    return body;
}

static enum lt_code approve(struct world *world, const lt_signer *key, const char *who,
                            const struct lt_part *of, unsigned flags)
{
    struct lt_buffer body = approval_body(of);
    struct lt_part part = draft(who, "x/coi", "approval.v1", NOW);
    part.priority = of->priority;
    part.relation = LT_ANSWERS;
    part.flags = (uint8_t)flags;
    memcpy(part.re, of->id, LT_ID_SIZE);
    part.body = lt_buffer_slice(&body);
    const enum lt_code code = hear(world, key, &part, NOW);
    lt_buffer_clear(&body);
    return code;
}

Test(judge, an_approval_counts_only_while_its_giver_still_may)
{
    struct world world = world_open(100);
    const struct lt_part order = draft("van-phong", "x/coi", "siren.v1", NOW);
    cr_expect_eq(hear(&world, world.office, &order, NOW), LT_ONE_HAND);
    cr_expect_eq(approve(&world, world.team, "to-so", &order, 0), LT_DONE);
    cr_expect_eq(give(&world, "to-so", world.team, 2, "x/#", true, true, NOW), LT_DONE);
    cr_expect_eq(hear(&world, world.office, &order, NOW), LT_ONE_HAND);
    cr_expect_eq(give(&world, "to-so", world.team, 3, "x/#", true, false, NOW), LT_DONE);
    cr_expect_eq(hear(&world, world.office, &order, NOW), LT_DONE);
    cr_expect_eq(hear(&world, world.office, &order, NOW), LT_DONE_BEFORE);
    world_close(&world);
}

Test(judge, a_drills_approval_does_not_let_the_real_thing_through)
{
    struct world world = world_open(100);
    struct lt_part real = draft("van-phong", "x/coi", "siren.v1", NOW);
    cr_expect_eq(approve(&world, world.team, "to-so", &real, LT_DRILL), LT_DONE);
    cr_expect_eq(hear(&world, world.office, &real, NOW), LT_ONE_HAND);
    real.flags = LT_DRILL;
    cr_expect_eq(hear(&world, world.office, &real, NOW), LT_DONE);
    world_close(&world);
}

Test(judge, nobody_approves_alone_under_another_type_or_for_another_topic)
{
    struct world world = world_open(100);
    const struct lt_part order = draft("van-phong", "x/coi-2", "siren.v1", NOW);
    cr_expect_eq(approve(&world, world.office, "van-phong", &order, 0), LT_NOT_ALLOWED);
    cr_expect_eq(approve(&world, world.team, "to-so", &order, 0), LT_DONE); // says x/coi
    cr_expect_eq(hear(&world, world.office, &order, NOW), LT_ONE_HAND);
    world_close(&world);
}

Test(judge, what_may_have_been_forgotten_is_never_obeyed_twice)
{
    enum { REMEMBER = 8, MESSAGES = 200 };
    struct world world = world_open(REMEMBER);
    struct lt_part parts[MESSAGES];
    cr_assert_eq(give(&world, "van-phong", world.office, 2, "x/#", false, false, NOW), LT_DONE);
    for (uint64_t i = 0; i < MESSAGES; i++) {
        parts[i] = draft("van-phong", "x/tb", "notice.v1", NOW + i);
        cr_assert_eq(hear(&world, world.office, &parts[i], NOW + i), LT_DONE);
    }
    for (size_t i = 0; i < MESSAGES; i++) {
        const enum lt_code code = hear(&world, world.office, &parts[i], NOW + MESSAGES);
        cr_expect_eq(code, i + REMEMBER < MESSAGES ? LT_STALE : LT_DONE_BEFORE, "%zu", i);
    }
    world_close(&world);
}

Test(judge, a_clock_that_jumped_and_came_back_does_not_make_it_act_twice)
{
    struct world world = world_open(100);
    cr_assert_eq(give(&world, "van-phong", world.office, 2, "x/#", false, false, NOW), LT_DONE);
    const struct lt_part first = draft("van-phong", "x/tb", "notice.v1", NOW);
    const struct lt_part second = draft("van-phong", "x/tb", "notice.v1", NOW + 1);
    const struct lt_part late = draft("van-phong", "x/tb", "notice.v1", NOW + 10 * DAY);
    cr_expect_eq(hear(&world, world.office, &first, NOW), LT_DONE);
    cr_expect_eq(hear(&world, world.office, &late, NOW + 10 * DAY), LT_DONE);
    cr_expect_eq(hear(&world, world.office, &first, NOW + 5), LT_DONE_BEFORE);
    cr_expect_eq(hear(&world, world.office, &second, NOW + 5), LT_DONE);
    world_close(&world);
}

Test(judge, a_retained_value_is_never_stale_but_it_expires)
{
    struct world world = world_open(100);
    cr_assert_eq(give(&world, "van-phong", world.office, 2, "x/#", false, false, NOW), LT_DONE);
    struct lt_part value = draft("van-phong", "x/lich", "schedule.v1", NOW);
    value.flags = LT_RETAIN;
    value.expires = NOW + 30 * DAY;
    cr_expect_eq(hear(&world, world.office, &value, NOW + 20 * DAY), LT_DONE);
    cr_expect_eq(hear(&world, world.office, &value, NOW + 30 * DAY), LT_EXPIRED);
    world_close(&world);
}

Test(judge, a_replacement_that_waits_holds_back_what_it_replaces)
{
    struct world world = world_open(100);
    cr_assert_eq(give(&world, "van-phong", world.office, 2, "x/#", false, false, NOW), LT_DONE);
    const struct lt_part old = draft("van-phong", "x/tb", "notice.v1", NOW);
    struct lt_part fresh = draft("van-phong", "x/tb", "notice.v1", NOW + 1);
    fresh.relation = LT_REPLACES;
    memcpy(fresh.re, old.id, LT_ID_SIZE);
    fresh.deliver_at = NOW + DAY;
    cr_expect_eq(hear(&world, world.office, &fresh, NOW + 2), LT_NOT_DUE);
    cr_expect_eq(hear(&world, world.office, &old, NOW + 2), LT_CANCELLED);
    cr_expect_eq(hear(&world, world.office, &fresh, NOW + DAY), LT_DONE);
    struct lt_part cancel = draft("van-phong", "x/tb", "notice.v1", NOW + 3);
    cancel.relation = LT_CANCELS;
    memcpy(cancel.re, fresh.id, LT_ID_SIZE);
    cr_expect_eq(hear(&world, world.office, &cancel, NOW + DAY), LT_DONE);
    cr_expect_eq(hear(&world, world.office, &fresh, NOW + DAY), LT_CANCELLED);
    world_close(&world);
}

Test(judge, the_highest_sealed_time_holds_until_its_teller_gets_a_new_key)
{
    struct world world = world_open(100);
    struct lt_part told = draft("hub", "$lt/time", "time.v1", NOW + 50 * DAY);
    cr_expect_eq(hear(&world, world.hub, &told, NOW), LT_DONE);
    cr_expect_eq(lt_judge_time(world.judge), NOW + 50 * DAY);
    const struct lt_part lower = draft("hub", "$lt/time", "time.v1", NOW + DAY);
    cr_expect_eq(hear(&world, world.hub, &lower, NOW), LT_DONE);
    cr_expect_eq(lt_judge_time(world.judge), NOW + 50 * DAY);
    lt_signer *key = signer_of(9);
    cr_expect_eq(give(&world, "hub", key, 2, "$lt/time", false, false, NOW + 5), LT_DONE);
    cr_expect_eq(lt_judge_time(world.judge), NOW + 5);
    cr_expect_eq(hear(&world, key, &lower, NOW), LT_DONE);
    cr_expect_eq(lt_judge_time(world.judge), NOW + DAY);
    told = draft("van-phong", "x/time", "time.v1", NOW + 55 * DAY);
    (void)hear(&world, world.office, &told, NOW);
    cr_expect_eq(lt_judge_time(world.judge), NOW + DAY);
    lt_signer_destroy(&key);
    world_close(&world);
}

Test(judge, whoever_may_say_everything_does_not_tell_the_time)
{
    struct world world = world_open(100);
    cr_assert_eq(give(&world, "van-phong", world.office, 2, "$lt/#", false, false, NOW), LT_DONE);
    const struct lt_part told = draft("van-phong", "$lt/time", "time.v1", NOW + 50 * DAY);
    (void)hear(&world, world.office, &told, NOW);
    cr_expect_eq(lt_judge_time(world.judge), 0);
    world_close(&world);
}

Test(judge, an_older_value_that_comes_later_is_not_taken_also_after_a_restart)
{
    struct world world = world_open(100);
    cr_assert_eq(give(&world, "van-phong", world.office, 2, "x/#", false, false, NOW), LT_DONE);
    struct lt_part old = draft("van-phong", "x/muc", "level.v1", NOW);
    struct lt_part fresh = draft("van-phong", "x/muc", "level.v1", NOW + 1);
    struct lt_part other = draft("van-phong", "x/khac", "level.v1", NOW);
    struct lt_part late = draft("van-phong", "x/muc", "level.v1", NOW + 2);
    old.flags = fresh.flags = other.flags = late.flags = LT_RETAIN;
    late.deliver_at = NOW + DAY;
    cr_expect_eq(hear(&world, world.office, &late, NOW + 5), LT_NOT_DUE);
    cr_expect_eq(hear(&world, world.office, &fresh, NOW + 5), LT_DONE);
    cr_expect_eq(hear(&world, world.office, &old, NOW + 5), LT_CANCELLED);
    restart(&world.judge, world.book);
    cr_expect_eq(hear(&world, world.office, &old, NOW + 5), LT_CANCELLED);
    cr_expect_eq(hear(&world, world.office, &fresh, NOW + 5), LT_DONE_BEFORE);
    cr_expect_eq(hear(&world, world.office, &other, NOW + 5), LT_DONE);
    cr_expect_eq(hear(&world, world.office, &late, NOW + DAY), LT_DONE);
    world_close(&world);
}

Test(judge, what_an_earlier_life_did_counts_whatever_the_grants_have_become)
{
    struct world world = world_open(100);
    cr_assert_eq(give(&world, "van-phong", world.office, 2, "x/#", false, true, NOW), LT_DONE);
    struct lt_part done = draft("van-phong", "x/tb", "notice.v1", NOW);
    struct lt_part stopped = draft("van-phong", "x/tb", "notice.v1", NOW);
    struct lt_part cancel = draft("van-phong", "x/tb", "notice.v1", NOW + 1);
    cancel.relation = LT_CANCELS;
    memcpy(cancel.re, stopped.id, LT_ID_SIZE);
    const struct lt_part *logged[] = {&done, &cancel};
    for (size_t i = 0; i < 2; i++) {
        struct lt_buffer bytes = {.max = 4096};
        struct lt_sealed sealed = {0};
        cr_assert_eq(lt_seal_part(world.office, logged[i], &bytes, NULL), LT_DONE);
        cr_assert_eq(lt_sealed_decode(lt_buffer_slice(&bytes), &sealed, NULL), LT_DONE);
        cr_expect_eq(lt_judge_recall(world.judge, &sealed, NOW + 5, i == 0, NULL), LT_DONE);
        lt_buffer_clear(&bytes);
    }
    cr_expect_eq(hear(&world, world.office, &done, NOW + 5), LT_NOT_VALID);
    cr_assert_eq(give(&world, "van-phong", world.office, 3, "x/#", false, false, NOW), LT_DONE);
    cr_expect_eq(hear(&world, world.office, &done, NOW + 5), LT_DONE_BEFORE);
    cr_expect_eq(hear(&world, world.office, &stopped, NOW + 5), LT_CANCELLED);
    world_close(&world);
}

// When all that is said of one id lay in one chain, this took minutes.
Test(judge, much_that_is_said_of_one_id_costs_no_long_way, .timeout = 60)
{
    enum { MANY = 6000 };
    struct world world = world_open(2 * MANY);
    char topic[32];
    cr_assert_eq(give(&world, "van-phong", world.office, 2, "x/#", false, false, NOW), LT_DONE);
    const struct lt_part wanted = draft("van-phong", "x/tb", "notice.v1", NOW);
    for (int i = 0; i < MANY; i++) {
        snprintf(topic, sizeof topic, "x/%d", i);
        struct lt_part replaces = draft("van-phong", topic, "notice.v1", NOW);
        replaces.relation = LT_REPLACES;
        memcpy(replaces.re, wanted.id, LT_ID_SIZE);
        cr_assert_eq(hear(&world, world.office, &replaces, NOW), LT_DONE);
    }
    cr_expect_eq(hear(&world, world.office, &wanted, NOW), LT_DONE);
    world_close(&world);
}

Test(judge, what_was_saved_and_damaged_is_refused_and_changes_nothing)
{
    struct world world = world_open(100);
    cr_assert_eq(give(&world, "van-phong", world.office, 2, "x/#", false, false, NOW), LT_DONE);
    const struct lt_part part = draft("van-phong", "x/tb", "notice.v1", NOW);
    cr_expect_eq(hear(&world, world.office, &part, NOW), LT_DONE);
    struct lt_buffer saved = {.max = 4096};
    struct lt_error error = {0};
    cr_assert_eq(lt_judge_save(world.judge, &saved), LT_DONE);
    const struct lt_slice whole = lt_buffer_slice(&saved);
    for (size_t size = 0; size < whole.size; size++) {
        cr_expect_eq(lt_judge_load(world.judge, (struct lt_slice){whole.data, size}, &error),
                     LT_BAD_FILE);
    }
    cr_expect_neq(error.text[0], '\0');
    cr_expect_eq(hear(&world, world.office, &part, NOW), LT_DONE_BEFORE);
    cr_expect_eq(lt_judge_load(world.judge, whole, NULL), LT_DONE);
    cr_expect_eq(hear(&world, world.office, &part, NOW), LT_DONE_BEFORE);
    struct lt_buffer small = {.max = 10};
    cr_expect_eq(lt_judge_save(world.judge, &small), LT_TOO_LARGE);
    lt_buffer_clear(&small);
    lt_buffer_clear(&saved);
    world_close(&world);
}

// Long traffic over a small memory against a plain list: what is remembered is told, nothing is obeyed twice.
Test(judge, long_traffic_in_any_order_is_obeyed_at_most_once)
{
    enum { MESSAGES = 600, REMEMBER = 64 };
    struct world world = world_open(REMEMBER);
    static struct lt_part parts[MESSAGES];
    static unsigned obeyed[MESSAGES];
    cr_assert_eq(give(&world, "van-phong", world.office, 2, "x/#", false, false, NOW), LT_DONE);
    for (uint64_t i = 0; i < MESSAGES; i++) {
        parts[i] = draft("van-phong", "x/tb", "notice.v1", NOW + i * 1000000);
        if (i % 3 == 0) {
            parts[i].expires = parts[i].created + WEEK + i * 7919 % DAY;
        }
    }
    uint32_t dice = 12345;
    size_t first_times = 0;
    for (size_t i = 0; i < (size_t)MESSAGES * 4; i++) {
        dice = dice * 1664525 + 1013904223;
        const size_t newest = i / 4;
        const size_t back = (dice >> 8) % 50;
        const size_t at = back > newest ? newest : newest - back;
        const enum lt_code code = hear(&world, world.office, &parts[at], parts[newest].created);
        obeyed[at] += code == LT_DONE;
        first_times += code == LT_DONE;
        cr_assert_leq(obeyed[at], 1, "%zu", at);
        cr_assert(code == LT_DONE || code == LT_DONE_BEFORE || code == LT_STALE);
    }
    cr_expect_gt(first_times, MESSAGES / 2);
    world_close(&world);
}
