// The cards of a station are asked together when it starts. The time is the test's own: it goes on by what is waited for.
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cards.h"
#include "line.h"

static uint64_t now_ms = 1000, waited_ms;
static unsigned waits;
static bool answers; // those that are waited for do

void __real_line_wait(struct line *line, int ms);
void __wrap_line_wait(struct line *line, int ms);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);

void __wrap_line_wait(struct line *line, int ms)
{
    waits++;
    if (answers) {
        __real_line_wait(line, 60000);
        return;
    }
    waited_ms += (uint64_t)ms;
    now_ms += (uint64_t)ms;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    *time = (struct timespec){.tv_sec = (time_t)(now_ms / 1000),
                              .tv_nsec = (long)(now_ms % 1000) * 1000000};
    return 0;
}

static char folder[] = "/tmp/cards-XXXXXX", said[64];

// A lienthon-say that does this, found by PATH.
static void be_served_by(const char *script)
{
    char all[4096];
    cr_assert(mkdtemp(folder));
    snprintf(said, sizeof said, "%s/lienthon-say", folder);
    FILE *file = fopen(said, "w");
    cr_assert(file);
    fprintf(file, "#!/bin/sh\n%s", script);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(chmod(said, 0700), 0);
    snprintf(all, sizeof all, "%s:%s", folder, getenv("PATH"));
    setenv("PATH", all, 1);
}

static void teardown(void)
{
    unlink(said);
    rmdir(folder);
}

TestSuite(cards, .fini = teardown);

static const char *const names[] = {"mot", "hai", "ba", "bon", "nam", "sau"};
enum { NAMES = sizeof names / sizeof *names };

static struct cards asked(void)
{
    struct cards cards = {0};
    for (size_t i = 0; i < NAMES; i++)
        cr_assert_eq(cards_ask(&cards, names[i], NULL), LT_DONE);
    cr_assert_eq(cards_ask(&cards, names[0], NULL), LT_DONE);
    cr_assert_eq(cards.count, NAMES, "none is asked about twice");
    cards_wait(&cards);
    return cards;
}

Test(cards, six_that_hang_cost_the_time_of_one)
{
    be_served_by("exec tail -f /dev/null\n");
    struct cards cards = asked();
    cr_expect_geq(waited_ms, 3000, "they had their time");
    cr_expect_leq(waited_ms, 3200, "and no more: %u waits", waits);
    for (size_t i = 0; i < NAMES; i++) {
        struct outlet *outlet = NULL;
        struct lt_error error = {0};
        cr_expect_eq(cards_take(&cards, names[i], &outlet, &error), LT_IO);
        cr_expect(strstr(error.text, names[i]) && strstr(error.text, "does not answer"), "%s",
                  error.text);
        cr_expect_null(outlet);
    }
    cr_expect_leq(waited_ms, 3200, "whoever takes one waits for nothing");
    cards_clear(&cards);
}

// LINE_WELL of no sound.
static const char well[] = "printf '\\011\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0' >&0\n"
                           "exec tail -f /dev/null\n";

Test(cards, those_that_answer_are_had_by_the_first_and_the_next_has_one_of_his_own)
{
    cr_assert_eq(LINE_WELL, 9);
    answers = true;
    be_served_by(well);
    struct cards cards = asked();
    cr_expect_leq(waits, NAMES, "no answer is waited for twice");
    for (size_t i = 0; i < 2; i++) {
        struct outlet *first = NULL, *second = NULL;
        cr_assert_eq(cards_take(&cards, names[i], &first, NULL), LT_DONE);
        cr_assert_eq(cards_take(&cards, names[i], &second, NULL), LT_DONE);
        cr_expect_neq(first, second);
        outlet_destroy(&first);
        outlet_destroy(&second);
    }
    cards_clear(&cards);
    cr_expect_eq(waited_ms, 0);
}
