// A walk over MessagePack that strangers sent. Allocates nothing, believes no declared count.
#ifndef LIENTHON_CURSOR_H
#define LIENTHON_CURSOR_H

#include "bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

enum lt_kind {
    LT_NIL,
    LT_BOOL,
    LT_UINT,
    LT_NEGATIVE,
    LT_FLOAT,
    LT_STR,
    LT_BIN,
    LT_ARRAY,
    LT_MAP,
    LT_EXT
};

// One value's head. Whatever legal width an integer came in, one >= 0 is LT_UINT, below 0 LT_NEGATIVE.
struct lt_value {
    enum lt_kind kind;
    union {
        bool boolean;
        uint64_t uint;
        int64_t negative;
        double real;
        struct lt_slice bytes; // LT_STR, LT_BIN, LT_EXT's payload
        uint32_t count;        // elements of an array, pairs of a map: what is declared
    };
};

struct lt_cursor {
    const uint8_t *at, *end;
};

struct lt_cursor lt_cursor_of(struct lt_slice bytes);
bool lt_cursor_at_end(const struct lt_cursor *cursor);

// Reads one head (for an array or map its elements follow). false: cut off, or the reserved byte; the
// cursor has not moved then. A count larger than the bytes that are left is refused here.
bool lt_cursor_next(struct lt_cursor *cursor, struct lt_value *value);
// Steps over one whole value, at most 64 levels deep; `whole` (may be NULL) becomes its bytes.
bool lt_cursor_skip(struct lt_cursor *cursor, struct lt_slice *whole);

// One value of exactly this kind, else false and the cursor has not moved.
bool lt_cursor_uint(struct lt_cursor *cursor, uint64_t max, uint64_t *value);
bool lt_cursor_bool(struct lt_cursor *cursor, bool *value);
bool lt_cursor_str(struct lt_cursor *cursor, struct lt_slice *text); // valid UTF-8 only
bool lt_cursor_bin(struct lt_cursor *cursor, struct lt_slice *bytes);
bool lt_cursor_nil(struct lt_cursor *cursor);
bool lt_cursor_array(struct lt_cursor *cursor, uint32_t *count);
bool lt_cursor_map(struct lt_cursor *cursor, uint32_t *count);

// The value of key in the map that `map` holds whole; false if there is none or it is no map.
bool lt_map_find(struct lt_slice map, const char *key, struct lt_slice *value);
bool lt_map_uint(struct lt_slice map, const char *key, uint64_t *value); // at most 2^53 - 1
bool lt_map_str(struct lt_slice map, const char *key, struct lt_slice *value);
bool lt_map_bin(struct lt_slice map, const char *key, struct lt_slice *value);

#ifdef __cplusplus
}
#endif
#endif
