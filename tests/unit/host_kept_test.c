// What is kept comes back in the order in which it was kept, whatever the clock does.
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <lienthon/seal.h>

#include "kept.h"

enum { MANY = 40 };

static void keep_one(struct kept *kept, lt_signer *signer, uint8_t number)
{
    struct lt_buffer sealed = {.max = 1 << 16};
    struct lt_sealed message;
    struct lt_part part = {
        .from = lt_slice_of("van-phong"),
        .topic = lt_slice_of("an-thanh-1/an-thuong/thong-bao"),
        .type = lt_slice_of("notice.v1"),
        .created = 1796000000000 + number,
        .body = {&number, 1},
    };
    lt_id_make(part.created, part.id);
    cr_assert_eq(lt_seal_part(signer, &part, &sealed, NULL), LT_DONE);
    cr_assert_eq(lt_sealed_decode(lt_buffer_slice(&sealed), &message, NULL), LT_DONE);
    cr_assert_eq(kept_add(kept, "loa", &message, NULL), LT_DONE);
    lt_buffer_clear(&sealed);
}

struct order {
    uint8_t numbers[MANY];
    size_t count;
};

static void found(void *user, struct lt_slice target, const struct lt_sealed *message)
{
    struct order *order = user;
    cr_assert(lt_slice_is(target, "loa") && order->count < MANY);
    order->numbers[order->count++] = message->part.body.data[0];
}

static void check_order(struct kept *kept, size_t count)
{
    struct order order = {0};
    cr_assert_eq(kept_read(kept, found, &order, NULL), LT_DONE);
    cr_assert_eq(order.count, count);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(order.numbers[i], i, "the %zuth is %u", i, order.numbers[i]);
}

// As if the clock had been a day ahead when they were written.
static void move_all(const char *folder)
{
    char command[300];
    snprintf(command, sizeof command, "touch -d tomorrow %s/*", folder);
    cr_assert_eq(system(command), 0);
}

static void remove_all(const char *folder)
{
    char command[300];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

Test(kept, comes_back_in_its_order_though_all_was_kept_within_a_moment)
{
    char folder[] = "/tmp/lt-kept-XXXXXX";
    uint8_t seed[LT_SEED_SIZE] = {7};
    struct kept kept = {0};
    lt_signer *signer = lt_signer_new(seed);
    cr_assert(mkdtemp(folder) && signer);
    cr_assert_eq(kept_open(folder, &kept, NULL), LT_DONE);
    for (int i = 0; i < MANY; i++)
        keep_one(&kept, signer, (uint8_t)i);
    check_order(&kept, MANY);
    kept_close(&kept);
    lt_signer_destroy(&signer);
    remove_all(folder);
}

Test(kept, a_clock_that_is_put_back_does_not_put_the_new_before_the_old)
{
    char folder[] = "/tmp/lt-kept-XXXXXX";
    uint8_t seed[LT_SEED_SIZE] = {7};
    struct kept kept = {0};
    lt_signer *signer = lt_signer_new(seed);
    cr_assert(mkdtemp(folder) && signer);
    cr_assert_eq(kept_open(folder, &kept, NULL), LT_DONE);
    keep_one(&kept, signer, 0);
    move_all(folder);
    check_order(&kept, 1); // a later life reads them
    for (int i = 1; i < 4; i++)
        keep_one(&kept, signer, (uint8_t)i);
    check_order(&kept, 4);
    kept_close(&kept);
    lt_signer_destroy(&signer);
    remove_all(folder);
}
