// Units and money behind a number.
#ifndef LT_SPEAKER_UNITS_H
#define LT_SPEAKER_UNITS_H

#include "scan.h"

// The unit from i on, one space before it at most; NULL: there is none. *size: bytes, the space included.
const char *unit_at(const struct scan *scan, size_t i, size_t *size);

#endif
