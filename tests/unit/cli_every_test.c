// "--every" as officers write it: which days are meant, and what is said of what is none.
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include <every.h>

#define BIT(day) (UINT32_C(1) << (day))

static void means(const char *words, enum every_kind kind, uint32_t days)
{
    struct every every;
    struct lt_error error = {0};
    cr_assert_eq(every_read(words, &every, &error), LT_DONE, "%s: %s", words, error.text);
    cr_assert_eq(every.kind, kind, "%s", words);
    cr_assert_eq(every.days, days, "%s: %x", words, every.days);
}

static void is_refused(const char *words, const char *said)
{
    struct every every;
    struct lt_error error = {0};
    cr_assert_eq(every_read(words, &every, &error), LT_BAD_USE, "%s", words);
    cr_assert_not_null(strstr(error.text, said), "%s: %s", words, error.text);
}

Test(every, each_day)
{
    const char *const words[] = {"ngay",     "ngày", "Hằng ngày", "moi-ngay",
                                 "mỗi ngày", "day",  "daily"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        means(words[i], EVERY_DAY, 0);
    }
}

Test(every, days_of_the_week_by_name_and_by_number)
{
    const char *const names[] = {"thứ hai", "thu-ba", "Thứ Tư", "thunam", "thu-sau", "THỨ BẢY"};
    const char *const numbers[] = {"thu-2", "thứ 3", "thu4", "t5", "T6", "thu-7"};
    for (uint32_t i = 0; i < 6; i++) {
        means(names[i], EVERY_WEEKDAY, BIT(i + 1));
        means(numbers[i], EVERY_WEEKDAY, BIT(i + 1));
    }
    means("chủ nhật", EVERY_WEEKDAY, BIT(7));
    means("chu-nhat", EVERY_WEEKDAY, BIT(7));
    means("CN", EVERY_WEEKDAY, BIT(7));
    means("Monday,sunday", EVERY_WEEKDAY, BIT(1) | BIT(7));
    means("thu-hai, thứ năm ,chu-nhat", EVERY_WEEKDAY, BIT(1) | BIT(4) | BIT(7));
    means("thứ hai và thứ năm", EVERY_WEEKDAY, BIT(1) | BIT(4));
    means("thu-hai,thu-2", EVERY_WEEKDAY, BIT(1));
}

Test(every, days_of_the_month)
{
    means("ngay-5", EVERY_MONTH_DAY, BIT(5));
    means("ngày 05 hằng tháng", EVERY_MONTH_DAY, BIT(5));
    means("ngay-31,ngày 1", EVERY_MONTH_DAY, BIT(31) | BIT(1));
    means("cuối tháng", EVERY_MONTH_DAY, BIT(0));
}

Test(every, days_of_the_lunar_month)
{
    means("rằm", EVERY_LUNAR_DAY, BIT(15));
    means("ngày rằm", EVERY_LUNAR_DAY, BIT(15));
    means("ram,mong-1", EVERY_LUNAR_DAY, BIT(15) | BIT(1));
    means("mồng một", EVERY_LUNAR_DAY, BIT(1));
    means("mùng 1", EVERY_LUNAR_DAY, BIT(1));
    means("mong-mot, rằm", EVERY_LUNAR_DAY, BIT(15) | BIT(1));
    means("mồng năm", EVERY_LUNAR_DAY, BIT(5));
    means("mồng tư", EVERY_LUNAR_DAY, BIT(4));
    means("mong10", EVERY_LUNAR_DAY, BIT(10));
    means("ngày 23 âm", EVERY_LUNAR_DAY, BIT(23));
    means("23-am-lich", EVERY_LUNAR_DAY, BIT(23));
    means("cuối tháng âm lịch", EVERY_LUNAR_DAY, BIT(0));
}

Test(every, what_is_no_day_is_told_with_what_is_allowed)
{
    is_refused("", "allowed are ngay");
    is_refused(" , ", "allowed are ngay");
    is_refused("hai lan mot tuan", "allowed are ngay");
    is_refused("thu-nahm", "did you mean thu-nam?");
    is_refused("chu-nhta", "did you mean chu-nhat?");
    is_refused("thu-8", "no week has the day 'thu-8'");
    is_refused("thứ chín", "no week has the day");
    is_refused("thu-1", "no week has the day");
    is_refused("t11", "no week has the day");
    is_refused("mồng 0", "mong-1 to mong-10");
    is_refused("mong-99999999999999999999", "mong-1 to mong-10");
    is_refused("5", "'5'");
    is_refused("mong-11", "ngay-11-am");
    is_refused("ngay-32", "1 to 31");
    is_refused("ngay-0", "1 to 31");
    is_refused("ngay-31-am", "1 to 30");
    is_refused("ngay-4294967297", "1 to 31");
    is_refused("thu-hai,ram", "of one kind only");
    is_refused("ngay,thu-hai", "of one kind only");
    is_refused("ngay-5,ngay-5-am", "of one kind only");
    is_refused("thu-hai,\xFF", "UTF-8");
    is_refused("…", "allowed are ngay");
}

Test(every, a_long_word_is_only_a_wrong_one)
{
    char words[4096];
    memset(words, 'a', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    is_refused(words, "aaa");
}

Test(every, becomes_the_repeat_of_a_schedule)
{
    struct every every;
    cr_assert_eq(every_read("thu-hai,chu-nhat", &every, NULL), LT_DONE);
    json_t *repeat = every_repeat(&every);
    json_t *wanted = json_pack("{s:s, s:[i,i]}", "every", "week", "weekdays", 1, 7);
    cr_assert(json_equal(repeat, wanted));
    json_decref(repeat);
    json_decref(wanted);
    cr_assert_eq(every_read("cuoi-thang,ngay-2", &every, NULL), LT_DONE);
    repeat = every_repeat(&every);
    wanted = json_pack("{s:s, s:[i,i]}", "every", "month", "month_days", 2, -1);
    cr_assert(json_equal(repeat, wanted));
    json_decref(repeat);
    json_decref(wanted);
}
