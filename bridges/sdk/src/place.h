// Where a value stands in an instance's file: for what only the host can tell is wrong.
#ifndef LT_BRIDGES_PLACE_H
#define LT_BRIDGES_PLACE_H

#include <lienthon/bytes.h>

struct place {
    size_t line, column; // from 1
};

// Of the value of a key at the top of the file; of its item, where it is a list; of its member's name, where it is a map and
// member is given. What is not there: 1:1.
struct place place_of(struct lt_slice yaml, const char *key, size_t item, const char *member);
// The same of a key, or of a map's member where that is given; what is not there: 0:0.
struct place place_of_given(struct lt_slice yaml, const char *key, const char *member);

#endif
