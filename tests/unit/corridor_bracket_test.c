// The bracket of the corridor: what store and route put into the group that is committed as one.
#include "broker.h"
#include "corridor/commit.h"
#include "corridor_case.h"
#include "state/due.h"
#include "state/must.h"
#include "state/roster.h"

struct bracket {
    struct commune commune;
    struct lt_commune settings;
    struct subscriptions *subscriptions;
    struct taken taken;
    struct corridor_group group;
};

static struct bracket bracket_new(void)
{
    struct bracket bracket = {.commune = commune_new(), .subscriptions = subscriptions_new(NOW)};
    bracket.settings.hub.limits.age = 7 * 86400;
    bracket.settings.hub.limits.ahead = 120;
    bracket.group.puts = must_calloc(8, sizeof *bracket.group.puts);
    return bracket;
}

static void bracket_clear(struct bracket *bracket)
{
    records_clear(&bracket->group.records);
    free(bracket->group.puts);
    taken_clear(&bracket->taken);
    subscriptions_destroy(&bracket->subscriptions);
    commune_clear(&bracket->commune);
}

static struct subscription *subscribe(struct bracket *bracket, const char *principal,
                                      const char *durable, const char *pattern)
{
    char *patterns[] = {(char *)(uintptr_t)pattern};
    struct era era = {.patterns = patterns, .pattern_count = 1};
    return subscriptions_add(bracket->subscriptions, lt_slice_of(principal), lt_slice_of(durable),
                             &era, 0);
}

static struct passage *put(struct bracket *bracket, struct draft *draft)
{
    struct passage *passage = passage_of(draft, bracket->commune.team, "to-so.an-thuong");
    cr_assert(decode(passage, &bracket->commune.limits));
    cr_assert(store_message(passage, &bracket->settings, &bracket->taken, &bracket->group, NOW));
    cr_assert(route(passage, bracket->subscriptions, bracket->commune.book, &bracket->group, NOW));
    return passage;
}

Test(store, puts_the_message_into_the_group_with_its_retention)
{
    struct bracket bracket = bracket_new();
    struct draft draft = draft_notice("Họp");
    struct passage *passage = put(&bracket, &draft);
    cr_assert_eq(bracket.group.put_count, 1);
    cr_assert_eq(bracket.group.puts[0].sealed, &passage->sealed);
    cr_assert_eq(bracket.group.puts[0].keep_until, NOW + 365 * DAY);
    cr_assert_not(bracket.group.puts[0].retain);
    passage_destroy(&passage);
    bracket_clear(&bracket);
}

Test(store, names_the_blobs_of_a_body_at_any_depth)
{
    struct bracket bracket = bracket_new();
    struct draft draft = draft_notice("Họp");
    uint8_t sha256[32];
    memset(sha256, 7, sizeof sha256);
    lt_buffer_empty(&draft.body);
    lt_pack_map(&draft.body, 1);
    lt_pack_text(&draft.body, "attachments");
    lt_pack_array(&draft.body, 1);
    lt_pack_map(&draft.body, 2);
    lt_pack_text(&draft.body, "sha256");
    lt_pack_bin(&draft.body, sha256, sizeof sha256);
    lt_pack_text(&draft.body, "size");
    lt_pack_uint(&draft.body, 10);
    struct passage *passage = put(&bracket, &draft);
    cr_assert_eq(bracket.group.puts[0].blob_count, 1);
    cr_assert_arr_eq(bracket.group.puts[0].blobs[0], sha256, 32);
    passage_destroy(&passage);
    bracket_clear(&bracket);
}

Test(store, keeps_a_cancelled_message_out_of_the_last_values)
{
    struct bracket bracket = bracket_new();
    struct draft cancel = draft_notice("thôi"), draft = draft_notice("cũ");
    cancel.part.relation = LT_CANCELS;
    memcpy(cancel.part.re, draft.part.id, LT_ID_SIZE);
    taken_add(&bracket.taken, &cancel.part, 0);
    draft.part.flags = LT_RETAIN;
    struct passage *passage = put(&bracket, &draft);
    cr_assert(passage->is_gone);
    cr_assert_not(bracket.group.puts[0].retain);
    lt_buffer_clear(&cancel.body);
    passage_destroy(&passage);
    bracket_clear(&bracket);
}

Test(route, finds_each_subscription_once_and_only_whom_a_grant_covers)
{
    struct bracket bracket = bracket_new();
    struct subscription *one = subscribe(&bracket, "bridge.zalo", "", "xa/#");
    patterns_add(bracket.subscriptions->tree, lt_slice_of("xa/+/thong-bao"), one);
    subscribe(&bracket, "to-so.an-lac", "", "xa/#"); // nobody has given it anything
    subscribe(&bracket, "bridge.zalo", "", "xa/an-lac/#");
    struct draft draft = draft_notice("Họp");
    struct passage *passage = put(&bracket, &draft);
    cr_assert_eq(passage->target_count, 1);
    cr_assert_eq(passage->targets[0], one->number);
    patterns_remove(bracket.subscriptions->tree, lt_slice_of("xa/+/thong-bao"), one);
    passage_destroy(&passage);
    bracket_clear(&bracket);
}

Test(route, fixes_the_roster_of_durable_ones_when_receipts_are_wanted)
{
    struct bracket bracket = bracket_new();
    struct subscription *durable = subscribe(&bracket, "bridge.zalo", "zalo", "xa/#");
    subscribe(&bracket, "bridge.zalo", "", "xa/#");
    struct draft draft = draft_notice("Họp");
    draft.part.flags = LT_RECEIPT;
    struct passage *passage = put(&bracket, &draft);
    cr_assert_eq(passage->target_count, 2);
    cr_assert_eq(bracket.group.records.numbered_count, 1);
    const struct store_record *record = &bracket.group.records.numbered[0].record;
    struct roster roster;
    struct roster_row row;
    cr_assert_str_eq(record->bucket, ROSTER_BUCKET);
    cr_assert(roster_open(record->value, &roster));
    cr_assert(roster_next(&roster, &row));
    cr_assert_eq(row.sub, durable->number);
    cr_assert(lt_slice_is(row.durable, "zalo"));
    cr_assert_not(roster_next(&roster, &row));
    passage_destroy(&passage);
    bracket_clear(&bracket);
}

Test(route, adds_a_due_row_for_what_is_deferred)
{
    struct bracket bracket = bracket_new();
    struct draft draft = draft_notice("Họp");
    draft.part.deliver_at = NOW + HOUR;
    struct passage *passage = put(&bracket, &draft);
    cr_assert(passage->is_deferred);
    cr_assert_eq(bracket.group.records.numbered_count, 1);
    cr_assert_str_eq(bracket.group.records.numbered[0].record.bucket, DUE_BUCKET);
    passage_destroy(&passage);
    bracket_clear(&bracket);
}

static void destroy_group(struct writing *writing)
{
    records_clear(&((struct corridor_group *)writing)->records);
    free(writing);
}

// A group that takes along what is noted, one record of that text under the key that all have.
static struct corridor_group *group_with(struct broker *broker, const char *text)
{
    struct corridor_group *group = must_calloc(1, sizeof *group);
    group->base.destroy = destroy_group;
    records_put(&broker->notes, DEAD_BUCKET, lt_slice_of("one"), lt_slice_of(text));
    commit_notes(broker, &group->records, false);
    broker->corridor.in_store++;
    return group;
}

static void fail_group(struct broker *broker, struct corridor_group *group)
{
    struct writing *writing = &group->base;
    lt_fail(&writing->error, LT_STORAGE_FAILED, "no room");
    writing->code = LT_STORAGE_FAILED;
    commit_back(broker, &writing);
}

Test(commit, notes_of_groups_that_failed_go_before_those_that_came_after)
{
    struct broker *broker = must_calloc(1, sizeof *broker);
    broker->subscriptions = subscriptions_new(NOW);
    broker->generation = 1;
    struct corridor_group *first = group_with(broker, "1"), *second = group_with(broker, "2");
    cr_assert(first->records.leans && second->records.leans);
    records_put(&broker->notes, DEAD_BUCKET, lt_slice_of("one"), lt_slice_of("3"));
    fail_group(broker, first);
    fail_group(broker, second);
    cr_assert_eq(broker->notes.plain_count, 3);
    cr_assert(lt_slice_is(broker->notes.plain[0].value, "1"));
    cr_assert(lt_slice_is(broker->notes.plain[1].value, "2"));
    cr_assert(lt_slice_is(broker->notes.plain[2].value, "3"));
    cr_assert_gt(broker->generation, 1, "what comes next does not lean on what failed");
    records_clear(&broker->notes);
    subscriptions_destroy(&broker->subscriptions);
    free(broker);
}
