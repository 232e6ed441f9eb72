// What is written becomes what is said.
#include <criterion/criterion.h>

#include "speaker_words_cases.h"
#include "words.h"

static void says_with(const char *written, const struct lt_option_map *own, const char *said)
{
    struct lt_buffer out = {.max = 4096};
    cr_assert(words_say(lt_slice_of(written), own, &out));
    lt_buffer_add(&out, "", 1);
    cr_expect_str_eq((const char *)out.data, said, "'%s' is said as '%s', not '%s'", written,
                     (const char *)out.data, said);
    lt_buffer_clear(&out);
}

static void says(const char *written, const char *said)
{
    says_with(written, NULL, said);
}

Test(words, says_each_of_the_cases)
{
    size_t count = sizeof words_cases / sizeof *words_cases;
    cr_assert_geq(count, 200);
    for (size_t i = 0; i < count; i++)
        says(words_cases[i].written, words_cases[i].said);
}

Test(words, the_communes_own_come_before_the_built_in_ones)
{
    struct lt_option_pair pairs[] = {{.name = "NVH", .text = "nhà văn hóa liên ấp"},
                                     {.name = "CLĐ", .text = "Cù Lao Dung"},
                                     {.name = "19/5", .text = "mười chín tháng năm"}};
    struct lt_option_map own = {pairs, 3};
    says_with("tại NVH, huyện CLĐ", &own, "tại nhà văn hóa liên ấp, huyện Cù Lao Dung");
    says_with("công viên 19/5", &own, "công viên mười chín tháng năm");
    says_with("NVHX", &own, "en nờ vê hát ích xì");
    says_with("12/TB-CLĐ", &own, "mười hai, thông báo của Cù Lao Dung");
    says_with("UBND", &own, "Ủy ban nhân dân");
}

Test(words, a_line_is_a_sentence)
{
    says("Họp dân\nLúc 19h", "Họp dân. Lúc mười chín giờ");
    says("Họp dân:\n- Nội dung 1\n- Nội dung 2\n", "Họp dân: Nội dung một. Nội dung hai.");
    says("a\x01"
         "b\r\nc",
         "a b. c");
    says("", "");
    says("\n\n \t", "");
}

Test(words, what_is_hostile_ends_too)
{
    struct lt_buffer text = {.max = 20000}, out = {.max = 1024 * 1024};
    for (int i = 0; i < 18000; i++)
        lt_buffer_add(&text, &"9.,/-:hXID%x"[i % 12], 1);
    cr_expect(words_say(lt_buffer_slice(&text), NULL, &out));
    lt_buffer_empty(&text);
    for (int i = 0; i < 18000; i++)
        lt_buffer_add(&text, "9", 1);
    lt_buffer_empty(&out);
    cr_expect(words_say(lt_buffer_slice(&text), NULL, &out));
    lt_buffer_clear(&text);
    lt_buffer_clear(&out);
}

Test(words, stops_at_the_maximum_and_says_so)
{
    struct lt_buffer out = {.max = 4};
    cr_expect_not(words_say(lt_slice_of("UBND"), NULL, &out));
    lt_buffer_clear(&out);
}
