// Numbers with what belongs to them: a unit, a price for each, from one to the other, so many times so
// many; and one over the other.
#include "number.h"
#include "spell.h"
#include "units.h"

static void say_unit(struct scan *scan, const char *said)
{
    if (said)
        lt_buffer_print(scan->out, " %s", said);
}

// 200.000đ/người, 15.000đ/kg: what follows the stroke is for each.
static size_t say_each(struct scan *scan, size_t i)
{
    size_t size = 0;
    int next = scan_byte(scan, i + 1);
    if (scan_byte(scan, i) != '/' || next < 0 || scan_is_digit(next) || !scan_is_word(next))
        return 0;
    const char *unit = unit_at(scan, i + 1, &size);
    lt_buffer_print(scan->out, unit ? " một %s" : " một ", unit ? unit : "");
    return 1 + size;
}

static bool is_ordinal(const struct scan *scan)
{
    static const char *const words[] = {"thứ", NULL};
    return scan_behind_one_of(scan, words);
}

// ngày 5 tháng 9 is said ngày mùng năm; mỗi ngày 2 lần is not.
static bool is_day(const struct scan *scan, const struct number *number)
{
    return number->whole >= 1 && number->whole <= 10 && number->fraction.size == 0 &&
           scan_behind(scan, "ngày") && scan_stands(scan, scan->at + number->size, " tháng");
}

static void say_first(struct scan *scan, const struct number *number)
{
    bool is_plain = !number->by_digits && number->fraction.size == 0;
    if (is_plain && is_ordinal(scan))
        spell_ordinal(number->whole, scan->out);
    else if (is_day(scan, number))
        spell_day((unsigned)number->whole, scan->out);
    else if (is_plain && number->whole == 4 && scan_behind(scan, "tháng"))
        spell_month(4, scan->out);
    else
        number_say(scan, scan->at, number);
}

static bool is_more(const struct number *more, const struct number *less)
{
    return more->whole > less->whole ||
           (more->whole == less->whole && more->fraction.size > 0 && less->mark != 0);
}

// Between two numbers: to, times, or nothing (a result, a code). 0: nothing stands between.
static size_t between(const struct scan *scan, size_t i, const char **said)
{
    size_t dash = scan_dash(scan, i), space = scan_byte(scan, i) == ' ';
    *said = " đến ";
    if (dash)
        return dash;
    if (scan_byte(scan, i + space) != 'x')
        return 0;
    *said = " nhân ";
    return space + 1 + (scan_byte(scan, i + space + 1) == ' ');
}

// The second of two, with its unit: how many bytes, 0: there is no second.
static size_t say_second(struct scan *scan, size_t i, const struct number *first, const char *unit)
{
    const char *said = NULL;
    struct number second;
    size_t gap = between(scan, i, &said), size = 0;
    if (!gap || !number_read(scan, i + gap, &second))
        return 0;
    size_t end = i + gap + second.size;
    const char *last = unit_at(scan, end, &size);
    bool is_range = scan_dash(scan, i) == gap;
    if (is_range && !is_more(&second, first))
        said = " ";
    if (scan_is_word(scan_byte(scan, end)) && !last)
        return 0;
    say_unit(scan, unit);
    lt_buffer_print(scan->out, "%s", said);
    number_say(scan, i + gap, &second);
    say_unit(scan, last);
    return gap + second.size + (last ? size : 0);
}

static bool is_below_zero(const struct scan *scan)
{
    size_t at = scan->at;
    return at > 0 && scan_byte(scan, at - 1) == '-' &&
           (at == 1 || scan_byte(scan, at - 2) == ' ' || scan_byte(scan, at - 2) == '(');
}

size_t scan_amount(struct scan *scan)
{
    struct number number;
    size_t unit_size = 0;
    if (!number_read(scan, scan->at, &number))
        return 0;
    size_t end = scan->at + number.size;
    const char *unit = unit_at(scan, end, &unit_size);
    if (unit && scan_stands(scan, end + (scan_byte(scan, end) == ' '), "độ C"))
        unit = "độ xê";
    if (!unit && scan->at > 0 && scan_byte(scan, scan->at - 1) == '$')
        unit = "đô la";
    if (unit && is_below_zero(scan))
        lt_buffer_print(scan->out, "âm ");
    say_first(scan, &number);
    end += unit ? unit_size : 0;
    size_t second = say_second(scan, end, &number, unit);
    if (!second)
        say_unit(scan, unit);
    end += second;
    return end + say_each(scan, end) - scan->at;
}

// --- one over the other ---

size_t scan_fraction(struct scan *scan)
{
    unsigned over, under;
    size_t a = scan_digits(scan, scan->at, 4, &over);
    if (!a || scan_byte(scan, scan->at + a) != '/')
        return 0;
    size_t b = scan_digits(scan, scan->at + a + 1, 4, &under);
    size_t end = scan->at + a + 1 + b;
    if (!b)
        return 0;
    spell_number(over, scan->out);
    if (scan_is_address(scan)) {
        lt_buffer_print(scan->out, " xuyệt ");
        spell_number(under, scan->out);
    } else if (over < under && under <= 10) {
        lt_buffer_print(scan->out, " phần ");
        spell_ordinal(under, scan->out);
    } else {
        lt_buffer_print(scan->out, " trên ");
        spell_number(under, scan->out);
    }
    return end - scan->at;
}
