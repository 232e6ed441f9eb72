// A place in a text, and what the rules ask about it. A rule looks at what stands there; if it knows it,
// it writes what is said and returns how many bytes it took, else 0.
#ifndef LT_SPEAKER_SCAN_H
#define LT_SPEAKER_SCAN_H

#include "words.h"

struct scan {
    struct lt_slice text;
    size_t at;
    struct lt_buffer *out;
    const struct lt_option_map *own; // the commune's; may be NULL
};

typedef size_t scan_rule(struct scan *scan);

int scan_byte(const struct scan *scan, size_t i); // -1 behind the end
bool scan_is_digit(int c);
bool scan_is_word(int c); // part of a word: letters of all kinds and digits
// Up to `most` digits from i on; how many there are, 0 when more follow.
size_t scan_digits(const struct scan *scan, size_t i, size_t most, unsigned *value);
bool scan_stands(const struct scan *scan, size_t i, const char *word);
// Does the word stand just before, as a word, spaces between; upper and lower case as written or with a
// capital.
bool scan_behind(const struct scan *scan, const char *word);
bool scan_behind_one_of(const struct scan *scan, const char *const *words); // ends with NULL
// Does a word stand before that a house number follows.
bool scan_is_address(const struct scan *scan);
size_t scan_word_end(const struct scan *scan, size_t i);
// A dash between two amounts, spaces around it or not: how many bytes; 0: there is none.
size_t scan_dash(const struct scan *scan, size_t i);

// --- the rules, in the order in which they are asked ---
scan_rule scan_own;                    // shorts.c
scan_rule scan_telephone;              // telephone.c
scan_rule scan_document;               // documents.c
scan_rule scan_date, scan_hour;        // dates.c, hours.c
scan_rule scan_fraction, scan_amount;  // amounts.c
scan_rule scan_address, scan_short;    // shorts.c
scan_rule scan_roman;                  // roman.c
scan_rule scan_foreign, scan_capitals; // foreign.c, capitals.c

// What an abbreviation is said as: the commune's own, else a built-in one. NULL: not known.
const char *scan_said(const struct scan *scan, struct lt_slice written);
// A word in capitals that no table knows: as a word where it can be one, else letter by letter.
void scan_say_capitals(const struct scan *scan, struct lt_slice word);
// A Roman number from i on, standing alone; how many letters, 0: none.
size_t scan_roman_number(const struct scan *scan, size_t i, unsigned *value);

#endif
