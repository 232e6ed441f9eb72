// What a SUBSCRIBE asks for, opened and checked.
#ifndef LT_WISH_H
#define LT_WISH_H

#include "desks.h"

enum wish_from { WISH_NEW, WISH_RETAINED, WISH_ALL, WISH_TIME };

struct wish {
    struct era era; // owned
    struct lt_slice durable;
    enum wish_from from;
    uint64_t since, credit;
};

// LT_DONE, or LT_MALFORMED or LT_NOT_ALLOWED with a sentence. Clear it in any case.
enum lt_code wish_open(const struct lt_frame *frame, const struct lt_grant *grant,
                       const struct lt_commune_limits *limits, struct wish *wish,
                       struct lt_error *error);
void wish_clear(struct wish *wish);

#endif
