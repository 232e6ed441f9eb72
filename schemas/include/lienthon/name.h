// Names of wire.md section 1: principals, topics, patterns, types, origins. Bytes are compared.
#ifndef LIENTHON_NAME_H
#define LIENTHON_NAME_H

#include "bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    LT_PRINCIPAL_MAX = 64,
    LT_TOPIC_MAX = 255,
    LT_TYPE_MAX = 64,
    LT_ORIGIN_MAX = 128,
    LT_TOPIC_LEVELS = 16,
    LT_DURABLE_MAX = 64,
};

bool lt_principal_valid(struct lt_slice name);
bool lt_topic_valid(struct lt_slice topic);
bool lt_pattern_valid(struct lt_slice pattern);
bool lt_type_valid(struct lt_slice type);
bool lt_origin_valid(struct lt_slice origin);
bool lt_durable_valid(struct lt_slice name);
// Patterns over a grant's scope: `.`-segments, `*` one, a last `**` one or more.
bool lt_principal_pattern_valid(struct lt_slice pattern);

bool lt_pattern_matches(struct lt_slice pattern, struct lt_slice topic);
// The subset rule: every topic level of inner is covered by outer's, level by level.
bool lt_pattern_covers(struct lt_slice outer, struct lt_slice inner);
bool lt_principal_matches(struct lt_slice pattern, struct lt_slice principal);
bool lt_principal_covers(struct lt_slice outer, struct lt_slice inner);

// `prefix` followed by the principal with `/` for `.`: "$lt/grants/" → "$lt/grants/loa/an-thuong/01".
// out holds LT_TOPIC_MAX + 1 bytes; ends with NUL; returns the length, 0 if it does not fit.
size_t lt_principal_topic(const char *prefix, struct lt_slice principal, char *out);

#ifdef __cplusplus
}
#endif
#endif
