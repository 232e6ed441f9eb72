// Vietnamese numbers go by groups of three; what is left out in between is said (không trăm lẻ năm).
#include "spell.h"

#include <string.h>

static const char *const ones[] = {"không", "một", "hai", "ba",  "bốn",
                                   "năm",   "sáu", "bảy", "tám", "chín"};

static void space(struct lt_buffer *out, bool *any)
{
    if (*any)
        lt_buffer_add(out, " ", 1);
    *any = true;
}

static void word(const char *text, struct lt_buffer *out, bool *any)
{
    space(out, any);
    lt_buffer_add(out, text, strlen(text));
}

// 1 and 5 sound otherwise behind a ten, and 4 behind twenty and more.
static const char *unit_behind(unsigned ten, unsigned unit)
{
    if (unit == 5 && ten >= 1)
        return "lăm";
    if (unit == 1 && ten >= 2)
        return "mốt";
    if (unit == 4 && ten >= 2)
        return "tư";
    return ones[unit];
}

// Three digits; `whole`: there is something before them, so their zeros are said.
static void group(unsigned number, bool whole, struct lt_buffer *out, bool *any)
{
    unsigned hundred = number / 100, ten = number / 10 % 10, unit = number % 10;
    bool has_hundred = hundred > 0 || (whole && number > 0);
    if (has_hundred) {
        word(ones[hundred], out, any);
        word("trăm", out, any);
    }
    if (ten == 1)
        word("mười", out, any);
    if (ten > 1) {
        word(ones[ten], out, any);
        word("mươi", out, any);
    }
    if (ten == 0 && unit > 0 && has_hundred)
        word("lẻ", out, any);
    if (unit > 0)
        word(unit_behind(ten, unit), out, any);
}

static void below_milliard(uint32_t number, bool whole, struct lt_buffer *out, bool *any)
{
    static const struct {
        uint32_t size;
        const char *name;
    } steps[] = {{1000000, "triệu"}, {1000, "nghìn"}, {1, ""}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        unsigned part = number / steps[i].size % 1000;
        if (part == 0)
            continue;
        group(part, whole || *any, out, any);
        if (*steps[i].name)
            word(steps[i].name, out, any);
    }
}

static void spell_above_zero(uint64_t number, bool whole, struct lt_buffer *out, bool *any)
{
    uint64_t milliards = number / 1000000000;
    if (milliards) {
        spell_above_zero(milliards, whole, out, any);
        word("tỷ", out, any);
    }
    below_milliard((uint32_t)(number % 1000000000), whole || milliards, out, any);
}

void spell_number(uint64_t number, struct lt_buffer *out)
{
    bool any = false;
    if (number == 0)
        word(ones[0], out, &any);
    else
        spell_above_zero(number, false, out, &any);
}

void spell_digits(const uint8_t *digits, size_t count, struct lt_buffer *out)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (digits[i] >= '0' && digits[i] <= '9')
            word(ones[digits[i] - '0'], out, &any);
    }
}

void spell_day(unsigned day, struct lt_buffer *out)
{
    if (day >= 1 && day <= 10)
        lt_buffer_print(out, "mùng ");
    spell_number(day, out);
}

void spell_month(unsigned month, struct lt_buffer *out)
{
    if (month == 4)
        lt_buffer_print(out, "tư");
    else
        spell_number(month, out);
}

void spell_ordinal(uint64_t number, struct lt_buffer *out)
{
    if (number == 1)
        lt_buffer_print(out, "nhất");
    else if (number == 4)
        lt_buffer_print(out, "tư");
    else
        spell_number(number, out);
}

bool spell_letter(struct lt_slice letter, struct lt_buffer *out)
{
    static const char *const names[][2] = {
        {"A", "a"},      {"Ă", "á"},     {"Â", "ớ"},     {"B", "bê"},   {"C", "xê"},
        {"D", "dê"},     {"Đ", "đê"},    {"E", "e"},     {"Ê", "ê"},    {"F", "ép"},
        {"G", "giê"},    {"H", "hát"},   {"I", "i"},     {"J", "gi"},   {"K", "ca"},
        {"L", "e lờ"},   {"M", "em mờ"}, {"N", "en nờ"}, {"O", "o"},    {"Ô", "ô"},
        {"Ơ", "ơ"},      {"P", "pê"},    {"Q", "quy"},   {"R", "e rờ"}, {"S", "ét sì"},
        {"T", "tê"},     {"U", "u"},     {"Ư", "ư"},     {"V", "vê"},   {"W", "vê kép"},
        {"X", "ích xì"}, {"Y", "i dài"}, {"Z", "dét"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (lt_slice_is(letter, names[i][0])) {
            lt_buffer_print(out, "%s", names[i][1]);
            return true;
        }
    }
    return false;
}
