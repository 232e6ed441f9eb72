// Subscriptions: the tree of patterns against a plain reference, eras, windows, and what is written.
#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/subscriptions.h"

#define NOW UINT64_C(1767225600000)

static struct subscription *add(struct subscriptions *subscriptions, const char *durable,
                                const char *pattern, uint64_t begin)
{
    char *patterns[] = {(char *)(uintptr_t)pattern};
    struct era era = {.patterns = patterns, .pattern_count = 1};
    return subscriptions_add(subscriptions, lt_slice_of("loa.an-thuong.01"), lt_slice_of(durable),
                             &era, begin);
}

static struct subscriptions *made(void)
{
    cr_assert_geq(sodium_init(), 0);
    return subscriptions_new(NOW);
}

static void count(void *self, struct subscription *sub)
{
    (void)sub;
    ++*(size_t *)self;
}

// --- the tree ---

static void random_levels(char *out, size_t room, bool pattern)
{
    static const char *const levels[] = {"a", "b", "c", "$lt"};
    size_t size = 0;
    int most = 1 + rand() % 4;
    for (int i = 0; i < most; i++) {
        const char *level = levels[rand() % (i ? 3 : 4)];
        int kind = pattern ? rand() % 6 : 5;
        if (kind == 0)
            level = "+";
        else if (kind == 1)
            level = "#";
        size += (size_t)snprintf(out + size, room - size, "%s%s", i ? "/" : "", level);
        if (kind == 1)
            return;
    }
}

static void mark(void *self, void *value)
{
    ((bool *)self)[(size_t)(uintptr_t)value] = true;
}

Test(patterns, the_tree_agrees_with_the_plain_match_on_random_patterns)
{
    enum { PATTERNS = 200, TOPICS = 2000 };
    char patterns[PATTERNS][64], topic[64];
    cr_assert_geq(sodium_init(), 0);
    struct patterns *tree = patterns_new();
    srand(3);
    for (size_t i = 0; i < PATTERNS; i++) {
        random_levels(patterns[i], sizeof patterns[i], true);
        patterns_add(tree, lt_slice_of(patterns[i]), (void *)(uintptr_t)i);
    }
    for (size_t turn = 0; turn < TOPICS; turn++) {
        bool found[PATTERNS] = {false};
        random_levels(topic, sizeof topic, false);
        patterns_match(tree, lt_slice_of(topic), mark, found);
        for (size_t i = 0; i < PATTERNS; i++) {
            bool is_out = turn >= TOPICS / 2 && i % 2;
            cr_assert_eq(found[i],
                         !is_out &&
                             lt_pattern_matches(lt_slice_of(patterns[i]), lt_slice_of(topic)),
                         "%s and %s", patterns[i], topic);
        }
        for (size_t i = 1; turn == TOPICS / 2 - 1 && i < PATTERNS; i += 2)
            patterns_remove(tree, lt_slice_of(patterns[i]), (void *)(uintptr_t)i);
    }
    patterns_destroy(&tree);
}

Test(subscriptions, are_found_once_however_many_patterns_match)
{
    struct subscriptions *all = made();
    char a[] = "xa/#", b[] = "xa/+/thong-bao";
    char *patterns[] = {a, b};
    struct era era = {.patterns = patterns, .pattern_count = 2};
    struct lt_part part = {.topic = lt_slice_of("xa/an-lac/thong-bao"),
                           .type = lt_slice_of("notice.v1")};
    size_t found = 0;
    subscriptions_add(all, lt_slice_of("a"), (struct lt_slice){0}, &era, 0);
    subscriptions_match(all, &part, UINT64_MAX, count, &found);
    cr_assert_eq(found, 1);
    subscriptions_destroy(&all);
}

// --- eras ---

Test(subscriptions, what_waits_already_stays_when_the_patterns_change)
{
    struct subscriptions *all = made();
    struct subscription *sub = add(all, "loa", "xa/a", 0);
    char pattern[] = "xa/b";
    char *patterns[] = {pattern};
    struct era era = {.patterns = patterns, .pattern_count = 1};
    struct lt_slice type = lt_slice_of("notice.v1");
    all->end = 10;
    cr_assert(subscriptions_change(all, sub, &era));
    cr_assert(subscription_wants(sub, 10, lt_slice_of("xa/a"), type, 0));
    cr_assert_not(subscription_wants(sub, 10, lt_slice_of("xa/b"), type, 0));
    cr_assert(subscription_wants(sub, 11, lt_slice_of("xa/b"), type, 0));
    cr_assert_not(subscription_wants(sub, 11, lt_slice_of("xa/a"), type, 0));
    sub->position = 10;
    subscriptions_drop_eras(all, sub);
    cr_assert_eq(sub->era_count, 1);
    subscriptions_destroy(&all);
}

Test(subscriptions, take_nothing_from_before_they_began)
{
    struct subscriptions *all = made();
    struct subscription *sub = add(all, "loa", "xa/a", 5);
    cr_assert_not(subscription_wants(sub, 5, lt_slice_of("xa/a"), lt_slice_of("notice.v1"), 0));
    cr_assert(subscription_wants(sub, 6, lt_slice_of("xa/a"), lt_slice_of("notice.v1"), 0));
    subscriptions_destroy(&all);
}

// --- the window ---

Test(subscriptions, hold_a_window_and_count_what_is_beyond)
{
    struct subscriptions *all = made();
    struct subscription *sub = add(all, "loa", "xa/a", 0);
    for (uint64_t seq = 1; seq <= SUBSCRIPTION_WINDOW + 100; seq++) {
        struct offer offer = {.seq = seq, .order = seq};
        subscription_offer(sub, &offer);
    }
    cr_assert_eq(sub->queue.count, (size_t)SUBSCRIPTION_WINDOW);
    cr_assert_eq(subscription_waiting(sub), (uint64_t)SUBSCRIPTION_WINDOW + 100);
    cr_assert_eq(subscription_reach(sub, 5000), (uint64_t)SUBSCRIPTION_WINDOW);
    struct offer urgent = {.seq = 2000, .order = 2000, .priority = LT_HOA_TOC};
    cr_assert_not_null(subscription_offer(sub, &urgent), "an emergency has room of its own");
    cr_assert_eq(queue_peek(&sub->queue, 0)->seq, 2000);
    subscriptions_destroy(&all);
}

// --- what is written ---

static size_t saved(struct subscriptions *all, struct records *records, const char *bucket)
{
    size_t found = 0;
    subscriptions_save(all, records, NOW, 1000);
    for (size_t i = 0; i < records->plain_count; i++)
        found += strcmp(records->plain[i].bucket, bucket) == 0;
    records_clear(records);
    return found;
}

Test(subscriptions, write_a_position_and_not_a_row_a_message)
{
    struct subscriptions *all = made();
    struct subscription *sub = add(all, "loa", "xa/a", 0);
    struct records records = {0};
    for (uint64_t seq = 1; seq <= 1000; seq++) {
        struct offer offer = {.seq = seq, .order = seq};
        subscription_offer(sub, &offer);
        all->end = seq;
    }
    subscriptions_touch(all, sub);
    cr_assert_eq(saved(all, &records, EXCEPTION_BUCKET), 0, "all wait: the position says it");
    for (uint64_t seq = 1; seq <= 999; seq++)
        subscription_settle(all, sub, queue_find(&sub->queue, seq));
    cr_assert_eq(saved(all, &records, EXCEPTION_BUCKET), 0);
    cr_assert_eq(sub->position, 999);
    cr_assert_eq(sub->queue.count, 1);
    subscriptions_destroy(&all);
}

Test(subscriptions, write_an_exception_for_what_waits_behind_and_take_it_back)
{
    struct subscriptions *all = made();
    struct subscription *sub = add(all, "loa", "xa/a", 0);
    struct records records = {0};
    for (uint64_t seq = 1; seq <= 100; seq++) {
        struct offer offer = {.seq = seq, .order = seq};
        subscription_offer(sub, &offer);
        all->end = seq;
        if (seq > 1)
            subscription_settle(all, sub, queue_find(&sub->queue, seq));
    }
    cr_assert_eq(saved(all, &records, EXCEPTION_BUCKET), 1);
    cr_assert_eq(sub->position, 100);
    subscription_settle(all, sub, queue_find(&sub->queue, 1));
    cr_assert_eq(saved(all, &records, EXCEPTION_BUCKET), 1, "its record is deleted");
    cr_assert_eq(saved(all, &records, EXCEPTION_BUCKET), 0);
    subscriptions_destroy(&all);
}

Test(subscriptions, write_everything_again_after_a_commit_that_failed)
{
    struct subscriptions *all = made();
    struct subscription *sub = add(all, "loa", "xa/a", 0);
    struct records records = {0};
    for (uint64_t seq = 1; seq <= 10; seq++) {
        struct offer offer = {.seq = seq, .order = seq};
        struct entry *entry = subscription_offer(sub, &offer);
        all->end = seq;
        if (seq > 1)
            subscription_settle(all, sub, entry);
    }
    cr_assert_eq(saved(all, &records, EXCEPTION_BUCKET), 1);
    subscriptions_unsaved(all);
    cr_assert_eq(saved(all, &records, EXCEPTION_BUCKET), 1);
    subscriptions_destroy(&all);
}

Test(subscriptions, say_where_a_message_stands)
{
    struct subscriptions *all = made();
    struct subscription *sub = add(all, "loa", "xa/a", 0);
    struct offer offers[] = {{.seq = 1, .order = 1}, {.seq = 2, .order = 2}};
    struct entry *sent = subscription_offer(sub, &offers[0]);
    subscription_offer(sub, &offers[1]);
    all->end = 2;
    queue_sent(&sub->queue, sent, 60000);
    cr_assert_eq(subscriptions_state_of(all, sub->number, 1, 0), ROSTER_DELIVERED);
    cr_assert_eq(subscriptions_state_of(all, sub->number, 2, 0), ROSTER_WAITING);
    subscription_settle(all, sub, sent);
    cr_assert_eq(subscriptions_state_of(all, sub->number, 1, 0), ROSTER_DONE);
    subscriptions_destroy(&all);
}
