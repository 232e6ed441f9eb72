// Where a walk stands in a body, and the sentences of its refusals. With error NULL nothing is said: only tried.
#ifndef LT_SCHEMA_FAIL_H
#define LT_SCHEMA_FAIL_H

#include "schema.h"

struct schema_path {
    const struct schema_path *up; // NULL: the body itself
    struct lt_slice key;          // data NULL: an element of an array
    uint32_t index;
};

// All return false.
__attribute__((format(printf, 3, 4))) bool
schema_fail(struct lt_error *error, const struct schema_path *path, const char *format, ...);
bool schema_fail_type(const struct schema_node *node, struct lt_slice bytes,
                      const struct schema_path *path, struct lt_error *error);
bool schema_fail_choice(const struct schema_node *node, struct lt_slice bytes,
                        const struct schema_path *path, struct lt_error *error);
bool schema_fail_key(const struct schema_node *node, struct lt_slice key,
                     const struct schema_path *path, struct lt_error *error);

#endif
