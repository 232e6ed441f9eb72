// A subscription's queue: whose turn it is, and how little has to be written of it.
#include <criterion/criterion.h>
#include <stdlib.h>

#include "state/queue.h"

static struct entry *add(struct queue *queue, uint64_t seq, uint8_t priority)
{
    struct entry *entry = queue_add(queue, seq, seq, priority);
    cr_assert_not_null(entry);
    return entry;
}

Test(queue, gives_higher_priorities_first_and_then_by_seq)
{
    struct queue queue = {0};
    static const uint64_t expected[] = {30, 20, 40, 10, 50};
    add(&queue, 50, 0);
    add(&queue, 10, 0);
    add(&queue, 30, 3);
    add(&queue, 40, 1);
    add(&queue, 20, 1);
    for (int i = 0; i < 5; i++) {
        struct entry *entry = queue_peek(&queue, 0);
        cr_assert_eq(entry->seq, expected[i]);
        queue_sent(&queue, entry, 100);
    }
    cr_assert_null(queue_peek(&queue, 0));
    cr_assert_eq(queue.sent, 5);
    queue_clear(&queue);
}

Test(queue, what_is_settled_can_be_opened_again_once)
{
    struct queue queue = {0};
    struct entry *dead = add(&queue, 1, 0);
    add(&queue, 2, 2);
    queue_settle(&queue, dead);
    queue_reopen(&queue, dead, 3); // it was kept without its priority
    cr_assert_eq(queue_unsettled(&queue), 2);
    cr_assert_eq(queue_peek(&queue, 0)->seq, 1);
    queue_sent(&queue, dead, 100);
    queue_reopen(&queue, dead, 3);
    cr_assert_eq(dead->state, ENTRY_SENT, "what is on its way stays so");
    cr_assert_eq(queue_peek(&queue, 0)->seq, 2);
    queue_settle(&queue, dead);
    queue_reopen(&queue, dead, 0);
    cr_assert_eq(queue_peek(&queue, 0)->seq, 2);
    queue_settle(&queue, queue_peek(&queue, 0));
    cr_assert_eq(queue_peek(&queue, 0)->seq, 1);
    queue_clear(&queue);
}

Test(queue, has_a_message_once)
{
    struct queue queue = {0};
    add(&queue, 7, 0);
    cr_assert_null(queue_add(&queue, 7, 7, 0));
    queue_clear(&queue);
}

Test(queue, gives_a_replacement_the_place_of_what_it_replaces)
{
    struct queue queue = {0};
    struct entry *old = add(&queue, 1, 0);
    add(&queue, 2, 0);
    queue_settle(&queue, old);
    queue_add(&queue, 3, 1, 0);
    cr_assert_eq(queue_peek(&queue, 0)->seq, 3);
    queue_clear(&queue);
}

Test(queue, brings_back_what_was_sent_or_rests_when_its_time_has_come)
{
    struct queue queue = {0};
    struct entry *sent = add(&queue, 1, 0), *resting = add(&queue, 2, 0);
    queue_sent(&queue, sent, 60);
    queue_rest(&queue, resting, 40);
    cr_assert_eq(queue_wake(&queue, 39), 40);
    cr_assert_null(queue_peek(&queue, 0));
    cr_assert_eq(queue_wake(&queue, 40), 60);
    cr_assert_eq(queue_peek(&queue, 0), resting);
    cr_assert_eq(queue_wake(&queue, 60), 0);
    cr_assert_eq(queue_peek(&queue, 0), sent);
    cr_assert_eq(queue.sent, 0);
    queue_clear(&queue);
}

Test(queue, asks_for_emergencies_alone_when_told_so)
{
    struct queue queue = {0};
    add(&queue, 1, 2);
    cr_assert_null(queue_peek(&queue, 3));
    struct entry *entry = add(&queue, 2, 3);
    cr_assert_eq(queue_peek(&queue, 3), entry);
    queue_clear(&queue);
}

Test(queue, cuts_where_the_fewest_exceptions_are)
{
    struct queue queue = {0};
    for (uint64_t seq = 1; seq <= 10; seq++)
        add(&queue, seq, 0);
    cr_assert_eq(queue_cut(&queue, 0, 10), 0, "all wait: nothing is settled below");
    for (uint64_t seq = 2; seq <= 10; seq++)
        queue_settle(&queue, queue_find(&queue, seq));
    cr_assert_eq(queue_cut(&queue, 0, 10), 10, "one exception for the first, not nine");
    queue_settle(&queue, queue_find(&queue, 1));
    cr_assert_eq(queue_cut(&queue, 0, 20), 20, "all settled: as far as is known");
    queue_clear(&queue);
}

Test(queue, never_cuts_above_its_limit_nor_below_where_it_was)
{
    struct queue queue = {0};
    for (uint64_t seq = 1; seq <= 10; seq++)
        queue_settle(&queue, add(&queue, seq, 0));
    cr_assert_eq(queue_cut(&queue, 0, 4), 4);
    cr_assert_eq(queue_cut(&queue, 3, 3), 3);
    queue_clear(&queue);
}

Test(queue, forgets_what_is_settled_below_the_position_and_has_no_record)
{
    struct queue queue = {0};
    struct entry *kept = add(&queue, 1, 0), *gone = add(&queue, 2, 0), *above = add(&queue, 9, 0);
    kept->kept = KEPT_WAITING;
    queue_settle(&queue, kept);
    queue_settle(&queue, gone);
    queue_settle(&queue, above);
    queue_compact(&queue, 5);
    cr_assert_not_null(queue_find(&queue, 1), "its record is to be deleted first");
    cr_assert_null(queue_find(&queue, 2));
    cr_assert_not_null(queue_find(&queue, 9));
    queue_clear(&queue);
}

// Random turns against a plain reading of the rules.
Test(queue, agrees_with_a_plain_reference_on_random_turns)
{
    enum { SEQS = 60, TURNS = 20000 };
    struct queue queue = {0};
    srand(7);
    for (uint64_t seq = 1; seq <= SEQS; seq++)
        add(&queue, seq, (uint8_t)(rand() % 4));
    for (int turn = 0; turn < TURNS; turn++) {
        struct entry *entry = queue_find(&queue, (uint64_t)(rand() % SEQS) + 1), *best = NULL;
        if (!entry)
            continue;
        switch (rand() % 4) {
        case 0:
            queue_wait(&queue, entry);
            break;
        case 1:
            queue_rest(&queue, entry, 1000000);
            break;
        case 2:
            queue_sent(&queue, entry, 1000000);
            break;
        default:
            queue_return(&queue);
        }
        for (size_t i = 0; i < queue.count; i++) {
            struct entry *one = queue.all[i];
            if (one->state == ENTRY_WAITING && (!best || one->priority > best->priority))
                best = one;
        }
        cr_assert_eq(queue_peek(&queue, 0), best, "turn %d", turn);
    }
    queue_clear(&queue);
}
