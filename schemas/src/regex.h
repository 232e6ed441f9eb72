// Patterns of JSON Schema: a subset of ECMA-262 without what can blow up (no backreferences, no look-around, bounded
// repeats), matched by stepping all threads at once: time grows with text × program, whatever the pattern.
//
// Understood: literal characters, . ^ $ |, ( ) and (?: ), [ ] with ranges and ^, * + ? {n} {n,} {n,m} (n, m up to 1000; a ?
// behind them changes nothing), \d \D \w \W \s \S, \t \n \r \f \v \0 \xHH \uHHHH \u{H…}, and \ before punctuation.
// As in ECMA-262: not anchored, case matters, \d and \w are ASCII, . is any character but a line end, $ is the very end.
#ifndef LT_REGEX_H
#define LT_REGEX_H

#include "lienthon/bytes.h"

enum { REGEX_PROGRAM_MAX = 1024, REGEX_RANGES_MAX = 2048 };

struct regex;

// NULL with *why (a constant sentence, NULL for no memory) and *where (byte offset) when it is outside the subset.
struct regex *regex_compile(struct lt_slice pattern, const char **why, size_t *where);
void regex_destroy(struct regex **regex);
// Does it match anywhere in the text (valid UTF-8). Each step costs one of *budget; at 0 it gives up with false.
bool regex_matches(const struct regex *regex, struct lt_slice text, uint64_t *budget);

#endif
