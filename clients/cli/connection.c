// `lienthon rekey hub --connection`: the hub gets a new X25519 key, which those who are connected learn from its new
// grant, and which it uses from its next start on.
//
// Until then its doors have the old key, so whoever comes meanwhile still gets in and learns the new one; afterwards
// only the new one opens. The order makes a crash harmless: the hub has the new grant before its key file changes, and
// clients try both keys, so that the command can be given again.
#define _GNU_SOURCE // memmem

#include "connection.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "issue.h"
#include "say.h"
#include "tongue.h"
#include "view.h"

enum { FILE_MAX = 1024 * 1024, KEY_TEXT = 43, QUESTION_MAX = 2048 };

struct exchange {
    struct cli *cli;
    struct session session;
    lt_book *book;
    const struct lt_grant *old; // lent by the book
    struct lt_identity hub;
    uint8_t fresh[LT_KEY_SIZE]; // its public half
    struct lt_buffer sealed;    // the new grant
    size_t invitations;         // that are open, and have the old key
};

static enum lt_code find_hub(struct exchange *exchange)
{
    struct cli *cli = exchange->cli;
    const char *name = cli->arguments.words[0];
    const enum lt_code code = lt_identity_load(cli->folder, name, &exchange->hub, &cli->error);
    if (code != LT_DONE) {
        return code;
    }
    if (exchange->hub.hub_principal == NULL || strcmp(exchange->hub.hub_principal, name) != 0) {
        return lt_fail(&cli->error, LT_BAD_USE,
                       "--connection is for the hub; `lienthon rekey %s` changes both keys of %s",
                       name, name);
    }
    return LT_DONE;
}

// Is it for somebody who is not here yet.
static bool is_open(const lt_book *book, const struct view_entry *entry)
{
    const struct lt_grant *grant = entry->grant;
    return view_is_invitation(grant) && grant->expires > cli_now() && grant->has_scope &&
           grant->scope_principals.count == 1 &&
           lt_book_find(book, grant->scope_principals.item[0], NULL) == NULL;
}

static void count_invitations(struct exchange *exchange)
{
    struct view_entry *list = NULL;
    const size_t count = view_list(exchange->book, &list);
    for (size_t i = 0; i < count; i++) {
        exchange->invitations += is_open(exchange->book, &list[i]);
    }
    free(list);
}

static enum lt_code ask(struct exchange *exchange)
{
    char question[QUESTION_MAX];
    snprintf(question, sizeof question,
             tongue("%s gets a new connection key. Who is connected now, or connects before its "
                    "next start, learns it and goes on; who is away all that time is locked out "
                    "and needs a new invitation. So wait with its next start until all devices "
                    "have been here, unless the old key is in wrong hands. Open invitations, which "
                    "will have to be made again: %zu"),
             exchange->hub.principal, exchange->invitations);
    return ask_whether(exchange->cli, question);
}

// keys/NAME.next.curve: that of a try that was broken off is made anew. The seal's key is not wanted.
static enum lt_code make_key(struct exchange *exchange)
{
    struct cli *cli = exchange->cli;
    char next[LT_PRINCIPAL_MAX + 8];
    uint8_t unused[LT_KEY_SIZE];
    snprintf(next, sizeof next, "%s.next", exchange->hub.principal);
    char *seed = cli_path(cli, "keys/%s.seed", next);
    char *curve = cli_path(cli, "keys/%s.curve", next);
    unlink(seed);
    unlink(curve);
    const enum lt_code code = lt_keys_make(cli->folder, next, unused, exchange->fresh, &cli->error);
    unlink(seed);
    free(curve);
    free(seed);
    return code;
}

static enum lt_code seal(struct exchange *exchange)
{
    struct cli *cli = exchange->cli;
    const uint64_t now = cli_now();
    struct lt_grant grant = *exchange->old;
    lt_signer *root = NULL;
    enum lt_code code = issue_root(cli->folder, &root, &cli->error);
    if (code == LT_DONE) {
        code = make_key(exchange);
    }
    if (code == LT_DONE) {
        grant.serial = now > grant.serial ? now : grant.serial + 1;
        memcpy(grant.curve, exchange->fresh, LT_KEY_SIZE);
        code = issue_seal(root, lt_slice_of("root"), &grant, now, &exchange->sealed, &cli->error);
    }
    lt_signer_destroy(&root);
    return code;
}

// Where commands and bridges of this folder, and the hub at its start, find the grant.
static enum lt_code keep_in(struct exchange *exchange, const char *name)
{
    char *path = cli_path(exchange->cli, "%s", name);
    const enum lt_code code = access(path, F_OK) == 0
                                  ? issue_keep(path, &exchange->sealed, 1, &exchange->cli->error)
                                  : LT_DONE;
    free(path);
    return code;
}

static int is_bundle(const struct dirent *entry)
{
    const size_t size = strlen(entry->d_name);
    return size > 4 && strcmp(entry->d_name + size - 4, ".ltb") == 0;
}

static enum lt_code keep(struct exchange *exchange)
{
    char *path = cli_path(exchange->cli, "identities");
    struct dirent **entries = NULL;
    const int count = scandir(path, &entries, is_bundle, alphasort);
    enum lt_code code = keep_in(exchange, "grants.ltb");
    for (int i = 0; i < count; i++) {
        char name[300];
        snprintf(name, sizeof name, "identities/%s", entries[i]->d_name);
        if (code == LT_DONE) {
            code = keep_in(exchange, name);
        }
        free(entries[i]);
    }
    free(entries);
    free(path);
    return code;
}

// In the text, so that what people have written beside it stays.
static enum lt_code write_commune(struct exchange *exchange)
{
    struct cli *cli = exchange->cli;
    struct lt_buffer text = {.max = FILE_MAX};
    struct lt_buffer was = {.max = KEY_TEXT + 1};
    struct lt_buffer is = {.max = KEY_TEXT + 1};
    struct lt_commune commune;
    char *path = cli_path(cli, "commune.yaml");
    enum lt_code code = lt_commune_load(cli->folder, &commune, &cli->error);
    if (code == LT_DONE) {
        lt_base64url_encode((struct lt_slice){commune.hub.curve, LT_KEY_SIZE}, &was);
        lt_base64url_encode((struct lt_slice){exchange->fresh, LT_KEY_SIZE}, &is);
        lt_commune_clear(&commune);
        code = lt_file_read(path, &text, &cli->error);
    }
    uint8_t *at = code == LT_DONE ? memmem(text.data, text.size, was.data, was.size) : NULL;
    if (at != NULL) {
        memcpy(at, is.data, is.size);
        code = lt_file_write(path, lt_buffer_slice(&text), 0644, &cli->error);
    } else if (code == LT_DONE) {
        code =
            lt_fail(&cli->error, LT_BAD_FILE, "%s: hub.curve is not found as a plain text", path);
    }
    lt_buffer_clear(&text);
    lt_buffer_clear(&was);
    lt_buffer_clear(&is);
    free(path);
    return code;
}

static enum lt_code take_key(struct exchange *exchange)
{
    struct cli *cli = exchange->cli;
    char *from = cli_path(cli, "keys/%s.next.curve", exchange->hub.principal);
    char *to = cli_path(cli, "%s", exchange->hub.curve);
    enum lt_code code = LT_DONE;
    if (rename(from, to) != 0) {
        code = lt_fail(&cli->error, LT_IO, "%s cannot become %s", from, to);
    }
    free(to);
    free(from);
    return code;
}

static enum lt_code change(struct exchange *exchange)
{
    struct session *session = &exchange->session;
    struct lt_error *error = &exchange->cli->error;
    enum lt_code code = seal(exchange);
    if (code == LT_DONE) {
        code = session_relay(session, lt_buffer_slice(&exchange->sealed));
    }
    if (code == LT_DONE) {
        code = keep(exchange);
    }
    if (code == LT_DONE) {
        code = write_commune(exchange);
    }
    return code == LT_DONE ? take_key(exchange) : error->code;
}

static enum lt_code rekey(struct exchange *exchange)
{
    struct cli *cli = exchange->cli;
    enum lt_code code = find_hub(exchange);
    if (code == LT_DONE) {
        code = session_open(cli, SESSION_PUBLISHES, &exchange->session);
    }
    if (code == LT_DONE) {
        code = session_up(&exchange->session);
    }
    if (code == LT_DONE) {
        code = view_load(&exchange->session, &exchange->book);
    }
    if (code == LT_DONE) {
        code = view_find(exchange->book, exchange->hub.principal, &exchange->old, &cli->error);
    }
    if (code == LT_DONE) {
        count_invitations(exchange);
        code = ask(exchange);
    }
    return code == LT_DONE ? change(exchange) : code;
}

static void report(const struct exchange *exchange)
{
    const char *name = exchange->hub.principal;
    if (exchange->cli->json) {
        say_json(json_pack("{s:s, s:i, s:b, s:I}", "rekeyed", name, "issued_again", 0, "restart", 1,
                           "invitations", (json_int_t)exchange->invitations));
        return;
    }
    printf(tongue("%s has a new connection key, which it uses from its next start on. Until then "
                  "it lets everybody in with the old one and tells them the new one; start it "
                  "again when all devices have been here.\n"),
           name);
    if (exchange->invitations > 0) {
        printf(tongue("Open invitations: %zu. They hold until that start; after it, hand out new "
                      "ones (lienthon invite).\n"),
               exchange->invitations);
    }
}

int connection_rekey(struct cli *cli)
{
    struct exchange exchange = {
        .cli = cli, .session = SESSION_CLOSED, .sealed = {.max = ISSUE_SEALED_MAX}};
    const enum lt_code code = rekey(&exchange);
    if (code == LT_DONE) {
        report(&exchange);
    }
    lt_buffer_clear(&exchange.sealed);
    lt_book_destroy(&exchange.book);
    lt_identity_clear(&exchange.hub);
    session_close(&exchange.session);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
