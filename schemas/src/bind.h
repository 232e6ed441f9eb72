// What the generated bindings lean on: a table a struct, and one reader and writer for all of them.
#ifndef LT_BIND_H
#define LT_BIND_H

#include <stddef.h>

#include "lienthon/bytes.h"

#define BIND_NO_FLAG SIZE_MAX

enum bind_kind {
    BIND_TEXT,
    BIND_BYTES,
    BIND_UINT,
    BIND_INT,
    BIND_REAL,
    BIND_BOOL,
    BIND_CHOICE,
    BIND_STRUCT
};

struct bind_struct;

struct bind_field {
    const char *key;
    enum bind_kind kind;
    bool required;
    size_t offset, flag, count; // of the value, its has_… (or BIND_NO_FLAG), its …_count
    size_t max;                 // entries of a list; 0: no list
    size_t size;                // of one value
    const struct bind_struct *of;
    const char *const *choices; // ends with NULL; the enum's values begin with 1
};

struct bind_struct {
    const struct bind_field *fields;
    size_t field_count, size;
};

// LT_DONE or LT_BODY_WRONG. *into is zeroed first; it keeps views into the body.
enum lt_code bind_decode(const struct bind_struct *of, struct lt_slice body, void *into,
                         struct lt_error *error);
// Appends. LT_DONE, LT_BAD_USE or LT_NO_MEMORY.
enum lt_code bind_encode(const struct bind_struct *of, const void *from, struct lt_buffer *body,
                         struct lt_error *error);

#endif
