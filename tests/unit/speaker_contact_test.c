// The amplifier's contact: how much of a sound was muted.
#include <criterion/criterion.h>

#include "contact.h"

static struct contact contact;
static uint64_t muted;

Test(contact, without_one_nothing_speaks_against_a_sound)
{
    contact_begin(&contact, 1000);
    cr_expect_eq(contact_end(&contact, 9000, &muted), CONTACT_NOTHING);
    cr_expect_eq(muted, 0);
    contact_tell(&contact, CONTACT_LOUD, 9000);
    contact_begin(&contact, 9000);
    cr_expect_eq(contact_end(&contact, 19000, &muted), CONTACT_NOTHING);
}

Test(contact, muted_all_the_time_nobody_heard_it)
{
    contact_tell(&contact, CONTACT_MUTED, 500);
    contact_begin(&contact, 1000);
    cr_expect_eq(contact_end(&contact, 9000, &muted), CONTACT_UNHEARD);
    cr_expect_eq(muted, 8000);
    contact_begin(&contact, 20000);
    contact_tell(&contact, CONTACT_MUTED, 21000);
    cr_expect_eq(contact_end(&contact, 22000, &muted), CONTACT_UNHEARD, "each sound anew");
    cr_expect_eq(muted, 2000);
}

Test(contact, muted_for_less_than_half_it_was_heard_in_part)
{
    contact_tell(&contact, CONTACT_MUTED, 500);
    contact_begin(&contact, 1000);
    contact_tell(&contact, CONTACT_LOUD, 1400);
    contact_tell(&contact, CONTACT_MUTED, 5000);
    contact_tell(&contact, CONTACT_LOUD, 6000);
    cr_expect_eq(contact_end(&contact, 9000, &muted), CONTACT_PARTLY);
    cr_expect_eq(muted, 1400);
}

Test(contact, what_is_not_known_is_not_muted)
{
    contact_tell(&contact, CONTACT_MUTED, 500);
    contact_begin(&contact, 1000);
    contact_tell(&contact, CONTACT_UNKNOWN, 2000);
    cr_expect_eq(contact_end(&contact, 9000, &muted), CONTACT_PARTLY);
    cr_expect_eq(muted, 1000);
    contact_tell(&contact, CONTACT_MUTED, 9000);
    cr_expect_eq(contact_end(&contact, 9500, &muted), CONTACT_NOTHING, "without a sound");
}
