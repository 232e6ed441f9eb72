// A `lienthon rekey` that was broken off: by its bundle and the keys that lie here.
#include "rekey.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include <lienthon/bundle.h>
#include <lienthon/grant.h>

#include "issue.h"

enum kind { SEED, CURVE };

// Does the file hold the secret of this public key? What cannot be read holds none.
static bool holds(const struct change *change, const char *name, enum kind kind,
                  const uint8_t key[LT_KEY_SIZE])
{
    uint8_t found[LT_KEY_SIZE] = {0};
    char *path = cli_path(change->cli, "%s", name);
    uint8_t *secret = sodium_malloc(LT_SECRET_SIZE);
    bool known = secret != NULL && lt_secret_load(path, secret, NULL) == LT_DONE;
    if (known && kind == CURVE) {
        known = crypto_scalarmult_base(found, secret) == 0;
    } else if (known) {
        lt_signer *signer = lt_signer_new(secret);
        known = signer != NULL;
        if (known) {
            memcpy(found, lt_signer_key(signer), sizeof found);
        }
        lt_signer_destroy(&signer);
    }
    sodium_free(secret);
    free(path);
    return known && memcmp(found, key, sizeof found) == 0;
}

// *waits: it is the one that is not in use yet. false: it is gone.
static bool find_key(const struct change *change, enum kind kind, const uint8_t key[LT_KEY_SIZE],
                     bool *waits)
{
    char next[LT_PRINCIPAL_MAX + 32];
    snprintf(next, sizeof next, "keys/%s.next.%s", change->name, kind == SEED ? "seed" : "curve");
    *waits = holds(change, next, kind, key);
    return *waits ||
           holds(change, kind == SEED ? change->identity.seed : change->identity.curve, kind, key);
}

static bool take_grant(struct change *change, struct lt_slice bytes)
{
    struct lt_sealed sealed;
    struct lt_grant *grant = NULL;
    bool fits = lt_sealed_decode(bytes, &sealed, NULL) == LT_DONE &&
                lt_grant_open(&sealed.part, &grant, NULL) == LT_DONE &&
                lt_slice_is(grant->principal, change->name) &&
                find_key(change, SEED, grant->key, &change->seed_waits) &&
                (change->is_hub || find_key(change, CURVE, grant->curve, &change->curve_waits));
    if (fits) {
        memcpy(change->begun_key, grant->key, LT_KEY_SIZE);
        change->by_root = lt_slice_is(sealed.part.from, "root");
        change->first = (struct lt_buffer){.max = ISSUE_SEALED_MAX};
        fits = lt_buffer_add(&change->first, bytes.data, bytes.size);
    }
    lt_grant_destroy(&grant);
    return fits;
}

enum lt_code resume_look(struct change *change)
{
    struct lt_bundle bundle;
    struct lt_slice sealed;
    char *path = rekey_bundle_path(change);
    const bool is_there = access(path, F_OK) == 0;
    change->bundle = (struct lt_buffer){.max = ISSUE_BUNDLE_MAX};
    enum lt_code code =
        is_there ? lt_file_read(path, &change->bundle, &change->cli->error) : LT_DONE;
    free(path);
    if (!is_there || code != LT_DONE) {
        return code;
    }
    change->was_begun =
        lt_bundle_open(lt_buffer_slice(&change->bundle), &bundle, NULL) == LT_DONE &&
        lt_bundle_next(&bundle, &sealed, NULL) == LT_DONE && take_grant(change, sealed);
    while (change->was_begun && lt_bundle_next(&bundle, &sealed, NULL) == LT_DONE) {
        change->children++;
    }
    if (!change->was_begun) {
        change->seed_waits = change->curve_waits = false;
        lt_buffer_clear(&change->first);
        lt_buffer_clear(&change->bundle);
    }
    return LT_DONE;
}

bool resume_was_taken(const struct change *change)
{
    const struct lt_grant *grant = lt_book_find(change->book, lt_slice_of(change->name), NULL);
    return grant != NULL && memcmp(grant->key, change->begun_key, LT_KEY_SIZE) == 0;
}
