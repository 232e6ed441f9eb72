// A compiled JSON Schema: a graph of nodes in memory that belongs to the schema as a whole. Shared by what
// compiles it (schema_compile.c), what walks bodies with it (schema_check.c) and JSON's way in (json_read.c).
#ifndef LT_SCHEMA_H
#define LT_SCHEMA_H

#include "lienthon/cursor.h"
#include "lienthon/type.h"

#include "format.h"
#include "regex.h"

// `type`, as bits.
enum {
    SCHEMA_NULL = 1,
    SCHEMA_BOOLEAN = 2,
    SCHEMA_OBJECT = 4,
    SCHEMA_ARRAY = 8,
    SCHEMA_NUMBER = 16,
    SCHEMA_INTEGER = 32,
    SCHEMA_STRING = 64,
};

enum { SCHEMA_REQUIRED_MAX = 256, SCHEMA_IN_PLACE_MAX = 64 };

struct schema_node;

struct schema_property { // sorted by name
    struct lt_slice name;
    const struct schema_node *node; // NULL: required only
    int required;                   // its bit, or -1
};

struct schema_list { // subschemas
    const struct schema_node **items;
    size_t count;
};

struct schema_values { // of enum or const, as MessagePack
    struct lt_slice *items;
    size_t count;
    bool is_given, is_const;
};

struct schema_bound {
    double value;
    bool is_given;
};

struct schema_size {
    uint64_t least, most; // most: UINT64_MAX without a bound
};

struct schema_node {
    enum { SCHEMA_KEYWORDS, SCHEMA_TRUE, SCHEMA_FALSE } kind;
    uint32_t number; // its place in the order of compiling
    unsigned types;  // 0: any
    struct schema_values values;
    struct schema_bound minimum, maximum, above, below, multiple;
    struct schema_size length, bytes, items_size;
    bool is_bytes; // contentEncoding base64: bin in MessagePack
    bool is_unique;
    enum format format;
    const struct regex *pattern;
    const char *pattern_text;
    struct schema_property *properties;
    size_t property_count, required_count;
    struct lt_slice *required;            // in the order of the file, for sentences
    const struct schema_node *additional; // NULL: anything
    struct schema_list prefix;
    const struct schema_node *items, *contains;
    struct schema_list all_of, any_of, one_of;
    const struct schema_node * not, *if_, *then, *else_, *ref;
};

struct schema_chunk; // memory that is freed with the schema

struct lt_schema {
    const struct schema_node *root;
    struct schema_chunk *chunks;
    bool has_rules; // the `lienthon` object is there
    enum lt_retain retain;
    uint64_t max_life_s;
    uint8_t label;
};

// Zeroed memory for the life of the schema, or NULL.
void *schema_memory(lt_schema *schema, size_t count, size_t size);
bool schema_keep_regex(lt_schema *schema, struct regex *regex); // freed with the schema
int schema_compare_names(struct lt_slice a, struct lt_slice b);
const struct schema_property *schema_find_property(const struct schema_node *node,
                                                   struct lt_slice name);
// The node and all that speaks of the same place ($ref, allOf, anyOf, oneOf, then, else); returns how many.
size_t schema_in_place(const struct schema_node *node,
                       const struct schema_node *found[SCHEMA_IN_PLACE_MAX], size_t count);

#endif
