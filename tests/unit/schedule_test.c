// When a schedule's times are, in the commune's time.
#include <criterion/criterion.h>
#include <lienthon/lunar.h>
#include <lienthon/pack.h>
#include <lienthon/schedule.h>
#include <stdio.h>

enum { MINUTE = 60000, PLACE = 420 };

static uint64_t at(int year, int month, int day, int hour, int minute)
{
    int64_t number = 0;
    cr_assert(lt_solar_day(&(struct lt_solar_date){year, month, day}, &number));
    return (uint64_t)((number * 1440 + hour * 60 + minute - PLACE) * MINUTE);
}

static const char *shown(uint64_t ms, char *room, size_t size)
{
    struct lt_solar_date date;
    int64_t minutes = (int64_t)(ms / MINUTE) + PLACE;
    lt_solar_of(minutes / 1440, &date);
    snprintf(room, size, "%04d-%02d-%02d %02d:%02d", date.year, date.month, date.day,
             (int)(minutes % 1440 / 60), (int)(minutes % 60));
    return room;
}

static void comes(const struct lt_schedule *schedule, int programme, uint64_t made, uint64_t after,
                  const char *expected)
{
    struct lt_schedule_place place = {PLACE, programme, made};
    uint64_t when = 0;
    char room[64];
    bool any = lt_schedule_next(schedule, &place, after, &when);
    cr_expect_str_eq(any ? shown(when, room, sizeof room) : "never", expected);
}

Test(schedule, once_at_its_time_and_not_after)
{
    struct lt_schedule schedule = {.at = at(2026, 11, 28, 17, 0), .interval = 1};
    comes(&schedule, -1, 0, at(2026, 11, 27, 0, 0), "2026-11-28 17:00");
    comes(&schedule, -1, 0, at(2026, 11, 28, 17, 0), "never");
    schedule.until = at(2026, 11, 28, 17, 0);
    comes(&schedule, -1, 0, at(2026, 11, 27, 0, 0), "never");
}

Test(schedule, a_programme_is_the_next_one_from_then_on)
{
    struct lt_schedule schedule = {.programme = lt_slice_of("chieu"), .interval = 1};
    comes(&schedule, 17 * 60, at(2026, 11, 28, 9, 0), 0, "2026-11-28 17:00");
    comes(&schedule, 17 * 60, at(2026, 11, 28, 18, 0), 0, "2026-11-29 17:00");
    comes(&schedule, -1, at(2026, 11, 28, 18, 0), 0, "never");
    schedule.at = at(2026, 12, 1, 0, 0);
    comes(&schedule, 17 * 60, at(2026, 11, 28, 9, 0), 0, "2026-12-01 17:00");
}

Test(schedule, every_other_day_counts_from_the_first)
{
    struct lt_schedule schedule = {
        .at = at(2026, 11, 28, 5, 0), .every = LT_EVERY_DAY, .interval = 2};
    comes(&schedule, -1, 0, 0, "2026-11-28 05:00");
    comes(&schedule, -1, 0, at(2026, 11, 28, 5, 0), "2026-11-30 05:00");
    comes(&schedule, -1, 0, at(2027, 2, 28, 23, 59), "2027-03-02 05:00");
}

Test(schedule, several_hours_a_day_in_order)
{
    struct lt_schedule schedule = {
        .every = LT_EVERY_DAY, .interval = 1, .times = {300, 1020}, .time_count = 2};
    uint64_t made = at(2026, 11, 28, 9, 0);
    comes(&schedule, -1, made, 0, "2026-11-28 17:00");
    comes(&schedule, -1, made, at(2026, 11, 28, 17, 0), "2026-11-29 05:00");
    comes(&schedule, -1, made, at(2026, 11, 29, 5, 0), "2026-11-29 17:00");
}

Test(schedule, weekdays_of_every_second_week)
{
    // 2026-11-28 is a Saturday.
    struct lt_schedule schedule = {.at = at(2026, 11, 28, 17, 0),
                                   .every = LT_EVERY_WEEK,
                                   .interval = 2,
                                   .weekdays = 1 << 1 | 1 << 6};
    comes(&schedule, -1, 0, 0, "2026-11-28 17:00");
    comes(&schedule, -1, 0, at(2026, 11, 28, 17, 0), "2026-12-07 17:00");
    comes(&schedule, -1, 0, at(2026, 12, 7, 17, 0), "2026-12-12 17:00");
    schedule.weekdays = 0;
    comes(&schedule, -1, 0, at(2026, 11, 28, 17, 0), "2026-12-12 17:00");
}

Test(schedule, days_of_a_month_and_its_last)
{
    struct lt_schedule schedule = {
        .at = at(2027, 1, 31, 5, 0), .every = LT_EVERY_MONTH, .interval = 1, .month_days = 1};
    comes(&schedule, -1, 0, at(2027, 1, 31, 5, 0), "2027-02-28 05:00");
    schedule.month_days = UINT32_C(1) << 31;
    comes(&schedule, -1, 0, at(2027, 1, 31, 5, 0), "2027-03-31 05:00");
    schedule.month_days = 0;
    schedule.interval = 2;
    comes(&schedule, -1, 0, at(2027, 1, 31, 5, 0), "2027-03-31 05:00");
}

Test(schedule, a_leap_day_comes_every_fourth_year)
{
    struct lt_schedule schedule = {
        .at = at(2024, 2, 29, 7, 0), .every = LT_EVERY_YEAR, .interval = 1};
    comes(&schedule, -1, 0, at(2026, 1, 1, 0, 0), "2028-02-29 07:00");
}

Test(schedule, ram_and_mong_mot_of_each_lunar_month)
{
    struct lt_schedule schedule = {.every = LT_EVERY_MONTH,
                                   .interval = 1,
                                   .is_lunar = true,
                                   .month_days = 1 << 1 | 1 << 15,
                                   .times = {300},
                                   .time_count = 1};
    uint64_t made = at(2025, 7, 1, 0, 0);
    comes(&schedule, -1, made, 0, "2025-07-09 05:00");                     // 15/6
    comes(&schedule, -1, made, at(2025, 7, 9, 5, 0), "2025-07-25 05:00");  // 1/6, leap
    comes(&schedule, -1, made, at(2025, 7, 25, 5, 0), "2025-08-08 05:00"); // 15/6, leap
    comes(&schedule, -1, made, at(2025, 8, 8, 5, 0), "2025-08-23 05:00");  // 1/7
    schedule.months = 1 << 6;
    comes(&schedule, -1, made, at(2025, 7, 9, 5, 0), "2026-07-14 05:00"); // not in the leap month
}

Test(schedule, tet_and_its_eve)
{
    struct lt_schedule schedule = {.every = LT_EVERY_YEAR,
                                   .interval = 1,
                                   .is_lunar = true,
                                   .months = 1 << 1,
                                   .month_days = 1 << 1,
                                   .times = {0},
                                   .time_count = 1};
    uint64_t made = at(2026, 1, 1, 0, 0);
    comes(&schedule, -1, made, 0, "2026-02-17 00:00");
    comes(&schedule, -1, made, at(2026, 2, 17, 0, 0), "2027-02-06 00:00");
    schedule.months = 1 << 12;
    schedule.month_days = 1;
    comes(&schedule, -1, made, 0, "2026-02-16 00:00");
    comes(&schedule, -1, made, at(2026, 2, 16, 0, 0), "2027-02-05 00:00");
}

Test(schedule, every_second_lunar_month)
{
    struct lt_schedule schedule = {.at = at(2025, 6, 25, 5, 0), // 1/6
                                   .every = LT_EVERY_MONTH,
                                   .interval = 2,
                                   .is_lunar = true};
    comes(&schedule, -1, 0, at(2025, 6, 25, 5, 0), "2025-08-23 05:00"); // 1/7, behind the leap one
}

Test(schedule, ends_where_there_is_no_such_day)
{
    struct lt_schedule schedule = {.at = at(2026, 2, 1, 5, 0),
                                   .every = LT_EVERY_YEAR,
                                   .interval = 1,
                                   .months = 1 << 2,
                                   .month_days = UINT32_C(1) << 30};
    comes(&schedule, -1, 0, 0, "never");
    schedule = (struct lt_schedule){.every = LT_EVERY_DAY, .interval = 1};
    comes(&schedule, -1, at(2026, 2, 1, 5, 0), 0, "never"); // no hour is known
}

// --- reading ---

static void pack_repeat(struct lt_buffer *out, const char *time, int month_day)
{
    lt_pack_map(out, 3);
    lt_pack_text(out, "calendar");
    lt_pack_text(out, "lunar");
    lt_pack_text(out, "repeat");
    lt_pack_map(out, 4);
    lt_pack_text(out, "every");
    lt_pack_text(out, "month");
    lt_pack_text(out, "interval");
    lt_pack_uint(out, 2);
    lt_pack_text(out, "month_days");
    lt_pack_array(out, 2);
    lt_pack_uint(out, (uint64_t)month_day);
    lt_buffer_add(out, "\xff", 1); // -1
    lt_pack_text(out, "times");
    lt_pack_array(out, 2);
    lt_pack_text(out, time);
    lt_pack_text(out, "05:00");
    lt_pack_text(out, "missed");
    lt_pack_text(out, "once");
}

static bool reads(const char *time, int month_day, struct lt_schedule *schedule)
{
    struct lt_buffer body = {.max = 1024};
    pack_repeat(&body, time, month_day);
    bool read = lt_schedule_read(lt_buffer_slice(&body), schedule);
    lt_buffer_clear(&body);
    return read;
}

Test(schedule, is_read_from_a_notice)
{
    struct lt_schedule schedule;
    cr_assert(reads("17:30", 15, &schedule));
    cr_expect(schedule.is_lunar && schedule.every == LT_EVERY_MONTH && schedule.interval == 2);
    cr_expect_eq(schedule.month_days, 1U << 15 | 1U);
    cr_expect(schedule.time_count == 2 && schedule.times[0] == 300 && schedule.times[1] == 1050);
    cr_expect_eq(schedule.missed, LT_MISSED_ONCE);
}

Test(schedule, what_does_not_fit_is_not_read)
{
    struct lt_schedule schedule;
    struct lt_buffer body = {.max = 16};
    cr_expect_not(reads("24:00", 15, &schedule));
    cr_expect_not(reads("7:30", 15, &schedule));
    cr_expect_not(reads("17:30", 32, &schedule));
    cr_expect_not(reads("17:30", 0, &schedule));
    lt_pack_map(&body, 0);
    cr_expect_not(lt_schedule_read(lt_buffer_slice(&body), &schedule));
    lt_buffer_clear(&body);
}
