// Body types: what a body of `notice.v1` may look like, and the three rules of its `lienthon`
// object. A schema is compiled once and then walks MessagePack bytes; it builds no tree and
// allocates nothing.
#ifndef LIENTHON_TYPE_H
#define LIENTHON_TYPE_H

#include "message.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lt_schema lt_schema; // immutable once compiled; threads may share it

// Compiles a JSON Schema text (the keywords are listed in schemas/types/README.md). *schema is
// yours. What cannot be used is LT_BAD_FILE: "file:line:column: at /properties/x: unknown keyword
// 'foo'".
enum lt_code lt_schema_compile(const char *json, size_t size, const char *file_name,
                               lt_schema **schema, struct lt_error *error);
void lt_schema_destroy(lt_schema **schema);
// LT_DONE, or LT_BODY_WRONG with the path of the first error and what is allowed there:
// "body.channels[2]: 'loaa' is not one of loa, zalo, facebook, screen, feed".
// The body must be one MessagePack value; of a message, one that lt_body_check took.
enum lt_code lt_schema_check(const lt_schema *schema, struct lt_slice body, struct lt_error *error);

enum lt_retain { LT_RETAIN_NEVER, LT_RETAIN_STATE };

struct lt_type {
    const char *name; // "notice.v1"
    enum lt_retain retain;
    uint64_t max_life_s; // a message must expire within it, counted from `created`; 0: it need not
                         // expire
    uint8_t label;       // the lowest label that a message may have
    const lt_schema *schema;
    const char *text; // the schema as it was given, for people and programs that ask
};

typedef struct lt_types
    lt_types; // the built-in types and those added; threads may share it once all are added

// NULL: no memory, or (a bug, told in error) a built-in type that cannot be used.
lt_types *lt_types_new(struct lt_error *error);
void lt_types_destroy(lt_types **types);
// Lent for the life of the registry; NULL: not known (23).
const struct lt_type *lt_types_find(const lt_types *types, struct lt_slice name);
// The types in the order of their adding, NULL behind the last.
const struct lt_type *lt_types_at(const lt_types *types, size_t index);
// Adds a type from its schema's text, which must have the `lienthon` object. LT_BAD_FILE as above;
// LT_BAD_USE: the name is taken or is none.
enum lt_code lt_types_add(lt_types *types, const char *name, const char *json, size_t size,
                          const char *file_name, struct lt_error *error);
// Is the part's body a body, does it fit the type, and does the message keep retain, max_life and
// label: LT_DONE or LT_BODY_WRONG. A cancellation may have the empty map for a body.
enum lt_code lt_type_check(const struct lt_type *type, const struct lt_part *part,
                           struct lt_error *error);

#ifdef __cplusplus
}
#endif
#endif
