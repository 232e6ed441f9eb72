// `lienthon rekey`: new keys for an identity of this folder, and again what hung on the old ones.
//
// The order makes a crash harmless: all that has to be said is sealed into one file first
// (state/NAME/rekey.ltb), then the hub is given the new grant, then the keys change, then the rest is
// said. One that was broken off is taken up by the next (resume.c): from where the hub has taken the
// new grant, it goes on with those keys.
#include "rekey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/bundle.h>

#include "connection.h"
#include "issue.h"
#include "say.h"
#include "view.h"
#include "tongue.h"

enum { ANSWER_WAIT_MS = 5000 };

// Finds the files of the identity: the folder's own, or identities/NAME.yaml.
static enum lt_code find_identity(struct change *change)
{
    struct cli *cli = change->cli;
    struct lt_identity own;
    if (lt_identity_load(cli->folder, NULL, &own, NULL) == LT_DONE) {
        change->is_own = strcmp(own.principal, change->name) == 0;
        lt_identity_clear(&own);
    }
    const enum lt_code code =
        lt_identity_load(cli->folder, change->name, &change->identity, &cli->error);
    const char *hub = change->identity.hub_principal;
    change->is_hub = code == LT_DONE && hub != NULL && strcmp(hub, change->name) == 0;
    return code;
}

char *rekey_bundle_path(const struct change *change)
{
    return cli_path(change->cli, "%s/rekey.ltb", change->identity.state);
}

static enum lt_code write_bundle(struct change *change)
{
    struct cli *cli = change->cli;
    char *folder = cli_path(cli, "%s", change->identity.state);
    char *path = rekey_bundle_path(change);
    enum lt_code code = lt_folder_make(folder, 0700, &cli->error);
    if (code == LT_DONE) {
        code = lt_file_write(path, lt_buffer_slice(&change->bundle), 0600, &cli->error);
    }
    free(path);
    free(folder);
    return code;
}

static enum lt_code move(struct cli *cli, const char *next, const char *suffix, const char *to)
{
    char *from = cli_path(cli, "keys/%s.next.%s", next, suffix);
    char *path = cli_path(cli, "%s", to);
    enum lt_code code = LT_DONE;
    if (rename(from, path) != 0) {
        code = lt_fail(&cli->error, LT_IO, "%s cannot become %s", from, path);
    }
    free(path);
    free(from);
    return code;
}

// The connection may be cut before the answer comes, and then the new keys show whether it was taken. From a hub that is
// silent nothing is known, and nothing is changed: given again, the command asks it.
static enum lt_code hand_in_first(struct change *change)
{
    struct lt_error *error = &change->cli->error;
    const uint64_t until = cli_now() + ANSWER_WAIT_MS;
    struct lt_event *event = NULL;
    uint64_t token = 0;
    bool answered = false;
    enum lt_code code =
        lt_client_relay(change->session.client, lt_buffer_slice(&change->first), &token, error);
    while (code == LT_DONE && !answered && change->session.up &&
           (event = session_next(&change->session, until)) != NULL) {
        answered = event->token == token;
        if (answered && lt_code_is_refusal(event->code)) {
            code = lt_fail(error, event->code,
                           "the hub refuses the new grant, nothing was changed: %s", event->text);
        }
        lt_event_destroy(&event);
    }
    return code != LT_DONE || answered || !change->session.up
               ? code
               : lt_fail(error, LT_TIMED_OUT,
                         "the hub has not said whether it takes the new keys of %s: give the "
                         "command again, it goes on from there",
                         change->name);
}

static enum lt_code hand_in_all(struct change *change)
{
    struct cli *cli = change->cli;
    struct lt_bundle bundle;
    struct lt_slice sealed;
    enum lt_code code = session_open_as(cli, SESSION_PUBLISHES,
                                        change->is_own ? NULL : change->name, &change->session);
    if (code == LT_DONE) {
        code = session_up(&change->session);
    }
    if (code == LT_DONE && change->children > 0) {
        lt_bundle_open(lt_buffer_slice(&change->bundle), &bundle, NULL);
        lt_bundle_next(&bundle, &sealed, NULL); // its own is in already: these keys got in with it
        while (code == LT_DONE && lt_bundle_next(&bundle, &sealed, NULL) == LT_DONE) {
            code = session_relay(&change->session, sealed);
        }
    }
    return code;
}

// Where the hub reads at its start.
static enum lt_code keep_first(struct change *change)
{
    char *bundle = cli_path(change->cli, "grants.ltb");
    const enum lt_code code =
        change->by_root ? issue_keep(bundle, &change->first, 1, &change->cli->error) : LT_DONE;
    free(bundle);
    return code;
}

static enum lt_code take_keys(struct change *change)
{
    struct cli *cli = change->cli;
    enum lt_code code = keep_first(change);
    if (code == LT_DONE && change->seed_waits) {
        code = move(cli, change->name, "seed", change->identity.seed);
    }
    if (code == LT_DONE && change->curve_waits) {
        code = move(cli, change->name, "curve", change->identity.curve);
    }
    return code;
}

// Until the hub has it.
static enum lt_code begin(struct change *change)
{
    enum lt_code code = rekey_seal_first(change);
    change->bundle = (struct lt_buffer){.max = ISSUE_BUNDLE_MAX};
    if (code == LT_DONE) {
        lt_bundle_begin(&change->bundle);
        lt_bundle_add(&change->bundle, lt_buffer_slice(&change->first));
        code = rekey_seal_children(change);
    }
    if (code == LT_DONE) {
        code = write_bundle(change);
    }
    if (code == LT_DONE) {
        code = change->is_hub ? session_relay(&change->session, lt_buffer_slice(&change->first))
                              : hand_in_first(change);
    }
    change->seed_waits = true;
    change->curve_waits = !change->is_hub;
    return code;
}

static void say_where(struct change *change)
{
    char *path = rekey_bundle_path(change);
    const struct lt_error why = change->cli->error;
    lt_fail(&change->cli->error, why.code,
            "%s has new keys, but not all is said: give the command again, it says the rest, or "
            "lienthon import %s (%s)",
            change->name, path, why.text);
    free(path);
}

// Forgets one that the hub has never heard of; its keys were nobody's.
static void begin_anew(struct change *change)
{
    lt_buffer_clear(&change->first);
    lt_buffer_clear(&change->bundle);
    change->children = 0;
    change->was_begun = change->by_root = false;
}

// Whom the hub does not let in any more, and who had begun, is known to it by the new keys alone.
static enum lt_code look_at_hub(struct change *change)
{
    struct cli *cli = change->cli;
    enum lt_code code = session_open(cli, SESSION_PUBLISHES, &change->session);
    if (code == LT_DONE) {
        code = session_up(&change->session);
    }
    if (code != LT_DONE && change->was_begun && change->is_own && lt_code_is_refusal(code)) {
        cli->error = (struct lt_error){0};
        return LT_DONE;
    }
    if (code == LT_DONE) {
        code = view_load(&change->session, &change->book);
    }
    if (code == LT_DONE && change->was_begun && !resume_was_taken(change)) {
        begin_anew(change);
    }
    return code;
}

static enum lt_code finish(struct change *change)
{
    session_close(&change->session);
    enum lt_code code = take_keys(change);
    if (code == LT_DONE && !change->is_hub) { // the hub grants nothing, and asks nobody
        code = hand_in_all(change);
        if (code != LT_DONE) {
            say_where(change);
        }
    }
    if (code == LT_DONE) {
        char *path = rekey_bundle_path(change);
        unlink(path);
        free(path);
    }
    return code;
}

static enum lt_code rekey(struct change *change)
{
    enum lt_code code = find_identity(change);
    if (code == LT_DONE) {
        code = resume_look(change);
    }
    if (code == LT_DONE) {
        code = look_at_hub(change);
    }
    if (code == LT_DONE && !change->was_begun) {
        code = begin(change);
    }
    return code == LT_DONE ? finish(change) : code;
}

static void report(const struct change *change)
{
    if (change->cli->json) {
        say_json(json_pack("{s:s, s:I, s:b, s:b}", "rekeyed", change->name, "issued_again",
                           (json_int_t)change->children, "restart", change->is_hub, "resumed",
                           change->was_begun));
        return;
    }
    if (change->was_begun) {
        puts(tongue(
            "an earlier one was broken off: it is done now, with the keys that it had made"));
    }
    if (change->is_hub) {
        printf(
            tongue(
                "%s has a new key for its seals; restart it now (end lienthon up with Ctrl-C, and "
                "start it again)\nits connection key is as it was, so nobody needs a new "
                "invitation\n"),
            change->name);
    } else {
        printf(
            tongue("%s has new keys; grants that it had issued and that are issued again: %zu\n"),
            change->name, change->children);
    }
}

static int rekey_identity(struct cli *cli)
{
    struct change change = {.cli = cli,
                            .session = SESSION_CLOSED,
                            .name = cli_copy(lt_slice_of(cli->arguments.words[0]))};
    const enum lt_code code = rekey(&change);
    if (code == LT_DONE) {
        report(&change);
    }
    lt_signer_destroy(&change.fresh);
    lt_buffer_clear(&change.first);
    lt_buffer_clear(&change.bundle);
    lt_book_destroy(&change.book);
    lt_identity_clear(&change.identity);
    session_close(&change.session);
    free(change.name);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}

int cli_rekey(struct cli *cli)
{
    const char *name = cli->arguments.words[0];
    if (strcmp(name, "root") == 0) {
        lt_fail(&cli->error, LT_NOT_ALLOWED,
                "the root key cannot be changed: a new root is a new commune with new invitations");
        return cli_failed(cli);
    }
    return arguments_has(&cli->arguments, "connection") ? connection_rekey(cli)
                                                        : rekey_identity(cli);
}
