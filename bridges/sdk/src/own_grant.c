// Nothing is verified here: the client library judges, and a wrong bundle only makes a wrong wish.
#include "own_grant.h"

#include <string.h>

#include <lienthon/bundle.h>
#include <lienthon/settings/folder.h>

enum { BUNDLE_MAX = 4 * 1024 * 1024 };

// The grant in its own copy of the bytes. false: it is none, or there is no memory.
static bool open_copy(struct lt_slice bytes, struct lt_buffer *copy, struct lt_grant **grant)
{
    struct lt_sealed sealed;
    *copy = (struct lt_buffer){.max = bytes.size};
    *grant = NULL;
    if (lt_buffer_add(copy, bytes.data, bytes.size) &&
        lt_sealed_decode(lt_buffer_slice(copy), &sealed, NULL) == LT_DONE &&
        lt_slice_is(sealed.part.type, "grant.v1") &&
        lt_grant_open(&sealed.part, grant, NULL) == LT_DONE)
        return true;
    lt_buffer_clear(copy);
    return false;
}

static void replace(struct own_grant *own, struct lt_buffer *sealed, struct lt_grant *grant)
{
    lt_grant_destroy(&own->grant);
    lt_buffer_clear(&own->sealed);
    own->sealed = *sealed;
    own->grant = grant;
}

static void take_newer(struct own_grant *own, struct lt_slice bytes, const char *principal)
{
    struct lt_buffer copy;
    struct lt_grant *grant;
    if (!open_copy(bytes, &copy, &grant))
        return;
    if (lt_slice_is(grant->principal, principal) && !grant->revoked &&
        (!own->grant || grant->serial > own->grant->serial)) {
        replace(own, &copy, grant);
        return;
    }
    lt_grant_destroy(&grant);
    lt_buffer_clear(&copy);
}

static enum lt_code read_bundle(struct lt_slice bytes, const char *principal, struct own_grant *own,
                                struct lt_error *error)
{
    struct lt_bundle bundle;
    struct lt_slice sealed;
    enum lt_code code = lt_bundle_open(bytes, &bundle, error);
    while (code == LT_DONE && (code = lt_bundle_next(&bundle, &sealed, error)) == LT_DONE)
        take_newer(own, sealed, principal);
    return code == LT_NOT_FOUND ? LT_DONE : code;
}

enum lt_code own_grant_load(const char *path, const char *principal, struct own_grant *own,
                            struct lt_error *error)
{
    own->bundle = (struct lt_buffer){.max = BUNDLE_MAX};
    enum lt_code code = lt_file_read(path, &own->bundle, error);
    if (code == LT_DONE)
        code = read_bundle(lt_buffer_slice(&own->bundle), principal, own, error);
    if (code != LT_DONE)
        own_grant_clear(own);
    return code;
}

void own_grant_recall(const char *path, const char *principal, struct own_grant *own)
{
    struct lt_buffer saved = {.max = BUNDLE_MAX};
    if (lt_file_read(path, &saved, NULL) == LT_DONE)
        (void)read_bundle(lt_buffer_slice(&saved), principal, own, NULL);
    lt_buffer_clear(&saved);
}

enum lt_code own_grant_take(struct own_grant *own, struct lt_slice sealed, bool *changed,
                            struct lt_error *error)
{
    struct lt_buffer copy;
    struct lt_grant *grant;
    *changed = !own->grant || !lt_slice_equal(lt_buffer_slice(&own->sealed), sealed);
    if (!*changed)
        return LT_DONE;
    if (!open_copy(sealed, &copy, &grant))
        return lt_fail(error, LT_MALFORMED, "the grant in force cannot be read");
    replace(own, &copy, grant);
    return LT_DONE;
}

enum lt_code own_grant_save(const struct own_grant *own, const char *path, struct lt_error *error)
{
    struct lt_buffer bundle = {.max = BUNDLE_MAX};
    enum lt_code code =
        lt_bundle_begin(&bundle) && lt_bundle_add(&bundle, lt_buffer_slice(&own->sealed))
            ? lt_file_write(path, lt_buffer_slice(&bundle), 0600, error)
            : lt_fail(error, LT_NO_MEMORY, "no memory for the grant");
    lt_buffer_clear(&bundle);
    return code;
}

void own_grant_clear(struct own_grant *own)
{
    lt_grant_destroy(&own->grant);
    lt_buffer_clear(&own->sealed);
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
