// The identity's own grant: what it may receive and publish, so that nobody has to write topics into a configuration twice.
// It comes from the bundle of its folder, and from what an earlier run heard. The hub decides; this only asks.
#ifndef LT_BRIDGES_OWN_GRANT_H
#define LT_BRIDGES_OWN_GRANT_H

#include <lienthon/grant.h>

struct own_grant {
    struct lt_buffer bundle; // of the folder
    struct lt_buffer sealed; // what the grant looks into
    struct lt_grant *grant;  // NULL: none is known
};

// The newest for that principal in the bundle file, if it is newer than what there is; *own begins zeroed. LT_DONE also
// when there is none in it.
enum lt_code own_grant_load(const char *path, const char *principal, struct own_grant *own,
                            struct lt_error *error);
// What an earlier run has saved, if it is newer. A file that is not there, or not whole, is nothing.
void own_grant_recall(const char *path, const char *principal, struct own_grant *own);
// The one in force, as the client says: it takes the place of what there was. *changed: it is another.
enum lt_code own_grant_take(struct own_grant *own, struct lt_slice sealed, bool *changed,
                            struct lt_error *error);
enum lt_code own_grant_save(const struct own_grant *own, const char *path, struct lt_error *error);
void own_grant_clear(struct own_grant *own);
// The topic without wildcards at which it may publish that type; data NULL: none.
struct lt_slice own_grant_topic(const struct own_grant *own, const char *type);

#endif
