// What a rekey seals: the new keys' grant, and again all that the name had issued.
#include "rekey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include <lienthon/bundle.h>

#include "issue.h"
#include "view.h"

// keys/NAME.next.seed and .curve: those of a try that was broken off are made anew.
static enum lt_code make_keys(struct change *change, struct lt_grant *grant)
{
    struct cli *cli = change->cli;
    char next[LT_PRINCIPAL_MAX + 8];
    snprintf(next, sizeof next, "%s.next", change->name);
    char *seed_path = cli_path(cli, "keys/%s.seed", next);
    char *curve_path = cli_path(cli, "keys/%s.curve", next);
    unlink(seed_path);
    unlink(curve_path);
    uint8_t curve[LT_KEY_SIZE];
    enum lt_code code = lt_keys_make(cli->folder, next, grant->key, curve, &cli->error);
    if (change->is_hub) {
        unlink(curve_path);
    } else {
        memcpy(grant->curve, curve, LT_KEY_SIZE);
    }
    uint8_t *seed = sodium_malloc(LT_SEED_SIZE);
    if (code == LT_DONE && seed != NULL) {
        code = lt_secret_load(seed_path, seed, &cli->error);
        change->fresh = code == LT_DONE ? lt_signer_new(seed) : NULL;
    }
    if (code == LT_DONE && change->fresh == NULL) {
        code = lt_fail(&cli->error, LT_NO_MEMORY, "no locked memory for the new key");
    }
    sodium_free(seed);
    free(seed_path);
    free(curve_path);
    return code;
}

// The key of whoever issues the new grant: the root's, or that of an identity of this folder which stands above the name.
static enum lt_code find_issuer(struct change *change, char **issuer, lt_signer **signer)
{
    struct cli *cli = change->cli;
    struct lt_identity above;
    struct lt_slice principal = lt_book_issuer(change->book, lt_slice_of(change->name));
    while (principal.data != NULL) {
        *issuer = cli_copy(principal);
        if (strcmp(*issuer, "root") == 0) {
            break;
        }
        const struct lt_grant *grant = lt_book_find(change->book, principal, NULL);
        const bool may = grant != NULL && (grant->powers.rights & LT_GRANT) != 0;
        if (may && lt_identity_load(cli->folder, *issuer, &above, NULL) == LT_DONE) {
            const enum lt_code code = issue_signer(cli->folder, &above, signer, &cli->error);
            lt_identity_clear(&above);
            return code;
        }
        principal = lt_book_issuer(change->book, principal);
        free(*issuer);
        *issuer = NULL;
    }
    if (*issuer != NULL && view_depth(change->book, lt_slice_of(change->name)) == 1) {
        return issue_root(cli->folder, signer, &cli->error);
    }
    return lt_fail(&cli->error, LT_NOT_FOUND,
                   "nobody who may grant %s its rights again has an identity in %s; do it in the "
                   "office's folder, or "
                   "there: lienthon invite %s …, and join here in a new folder",
                   change->name, cli->folder, change->name);
}

static uint64_t next_serial(const struct lt_grant *grant)
{
    const uint64_t now = cli_now();
    return now > grant->serial ? now : grant->serial + 1;
}

// For as long again as it was given for, beginning now, as far as its issuer may say so; the root may always.
static void prolong(struct lt_grant *grant, const struct lt_grant *issuer)
{
    const uint64_t most = issuer != NULL ? issuer->scope_max_expires : UINT64_MAX;
    const uint64_t again = cli_now() + (grant->expires - grant->not_before);
    const uint64_t until = again < most ? again : most;
    if (until <= grant->expires) {
        return;
    }
    const uint64_t scope = grant->scope_max_expires + (until - grant->expires);
    if (grant->has_scope && (scope < most ? scope : most) > grant->scope_max_expires) {
        grant->scope_max_expires = scope < most ? scope : most;
    }
    grant->expires = until;
}

enum lt_code rekey_seal_first(struct change *change)
{
    struct cli *cli = change->cli;
    char *issuer = NULL;
    lt_signer *signer = NULL;
    const struct lt_grant *old = NULL;
    enum lt_code code = view_find(change->book, change->name, &old, &cli->error);
    struct lt_grant grant = {0};
    if (code == LT_DONE) {
        grant = *old;
        grant.serial = next_serial(old);
        code = find_issuer(change, &issuer, &signer);
    }
    if (code == LT_DONE) {
        prolong(&grant, lt_book_find(change->book, lt_slice_of(issuer), NULL));
        code = make_keys(change, &grant);
    }
    change->first = (struct lt_buffer){.max = ISSUE_SEALED_MAX};
    if (code == LT_DONE) {
        code =
            issue_seal(signer, lt_slice_of(issuer), &grant, cli_now(), &change->first, &cli->error);
    }
    change->by_root = issuer != NULL && strcmp(issuer, "root") == 0;
    lt_signer_destroy(&signer);
    free(issuer);
    return code;
}

// With their dates as they were, so that what hangs on them in turn holds again.
enum lt_code rekey_seal_children(struct change *change)
{
    struct view_entry *list = NULL;
    const size_t count = view_list(change->book, &list);
    enum lt_code code = LT_DONE;
    for (size_t i = 0; code == LT_DONE && i < count; i++) {
        if (!lt_slice_is(list[i].issuer, change->name)) {
            continue;
        }
        struct lt_buffer sealed = {.max = ISSUE_SEALED_MAX};
        struct lt_grant grant = *list[i].grant;
        grant.serial = next_serial(list[i].grant);
        code = issue_seal(change->fresh, lt_slice_of(change->name), &grant, cli_now(), &sealed,
                          &change->cli->error);
        if (code == LT_DONE && !lt_bundle_add(&change->bundle, lt_buffer_slice(&sealed))) {
            code = lt_fail(&change->cli->error, LT_NO_MEMORY, "no memory for the grants of %s",
                           change->name);
        }
        lt_buffer_clear(&sealed);
        change->children++;
    }
    free(list);
    return code;
}
