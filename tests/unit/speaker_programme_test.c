// The programme over simulated days and a simulated year, against a reference that is written down plainly.
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lienthon/lunar.h>
#include <lienthon/message.h>

#include "programme.h"

#define MINUTE UINT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

// In Việt Nam's time.
static uint64_t at(int year, int month, int day, int hour, int minute)
{
    int64_t number = 0;
    struct lt_solar_date date = {year, month, day};
    cr_assert(lt_solar_day(&date, &number));
    return (uint64_t)number * DAY + (uint64_t)hour * HOUR + (uint64_t)minute * MINUTE - 7 * HOUR;
}

static struct hours usual(void)
{
    struct hours hours;
    hours_default(&hours);
    return hours;
}

static struct programme_item item(uint8_t priority, uint64_t from)
{
    return (struct programme_item){
        .priority = priority, .created = from, .from = from, .length_ms = 2 * MINUTE};
}

static void check_when(const struct programme_item *one, uint64_t now, uint64_t expected)
{
    struct hours hours = usual();
    char got[HOURS_TEXT], want[HOURS_TEXT];
    hours_print(&hours, programme_time(&hours, one, now).when, got);
    hours_print(&hours, expected, want);
    cr_assert_str_eq(got, want);
}

Test(programme, routine_waits_for_the_next_programme_of_the_communes_time)
{
    struct programme_item one = item(LT_THUONG, at(2026, 11, 28, 8, 30));
    check_when(&one, one.from, at(2026, 11, 28, 17, 0));
    one = item(LT_THUONG, at(2026, 11, 28, 17, 1));
    check_when(&one, one.from, at(2026, 11, 29, 5, 0));
    one = item(LT_THUONG, at(2026, 12, 31, 23, 59));
    check_when(&one, one.from, at(2027, 1, 1, 5, 0));
    one = item(LT_THUONG, at(2026, 11, 28, 17, 0));
    check_when(&one, one.from, at(2026, 11, 28, 17, 0));
}

Test(programme, urgent_waits_for_the_day_and_the_most_urgent_for_nothing)
{
    struct programme_item one = item(LT_KHAN, at(2026, 11, 28, 5, 59));
    check_when(&one, one.from, at(2026, 11, 28, 6, 0));
    one = item(LT_KHAN, at(2026, 11, 28, 20, 59));
    check_when(&one, one.from, one.from);
    one = item(LT_KHAN, at(2026, 11, 28, 21, 0));
    check_when(&one, one.from, at(2026, 11, 29, 6, 0));
    for (uint8_t priority = LT_THUONG_KHAN; priority <= LT_HOA_TOC; priority++) {
        one = item(priority, at(2026, 11, 28, 2, 0));
        check_when(&one, one.from, one.from);
    }
}

Test(programme, the_day_begins_and_ends_to_the_second)
{
    struct hours hours = usual();
    const uint64_t second = 1000, evening = at(2026, 11, 28, 21, 0);
    const uint64_t morning = at(2026, 11, 28, 6, 0), next = at(2026, 11, 29, 6, 0);
    const struct {
        uint64_t now, when;
    } cases[] = {
        {evening - second, evening - second}, {evening - 1, evening - 1}, {evening, next},
        {morning - second, morning},          {morning - 1, morning},     {morning, morning},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct programme_item one = item(LT_KHAN, cases[i].now);
        cr_expect_eq(programme_time(&hours, &one, cases[i].now).when, cases[i].when, "%zu", i);
    }
}

Test(programme, it_ends_where_quiet_hours_begin)
{
    struct hours hours = usual();
    struct programme programme = {0};
    hours.programmes[0].minutes = 120; // from 05:00
    hours.quiet = (struct hours_span){6 * 60, 6 * 60 + 30};
    struct programme_item some[2];
    for (size_t i = 0; i < 2; i++) {
        some[i] = item(LT_THUONG, at(2026, 11, 27, 18, (int)i));
        some[i].length_ms = 40 * MINUTE;
        programme_add(&programme, &some[i]);
    }
    uint64_t now = at(2026, 11, 28, 5, 0);
    cr_assert_eq(programme_take(&programme, &hours, now, false), &some[0]);
    cr_assert_null(programme_take(&programme, &hours, now + 40 * MINUTE, false));
    cr_assert_eq(programme_time(&hours, &some[1], now + 40 * MINUTE).when, at(2026, 11, 28, 17, 0));
    cr_assert(programme_close(&programme, &hours, now + 40 * MINUTE));
}

Test(programme, one_that_begins_in_quiet_hours_is_on_air_behind_them_or_not_at_all)
{
    struct hours hours = usual();
    struct programme_item one = item(LT_THUONG, at(2026, 11, 27, 20, 0));
    hours.quiet = (struct hours_span){22 * 60, 5 * 60 + 10};
    struct programme_time time = programme_time(&hours, &one, one.from);
    cr_assert_eq(time.when, at(2026, 11, 28, 5, 10));
    cr_assert_eq(time.until, at(2026, 11, 28, 5, 30));
    hours.quiet.to = 6 * 60;
    cr_assert_eq(programme_time(&hours, &one, one.from).when, at(2026, 11, 28, 17, 0));
    hours.programmes[0].at = 23 * 60 + 50; // over midnight, and quiet hours end in it
    hours.quiet = (struct hours_span){22 * 60, 5};
    one = item(LT_THUONG, at(2026, 11, 28, 0, 1));
    cr_assert_eq(programme_time(&hours, &one, one.from).when, at(2026, 11, 28, 0, 5));
}

Test(programme, what_a_wrong_clock_has_left_for_another_year_is_said_when_it_is_right)
{
    struct programme_item one = item(LT_THUONG, at(2026, 11, 28, 8, 0));
    one.left_at = at(2099, 1, 1, 17, 30);
    check_when(&one, at(2026, 11, 28, 9, 0), at(2026, 11, 28, 17, 0));
    one.left_at = at(2026, 11, 28, 17, 30);
    check_when(&one, at(2026, 11, 28, 17, 20), at(2026, 11, 29, 5, 0));
}

Test(programme, an_hour_that_somebody_named_is_kept_but_for_quiet_hours)
{
    struct hours hours = usual();
    struct programme_item one = item(LT_THUONG, at(2026, 11, 28, 19, 0));
    one.has_hour = true;
    cr_assert_eq(programme_time(&hours, &one, at(2026, 11, 28, 9, 0)).when, one.from);
    hours.quiet = (struct hours_span){18 * 60 + 30, 4 * 60};
    cr_assert_eq(programme_time(&hours, &one, at(2026, 11, 28, 9, 0)).when, at(2026, 11, 29, 4, 0));
    struct programme_item urgent = item(LT_KHAN, at(2026, 11, 28, 19, 0));
    cr_assert_eq(programme_time(&hours, &urgent, urgent.from).when, at(2026, 11, 29, 6, 0));
    struct programme_item most = item(LT_THUONG_KHAN, at(2026, 11, 28, 19, 0));
    cr_assert_eq(programme_time(&hours, &most, most.from).when, most.from);
}

Test(programme, days_that_have_none_are_passed_over)
{
    struct hours hours = usual();
    hours.programmes[0].days = hours.programmes[1].days = 0x7E;            // Monday to Saturday
    struct programme_item one = item(LT_THUONG, at(2026, 11, 28, 17, 30)); // a Saturday
    cr_assert_eq(programme_time(&hours, &one, one.from).when, at(2026, 11, 30, 5, 0));
}

Test(programme, what_has_no_room_is_left_for_the_next_and_smaller_ones_go_before)
{
    struct hours hours = usual();
    struct programme programme = {0};
    struct programme_item items[4];
    uint64_t now = at(2026, 11, 28, 17, 0);
    for (size_t i = 0; i < 4; i++) {
        items[i] = item(LT_THUONG, at(2026, 11, 28, 8, (int)i));
        items[i].length_ms = 12 * MINUTE;
        programme_add(&programme, &items[i]);
    }
    items[3].length_ms = 5 * MINUTE;
    cr_assert_null(programme_take(&programme, &hours, now - 1, false));
    cr_assert_eq(programme_take(&programme, &hours, now, false), &items[0]);
    cr_assert_null(programme_take(&programme, &hours, now, true), "one after the other");
    cr_assert_eq(programme_take(&programme, &hours, now + 12 * MINUTE, false), &items[1]);
    cr_assert_eq(programme_take(&programme, &hours, now + 24 * MINUTE, false), &items[3]);
    cr_assert_null(programme_take(&programme, &hours, now + 29 * MINUTE, false));
    cr_assert_eq(programme_time(&hours, &items[2], now + 29 * MINUTE).when, at(2026, 11, 29, 5, 0));
    cr_assert(programme_close(&programme, &hours, now + 29 * MINUTE));
    cr_assert_not(programme_close(&programme, &hours, now + 29 * MINUTE), "once");
    cr_assert_not(programme_is_late(&hours, &items[2], at(2026, 11, 29, 5, 0), 0));
    cr_assert_eq(programme_take(&programme, &hours, at(2026, 11, 29, 5, 0), false), &items[2]);
}

Test(programme, one_that_is_longer_than_a_programme_is_said_as_its_first)
{
    struct hours hours = usual();
    struct programme programme = {0};
    struct programme_item longest = item(LT_THUONG, at(2026, 11, 28, 8, 0));
    longest.length_ms = HOUR;
    programme_add(&programme, &longest);
    cr_assert_eq(programme_take(&programme, &hours, at(2026, 11, 28, 17, 0), false), &longest);
}

Test(programme, power_back_near_its_end_begins_nothing_that_it_has_no_room_for)
{
    struct hours hours = usual();
    struct programme programme = {0};
    struct programme_item some = item(LT_THUONG, at(2026, 11, 28, 8, 0));
    some.length_ms = 12 * MINUTE;
    programme_add(&programme, &some);
    uint64_t back = at(2026, 11, 28, 17, 28);
    cr_assert_null(programme_take(&programme, &hours, back, false));
    cr_assert_eq(programme_time(&hours, &some, back).when, at(2026, 11, 29, 5, 0));
    programme_drop(&programme, &some);
    struct programme_item longest = item(LT_THUONG, at(2026, 11, 28, 8, 0));
    longest.length_ms = HOUR;
    programme_add(&programme, &longest);
    cr_assert_eq(programme_take(&programme, &hours, back, false), &longest, "else it never were");
}

Test(programme, one_that_just_fills_it_is_not_put_off_for_ever_by_the_first_second)
{
    struct hours hours = usual();
    struct programme programme = {0};
    struct programme_item whole = item(LT_THUONG, at(2026, 11, 28, 8, 0));
    whole.length_ms = 30 * MINUTE;
    programme_add(&programme, &whole);
    cr_assert_eq(programme_take(&programme, &hours, at(2026, 11, 28, 17, 0) + 700, false), &whole);
}

Test(programme, what_is_not_measured_yet_is_waited_for_and_lets_others_go_first)
{
    struct hours hours = usual();
    struct programme programme = {0};
    struct programme_item recorded = item(LT_THUONG, at(2026, 11, 28, 8, 0)),
                          other = item(LT_THUONG, at(2026, 11, 28, 9, 0));
    uint64_t now = at(2026, 11, 28, 17, 0);
    recorded.unmeasured = true;
    programme_add(&programme, &recorded);
    programme_add(&programme, &other);
    cr_assert_eq(programme_take(&programme, &hours, now, false), &other);
    now += 2 * MINUTE;
    cr_assert_null(programme_take(&programme, &hours, now, false));
    cr_assert_not(programme_close(&programme, &hours, now), "it is still to come");
    recorded.unmeasured = false;
    recorded.length_ms = 29 * MINUTE;
    cr_assert_null(programme_take(&programme, &hours, now, false), "it has no room any more");
    cr_assert(programme_close(&programme, &hours, now));
    recorded.unmeasured = true;
    recorded.has_hour = true;
    cr_assert_eq(programme_take(&programme, &hours, at(2026, 11, 28, 17, 30), false), &recorded);
}

Test(programme, power_back_in_its_middle_goes_on_and_after_it_is_late)
{
    struct hours hours = usual();
    struct programme programme = {0};
    struct programme_item rest = item(LT_THUONG, at(2026, 11, 28, 8, 0));
    programme_add(&programme, &rest);
    uint64_t back = at(2026, 11, 28, 17, 11);
    cr_assert_eq(programme_take(&programme, &hours, back, false), &rest);
    cr_assert_not(programme_is_late(&hours, &rest, back, 0));
    back = at(2026, 11, 28, 18, 0);
    cr_assert(programme_is_late(&hours, &rest, back, 10 * MINUTE));
    cr_assert_eq(programme_time(&hours, &rest, back).when, at(2026, 11, 29, 5, 0));
}

// --- a year ---

enum { NOTICES = 3000 };

struct simulated {
    struct programme_item item; // first
    uint64_t said;
    unsigned times;
};

// A year minute by minute, with notices at random, a speaker that is busy while it speaks, power cuts, and a clock that is
// put forward and back. Each is said once, in the right place, within its programme.
static void simulate(unsigned seed, bool jumps, const struct hours *kept)
{
    const struct hours hours = *kept;
    struct programme programme = {0};
    struct simulated *all = calloc(NOTICES, sizeof *all);
    cr_assert_not_null(all);
    uint64_t begin = at(2026, 1, 1, 0, 0), end = at(2027, 3, 1, 0, 0), now = begin, busy_until = 0;
    size_t added = 0;
    srand(seed);
    for (size_t i = 0; i < NOTICES; i++) {
        uint64_t made =
            begin + (uint64_t)i * (365 * DAY / NOTICES) + (uint64_t)(rand() % 3600) * 1000;
        int kind = rand() % 20;
        all[i].item = item(kind > 18 ? LT_THUONG_KHAN : kind > 14 ? LT_KHAN : LT_THUONG, made);
        all[i].item.length_ms = (uint64_t)(20 + rand() % 240) * 1000;
    }
    while (now < end) {
        for (; added < NOTICES && all[added].item.created <= now; added++)
            programme_add(&programme, &all[added].item);
        bool busy = now < busy_until;
        struct simulated *said = (struct simulated *)programme_take(&programme, &hours, now, busy);
        if (said) {
            said->said = now;
            said->times++;
            busy_until = (busy ? busy_until : now) + said->item.length_ms;
        } else {
            programme_close(&programme, &hours, now);
        }
        uint64_t step = said ? 1000 : 20000;
        if (jumps && rand() % 20000 == 0)
            step = (uint64_t)(rand() % 90) * MINUTE;
        now += step;
        if (jumps && rand() % 20000 == 0) {
            now -= (uint64_t)(rand() % 90) * MINUTE;
            busy_until = now;
        }
    }
    for (size_t i = 0; i < NOTICES; i++) {
        const struct programme_item *one = &all[i].item;
        cr_assert_eq(all[i].times, 1, "notice %zu: %u times", i, all[i].times);
        uint64_t local = (all[i].said + 7 * HOUR) % DAY;
        bool in_programme = (local >= 5 * HOUR && local < 5 * HOUR + 30 * MINUTE) ||
                            (local >= 17 * HOUR && local < 17 * HOUR + 30 * MINUTE);
        bool in_day = local >= 6 * HOUR && local < 21 * HOUR;
        cr_assert(all[i].said >= one->from || jumps);
        if (one->priority <= LT_KHAN)
            cr_assert_not(hours_in(&hours, hours.quiet, all[i].said));
        if (one->priority == LT_THUONG)
            cr_assert(in_programme, "notice %zu at %llu", i, (unsigned long long)(local / MINUTE));
        else if (one->priority == LT_KHAN)
            cr_assert(in_day);
        else if (!jumps)
            cr_assert_leq(all[i].said - one->from, 21000);
    }
    free(all);
}

Test(programme, a_year_is_said_each_once_and_in_its_place)
{
    struct hours hours = usual();
    for (unsigned seed = 1; seed <= 3; seed++)
        simulate(seed, false, &hours);
}

Test(programme, a_year_with_quiet_hours_that_reach_into_programmes_keeps_them)
{
    struct hours hours = usual();
    hours.quiet = (struct hours_span){17 * 60 + 20, 5 * 60 + 10};
    for (unsigned seed = 21; seed <= 22; seed++)
        simulate(seed, false, &hours);
    simulate(23, true, &hours);
}

Test(programme, a_year_with_a_clock_that_jumps_both_ways_loses_and_repeats_nothing)
{
    struct hours hours = usual();
    for (unsigned seed = 11; seed <= 14; seed++)
        simulate(seed, true, &hours);
}

// --- again and again ---

static struct programme_series lunar(uint32_t days, uint64_t made)
{
    struct programme_series series = {.made = made};
    series.schedule = (struct lt_schedule){
        .is_lunar = true,
        .every = LT_EVERY_MONTH,
        .interval = 1,
        .month_days = days,
        .programme = lt_slice_of("chieu"),
    };
    return series;
}

// Rằm and mồng một of two years, with Tết 2026-02-17, 2027-02-06 and the leap month 6 of 2025, day by day.
Test(series, full_and_new_moons_are_said_once_each_over_two_years)
{
    struct hours hours = usual();
    uint64_t begin = at(2025, 1, 2, 0, 0), end = at(2027, 2, 20, 0, 0);
    struct programme_series series = lunar(1U << 1 | 1U << 15, begin);
    struct programme_item one = item(LT_THUONG, begin);
    unsigned said = 0, expected = 0, missed = 0, leap = 0;
    bool tet_2026 = false, tet_2027 = false;
    for (uint64_t day = begin; day < end; day += DAY) {
        struct lt_lunar_date date;
        uint64_t evening = day + 17 * HOUR;
        cr_assert(lt_lunar_of((int64_t)((day + 7 * HOUR) / DAY), &date));
        bool is_day = date.day == 1 || date.day == 15;
        expected += is_day;
        leap += is_day && date.leap;
        cr_assert_eq(programme_series_next(&series, &hours, evening, 0, &one, &missed),
                     PROGRAMME_DUE);
        cr_assert_eq(missed, 0);
        cr_assert_eq(programme_time(&hours, &one, evening).when <= evening, is_day);
        if (!is_day)
            continue;
        cr_assert_eq(one.from, evening);
        cr_assert_not(one.has_hour, "in the programme");
        series.last = one.from;
        said++;
        tet_2026 = tet_2026 || day == at(2026, 2, 17, 0, 0);
        tet_2027 = tet_2027 || day == at(2027, 2, 6, 0, 0);
    }
    cr_assert_eq(said, expected);
    cr_assert_geq(said, 50);
    cr_assert_eq(leap, 2, "both of the leap month");
    cr_assert(tet_2026 && tet_2027);
}

static struct programme_series daily(enum lt_missed missed, unsigned minutes, uint64_t made)
{
    struct programme_series series = {.made = made};
    series.schedule = (struct lt_schedule){
        .every = LT_EVERY_DAY,
        .interval = 1,
        .times = {11 * 60},
        .time_count = 1,
        .missed = missed,
        .missed_minutes = minutes,
    };
    return series;
}

Test(series, what_was_missed_is_left_out_or_made_up_for_as_it_says)
{
    struct hours hours = usual();
    struct programme_item one = item(LT_THUONG, 0);
    uint64_t made = at(2026, 11, 20, 8, 0), back = at(2026, 11, 25, 11, 40);
    unsigned missed = 0;
    struct programme_series skip = daily(LT_MISSED_SKIP, 0, made);
    cr_assert_eq(programme_series_next(&skip, &hours, back, 10 * MINUTE, &one, &missed),
                 PROGRAMME_DUE);
    cr_assert_eq(one.from, at(2026, 11, 26, 11, 0));
    cr_assert_eq(missed, 6);
    struct programme_series once = daily(LT_MISSED_ONCE, 0, made);
    cr_assert_eq(programme_series_next(&once, &hours, back, 10 * MINUTE, &one, &missed),
                 PROGRAMME_DUE);
    cr_assert_eq(one.from, at(2026, 11, 25, 11, 0));
    cr_assert_eq(missed, 5);
    cr_assert_leq(programme_time(&hours, &one, back).when, back);
    struct programme_series within = daily(LT_MISSED_IF_LESS_THAN, 30, made);
    cr_assert_eq(programme_series_next(&within, &hours, back, 10 * MINUTE, &one, &missed),
                 PROGRAMME_DUE);
    cr_assert_eq(one.from, at(2026, 11, 26, 11, 0), "forty minutes are too many");
    within = daily(LT_MISSED_IF_LESS_THAN, 60, made);
    cr_assert_eq(programme_series_next(&within, &hours, back, 10 * MINUTE, &one, &missed),
                 PROGRAMME_DUE);
    cr_assert_eq(one.from, at(2026, 11, 25, 11, 0));
}

Test(series, it_is_over_at_its_end_and_a_clock_set_back_repeats_none)
{
    struct hours hours = usual();
    struct programme_item one = item(LT_THUONG, 0);
    unsigned missed = 0;
    struct programme_series series = daily(LT_MISSED_SKIP, 0, at(2026, 11, 20, 8, 0));
    series.schedule.until = at(2026, 11, 21, 12, 0);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(
            programme_series_next(&series, &hours, at(2026, 11, 20 + i, 10, 0), 0, &one, &missed),
            PROGRAMME_DUE);
        cr_assert_eq(one.from, at(2026, 11, 20 + i, 11, 0));
        series.last = one.from;
        if (i == 0) {
            cr_assert_eq(
                programme_series_next(&series, &hours, at(2026, 11, 20, 10, 59), 0, &one, &missed),
                PROGRAMME_DUE);
            cr_assert_eq(one.from, at(2026, 11, 21, 11, 0));
        }
    }
    cr_assert_eq(programme_series_next(&series, &hours, at(2026, 11, 21, 11, 5), 0, &one, &missed),
                 PROGRAMME_OVER);
}

Test(series, names_a_programme_that_is_not_there_and_waits_for_it)
{
    struct hours hours = usual();
    struct programme_item one = item(LT_THUONG, 0);
    unsigned missed = 0;
    uint64_t made = at(2026, 11, 20, 8, 0), now = at(2026, 11, 20, 9, 0);
    struct programme_series series = daily(LT_MISSED_SKIP, 0, made);
    series.schedule.time_count = 0;
    series.schedule.programme = lt_slice_of("trua");
    cr_assert_eq(programme_series_next(&series, &hours, now, 0, &one, &missed), PROGRAMME_UNKNOWN);
    cr_assert_eq(series.last, 0);
    strcpy(hours.programmes[1].name, "trua");
    hours.programmes[1].at = 11 * 60;
    cr_assert_eq(programme_series_next(&series, &hours, now, 0, &one, &missed), PROGRAMME_DUE);
    cr_assert_eq(one.from, at(2026, 11, 20, 11, 0));
}

Test(series, days_on_which_its_programme_is_not_on_air_have_no_time_of_it)
{
    struct hours hours = usual();
    struct programme_item one = item(LT_THUONG, 0);
    unsigned missed = 0;
    hours.programmes[0].days = 0x7E;        // Monday to Saturday
    uint64_t made = at(2026, 11, 28, 8, 0); // a Saturday
    struct programme_series series = daily(LT_MISSED_SKIP, 0, made);
    series.schedule.time_count = 0;
    series.schedule.programme = lt_slice_of("sang");
    cr_assert_eq(programme_series_next(&series, &hours, made, 0, &one, &missed), PROGRAMME_DUE);
    cr_assert_eq(one.from, at(2026, 11, 30, 5, 0), "a Monday");
    cr_assert_eq(missed, 0);
}

Test(series, of_days_without_its_programme_none_takes_the_place_of_what_is_made_up_for)
{
    struct hours hours = usual();
    struct programme_item one = item(LT_THUONG, 0);
    unsigned missed = 0;
    hours.programmes[0].days = 0x3E; // Monday to Friday
    struct programme_series series = daily(LT_MISSED_ONCE, 0, at(2026, 11, 26, 8, 0));
    series.schedule.time_count = 0;
    series.schedule.programme = lt_slice_of("sang");
    uint64_t back = at(2026, 11, 28, 6, 0); // a Saturday; without power since Thursday
    cr_assert_eq(programme_series_next(&series, &hours, back, 0, &one, &missed), PROGRAMME_DUE);
    cr_assert_eq(one.from, at(2026, 11, 27, 5, 0), "Friday's");
    cr_assert_eq(missed, 0);
}

Test(series, of_days_on_which_its_programme_never_is_it_waits_for_other_hours, .timeout = 10)
{
    struct hours hours = usual();
    struct programme_item one = item(LT_THUONG, 0);
    unsigned missed = 0;
    hours.programmes[0].days = 0x7E;        // Monday to Saturday
    uint64_t made = at(2026, 11, 28, 8, 0); // a Saturday
    struct programme_series series = daily(LT_MISSED_SKIP, 0, made);
    series.schedule.every = LT_EVERY_WEEK;
    series.schedule.weekdays = 1U << 7;
    series.schedule.time_count = 0;
    series.schedule.programme = lt_slice_of("sang");
    cr_assert_eq(programme_series_next(&series, &hours, made, 0, &one, &missed), PROGRAMME_UNKNOWN);
    hours.programmes[0].days = HOURS_EVERY_DAY;
    cr_assert_eq(programme_series_next(&series, &hours, made, 0, &one, &missed), PROGRAMME_DUE);
    cr_assert_eq(one.from, at(2026, 11, 29, 5, 0), "a Sunday");
}

Test(series, a_clock_that_was_years_ahead_has_settled_nothing)
{
    struct hours hours = usual();
    struct programme_item one = item(LT_THUONG, 0);
    unsigned missed = 0;
    uint64_t now = at(2026, 11, 20, 12, 0);
    struct programme_series series = daily(LT_MISSED_SKIP, 0, at(2026, 11, 20, 8, 0));
    series.last = at(2099, 1, 1, 11, 0);
    cr_assert_eq(programme_series_next(&series, &hours, now, 0, &one, &missed), PROGRAMME_DUE);
    cr_assert_eq(one.from, at(2026, 11, 21, 11, 0));
    series.last = at(2026, 11, 21, 11, 0); // a day ahead: it was said, and is not said again
    cr_assert_eq(programme_series_next(&series, &hours, now, 0, &one, &missed), PROGRAMME_DUE);
    cr_assert_eq(one.from, at(2026, 11, 22, 11, 0));
}
