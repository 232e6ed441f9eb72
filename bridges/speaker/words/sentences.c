// A stop ends a sentence where a space or nothing stands behind it. A full stop is weaker than the others: it does
// not end what is a single word (the "một." of a list), an initial, nor what looks like an abbreviation and goes on with a
// small letter (v.v. để).
#include "sentences.h"

#include <string.h>
#include <utf8proc.h>

enum { LONGEST = 600 }; // bytes of a sentence: some 45 s

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static utf8proc_int32_t letter_at(struct lt_slice text, size_t at)
{
    utf8proc_int32_t letter = -1;
    if (at < text.size)
        utf8proc_iterate(text.data + at, (utf8proc_ssize_t)(text.size - at), &letter);
    return letter;
}

static bool is_small(utf8proc_int32_t letter)
{
    return letter >= 0 && utf8proc_category(letter) == UTF8PROC_CATEGORY_LL;
}

static bool is_large(utf8proc_int32_t letter)
{
    return letter >= 0 && utf8proc_category(letter) == UTF8PROC_CATEGORY_LU;
}

// Where the word that ends before `at` begins.
static size_t word_before(struct lt_slice text, size_t at)
{
    while (at > 0 && !is_space(text.data[at - 1]))
        at--;
    return at;
}

// One letter, whatever its accents: an initial.
static bool is_initial(struct lt_slice text, size_t from, size_t end)
{
    utf8proc_int32_t letter = -1;
    utf8proc_ssize_t size =
        utf8proc_iterate(text.data + from, (utf8proc_ssize_t)(end - from), &letter);
    return size > 0 && (size_t)size == end - from && is_large(letter);
}

static bool full_stop_ends(struct lt_slice text, size_t at)
{
    size_t word = word_before(text, at), next = at + 1;
    while (next < text.size && text.data[next] == ' ')
        next++;
    if (next == text.size || text.data[next] == '\n')
        return true;
    bool is_short = is_large(letter_at(text, word)) || memchr(text.data + word, '.', at - word);
    return word > 0 && !is_initial(text, word, at) &&
           !(is_short && is_small(letter_at(text, next)));
}

static bool ends_at(struct lt_slice text, size_t at)
{
    uint8_t c = text.data[at];
    bool is_last = at + 1 == text.size || is_space(text.data[at + 1]);
    if (c == '\n')
        return true;
    if (!is_last)
        return false;
    return c == '!' || c == '?' || c == ';' || (c == '.' && full_stop_ends(text, at));
}

// A text without stops is parted where it breathes: behind a comma, else between words. Else its first word would be heard when
// its last is made, and to measure how loud it is would keep an alarm waiting.
static size_t shorten(struct lt_slice text)
{
    size_t comma = 0, space = 0, size = LONGEST;
    for (size_t i = 1; i < LONGEST; i++) {
        space = is_space(text.data[i]) ? i : space;
        comma = is_space(text.data[i]) && strchr(",:", text.data[i - 1]) ? i : comma;
    }
    while (size > 1 && (text.data[size] & 0xc0) == 0x80) // not within a letter
        size--;
    return comma > LONGEST / 4 ? comma : space ? space : size;
}

bool sentences_next(struct lt_slice *rest, struct lt_slice *sentence)
{
    struct lt_slice text = *rest;
    while (text.size && is_space(*text.data)) {
        text.data++;
        text.size--;
    }
    size_t size = 0;
    while (size < text.size && size < LONGEST && !ends_at(text, size))
        size++;
    if (size < text.size)
        size = size < LONGEST ? size + 1 : shorten(text);
    *rest = (struct lt_slice){text.data + size, text.size - size};
    while (size && is_space(text.data[size - 1]))
        size--;
    *sentence = (struct lt_slice){text.data, size};
    return size > 0;
}
