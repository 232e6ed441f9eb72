// Buffers with a maximum, UTF-8, base64url, hexadecimal, and sentences cut at a character.
#include <criterion/criterion.h>
#include <string.h>

#include "lienthon/bytes.h"

Test(bytes, a_buffer_never_passes_its_maximum_and_keeps_what_it_had)
{
    struct lt_buffer buffer = {.max = 10};
    cr_expect(lt_buffer_add(&buffer, "12345", 5));
    cr_expect_not(lt_buffer_add(&buffer, "678901", 6));
    cr_expect(buffer.failed);
    cr_expect(lt_slice_is(lt_buffer_slice(&buffer), "12345"));
    cr_expect_not(lt_buffer_add(&buffer, "", SIZE_MAX));
    lt_buffer_empty(&buffer);
    cr_expect_not(buffer.failed);
    cr_expect(lt_buffer_print(&buffer, "%s-%d", "abcd", 12345));
    cr_expect_not(lt_buffer_print(&buffer, "!"));
    cr_expect_eq(buffer.size, 10);
    cr_expect_leq(buffer.room, 10);
    lt_buffer_clear(&buffer);
    cr_expect(buffer.data == NULL && buffer.max == 10);
}

static bool is_utf8(const char *text, size_t size)
{
    return lt_utf8_valid((struct lt_slice){(const uint8_t *)text, size});
}

Test(bytes, utf8_is_strict)
{
    cr_expect(is_utf8("Mời bà con", strlen("Mời bà con")));
    cr_expect(is_utf8("\xF4\x8F\xBF\xBF", 4), "U+10FFFF");
    cr_expect(is_utf8("\xED\x9F\xBF", 3), "U+D7FF");
    cr_expect(is_utf8("a\0b", 3));
    cr_expect_not(is_utf8("\xED\xA0\x80", 3), "a surrogate");
    cr_expect_not(is_utf8("\xF4\x90\x80\x80", 4), "above U+10FFFF");
    cr_expect_not(is_utf8("\xC0\xAF", 2), "overlong");
    cr_expect_not(is_utf8("\xE0\x9F\xBF", 3), "overlong");
    cr_expect_not(is_utf8("\xF0\x8F\xBF\xBF", 4), "overlong");
    cr_expect_not(is_utf8("\xE1\xBB", 2), "cut off");
    cr_expect_not(is_utf8("\x80", 1), "a stray byte");
    cr_expect_not(is_utf8("\xF8\x88\x80\x80\x80", 5));
    cr_expect_eq(lt_utf8_length(lt_slice_of("Ấp")), 2);
}

// Every code point encodes to what is valid, every other row of up to three bytes is not.
Test(bytes, utf8_takes_every_code_point_and_nothing_else_of_three_bytes)
{
    size_t valid = 0;
    for (uint32_t i = 0; i < 1U << 24; i++) {
        const uint8_t bytes[] = {(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        if (bytes[0] >= 0xE0) {
            valid += lt_utf8_valid((struct lt_slice){bytes, 3});
        }
    }
    cr_expect_eq(valid,
                 0x10000 - 0x800 - 0x800); // three bytes: U+0800 to U+FFFF but the surrogates
}

Test(bytes, base64url_is_strict_and_reads_back)
{
    uint8_t bytes[64];
    uint8_t again[64];
    for (size_t size = 0; size < sizeof bytes; size++) {
        struct lt_buffer text = {.max = 100};
        memset(bytes, (int)(size * 37), sizeof bytes);
        cr_expect(lt_base64url_encode((struct lt_slice){bytes, size}, &text));
        cr_expect_null(text.size == 0 ? NULL : memchr(text.data, '=', text.size));
        cr_expect(lt_base64url_decode(lt_buffer_slice(&text), again, size));
        cr_expect_eq(memcmp(bytes, again, size), 0);
        cr_expect(size == 0 || !lt_base64url_decode(lt_buffer_slice(&text), again, size - 1));
        cr_expect(size == 63 || !lt_base64url_decode(lt_buffer_slice(&text), again, size + 1));
        lt_buffer_clear(&text);
    }
    cr_expect(lt_base64url_decode(lt_slice_of("_-8"), again, 2));
    cr_expect_not(lt_base64url_decode(lt_slice_of("_-9"), again, 2), "stray bits");
    cr_expect_not(lt_base64url_decode(lt_slice_of("_-8="), again, 2), "padding");
    cr_expect_not(lt_base64url_decode(lt_slice_of("/+8"), again, 2), "the other alphabet");
    cr_expect_not(lt_base64url_decode(lt_slice_of("_-8\n"), again, 2), "a line end");
}

Test(bytes, hexadecimal_is_lower_case_and_exact)
{
    const uint8_t bytes[] = {0x00, 0xAB, 0xFF};
    uint8_t again[3];
    char text[7];
    lt_hex_encode((struct lt_slice){bytes, 3}, text);
    cr_expect_str_eq(text, "00abff");
    cr_expect(lt_hex_decode(lt_slice_of(text), again, 3));
    cr_expect_arr_eq(bytes, again, 3);
    cr_expect_not(lt_hex_decode(lt_slice_of("00ab"), again, 3));
    cr_expect_not(lt_hex_decode(lt_slice_of("00abf"), again, 3));
    cr_expect_not(lt_hex_decode(lt_slice_of("00abfg"), again, 3));
}

Test(bytes, what_fits_is_not_cut)
{
    struct lt_error error = {0};
    char text[1200], out[8];
    memset(text, 'a', sizeof text);
    text[LT_TEXT_MAX] = '\0';
    lt_fail(&error, LT_BUSY, "%s", text);
    cr_expect_str_eq(error.text, text);
    text[LT_TEXT_MAX] = 'a';
    text[LT_ERROR_MAX] = '\0';
    lt_fail_whole(&error, LT_BAD_FILE, "%s", text);
    cr_expect_str_eq(error.text, text);
    text[LT_ERROR_MAX] = 'a';
    text[sizeof text - 1] = '\0';
    lt_fail_whole(&error, LT_BAD_FILE, "%s", text);
    cr_expect_eq(strlen(error.text), (size_t)LT_ERROR_MAX);
    cr_expect_str_eq(error.text + LT_ERROR_MAX - 3, "…");
    cr_expect_str_eq(lt_shorten("ấp Lạc", out, sizeof out), "ấp…");
    cr_expect_str_eq(lt_shorten("ấp Lạ", out, sizeof out), "ấp…");
    cr_expect_str_eq(lt_shorten("ấp La", out, sizeof out), "ấp La");
    cr_expect_str_eq(lt_shorten("ấ", out, 4), "ấ");
    cr_expect_str_eq(lt_shorten("ấấ", out, 4), "…");
    cr_expect_str_eq(lt_shorten("", out, 4), "");
}

Test(bytes, a_sentence_too_long_is_cut_at_a_character)
{
    struct lt_error error = {0};
    char text[400];
    for (size_t shift = 0; shift < 6; shift++) {
        memset(text, 'a', shift);
        text[shift] = '\0';
        while (strlen(text) < 300) {
            memcpy(text + strlen(text), "ấ\xF0\x9F\x94\x94", sizeof "ấ\xF0\x9F\x94\x94");
        }
        cr_expect_eq(lt_fail(&error, LT_MALFORMED, "%s", text), LT_MALFORMED);
        const size_t size = strlen(error.text);
        cr_expect(lt_utf8_valid(lt_slice_of(error.text)), "%zu", shift);
        cr_expect_gt(size, LT_TEXT_MAX - 4);
        cr_expect_leq(size, LT_TEXT_MAX);
        cr_expect_eq(memcmp(error.text, text, size - 3), 0);
        cr_expect_str_eq(error.text + size - 3, "…", "that it was cut is seen");
        lt_fail_whole(&error, LT_BAD_FILE, "%s", text);
        cr_expect_str_eq(error.text, text);
    }
    cr_expect_eq(lt_fail(NULL, LT_BUSY, "nobody asks"), LT_BUSY);
    cr_expect_str_eq(lt_code_name(LT_BAD_SEAL), "bad-seal");
    cr_expect_str_eq(lt_code_name((enum lt_code)999), "?");
    cr_expect_str_eq(lt_code_text(LT_BAD_SEAL), "Its seal does not hold.");
    cr_expect_str_eq(lt_code_text((enum lt_code)999), "This library does not know the code.");
    cr_expect(lt_code_is_refusal(LT_TAKEN_OVER) && !lt_code_is_refusal(LT_NO_MEMORY) &&
              !lt_code_is_refusal(LT_DONE_BEFORE));
}
