// Bodies and whole messages as JSON text, both ways, for people and programs that type or read them. Byte strings are
// base64 (standard alphabet, padded) in JSON. Pure: no files, no clock; any thread.
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
// line. No NUL, no newline at the end. LT_MALFORMED "at /body/x: what is wrong" for what has no JSON or
// would come back as something else: ext, NaN and infinities, whole numbers outside ±(2^53 - 1), a key that is no
// str, has a NUL or stands there twice, a text that is no UTF-8, more than 64 levels. A bin is base64, and comes back as
// one where the schema says contentEncoding.
enum lt_code lt_json_from_body(struct lt_slice body, struct lt_buffer *out, bool pretty,
                               struct lt_error *error);

// A whole message as one object: id, from, topic, type, priority, label, created, expires, deliver_at, relation, re,
// retain, receipt, drill, origin, body. Times are milliseconds since 1970, ids are UUIDs; a priority, a label and a
// relation is its number or its name ("khan", "noi-bo", "replaces"). Reading back what was written gives the same part.
//
// Appends the object. `re` and `origin` stand there only where the message has them. Errors as lt_json_from_body.
enum lt_code lt_json_from_part(const struct lt_part *part, struct lt_buffer *out, bool pretty,
                               struct lt_error *error);
// A draft from such an object. `type` and `body` must be there, and `re` where there is a relation, and only there; what else
// is left out is empty or 0, but for the label, which is then the lowest of its type. *part looks into *room, which is yours to
// clear, and must not be written to meanwhile; its max bounds the message. types: for the body's bytes and whole numbers; lent, may be NULL. LT_BAD_FILE "line:column:
// at /body/x: what is wrong", LT_TOO_LARGE, LT_NO_MEMORY. The body is not checked against its type: lt_type_check does.
enum lt_code lt_json_to_part(struct lt_slice json, const lt_types *types, struct lt_part *part,
                             struct lt_buffer *room, struct lt_error *error);

#ifdef __cplusplus
}
#endif
#endif
