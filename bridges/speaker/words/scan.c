// What stands where.
#include "scan.h"

#include <string.h>

int scan_byte(const struct scan *scan, size_t i)
{
    return i < scan->text.size ? scan->text.data[i] : -1;
}

bool scan_is_digit(int c)
{
    return c >= '0' && c <= '9';
}

bool scan_is_word(int c)
{
    return scan_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

size_t scan_digits(const struct scan *scan, size_t i, size_t most, unsigned *value)
{
    size_t n = 0;
    *value = 0;
    while (scan_is_digit(scan_byte(scan, i + n)) && n <= most)
        *value = *value * 10 + (unsigned)(scan_byte(scan, i + n++) - '0');
    return n <= most ? n : 0;
}

bool scan_stands(const struct scan *scan, size_t i, const char *word)
{
    size_t size = strlen(word);
    if (i > scan->text.size || size > scan->text.size - i)
        return false;
    return memcmp(scan->text.data + i, word, size) == 0;
}

static bool is_same_letter(uint8_t written, uint8_t wanted)
{
    return written == wanted ||
           (wanted >= 'a' && wanted <= 'z' && written == (uint8_t)(wanted - 'a' + 'A'));
}

bool scan_behind(const struct scan *scan, const char *word)
{
    size_t size = strlen(word), at = scan->at;
    while (at > 0 && scan->text.data[at - 1] == ' ')
        at--;
    if (at < size || !is_same_letter(scan->text.data[at - size], (uint8_t)word[0]) ||
        memcmp(scan->text.data + at - size + 1, word + 1, size - 1) != 0)
        return false;
    return at == size || !scan_is_word(scan->text.data[at - size - 1]);
}

bool scan_behind_one_of(const struct scan *scan, const char *const *words)
{
    for (; *words; words++) {
        if (scan_behind(scan, *words))
            return true;
    }
    return false;
}

size_t scan_word_end(const struct scan *scan, size_t i)
{
    while (scan_is_word(scan_byte(scan, i)))
        i++;
    return i;
}

size_t scan_dash(const struct scan *scan, size_t i)
{
    size_t from = i;
    while (scan_byte(scan, i) == ' ')
        i++;
    if (scan_byte(scan, i) != '-')
        return 0;
    i++;
    while (scan_byte(scan, i) == ' ')
        i++;
    return i - from;
}

bool scan_is_address(const struct scan *scan)
{
    static const char *const words[] = {"số", "hẻm", "ngõ", "kiệt", "nhà", NULL};
    return scan_behind_one_of(scan, words);
}
