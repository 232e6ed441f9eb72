// What is to begin with a word of correction.
#include "corrections.h"

#include <criterion/criterion.h>

static const uint8_t *id(unsigned number)
{
    static uint8_t made[LT_ID_SIZE];
    made[0] = (uint8_t)number;
    made[1] = (uint8_t)(number >> 8);
    return made;
}

Test(speaker_corrections, each_is_one_until_it_was_heard)
{
    struct corrections corrections = {0};
    corrections_add(&corrections, id(1));
    corrections_add(&corrections, id(2));
    corrections_add(&corrections, id(2));
    corrections_drop(&corrections, id(3));
    cr_assert(corrections_have(&corrections, id(1)) && corrections_have(&corrections, id(2)));
    corrections_drop(&corrections, id(2));
    cr_assert(corrections_have(&corrections, id(1)));
    cr_assert_not(corrections_have(&corrections, id(2)));
}

Test(speaker_corrections, what_replaces_a_replacement_is_one_in_its_place)
{
    struct corrections corrections = {0};
    uint8_t to[LT_ID_SIZE] = {9};
    corrections_pass(&corrections, id(1), to);
    cr_assert_eq(corrections.count, 0u, "nothing of that was heard");
    corrections_add(&corrections, id(1));
    corrections_pass(&corrections, id(1), to);
    cr_assert(corrections_have(&corrections, to));
    cr_assert_not(corrections_have(&corrections, id(1)));
}

Test(speaker_corrections, the_oldest_gives_way)
{
    struct corrections corrections = {0};
    for (unsigned i = 0; i < CORRECTIONS_MOST + 2; i++)
        corrections_add(&corrections, id(i));
    cr_assert_eq(corrections.count, (size_t)CORRECTIONS_MOST);
    cr_assert_not(corrections_have(&corrections, id(1)));
    cr_assert(corrections_have(&corrections, id(2)));
    cr_assert(corrections_have(&corrections, id(CORRECTIONS_MOST + 1)));
    corrections_drop(&corrections, id(CORRECTIONS_MOST + 1));
    cr_assert(corrections_have(&corrections, id(CORRECTIONS_MOST)));
}
