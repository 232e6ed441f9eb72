// Compiling a JSON Schema: what the keyword readers share.
#ifndef LT_SCHEMA_COMPILE_H
#define LT_SCHEMA_COMPILE_H

#include <jansson.h>

#include "schema.h"

enum { SCHEMA_POINTER_MAX = 512, SCHEMA_NODES_MAX = 4096, SCHEMA_NESTED_MAX = 64 };

struct schema_memo { // which JSON has become which node
    const json_t *json;
    struct schema_node *node;
};

struct schema_compiler {
    lt_schema *schema;
    struct lt_slice text;
    const char *file_name;
    const json_t *root;
    struct lt_error *error;
    enum lt_code code; // the first failure
    struct schema_memo *memos;
    size_t count;
    char at[SCHEMA_POINTER_MAX]; // JSON pointer of the schema that is being read
    size_t at_size;
    unsigned nested;
};

// LT_BAD_FILE "file:line:column: at /properties/x: …"; the place is that of `key` in the schema at hand (NULL: its own). false.
__attribute__((format(printf, 3, 4))) bool
schema_unusable(struct schema_compiler *c, const char *key, const char *format, ...);
bool schema_no_memory(struct schema_compiler *c); // false

// The node for a subschema that stands at key (and token, where key holds several), made at its first mention.
const struct schema_node *schema_read(struct schema_compiler *c, const json_t *json,
                                      const char *key, const char *token);

const struct schema_node *schema_read_reference(struct schema_compiler *c, const char *reference);

// One keyword into the node; false: not *known, or told as unusable.
bool schema_read_keyword(struct schema_compiler *c, struct schema_node *node, const char *key,
                         const json_t *value, bool *known);
bool schema_read_list(struct schema_compiler *c, const json_t *value, const char *key,
                      struct schema_list *list);
bool schema_read_properties(struct schema_compiler *c, struct schema_node *node,
                            const json_t *schema);
bool schema_read_rules(struct schema_compiler *c, const json_t *rules);
const json_t *schema_resolve(struct schema_compiler *c, const char *reference,
                             char pointer[SCHEMA_POINTER_MAX]);

#endif
