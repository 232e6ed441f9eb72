// The lunar calendar against the years as they were and as another program (Emacs, set to +7) has them.
#include <criterion/criterion.h>
#include <lienthon/lunar.h>

static int64_t solar(int year, int month, int day)
{
    int64_t number = -1;
    cr_assert(lt_solar_day(&(struct lt_solar_date){year, month, day}, &number));
    return number;
}

static void is_lunar(int64_t day, int year, int month, int of_month, bool leap)
{
    struct lt_lunar_date date;
    int64_t back = -1;
    cr_assert(lt_lunar_of(day, &date));
    cr_expect(date.year == year && date.month == month && date.day == of_month && date.leap == leap,
              "%d/%d/%d%s, not %d/%d/%d%s", date.day, date.month, date.year, date.leap ? "+" : "",
              of_month, month, year, leap ? "+" : "");
    cr_expect(lt_lunar_day(&date, &back) && back == day);
}

Test(lunar, new_year_and_leap_month_of_sixty_years)
{
    static const struct {
        int year, month, day, leap;
    } years[] = {
        {2000, 2, 5, 0},  {2001, 1, 24, 4}, {2002, 2, 12, 0}, {2003, 2, 1, 0},   {2004, 1, 22, 2},
        {2005, 2, 9, 0},  {2006, 1, 29, 7}, {2007, 2, 17, 0}, {2008, 2, 7, 0},   {2009, 1, 26, 5},
        {2010, 2, 14, 0}, {2011, 2, 3, 0},  {2012, 1, 23, 4}, {2013, 2, 10, 0},  {2014, 1, 31, 9},
        {2015, 2, 19, 0}, {2016, 2, 8, 0},  {2017, 1, 28, 6}, {2018, 2, 16, 0},  {2019, 2, 5, 0},
        {2020, 1, 25, 4}, {2021, 2, 12, 0}, {2022, 2, 1, 0},  {2023, 1, 22, 2},  {2024, 2, 10, 0},
        {2025, 1, 29, 6}, {2026, 2, 17, 0}, {2027, 2, 6, 0},  {2028, 1, 26, 5},  {2029, 2, 13, 0},
        {2030, 2, 2, 0},  {2031, 1, 23, 3}, {2032, 2, 11, 0}, {2033, 1, 31, 11}, {2034, 2, 19, 0},
        {2035, 2, 8, 0},  {2036, 1, 28, 6}, {2037, 2, 15, 0}, {2038, 2, 4, 0},   {2039, 1, 24, 5},
        {2040, 2, 12, 0}, {2041, 2, 1, 0},  {2042, 1, 22, 2}, {2043, 2, 10, 0},  {2044, 1, 30, 7},
        {2045, 2, 17, 0}, {2046, 2, 6, 0},  {2047, 1, 26, 5}, {2048, 2, 14, 0},  {2049, 2, 2, 0},
        {2050, 1, 23, 3}, {2051, 2, 11, 0}, {2052, 2, 1, 8},  {2053, 2, 18, 0},  {2054, 2, 8, 0},
        {2055, 1, 28, 6}, {2056, 2, 15, 0}, {2057, 2, 4, 0},  {2058, 1, 24, 4},  {2059, 2, 12, 0},
        {2060, 2, 2, 0},
    };
    for (size_t i = 0; i < sizeof years / sizeof *years; i++) {
        is_lunar(solar(years[i].year, years[i].month, years[i].day), years[i].year, 1, 1, false);
        for (int month = 1; month <= 12; month++) {
            int64_t day = 0;
            bool has = lt_lunar_day(&(struct lt_lunar_date){years[i].year, month, 1, true}, &day);
            cr_expect(has == (month == years[i].leap), "%d has a leap month %d: %d", years[i].year,
                      month, has);
        }
    }
}

Test(lunar, differs_from_peking_where_it_must)
{
    is_lunar(solar(1985, 1, 21), 1985, 1, 1, false);
    is_lunar(solar(2007, 2, 17), 2007, 1, 1, false);
    is_lunar(solar(2030, 2, 2), 2030, 1, 1, false);
}

Test(lunar, the_leap_sixth_month_of_2025_follows_the_sixth)
{
    is_lunar(solar(2025, 6, 25), 2025, 6, 1, false);
    is_lunar(solar(2025, 7, 25), 2025, 6, 1, true);
    is_lunar(solar(2025, 8, 8), 2025, 6, 15, true);
    is_lunar(solar(2025, 8, 23), 2025, 7, 1, false);
}

Test(lunar, the_last_months_belong_to_the_year_that_ends)
{
    is_lunar(solar(2026, 2, 16), 2025, 12, 29, false);
    is_lunar(solar(2026, 1, 3), 2025, 11, 15, false);
    is_lunar(solar(2033, 12, 22), 2033, 11, 1, true);
    is_lunar(solar(2034, 1, 20), 2033, 12, 1, false);
}

Test(lunar, each_day_has_one_date_and_each_date_one_day)
{
    struct lt_lunar_date before = {0}, date;
    for (int64_t day = solar(2024, 1, 1); day < solar(2030, 1, 1); day++) {
        int64_t back = 0;
        cr_assert(lt_lunar_of(day, &date) && lt_lunar_day(&date, &back));
        cr_assert_eq(back, day);
        bool is_next = date.day == before.day + 1 && date.month == before.month;
        cr_assert(is_next || (date.day == 1 && (before.day == 0 || before.day >= 29)) ||
                  before.day == 0);
        before = date;
    }
}

Test(lunar, knows_what_there_is_not)
{
    int64_t day = 0;
    struct lt_lunar_date date;
    cr_expect_not(lt_lunar_day(&(struct lt_lunar_date){2025, 12, 30, false}, &day));
    cr_expect_not(lt_lunar_day(&(struct lt_lunar_date){2026, 6, 1, true}, &day));
    cr_expect_not(lt_lunar_day(&(struct lt_lunar_date){2026, 13, 1, false}, &day));
    cr_expect_not(lt_lunar_day(&(struct lt_lunar_date){2200, 1, 1, false}, &day));
    cr_expect_not(lt_lunar_of(solar(1899, 12, 31), &date));
    cr_expect_not(lt_lunar_of(solar(2200, 1, 1), &date));
}

Test(lunar, the_solar_calendar_refuses_what_there_is_not)
{
    int64_t day = 0;
    struct lt_solar_date date;
    cr_expect_eq(solar(1970, 1, 1), 0);
    cr_expect_eq(solar(2000, 3, 1), 11017);
    cr_expect_not(lt_solar_day(&(struct lt_solar_date){2026, 2, 29}, &day));
    cr_expect(lt_solar_day(&(struct lt_solar_date){2028, 2, 29}, &day));
    cr_expect_not(lt_solar_day(&(struct lt_solar_date){2026, 0, 1}, &day));
    lt_solar_of(-1, &date);
    cr_expect(date.year == 1969 && date.month == 12 && date.day == 31);
}
