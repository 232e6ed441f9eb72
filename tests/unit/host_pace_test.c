// How fast, when again, and when not at all: on a clock that the test moves.
#include <criterion/criterion.h>

#include <lienthon/breaker.h>
#include <lienthon/pace.h>

// How many of that priority go in a time, asked as soon as they may be; the clock moves on.
static unsigned how_many(struct lt_pace *pace, unsigned priority, uint64_t *now, uint64_t until)
{
    unsigned count = 0;
    while (*now < until) {
        uint64_t wait = lt_pace_take(pace, priority, *now);
        count += wait == 0;
        *now += wait;
    }
    return count;
}

Test(pace, without_a_limit_never_waits)
{
    struct lt_pace pace = {0};
    for (unsigned i = 0; i < 1000; i++)
        cr_assert_eq(lt_pace_take(&pace, 0, 5), 0);
}

Test(pace, lets_a_burst_through_and_then_keeps_to_the_rate)
{
    struct lt_pace pace;
    lt_pace_init(&pace, &(struct lt_pace_limit){.count = 60, .period_ms = 60000, .burst = 5});
    for (unsigned i = 0; i < 5; i++)
        cr_expect_eq(lt_pace_take(&pace, 0, 1000), 0, "%u", i);
    cr_expect_eq(lt_pace_take(&pace, 0, 1000), 1000);
    cr_expect_eq(lt_pace_take(&pace, 0, 1999), 1);
    cr_expect_eq(lt_pace_take(&pace, 0, 2000), 0);
    uint64_t now = 2000;
    cr_expect_eq(how_many(&pace, 0, &now, 62000), 59, "one was taken at 2000");
}

Test(pace, a_rest_gives_no_more_than_the_burst)
{
    struct lt_pace pace;
    lt_pace_init(&pace, &(struct lt_pace_limit){.count = 10, .period_ms = 1000, .burst = 3});
    unsigned at_once = 0;
    while (lt_pace_take(&pace, 3, 1000000) == 0)
        at_once++;
    cr_expect_eq(at_once, 3);
}

Test(pace, what_is_routine_cannot_use_the_share_of_what_is_urgent)
{
    struct lt_pace pace;
    lt_pace_init(&pace, &(struct lt_pace_limit){
                            .count = 100, .period_ms = 10000, .burst = 10, .reserved = 20});
    uint64_t now = 100000;
    unsigned routine = how_many(&pace, 1, &now, 110000);
    cr_expect_eq(routine, 8 + 80 - 1, "8 at once and 80 in the time: %u", routine);
    // The bucket of all has what they left: an urgent one goes at once, and more than one.
    unsigned urgent = 0;
    while (lt_pace_take(&pace, 2, now) == 0)
        urgent++;
    cr_expect_geq(urgent, 2);
    cr_expect_gt(lt_pace_wait(&pace, 0, now), 0);
}

Test(pace, an_urgent_one_waits_no_longer_than_one_turn_where_there_is_no_burst)
{
    struct lt_pace pace;
    lt_pace_init(&pace, &(struct lt_pace_limit){.count = 1, .period_ms = 3000, .reserved = 25});
    cr_expect_eq(lt_pace_take(&pace, 0, 1000), 0);
    cr_expect_eq(lt_pace_wait(&pace, 0, 1000), 4000);
    cr_expect_eq(lt_pace_wait(&pace, 2, 1000), 3000);
}

Test(pace, nobody_goes_before_the_far_side_wants_it)
{
    struct lt_pace pace = {0};
    lt_pace_close(&pace, 5000);
    lt_pace_close(&pace, 4000);
    cr_expect_eq(lt_pace_take(&pace, 3, 1000), 4000);
    cr_expect_eq(lt_pace_take(&pace, 3, 5000), 0);
}

Test(pace, reads_a_rate_and_refuses_what_is_none)
{
    struct lt_pace_limit limit = {0};
    cr_expect(lt_pace_parse("20/m", &limit));
    cr_expect_eq(limit.count, 20);
    cr_expect_eq(limit.period_ms, 60000);
    cr_expect(lt_pace_parse("3/10s", &limit));
    cr_expect_eq(limit.period_ms, 10000);
    static const char *const wrong[] = {
        "",     "20",    "/m",    "0/s",           "20/",           "20/x",  "-1/s",
        "1/0s", "1 / s", "20/mm", "1/9999999999d", "99999999999/s", "1/999d"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(lt_pace_parse(wrong[i], &limit), "%s", wrong[i]);
}

Test(pace, no_limit_makes_it_wrong_however_large)
{
    struct lt_pace pace;
    lt_pace_init(&pace, &(struct lt_pace_limit){UINT64_MAX, UINT64_MAX, UINT64_MAX, 200});
    cr_expect_eq(lt_pace_take(&pace, 0, 1), 0);
    lt_pace_init(&pace, &(struct lt_pace_limit){1, UINT64_MAX, UINT64_MAX, 99});
    cr_expect_eq(lt_pace_take(&pace, 0, 1), 0);
}

Test(backoff, is_longer_with_each_failure_up_to_the_most_and_by_chance_shorter)
{
    cr_expect_eq(lt_backoff(1, 1000, 60000, UINT32_MAX), 1000);
    cr_expect_eq(lt_backoff(2, 1000, 60000, UINT32_MAX), 2000);
    cr_expect_eq(lt_backoff(6, 1000, 60000, UINT32_MAX), 32000);
    cr_expect_eq(lt_backoff(7, 1000, 60000, UINT32_MAX), 60000);
    cr_expect_eq(lt_backoff(4000000000U, 1000, 60000, UINT32_MAX), 60000);
    cr_expect_eq(lt_backoff(7, 1000, 60000, 0), 1);
    cr_expect_eq(lt_backoff(7, 1000, 60000, UINT32_MAX / 2), 30000);
    cr_expect_eq(lt_backoff(9, 0, 0, UINT32_MAX), 1);
}

static const struct lt_breaker_limit limit = {
    .failures = 3, .rest_ms = 1000, .most_ms = 3000, .try_ms = 10000};

static struct lt_breaker opened(uint64_t now)
{
    struct lt_breaker breaker;
    lt_breaker_init(&breaker, &limit);
    for (unsigned i = 0; i < limit.failures; i++)
        lt_breaker_ill(&breaker, now);
    return breaker;
}

Test(breaker, opens_after_so_many_failures_in_a_row_and_no_sooner)
{
    struct lt_breaker breaker;
    lt_breaker_init(&breaker, &limit);
    lt_breaker_ill(&breaker, 100);
    lt_breaker_ill(&breaker, 100);
    lt_breaker_well(&breaker);
    lt_breaker_ill(&breaker, 100);
    lt_breaker_ill(&breaker, 100);
    cr_expect_eq(lt_breaker_ask(&breaker, 100), 0);
    lt_breaker_ill(&breaker, 100);
    cr_expect_eq(breaker.state, LT_BREAKER_OPEN);
    cr_expect_eq(lt_breaker_ask(&breaker, 100), 1000);
    cr_expect_eq(lt_breaker_ask(&breaker, 1099), 1);
}

Test(breaker, lets_one_alone_try_and_closes_when_it_was_well)
{
    struct lt_breaker breaker = opened(100);
    cr_expect_eq(lt_breaker_ask(&breaker, 1100), 0);
    cr_expect_str_eq(lt_breaker_name(&breaker), "trying");
    cr_expect_gt(lt_breaker_ask(&breaker, 1100), 0, "another one");
    lt_breaker_well(&breaker);
    cr_expect_eq(lt_breaker_ask(&breaker, 1100), 0);
    cr_expect_eq(lt_breaker_ask(&breaker, 1100), 0);
    cr_expect_eq(breaker.state, LT_BREAKER_CLOSED);
}

Test(breaker, closes_at_once_by_other_evidence_and_opens_with_the_next_failure)
{
    struct lt_breaker breaker = opened(100);
    lt_breaker_back(&breaker);
    cr_expect_eq(breaker.state, LT_BREAKER_CLOSED);
    cr_expect_eq(lt_breaker_ask(&breaker, 101), 0);
    cr_expect_eq(lt_breaker_ask(&breaker, 101), 0, "not one alone");
    lt_breaker_ill(&breaker, 102);
    cr_expect_eq(breaker.state, LT_BREAKER_OPEN, "the evidence was wrong");
    lt_breaker_back(&breaker);
    lt_breaker_well(&breaker);
    lt_breaker_ill(&breaker, 103);
    cr_expect_eq(breaker.state, LT_BREAKER_CLOSED, "it was right: all failures count anew");
    const unsigned failed = breaker.failed;
    lt_breaker_back(&breaker);
    cr_expect_eq(breaker.failed, failed, "of a closed one it says nothing");
}

Test(breaker, rests_longer_after_each_try_that_failed_but_not_without_end)
{
    struct lt_breaker breaker = opened(0);
    uint64_t now = 1000;
    static const uint64_t rests[] = {2000, 3000, 3000};
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(lt_breaker_ask(&breaker, now), 0);
        lt_breaker_ill(&breaker, now);
        cr_expect_eq(lt_breaker_ask(&breaker, now), rests[i]);
        now += rests[i];
    }
    cr_expect_eq(breaker.opened, 4);
    lt_breaker_ask(&breaker, now);
    lt_breaker_well(&breaker);
    for (unsigned i = 0; i < limit.failures; i++)
        lt_breaker_ill(&breaker, now);
    cr_expect_eq(lt_breaker_ask(&breaker, now), 1000, "as short as at first");
}

Test(breaker, a_try_that_is_never_told_of_does_not_keep_it_shut)
{
    struct lt_breaker breaker = opened(0);
    cr_expect_eq(lt_breaker_ask(&breaker, 1000), 0);
    cr_expect_eq(lt_breaker_ask(&breaker, 2000), 9000);
    cr_expect_eq(lt_breaker_ask(&breaker, 11000), 0);
    lt_breaker_pass(&breaker);
    cr_expect_eq(lt_breaker_ask(&breaker, 11000), 0);
}

Test(breaker, a_failure_of_one_that_went_before_does_not_make_the_rest_longer)
{
    struct lt_breaker breaker = opened(0);
    lt_breaker_ill(&breaker, 900);
    cr_expect_eq(lt_breaker_ask(&breaker, 1000), 0);
}

Test(breaker, without_a_number_never_opens)
{
    struct lt_breaker breaker = {0};
    for (unsigned i = 0; i < 100; i++)
        lt_breaker_ill(&breaker, 1);
    cr_expect_eq(lt_breaker_ask(&breaker, 1), 0);
}
