// Which announcement is next.
#include <criterion/criterion.h>

#include "queue.h"

Test(queue, gives_the_higher_priority_first_and_then_who_came_first)
{
    struct queue queue = {0};
    struct queue_place a = {0}, b = {0}, c = {0}, d = {0};
    queue_add(&queue, &a, 0);
    queue_add(&queue, &b, 2);
    queue_add(&queue, &c, 0);
    queue_add(&queue, &d, 2);
    cr_expect_eq(queue.count, 4);
    cr_expect_eq(queue_take(&queue), &b);
    cr_expect_eq(queue_take(&queue), &d);
    cr_expect_eq(queue_take(&queue), &a);
    cr_expect_eq(queue_take(&queue), &c);
    cr_expect_null(queue_take(&queue));
}

Test(queue, gives_an_interrupted_one_its_old_place_back)
{
    struct queue queue = {0};
    struct queue_place playing = {0}, later = {0}, urgent = {0};
    queue_add(&queue, &playing, 1);
    cr_expect_eq(queue_take(&queue), &playing);
    queue_add(&queue, &later, 1);
    queue_add(&queue, &urgent, 3);
    queue_again(&queue, &playing);
    cr_expect_eq(queue_take(&queue), &urgent);
    cr_expect_eq(queue_take(&queue), &playing);
    cr_expect_eq(queue_take(&queue), &later);
}

Test(queue, drops_one_from_the_middle_and_says_when_it_is_not_there)
{
    struct queue queue = {0};
    struct queue_place a = {0}, b = {0}, c = {0};
    queue_add(&queue, &a, 0);
    queue_add(&queue, &b, 0);
    queue_add(&queue, &c, 0);
    cr_expect(queue_drop(&queue, &b));
    cr_expect_not(queue_drop(&queue, &b));
    cr_expect_eq(queue_take(&queue), &a);
    cr_expect_eq(queue_take(&queue), &c);
    cr_expect_eq(queue.count, 0);
}
