// A number as it is written: 1.500.000 or 2,5 or 007.
#ifndef LT_SPEAKER_NUMBER_H
#define LT_SPEAKER_NUMBER_H

#include "scan.h"

struct number {
    uint64_t whole;
    size_t size;              // bytes in the text
    size_t whole_size;        // of them, before the fraction
    struct lt_slice fraction; // digits; empty: none
    char mark;                // before the fraction
    bool by_digits;           // a code rather than an amount: said digit by digit
};

// From i on. false: no digit stands there.
bool number_read(const struct scan *scan, size_t i, struct number *number);
void number_say(const struct scan *scan, size_t i, const struct number *number);

#endif
