// Issuing grants.
#include "issue.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <sodium.h>

#include <lienthon/bundle.h>
#include <lienthon/settings/folder.h>

#include "tongue.h"

enum lt_code issue_seal(const lt_signer *signer, struct lt_slice issuer,
                        const struct lt_grant *grant, uint64_t now, struct lt_buffer *sealed,
                        struct lt_error *error)
{
    struct lt_buffer body = {.max = LT_GRANT_BODY_MAX};
    char topic[LT_TOPIC_MAX + 1];
    struct lt_part part = {0};
    enum lt_code code = lt_grant_encode(grant, &body, error);
    if (code == LT_DONE) {
        code = lt_grant_part(issuer, grant->principal, lt_buffer_slice(&body), now, topic, &part);
    }
    if (code == LT_DONE) {
        code = lt_seal_part(signer, &part, sealed, error);
    }
    lt_buffer_clear(&body);
    return code;
}

enum lt_code issue_publish(struct session *session, const struct lt_grant *grant)
{
    struct lt_buffer body = {.max = LT_GRANT_BODY_MAX};
    char topic[LT_TOPIC_MAX + 1];
    struct lt_part part = {0};
    enum lt_code code = lt_grant_encode(grant, &body, &session->cli->error);
    if (code == LT_DONE) {
        code = lt_grant_part(lt_slice_of(session->identity.principal), grant->principal,
                             lt_buffer_slice(&body), cli_now(), topic, &part);
    }
    if (code == LT_DONE) {
        code = session_publish(session, &part, NULL);
    }
    lt_buffer_clear(&body);
    return code;
}

// Of a seed in locked memory, which is freed.
static enum lt_code signer_of(enum lt_code loaded, uint8_t *seed, lt_signer **signer,
                              struct lt_error *error)
{
    *signer = loaded == LT_DONE ? lt_signer_new(seed) : NULL;
    sodium_free(seed);
    if (loaded == LT_DONE && *signer == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a key");
    }
    return loaded;
}

enum lt_code issue_root(const char *folder, lt_signer **signer, struct lt_error *error)
{
    *signer = NULL;
    uint8_t *seed = sodium_malloc(LT_SEED_SIZE);
    if (seed == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for the root key");
    }
    return signer_of(
        lt_root_load(folder, tongue("Passphrase of the commune's root key: "), seed, error), seed,
        signer, error);
}

enum lt_code issue_signer(const char *folder, const struct lt_identity *identity,
                          lt_signer **signer, struct lt_error *error)
{
    *signer = NULL;
    uint8_t *secrets = sodium_malloc((size_t)2 * LT_SECRET_SIZE);
    if (secrets == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a key");
    }
    return signer_of(lt_keys_load(folder, identity, secrets, secrets + LT_SECRET_SIZE, error),
                     secrets, signer, error);
}

// Does one of the fresh grants stand at the old one's topic, from the same issuer?
static bool is_superseded(struct lt_slice old, const struct lt_buffer *sealed, size_t count)
{
    struct lt_sealed was;
    if (lt_sealed_decode(old, &was, NULL) != LT_DONE) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct lt_sealed fresh;
        if (lt_sealed_decode(lt_buffer_slice(&sealed[i]), &fresh, NULL) == LT_DONE &&
            lt_slice_equal(fresh.part.topic, was.part.topic) &&
            lt_slice_equal(fresh.part.from, was.part.from)) {
            return true;
        }
    }
    return false;
}

static enum lt_code keep_old(const char *path, const struct lt_buffer *sealed, size_t count,
                             struct lt_buffer *out, struct lt_error *error)
{
    struct lt_buffer bytes = {.max = ISSUE_BUNDLE_MAX};
    struct lt_bundle bundle;
    struct lt_slice old;
    if (access(path, F_OK) != 0) {
        return LT_DONE;
    }
    enum lt_code code = lt_file_read(path, &bytes, error);
    if (code == LT_DONE) {
        code = lt_bundle_open(lt_buffer_slice(&bytes), &bundle, error);
    }
    while (code == LT_DONE && (code = lt_bundle_next(&bundle, &old, error)) == LT_DONE) {
        if (!is_superseded(old, sealed, count)) {
            lt_bundle_add(out, old);
        }
    }
    lt_buffer_clear(&bytes);
    if (code == LT_NOT_FOUND && error != NULL) { // its end is no failure
        *error = (struct lt_error){0};
    }
    return code == LT_NOT_FOUND ? LT_DONE : code;
}

static enum lt_code keep(const char *path, const struct lt_buffer *sealed, size_t count,
                         struct lt_error *error)
{
    struct lt_buffer out = {.max = ISSUE_BUNDLE_MAX};
    lt_bundle_begin(&out);
    enum lt_code code = keep_old(path, sealed, count, &out, error);
    for (size_t i = 0; code == LT_DONE && i < count; i++) {
        lt_bundle_add(&out, lt_buffer_slice(&sealed[i]));
    }
    if (code == LT_DONE && out.failed) {
        code = lt_fail(error, LT_TOO_LARGE, "%s would be larger than %d bytes", path,
                       ISSUE_BUNDLE_MAX);
    }
    if (code == LT_DONE) {
        code = lt_file_write(path, lt_buffer_slice(&out), 0644, error);
    }
    lt_buffer_clear(&out);
    return code;
}

// The folder is what is locked: the file is another one each time. *fd: -1 where it cannot be.
static enum lt_code lock_folder_of(const char *path, int *fd, struct lt_error *error)
{
    char *copy = cli_copy(lt_slice_of(path));
    *fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    int locked = -1;
    while (*fd >= 0 && (locked = flock(*fd, LOCK_EX)) != 0 && errno == EINTR) {
    }
    return locked == 0 ? LT_DONE
                       : lt_fail(error, LT_IO, "the folder of %s cannot be locked: %s", path,
                                 strerror(errno));
}

enum lt_code issue_keep(const char *path, const struct lt_buffer *sealed, size_t count,
                        struct lt_error *error)
{
    int fd = -1;
    enum lt_code code = lock_folder_of(path, &fd, error);
    if (code == LT_DONE) {
        code = keep(path, sealed, count, error);
    }
    if (fd >= 0) {
        close(fd);
    }
    return code;
}
