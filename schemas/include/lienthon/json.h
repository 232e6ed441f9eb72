// Bodies as JSON text, both ways, for people and programs that type or read them. Byte strings are
// base64 (standard alphabet, padded) in JSON.
#ifndef LIENTHON_JSON_H
#define LIENTHON_JSON_H

#include "type.h"

#ifdef __cplusplus
extern "C" {
#endif

// Appends the body for a JSON object. Where the schema (may be NULL) says contentEncoding, a string
// becomes bin; where it says integer, 1.0 becomes 1. LT_BAD_FILE "line:column: what is wrong";
// strings are taken as they are. It is not checked against the schema: that is lt_type_check's.
enum lt_code lt_json_to_body(struct lt_slice json, const lt_schema *schema, struct lt_buffer *out,
                             struct lt_error *error);
// Appends JSON for any MessagePack value, keys in their order; `pretty`: indented by two, else one
// line. No NUL, no newline at the end. LT_MALFORMED for what has no JSON (ext, NaN, a key that is
// no str).
enum lt_code lt_json_from_body(struct lt_slice body, struct lt_buffer *out, bool pretty,
                               struct lt_error *error);

#ifdef __cplusplus
}
#endif
#endif
