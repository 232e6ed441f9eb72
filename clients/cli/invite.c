// `lienthon invite`: the office hands out a role by a code.
#include "invite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <lienthon/invitation.h>
#include <lienthon/settings/role.h>

#include "issue.h"
#include "qr.h"
#include "say.h"
#include "view.h"
#include "when.h"
#include "words.h"
#include "tongue.h"

enum { DAYS = 7, DAYS_MAX = 365 };

#define DAY_MS UINT64_C(86400000)

enum lt_code invite_make(struct invite *invite, struct lt_error *error)
{
    invite->seed = sodium_malloc(LT_SEED_SIZE);
    if (invite->seed != NULL) {
        randombytes_buf(invite->seed, LT_SEED_SIZE);
        invite->signer = lt_signer_new(invite->seed);
    }
    if (invite->signer == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for the invitation's key");
    }
    lt_invitation_principal(lt_signer_key(invite->signer), invite->principal);
    return LT_DONE;
}

void invite_clear(struct invite *invite)
{
    lt_signer_destroy(&invite->signer);
    sodium_free(invite->seed);
    invite->seed = NULL;
}

// An invitation never connects under its own name; its curve only has to be nobody else's.
static void fill_in_keys(const struct invite *invite, struct lt_grant *grant)
{
    uint8_t secret[crypto_box_SECRETKEYBYTES];
    memcpy(grant->key, lt_signer_key(invite->signer), LT_KEY_SIZE);
    crypto_box_keypair(grant->curve, secret);
    sodium_memzero(secret, sizeof secret);
}

enum lt_code invite_publish(struct session *session, const struct invite *invite,
                            struct lt_grant *grant)
{
    fill_in_keys(invite, grant);
    return issue_publish(session, grant);
}

enum lt_code invite_code(struct session *session, const struct invite *invite, const char *whom,
                         struct lt_buffer *code)
{
    struct lt_error *error = &session->cli->error;
    struct lt_commune commune;
    char *url = NULL;
    struct lt_invitation *invitation = sodium_malloc(sizeof *invitation);
    if (invitation == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for the invitation");
    }
    enum lt_code result = lt_commune_load(session->cli->folder, &commune, error);
    if (result == LT_DONE) {
        result = lt_commune_url(&commune, true, &url, error);
        lt_commune_clear(&commune);
    }
    if (result == LT_DONE) {
        snprintf(invitation->join_url, sizeof invitation->join_url, "%s", url);
        snprintf(invitation->principal, sizeof invitation->principal, "%s", whom);
        memcpy(invitation->hub_curve, session->hub_curve, LT_KEY_SIZE); // what its doors have now
        memcpy(invitation->root, session->identity.root, LT_KEY_SIZE);
        memcpy(invitation->seed, invite->seed, LT_SEED_SIZE);
        result = lt_invitation_encode(invitation, code, error);
    }
    free(url);
    sodium_free(invitation);
    return result;
}

enum lt_code invite_check(struct session *session, const lt_book *book, const char *whom)
{
    const size_t own = view_depth(book, lt_slice_of(session->identity.principal));
    const size_t theirs = view_depth(book, lt_slice_of(whom));
    if (own == 0) {
        return lt_fail(&session->cli->error, LT_NOT_VALID, "the grant of %s is not in force",
                       session->identity.principal);
    }
    if (theirs != 0 && theirs < own + 2) {
        return lt_fail(&session->cli->error, LT_NOT_ALLOWED,
                       "%s has its rights nearer to the root than an invitation of %s reaches; for "
                       "new keys: lienthon "
                       "rekey %s; to begin anew: lienthon revoke %s first",
                       whom, session->identity.principal, whom, whom);
    }
    return LT_DONE;
}

struct wish {
    const char *whom, *hamlet, *role;
    char *name;
    long days;
};

static enum lt_code read_wish(struct cli *cli, struct wish *wish)
{
    struct lt_error *error = &cli->error;
    const char *name = arguments_value(&cli->arguments, "name");
    wish->whom = cli->arguments.words[0];
    wish->role = arguments_value(&cli->arguments, "role");
    wish->hamlet = arguments_value(&cli->arguments, "hamlet");
    if (!lt_principal_valid(lt_slice_of(wish->whom)) || strcmp(wish->whom, "root") == 0) {
        return lt_fail(error, LT_BAD_USE,
                       "'%s' is no name for a principal; one looks like loa.an-thuong.01: a-z, 0-9 "
                       "and hyphens, dots "
                       "between",
                       wish->whom);
    }
    if (wish->role == NULL) {
        return lt_fail(error, LT_BAD_USE,
                       "what may %s do? --role speaker, hamlet-team, … (the files of roles/)",
                       wish->whom);
    }
    if (name != NULL && words_nfc(name, "--name", &wish->name, error) != LT_DONE) {
        return error->code;
    }
    return arguments_number(&cli->arguments, "days", 1, DAYS_MAX, DAYS, &wish->days, error);
}

static enum lt_code check_hamlet(struct cli *cli, const char *hamlet)
{
    struct lt_commune commune;
    if (hamlet == NULL) {
        return LT_DONE;
    }
    if (lt_commune_load(cli->folder, &commune, &cli->error) != LT_DONE) {
        return cli->error.code;
    }
    const enum lt_code code = words_check_hamlet(&commune.hamlets, hamlet, &cli->error);
    lt_commune_clear(&commune);
    return code;
}

// What is wrong here is told before the hub is asked.
static enum lt_code check_role(struct cli *cli, const struct wish *wish)
{
    lt_role *role = NULL;
    enum lt_code code = lt_role_find(cli->folder, wish->role, &role, &cli->error);
    if (code == LT_DONE && wish->hamlet == NULL && lt_role_wants_hamlet(role)) {
        code = lt_fail(&cli->error, LT_BAD_USE, "the role %s belongs to a hamlet: --hamlet SLUG",
                       wish->role);
    }
    lt_role_destroy(&role);
    return code;
}

// The role for that principal, as an invitation inside what this identity may give.
static enum lt_code fill(struct session *session, const lt_book *book, const struct wish *wish,
                         const struct invite *invite, lt_filled **filled)
{
    struct lt_error *error = &session->cli->error;
    const struct lt_grant *issuer =
        lt_book_find(book, lt_slice_of(session->identity.principal), NULL);
    const uint64_t now = cli_now();
    const struct lt_role_for whom = {
        .xa = session->identity.xa,
        .ap = wish->hamlet,
        .principal = wish->whom,
        .name = wish->name,
        .now = now,
        .latest = issuer != NULL ? issuer->scope_max_expires : 0,
    };
    lt_role *role = NULL;
    enum lt_code code = lt_role_find(session->cli->folder, wish->role, &role, error);
    if (code == LT_DONE) {
        code = lt_role_invite(role, &whom, invite->principal, (uint64_t)wish->days * DAY_MS, filled,
                              error);
    }
    if (code == LT_DONE) {
        lt_filled_grant(*filled)->not_before = now - ISSUE_EARLIER_MS;
        code = lt_grant_inside(lt_filled_grant(*filled), issuer, error);
    }
    lt_role_destroy(&role);
    return code;
}

static void print_invitation(const struct cli *cli, const struct wish *wish,
                             const struct invite *invite, const char *code, uint64_t expires)
{
    if (cli->json) {
        say_json(json_pack("{s:s, s:s, s:s, s:I}", "code", code, "principal", wish->whom,
                           "invitation", invite->principal, "expires", (json_int_t)expires));
        return;
    }
    char until[WHEN_SIZE];
    when_said(expires, until);
    if (!qr_print(code)) {
        say_aside("no QR picture can be made of this code");
    }
    printf(tongue("%s\n\nFor %s as %s, once, until %s. On its side: lienthon join CODE\n"), code,
           wish->whom, wish->role, until);
}

static enum lt_code invite(struct session *session, const struct wish *wish)
{
    struct invite invite = {0};
    lt_book *book = NULL;
    lt_filled *filled = NULL;
    struct lt_buffer code = {.max = INVITE_CODE_MAX};
    enum lt_code result = session_up(session);
    if (result == LT_DONE) {
        result = view_load(session, &book);
    }
    if (result == LT_DONE) {
        result = invite_check(session, book, wish->whom);
    }
    if (result == LT_DONE) {
        result = invite_make(&invite, &session->cli->error);
    }
    if (result == LT_DONE) {
        result = fill(session, book, wish, &invite, &filled);
    }
    if (result == LT_DONE) {
        result = invite_code(session, &invite, wish->whom, &code);
    }
    if (result == LT_DONE) {
        result = invite_publish(session, &invite, lt_filled_grant(filled));
    }
    if (result == LT_DONE) {
        lt_buffer_add(&code, "", 1);
        print_invitation(session->cli, wish, &invite, (const char *)code.data,
                         lt_filled_grant(filled)->expires);
    }
    if (code.data != NULL) {
        sodium_memzero(code.data, code.size);
    }
    lt_buffer_clear(&code);
    lt_filled_destroy(&filled);
    invite_clear(&invite);
    lt_book_destroy(&book);
    return result;
}

int cli_invite(struct cli *cli)
{
    struct wish wish = {0};
    struct session session = SESSION_CLOSED;
    enum lt_code code = read_wish(cli, &wish);
    if (code == LT_DONE) {
        code = check_hamlet(cli, wish.hamlet);
    }
    if (code == LT_DONE) {
        code = check_role(cli, &wish);
    }
    if (code == LT_DONE) {
        code = session_open(cli, SESSION_PUBLISHES, &session);
    }
    if (code == LT_DONE) {
        code = invite(&session, &wish);
    }
    session_close(&session);
    free(wish.name);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
