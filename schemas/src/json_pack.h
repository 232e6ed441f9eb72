// JSON values, as jansson read them, written as MessagePack.
#ifndef LT_JSON_PACK_H
#define LT_JSON_PACK_H

#include <jansson.h>

#include "schema.h"

// What the schema says of the place where a value stands.
struct json_hints {
    const struct schema_node *items[SCHEMA_IN_PLACE_MAX];
    size_t count;
};

// On failure `where` is the JSON pointer of what is wrong; a value out of range, base64 that is none, nested deeper than 64.
struct json_packer {
    struct lt_buffer *out;
    char where[512];
    size_t where_size;
    const char *why; // NULL: no memory
};

bool json_pack_value(struct json_packer *packer, const json_t *value,
                     const struct json_hints *hints);

#endif
