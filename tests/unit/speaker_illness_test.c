// What the loudspeaker's health says while several things are wrong at once. The host's two calls are the test's own.
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "illness.h"

static char told[1024];
static unsigned tells;

static void tell(const char *state, const char *what)
{
    snprintf(told, sizeof told, "%s: %s", state, what);
    tells++;
}

void lt_bridge_well(lt_bridge_host *host, const char *what)
{
    (void)host;
    tell("well", what);
}

void lt_bridge_ill(lt_bridge_host *host, const char *what)
{
    (void)host;
    tell("ill", what);
}

Test(illness, one_that_mends_does_not_hide_another)
{
    struct illness illness = {0};
    struct illness_cause card = {0}, log = {.keeps_sound = true};
    illness_ill(&illness, &log, "the play log is full");
    cr_expect_str_eq(told, "ill: the play log is full");
    illness_ill(&illness, &card, "card: it has gone");
    cr_expect_str_eq(told, "ill: card: it has gone; the play log is full",
                     "what matters most first");
    cr_expect_str_eq(illness_first(&illness), "card: it has gone");
    illness_worked(&illness, "played to the end");
    illness_well(&illness, &card, "an outlet plays again");
    cr_expect_str_eq(told, "ill: the play log is full");
    illness_well(&illness, &log, "the play log is written");
    cr_expect_str_eq(told, "well: the play log is written");
    cr_expect_null(illness_first(&illness));
    illness_worked(&illness, "played to the end");
    cr_expect_str_eq(told, "well: played to the end");
}

Test(illness, the_older_stands_before_the_later)
{
    struct illness illness = {0};
    struct illness_cause first = {0}, second = {0}, third = {0};
    illness_ill(&illness, &first, "a");
    illness_ill(&illness, &second, "b");
    illness_ill(&illness, &third, "c");
    cr_expect_str_eq(told, "ill: a; b; c");
    illness_well(&illness, &second, "");
    cr_expect_str_eq(told, "ill: a; c");
    illness_ill(&illness, &second, "b");
    cr_expect_str_eq(told, "ill: a; c; b");
    illness_ill(&illness, &second, "a");
    cr_expect_str_eq(told, "ill: a; c", "the same is said once");
}

Test(illness, is_told_once_and_again_when_asked_to)
{
    struct illness illness = {0};
    struct illness_cause card = {0};
    tells = 0;
    illness_well(&illness, &card, "nothing was wrong");
    illness_remind(&illness);
    cr_expect_eq(tells, 0);
    illness_ill(&illness, &card, "gone");
    illness_ill(&illness, &card, "gone");
    cr_expect_eq(tells, 1);
    cr_expect_eq(illness.changes, 1);
    illness_remind(&illness);
    cr_expect_eq(tells, 2);
    cr_expect_eq(illness.changes, 1);
    illness_ill(&illness, &card, "it takes nothing");
    cr_expect_str_eq(told, "ill: it takes nothing");
    cr_expect_eq(illness.changes, 2);
}
