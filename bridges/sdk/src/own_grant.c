// Nothing is verified here: the client library judges, and a wrong bundle only makes a wrong wish.
#include "own_grant.h"

#include <string.h>

#include <lienthon/bundle.h>
#include <lienthon/settings/folder.h>

enum { BUNDLE_MAX = 4 * 1024 * 1024 };

static void take_newer(struct own_grant *own, struct lt_slice bytes, struct lt_slice principal)
{
    struct lt_sealed sealed;
    struct lt_grant *grant = NULL;
    if (lt_sealed_decode(bytes, &sealed, NULL) != LT_DONE ||
        !lt_slice_is(sealed.part.type, "grant.v1"))
        return;
    if (lt_grant_open(&sealed.part, &grant, NULL) != LT_DONE)
        return;
    bool newer = !own->grant || grant->serial > own->grant->serial;
    if (!lt_slice_equal(grant->principal, principal) || grant->revoked || !newer) {
        lt_grant_destroy(&grant);
        return;
    }
    lt_grant_destroy(&own->grant);
    own->grant = grant;
}

enum lt_code own_grant_load(const char *path, const char *principal, struct own_grant *own,
                            struct lt_error *error)
{
    struct lt_bundle bundle;
    struct lt_slice sealed;
    *own = (struct own_grant){.bundle = {.max = BUNDLE_MAX}};
    enum lt_code code = lt_file_read(path, &own->bundle, error);
    if (code == LT_DONE)
        code = lt_bundle_open(lt_buffer_slice(&own->bundle), &bundle, error);
    while (code == LT_DONE && (code = lt_bundle_next(&bundle, &sealed, error)) == LT_DONE)
        take_newer(own, sealed, lt_slice_of(principal));
    if (code == LT_NOT_FOUND)
        return LT_DONE;
    own_grant_clear(own);
    return code;
}

void own_grant_clear(struct own_grant *own)
{
    lt_grant_destroy(&own->grant);
    lt_buffer_clear(&own->bundle);
}

static bool is_plain(struct lt_slice pattern)
{
    return !memchr(pattern.data, '+', pattern.size) && !memchr(pattern.data, '#', pattern.size);
}

struct lt_slice own_grant_topic(const struct own_grant *own, const char *type)
{
    const struct lt_powers *powers = own->grant ? &own->grant->powers : NULL;
    for (size_t i = 0; powers && i < powers->publish_count; i++) {
        const struct lt_may_publish *entry = &powers->publish[i];
        bool has_type = false;
        for (size_t k = 0; k < entry->types.count; k++)
            has_type = has_type || lt_slice_is(entry->types.item[k], type);
        for (size_t k = 0; has_type && k < entry->topics.count; k++)
            if (is_plain(entry->topics.item[k]))
                return entry->topics.item[k];
    }
    return (struct lt_slice){0};
}
