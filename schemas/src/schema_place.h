// Where something stands in a JSON text.
#ifndef LT_SCHEMA_PLACE_H
#define LT_SCHEMA_PLACE_H

#include "lienthon/bytes.h"

struct schema_place { // from 1; columns count characters
    size_t line, column;
};

// The key that a JSON pointer ("/properties/a~1b") ends in, or the array element, or the beginning for "". The text must be
// JSON that was read already. What is not there: the nearest that is.
struct schema_place schema_place_of(struct lt_slice json, const char *pointer);

#endif
