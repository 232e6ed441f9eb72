// What the files about grants share.
#ifndef SCHEMAS_GRANT_H
#define SCHEMAS_GRANT_H

#include "lienthon/grant.h"

#define GRANT_TYPE   "grant.v1"
#define GRANT_TOPICS "$lt/grants/"

enum { GRANT_RIGHTS = 4 };
struct grant_right {
    const char *name;
    enum lt_right right;
};
extern const struct grant_right grant_rights[GRANT_RIGHTS];

// Reads a body into a zeroed grant; LT_BODY_WRONG or LT_NO_MEMORY leave what grant_clear takes away.
enum lt_code grant_read(struct lt_slice body, struct lt_grant *grant, struct lt_error *error);
void grant_clear(struct lt_grant *grant);

#endif
