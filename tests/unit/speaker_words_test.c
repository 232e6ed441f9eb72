// What is written becomes what is said.
#include <criterion/criterion.h>

#include "words.h"

static void says(const char *written, const char *said)
{
    struct lt_buffer out = {.max = 4096};
    cr_assert(words_say(lt_slice_of(written), &out));
    lt_buffer_add(&out, "", 1);
    cr_expect_str_eq((const char *)out.data, said, "'%s' is said as '%s', not '%s'", written,
                     (const char *)out.data, said);
    lt_buffer_clear(&out);
}

Test(words, says_hours_as_hours)
{
    says("họp lúc 17h30 tại nhà", "họp lúc 17 giờ 30 tại nhà");
    says("từ 7h đến 11h.", "từ 7 giờ đến 11 giờ.");
    says("17:00", "17 giờ");
    says("17g30", "17 giờ 30");
    says("25h", "25h");
    says("tỷ số 3:1", "tỷ số 3:1");
}

Test(words, says_a_date_with_day_month_and_year)
{
    says("22/11/2026", "ngày 22 tháng 11 năm 2026");
    says("ngày 22/11/2026", "ngày 22 tháng 11 năm 2026");
    says("tối 22/11", "tối ngày 22 tháng 11");
    says("khoảng 3/4 số hộ", "khoảng 3/4 số hộ");
    says("số 45/13/2026", "số 45/13/2026");
}

Test(words, says_a_telephone_number_digit_by_digit)
{
    says("gọi 0299 3 822 222 nhé", "gọi 0 2 9 9 3 8 2 2 2 2 2 nhé");
    says("0912.345.678", "0 9 1 2 3 4 5 6 7 8");
    says("0,5 mm", "0,5 mi li mét");
}

Test(words, says_units_behind_numbers_only)
{
    says("gió 60km/h", "gió 60 ki lô mét trên giờ");
    says("3.500 đồng, 12 kg", "3.500 đồng, 12 ki lô gam");
    says("220V", "220 vôn");
    says("35°C", "35 độ C");
    says("kg", "kg");
    says("5 khach", "5 khach");
}

Test(words, says_the_abbreviations_of_an_office_in_full)
{
    says("UBND xã", "Ủy ban nhân dân xã");
    says("TP.HCM", "Thành phố Hồ Chí Minh");
    says("trường THCS.", "trường trung học cơ sở.");
    says("UBNDX", "UBNDX");
    says("QL91", "quốc lộ 91");
}

Test(words, leaves_the_rest_as_it_is_and_takes_control_characters_out)
{
    says("Mời bà con ấp An Thường họp.", "Mời bà con ấp An Thường họp.");
    says("a\x01"
         "b\nc",
         "a b c");
    says("", "");
}

Test(words, stops_at_the_maximum_and_says_so)
{
    struct lt_buffer out = {.max = 4};
    cr_expect_not(words_say(lt_slice_of("UBND"), &out));
    lt_buffer_clear(&out);
}
