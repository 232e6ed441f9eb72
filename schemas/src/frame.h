// What the files about frame 0 share: the shape of each op.
#ifndef SCHEMAS_FRAME_H
#define SCHEMAS_FRAME_H

#include "lienthon/op.h"

enum field {
    FIELD_NONE,
    FIELD_REF,
    FIELD_SID,
    FIELD_VERSION,
    FIELD_AGENT,
    FIELD_HUB,
    FIELD_NOW,
    FIELD_LIMITS,
    FIELD_CODE,
    FIELD_TEXT,
    FIELD_TEXT_OR_NUMBER,
    FIELD_NUMBER,
    FIELD_PATTERNS,
    FIELD_PUBLISHED,
    FIELD_DELIVERED,
    FIELD_SETTLED,
    FIELD_SEQS,
    FIELD_ARGS,
    FIELD_FLAG,
    FIELD_NAME,
    FIELD_VALUE,
    FIELD_SHA256,
    FIELD_SIZE,
    FIELD_OFFSET,
    FIELD_LENGTH,
};

enum { FRAME_FIELDS = 4, FRAME_LIMITS = 7, FRAME_SHA256_SIZE = 32 };

struct shape {
    const char *name;
    enum field fields[FRAME_FIELDS]; // in the order of the wire, behind the op
};

// NULL for an op that is not known.
const struct shape *frame_shape(unsigned op);

struct frame_limit {
    const char *key;
    size_t offset; // in struct lt_limits
};
extern const struct frame_limit frame_limits[FRAME_LIMITS];

#endif
