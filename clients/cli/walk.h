// Walking the hub's answers to questions, which are lists, in one or several RESULTs.
#ifndef CLI_WALK_H
#define CLI_WALK_H

#include <lienthon/cursor.h>
#include <lienthon/seal.h>

// Walks an answer that is made of arrays: each call gives one element whole.
struct walk {
    struct lt_cursor cursor;
    uint32_t left;
};
struct walk walk_of(const struct lt_buffer *values);
bool walk_value(struct walk *walk, struct lt_slice *value);
// The same where the elements are sealed messages; passes over what is none.
bool walk_sealed(struct walk *walk, struct lt_sealed *sealed);

#endif
