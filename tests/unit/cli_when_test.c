// Times as officers type them, in the commune's zone.
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include <when.h>

// 2026-11-22 12:00:00 in Vietnam.
static const uint64_t noon = UINT64_C(1795323600000);

static void in_vietnam(void)
{
    when_zone("Asia/Ho_Chi_Minh");
}

static uint64_t parse(const char *text)
{
    uint64_t ms = 0;
    struct lt_error error = {0};
    cr_assert_eq(when_parse(text, noon, &ms, &error), LT_DONE, "%s: %s", text, error.text);
    return ms;
}

static uint64_t past(const char *text)
{
    uint64_t ms = 0;
    struct lt_error error = {0};
    cr_assert_eq(when_past(text, noon, &ms, &error), LT_DONE, "%s: %s", text, error.text);
    return ms;
}

enum { HOUR = 3600 * 1000 };

TestSuite(when, .init = in_vietnam);

Test(when, a_clock_is_the_next_one)
{
    cr_assert_eq(parse("17:00"), noon + UINT64_C(5) * HOUR);
    cr_assert_eq(parse("11:59"), noon + UINT64_C(24) * HOUR - 60000);
    cr_assert_eq(parse("12:00"), noon + UINT64_C(24) * HOUR);
    cr_assert_eq(parse("17:00:30"), noon + UINT64_C(5) * HOUR + 30000);
    cr_assert_eq(parse("17h30"), noon + UINT64_C(5) * HOUR + 1800000);
    cr_assert_eq(parse("17h"), noon + UINT64_C(5) * HOUR);
    cr_assert_eq(parse("22/11 17h30"), noon + UINT64_C(5) * HOUR + 1800000);
}

Test(when, a_clock_in_the_past_is_the_last_one)
{
    cr_assert_eq(past("11:00"), noon - HOUR);
    cr_assert_eq(past("17:00"), noon - UINT64_C(19) * HOUR);
    cr_assert_eq(past("-2h"), noon - UINT64_C(2) * HOUR);
}

Test(when, dates_are_taken_in_the_ways_people_write_them)
{
    const uint64_t five = noon + UINT64_C(29) * HOUR; // the 23rd, 17:00
    cr_assert_eq(parse("2026-11-23 17:00"), five);
    cr_assert_eq(parse("2026-11-23T17:00"), five);
    cr_assert_eq(parse("23/11 17:00"), five);
    cr_assert_eq(parse("23/11/2026 17:00"), five);
    cr_assert_eq(parse("2026-11-23T10:00:00Z"), five);
    cr_assert_eq(parse("2026-11-23T05:00:00-05:00"), five);
    cr_assert_eq(parse("+29h"), five);
}

Test(when, what_is_no_time_is_refused_with_what_is_allowed)
{
    static const char *const wrong[] = {"",
                                        "5",
                                        "25:00",
                                        "17:60",
                                        "17h60",
                                        "25h",
                                        "17h30:00",
                                        "17:00:",
                                        "17:00x",
                                        "30/02 17:00",
                                        "2026-13-01 10:00",
                                        "2026-11-23",
                                        "2026-11-23 ",
                                        "23/11 17",
                                        "+",
                                        "+0h",
                                        "-2h",
                                        "2026-11-23T10:00:00+7",
                                        "2027-02-30T17:00:00+07:00",
                                        "2027-13-01T17:00:00Z",
                                        "2027-00-10T17:00:00Z"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint64_t ms = 0;
        struct lt_error error = {0};
        cr_assert_eq(when_parse(wrong[i], noon, &ms, &error), LT_BAD_USE, "'%s'", wrong[i]);
        cr_assert_neq(error.text[0], '\0');
    }
}

Test(when, the_day_is_told_only_where_it_is_another)
{
    char text[WHEN_SIZE];
    when_short(noon + 5, noon, text);
    cr_assert_str_eq(text, "12:00:00");
    when_short(noon - UINT64_C(24) * HOUR, noon, text);
    cr_assert_str_eq(text, "21/11 12:00:00");
}

Test(when, a_zone_without_tzdata_is_still_vietnam)
{
    char text[WHEN_SIZE];
    when_full(noon, text);
    cr_assert_str_eq(text, "2026-11-22 12:00:00");
}

static uint64_t over(const char *text)
{
    uint64_t ms = 0;
    struct lt_error error = {0};
    cr_assert_eq(when_day_end(text, "until", noon, &ms, &error), LT_DONE, "%s: %s", text,
                 error.text);
    return ms;
}

Test(when, a_day_is_over_at_midnight_and_without_a_year_it_is_the_next)
{
    const uint64_t midnight = noon + UINT64_C(12) * HOUR;
    cr_assert_eq(over("22/11"), midnight);
    cr_assert_eq(over("22/11/2026"), midnight);
    cr_assert_eq(over("2026-11-22"), midnight);
    cr_assert_eq(over("23/11"), midnight + UINT64_C(24) * HOUR);
    cr_assert_eq(over("21/11"), midnight + UINT64_C(364) * 24 * HOUR);
    cr_assert_eq(over("21/11/2026"), midnight - UINT64_C(24) * HOUR);
    const char *const wrong[] = {"",   "31/11",   "29/2", "tomorrow", "22/11 17:00",
                                 "22", "2026-11", "0/1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint64_t ms = 0;
        struct lt_error error = {0};
        cr_assert_eq(when_day_end(wrong[i], "until", noon, &ms, &error), LT_BAD_USE, "%s",
                     wrong[i]);
        cr_assert_not_null(strstr(error.text, "31/12/2026"));
    }
}

Test(when, a_minute_of_the_day)
{
    unsigned minute = 0;
    cr_assert(when_minute("17h30", &minute) && minute == 17 * 60 + 30);
    cr_assert(when_minute("00:00", &minute) && minute == 0);
    cr_assert_not(when_minute("24:00", &minute));
    cr_assert_not(when_minute("17:00:30", &minute));
    cr_assert_not(when_minute("", &minute));
}
