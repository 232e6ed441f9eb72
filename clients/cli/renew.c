// `lienthon renew`: a later end for grants, under the same keys, so that nobody has to join again.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "issue.h"
#include "say.h"
#include "tongue.h"
#include "view.h"
#include "when.h"

#define DAY_MS UINT64_C(86400000)

enum { DAYS = 730, ROOT_DAYS = 1825, DAYS_MOST = 3650 };

struct renewal {
    struct cli *cli;
    struct session session;
    lt_book *book;
    lt_signer *root; // asked for once, where somebody stands directly under it
    uint64_t now, days;
    size_t renewed;
};

static void report(struct renewal *renewal, const struct lt_grant *grant)
{
    char day[WHEN_SIZE];
    renewal->renewed++;
    if (renewal->cli->json) {
        say_json(json_pack("{s:o, s:I}", "renewed", say_text(grant->principal), "expires",
                           (json_int_t)grant->expires));
        return;
    }
    when_day(grant->expires, day);
    printf(tongue("%.*s may go on until %s\n"), (int)grant->principal.size,
           (const char *)grant->principal.data, day);
}

static enum lt_code issue_by_root(struct renewal *renewal, const struct lt_grant *grant)
{
    struct cli *cli = renewal->cli;
    struct lt_buffer sealed = {.max = ISSUE_SEALED_MAX};
    char *bundle = cli_path(cli, "grants.ltb");
    enum lt_code code =
        renewal->root != NULL ? LT_DONE : issue_root(cli->folder, &renewal->root, &cli->error);
    if (code == LT_DONE) {
        code = issue_seal(renewal->root, lt_slice_of("root"), grant, renewal->now, &sealed,
                          &cli->error);
    }
    if (code == LT_DONE) {
        code = session_relay(&renewal->session, lt_buffer_slice(&sealed));
    }
    if (code == LT_DONE) { // where the hub reads at its start
        code = issue_keep(bundle, &sealed, 1, &cli->error);
    }
    free(bundle);
    lt_buffer_clear(&sealed);
    return code;
}

// What this identity may give at most; the root may always.
static uint64_t latest(const struct renewal *renewal, bool by_root)
{
    const struct lt_grant *own =
        lt_book_find(renewal->book, lt_slice_of(renewal->session.identity.principal), NULL);
    return by_root || own == NULL || !own->has_scope ? UINT64_MAX : own->scope_max_expires;
}

static enum lt_code too_short(const struct renewal *renewal, const struct lt_grant *old,
                              bool is_bounded)
{
    struct lt_error *error = &renewal->cli->error;
    char day[WHEN_SIZE];
    when_day(old->expires, day);
    if (is_bounded) {
        return lt_fail(error, LT_NOT_ALLOWED,
                       "%.*s may go on until %s already, and this identity may give nothing "
                       "beyond: renew it first, with the root key",
                       (int)old->principal.size, (const char *)old->principal.data, day);
    }
    return lt_fail(error, LT_NOT_ALLOWED, "%.*s may go on until %s already: give more --days",
                   (int)old->principal.size, (const char *)old->principal.data, day);
}

static enum lt_code renew_one(struct renewal *renewal, const struct lt_grant *old)
{
    const bool by_root = view_depth(renewal->book, old->principal) == 1;
    const uint64_t days = renewal->days != 0 ? renewal->days : by_root ? ROOT_DAYS : DAYS;
    const uint64_t most = latest(renewal, by_root), wanted = renewal->now + days * DAY_MS;
    struct lt_grant grant = *old;
    grant.serial = renewal->now > old->serial ? renewal->now : old->serial + 1;
    grant.expires = wanted < most ? wanted : most;
    if (grant.expires <= old->expires) {
        return too_short(renewal, old, wanted > old->expires);
    }
    if (by_root && grant.has_scope && grant.scope_max_expires < grant.expires) {
        grant.scope_max_expires = grant.expires;
    }
    const enum lt_code code =
        by_root ? issue_by_root(renewal, &grant) : issue_publish(&renewal->session, &grant);
    if (code == LT_DONE) {
        report(renewal, &grant);
    }
    return code;
}

// Everybody below this identity whose grant ends soon; what the root gave is named by its name.
static enum lt_code renew_within(struct renewal *renewal, uint64_t within)
{
    struct view_entry *list = NULL;
    const size_t count = view_list(renewal->book, &list);
    enum lt_code code = LT_DONE;
    for (size_t i = 0; code == LT_DONE && i < count; i++) {
        const struct lt_grant *grant = list[i].grant;
        if (!grant->revoked && !view_is_invitation(grant) && list[i].depth > 1 &&
            grant->expires <= renewal->now + within * DAY_MS) {
            code = renew_one(renewal, grant);
        }
    }
    free(list);
    return code;
}

static enum lt_code renew_named(struct renewal *renewal)
{
    struct cli *cli = renewal->cli;
    enum lt_code code = LT_DONE;
    for (size_t i = 0; code == LT_DONE && i < cli->arguments.word_count; i++) {
        const struct lt_grant *grant = NULL;
        code = view_find(renewal->book, cli->arguments.words[i], &grant, &cli->error);
        if (code == LT_DONE) {
            code = renew_one(renewal, grant);
        }
    }
    return code;
}

static enum lt_code renew(struct renewal *renewal, uint64_t within)
{
    enum lt_code code = session_open(renewal->cli, SESSION_PUBLISHES, &renewal->session);
    if (code == LT_DONE) {
        code = session_up(&renewal->session);
    }
    if (code == LT_DONE) {
        code = view_load(&renewal->session, &renewal->book);
    }
    if (code == LT_DONE) {
        code = renew_named(renewal);
    }
    if (code == LT_DONE && within != 0) {
        code = renew_within(renewal, within);
    }
    if (code == LT_DONE && renewal->renewed == 0 && !renewal->cli->json) {
        puts(tongue("no grant ends within that time"));
    }
    return code;
}

int cli_renew(struct cli *cli)
{
    struct renewal renewal = {.cli = cli, .session = SESSION_CLOSED, .now = cli_now()};
    long within = 0;
    long days = 0;
    enum lt_code code =
        arguments_number(&cli->arguments, "days", 1, DAYS_MOST, 0, &days, &cli->error);
    if (code == LT_DONE) {
        code = arguments_number(&cli->arguments, "within", 1, DAYS_MOST, 0, &within, &cli->error);
    }
    renewal.days = (uint64_t)days;
    if (code == LT_DONE && within == 0 && cli->arguments.word_count == 0) {
        code = lt_fail(&cli->error, LT_BAD_USE,
                       "whose? name them, or --within 30 for all that end within 30 days");
    }
    if (code == LT_DONE) {
        code = renew(&renewal, (uint64_t)within);
    }
    lt_signer_destroy(&renewal.root);
    lt_book_destroy(&renewal.book);
    session_close(&renewal.session);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
