// Telephone numbers, digit by digit: 0299 3 822 222, +84 912 345 678, 1900 1234, and the short ones for
// emergencies behind a word that announces them.
#include "scan.h"
#include "spell.h"

enum { MOST = 15 };

struct digits {
    uint8_t digit[MOST + 1];
    size_t count, taken; // bytes of the text
};

static bool separates(const struct scan *scan, size_t i)
{
    int c = scan_byte(scan, i), next = scan_byte(scan, i + 1);
    if (c == ')' && next == ' ')
        return scan_is_digit(scan_byte(scan, i + 2));
    return (c == ' ' || c == '.' || c == '-' || c == ')') && scan_is_digit(next);
}

static bool collect(const struct scan *scan, size_t from, struct digits *digits)
{
    *digits = (struct digits){0};
    for (size_t i = from;; i++) {
        int c = scan_byte(scan, i);
        if (scan_is_digit(c)) {
            if (digits->count > MOST)
                return false;
            digits->digit[digits->count++] = (uint8_t)c;
            digits->taken = i + 1 - from;
        } else if (c == ')' && scan_byte(scan, i + 1) == ' ' && separates(scan, i)) {
            i++;
        } else if (!separates(scan, i)) {
            break;
        }
    }
    return !scan_is_word(scan_byte(scan, from + digits->taken));
}

static bool is_emergency(const struct scan *scan, const struct digits *digits)
{
    static const char *const announce[] = {"gọi", "số",   "điện", "nóng", "đến",  "thoại",
                                           "máy", "112,", "113,", "114,", "115,", NULL};
    return digits->count == 3 && digits->digit[0] == '1' && digits->digit[1] == '1' &&
           scan_behind_one_of(scan, announce);
}

size_t scan_telephone(struct scan *scan)
{
    struct digits digits;
    bool is_abroad = scan->at > 0 && scan_byte(scan, scan->at - 1) == '+';
    if (!scan_is_digit(scan_byte(scan, scan->at)) || !collect(scan, scan->at, &digits))
        return 0;
    bool is_home = digits.digit[0] == '0' && digits.count >= 9 && digits.count <= 11;
    bool is_service =
        (scan_stands(scan, scan->at, "1800") || scan_stands(scan, scan->at, "1900")) &&
        digits.count >= 8 && digits.count <= 10;
    if (!is_home && !is_service && !(is_abroad && digits.count >= 9) &&
        !is_emergency(scan, &digits))
        return 0;
    spell_digits(digits.digit, digits.count, scan->out);
    return digits.taken;
}
