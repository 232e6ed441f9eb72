// `lienthon revoke`: takes all rights away, and the invitations with them.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "issue.h"
#include "say.h"
#include "view.h"
#include "tongue.h"

struct revocation {
    struct cli *cli;
    struct session session;
    lt_book *book;
    const struct lt_grant *grant;
    size_t invitations; // revoked with it
};

// The same grant, as its end: higher than what it ends, whatever the clocks.
static struct lt_grant ending(const struct lt_grant *grant)
{
    struct lt_grant end = *grant;
    const uint64_t now = cli_now();
    end.serial = now > grant->serial ? now : grant->serial + 1;
    end.revoked = true;
    end.powers = (struct lt_powers){0};
    end.has_scope = false;
    end.scope = (struct lt_powers){0};
    end.scope_principals.count = 0;
    return end;
}

static enum lt_code revoke_by_root(struct revocation *revocation, const struct lt_grant *end)
{
    struct cli *cli = revocation->cli;
    lt_signer *root = NULL;
    struct lt_buffer sealed = {.max = ISSUE_SEALED_MAX};
    char *bundle = cli_path(cli, "grants.ltb");
    enum lt_code code = issue_root(cli->folder, &root, &cli->error);
    if (code == LT_DONE) {
        code = issue_seal(root, lt_slice_of("root"), end, cli_now(), &sealed, &cli->error);
    }
    if (code == LT_DONE) { // first where the hub reads at its start, so that it cannot come back
        code = issue_keep(bundle, &sealed, 1, &cli->error);
    }
    if (code == LT_DONE) {
        code = session_relay(&revocation->session, lt_buffer_slice(&sealed));
    }
    free(bundle);
    lt_buffer_clear(&sealed);
    lt_signer_destroy(&root);
    return code;
}

static enum lt_code revoke_one(struct revocation *revocation, const struct lt_grant *grant)
{
    const struct lt_grant end = ending(grant);
    if (view_depth(revocation->book, grant->principal) == 1) {
        return revoke_by_root(revocation, &end);
    }
    return issue_publish(&revocation->session, &end);
}

static bool invites(const struct lt_grant *invitation, struct lt_slice principal)
{
    return view_is_invitation(invitation) && invitation->has_scope &&
           invitation->scope_principals.count == 1 &&
           lt_slice_equal(invitation->scope_principals.item[0], principal);
}

static enum lt_code revoke_invitations(struct revocation *revocation, struct lt_slice principal)
{
    struct view_entry *list = NULL;
    const size_t count = view_list(revocation->book, &list);
    enum lt_code code = LT_DONE;
    for (size_t i = 0; code == LT_DONE && i < count; i++) {
        if (invites(list[i].grant, principal)) {
            code = revoke_one(revocation, list[i].grant);
            revocation->invitations++;
        }
    }
    free(list);
    return code;
}

// Nobody can be revoked who is in nobody's book, but an open invitation for the name can.
static enum lt_code revoke(struct revocation *revocation)
{
    struct cli *cli = revocation->cli;
    const char *name = cli->arguments.words[0];
    enum lt_code code = view_load(&revocation->session, &revocation->book);
    if (code != LT_DONE) {
        return code;
    }
    const enum lt_code found = view_find(revocation->book, name, &revocation->grant, &cli->error);
    if (found == LT_BAD_USE) {
        return found;
    }
    if (found == LT_DONE) {
        code = revoke_one(revocation, revocation->grant);
    }
    if (code == LT_DONE) {
        code = revoke_invitations(revocation, lt_slice_of(name));
    }
    if (code == LT_DONE && found == LT_NOT_FOUND && revocation->invitations == 0) {
        return found;
    }
    return code;
}

static void report(const struct revocation *revocation)
{
    const char *name = revocation->cli->arguments.words[0];
    if (revocation->cli->json) {
        say_json(json_pack("{s:s, s:I}", "revoked", name, "invitations",
                           (json_int_t)revocation->invitations));
    } else {
        const size_t count = revocation->invitations;
        printf(tongue("%s has no rights any more"), name);
        if (count == 1) {
            fputs(tongue("; 1 invitation for it is void"), stdout);
        } else if (count > 1) {
            printf(tongue("; %zu invitations for it are void"), count);
        }
        putchar('\n');
    }
}

int cli_revoke(struct cli *cli)
{
    struct revocation revocation = {.cli = cli, .session = SESSION_CLOSED};
    enum lt_code code = session_open(cli, SESSION_PUBLISHES, &revocation.session);
    if (code == LT_DONE) {
        code = session_up(&revocation.session);
    }
    if (code == LT_DONE) {
        code = revoke(&revocation);
    }
    if (code == LT_DONE) {
        report(&revocation);
    }
    lt_book_destroy(&revocation.book);
    session_close(&revocation.session);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
