// Points group by three, a comma begins the fraction; a point that does not group is a fraction, too.
#include "number.h"

#include "spell.h"

enum { LONGEST = 9 }; // digits without points; what is longer is a code

static size_t count_digits(const struct scan *scan, size_t i)
{
    size_t n = 0;
    while (scan_is_digit(scan_byte(scan, i + n)))
        n++;
    return n;
}

static void take(const struct scan *scan, size_t i, size_t count, struct number *number)
{
    for (size_t k = 0; k < count && number->whole < UINT64_MAX / 100; k++)
        number->whole = number->whole * 10 + (uint64_t)(scan_byte(scan, i + k) - '0');
}

static bool groups(const struct scan *scan, size_t i)
{
    return scan_byte(scan, i) == '.' && count_digits(scan, i + 1) == 3;
}

bool number_read(const struct scan *scan, size_t i, struct number *number)
{
    size_t first = count_digits(scan, i), at = i + first;
    *number = (struct number){0};
    if (first == 0)
        return false;
    bool has_zero = scan_byte(scan, i) == '0' && first > 1;
    number->by_digits = has_zero || first > LONGEST;
    take(scan, i, first, number);
    for (size_t k = 0; k < 5 && first <= 3 && !has_zero && groups(scan, at); k++) {
        take(scan, at + 1, 3, number);
        at += 4;
    }
    number->whole_size = at - i;
    int mark = scan_byte(scan, at);
    size_t behind = mark == ',' || mark == '.' ? count_digits(scan, at + 1) : 0;
    if (behind > 0 && !has_zero) {
        number->mark = (char)mark;
        number->fraction = (struct lt_slice){scan->text.data + at + 1, behind};
        at += 1 + behind;
    }
    number->size = at - i;
    return true;
}

void number_say(const struct scan *scan, size_t i, const struct number *number)
{
    struct lt_buffer *out = scan->out;
    if (number->by_digits)
        spell_digits(scan->text.data + i, number->whole_size, out);
    else
        spell_number(number->whole, out);
    if (number->fraction.size == 0)
        return;
    lt_buffer_print(out, number->mark == ',' ? " phẩy " : " chấm ");
    if (number->fraction.size > 2 || number->fraction.data[0] == '0') {
        spell_digits(number->fraction.data, number->fraction.size, out);
        return;
    }
    struct number part;
    number_read(scan, (size_t)(number->fraction.data - scan->text.data), &part);
    spell_number(part.whole, out);
}
