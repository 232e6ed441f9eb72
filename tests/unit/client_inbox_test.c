// Deliveries between hub and caller: handed over once, acknowledged again where the acknowledgement was lost.
#include "client_case.h"
#include "inbox.h"

static const uint8_t ONE[LT_ID_SIZE] = {1}, OTHER[LT_ID_SIZE] = {2};

static bool all_stay(void *self, uint64_t sid)
{
    (void)self;
    (void)sid;
    return true;
}

static bool only_20_stays(void *self, uint64_t sid)
{
    (void)self;
    return sid == 20;
}

static struct delivery *handed(struct inbox *inbox, uint64_t sid, uint64_t seq)
{
    struct delivery *delivery = inbox_arrive(inbox, sid, seq, 1, ONE);
    cr_assert_not_null(delivery);
    cr_assert_eq(delivery->state, DELIVERY_NEW);
    inbox_hand(inbox, delivery);
    return delivery;
}

Test(inbox, hands_over_once_what_the_hub_delivers_twice)
{
    struct inbox inbox = {0};
    handed(&inbox, 20, 5);
    inbox_lost(&inbox, all_stay, NULL);
    struct delivery *again = inbox_arrive(&inbox, 20, 5, 2, ONE);
    cr_assert_eq(again->state, DELIVERY_HANDED);
    cr_assert(again->on_link);
    inbox_clear(&inbox);
}

Test(inbox, remembers_the_outcome_whose_acknowledgement_was_lost)
{
    struct inbox inbox = {0};
    inbox_settle(&inbox, handed(&inbox, 20, 5), LT_ACK_GAVE_UP, "hỏng loa");
    inbox_lost(&inbox, all_stay, NULL);
    cr_assert_not(inbox_find(&inbox, 20, 5)->on_link);
    struct delivery *again = inbox_arrive(&inbox, 20, 5, 1, ONE);
    cr_assert_eq(again->state, DELIVERY_SETTLED);
    cr_assert_eq(again->outcome, LT_ACK_GAVE_UP);
    cr_assert_str_eq(again->detail, "hỏng loa");
    inbox_clear(&inbox);
}

Test(inbox, hands_over_again_what_was_to_come_again)
{
    struct inbox inbox = {0};
    inbox_settle(&inbox, handed(&inbox, 20, 5), LT_ACK_AGAIN, NULL);
    cr_assert_null(inbox_find(&inbox, 20, 5));
    cr_assert_eq(inbox_arrive(&inbox, 20, 5, 2, ONE)->state, DELIVERY_NEW);
    inbox_clear(&inbox);
}

Test(inbox, does_not_take_another_message_under_an_old_seq_for_the_one_it_knew)
{
    struct inbox inbox = {0};
    inbox_settle(&inbox, handed(&inbox, 20, 5), LT_ACK_DONE, NULL);
    cr_assert_eq(inbox_arrive(&inbox, 20, 5, 1, OTHER)->state, DELIVERY_NEW);
    cr_assert_eq(inbox.count, 1);
    cr_assert_eq(inbox.settled.count, 0);
    inbox_clear(&inbox);
}

Test(inbox, forgets_with_the_connection_what_was_not_durable)
{
    struct inbox inbox = {0};
    handed(&inbox, 20, 5);
    handed(&inbox, 21, 5);
    inbox_lost(&inbox, only_20_stays, NULL);
    cr_assert_not_null(inbox_find(&inbox, 20, 5));
    cr_assert_null(inbox_find(&inbox, 21, 5));
    inbox_forget(&inbox, 20);
    cr_assert_eq(inbox.count, 0);
    inbox_clear(&inbox);
}

Test(inbox, keeps_a_bounded_number_until_a_grant_comes_and_drops_them_with_the_connection)
{
    struct inbox inbox = {0};
    struct lt_slice bytes = lt_slice_of("sealed");
    for (uint64_t seq = 1; seq <= INBOX_KEPT_MAX; seq++)
        cr_assert(inbox_keep(&inbox, inbox_arrive(&inbox, 20, seq, 1, ONE), bytes, 100));
    cr_assert_not(
        inbox_keep(&inbox, inbox_arrive(&inbox, 20, INBOX_KEPT_MAX + 1, 1, ONE), bytes, 100));
    cr_assert_eq(inbox.kept.first->seq, 1);
    inbox_lost(&inbox, all_stay, NULL);
    cr_assert_null(inbox.kept.first);
    cr_assert_eq(inbox.kept.bytes, 0);
    inbox_clear(&inbox);
}

Test(inbox, forgets_the_oldest_of_many_settled)
{
    struct inbox inbox = {0};
    for (uint64_t seq = 1; seq <= 2 * INBOX_SETTLED_MAX; seq++)
        inbox_settle(&inbox, handed(&inbox, 20, seq), LT_ACK_DONE, NULL);
    cr_assert_eq(inbox.count, INBOX_SETTLED_MAX);
    cr_assert_null(inbox_find(&inbox, 20, INBOX_SETTLED_MAX));
    cr_assert_not_null(inbox_find(&inbox, 20, INBOX_SETTLED_MAX + 1));
    inbox_clear(&inbox);
}
