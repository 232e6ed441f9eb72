// The identity's own grant, as the bundle of its folder has it: what it may receive and publish, so
// that nobody has to write topics into a configuration twice. The hub decides; this only asks.
#ifndef LT_BRIDGES_OWN_GRANT_H
#define LT_BRIDGES_OWN_GRANT_H

#include <lienthon/grant.h>

struct own_grant {
    struct lt_buffer bundle; // what the grant looks into
    struct lt_grant *grant;  // NULL: the bundle has none
};

// The newest for that principal in the bundle file. LT_DONE also when there is none in it.
enum lt_code own_grant_load(const char *path, const char *principal, struct own_grant *own,
                            struct lt_error *error);
void own_grant_clear(struct own_grant *own);
// The topic without wildcards at which it may publish that type; data NULL: none.
struct lt_slice own_grant_topic(const struct own_grant *own, const char *type);

#endif
