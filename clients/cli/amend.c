// `cancel`, `replace`, `approve`: what is said about a message that was sent already.
#include "cli.h"

#include <string.h>

#include <lienthon/cursor.h>
#include <lienthon/pack.h>

#include "compose.h"
#include "original.h"
#include "roster.h"
#include "say.h"
#include "unaware.h"
#include "view.h"

#define DAY_MS UINT64_C(86400000)

// Who is there has answered by then.
enum { LOOK_MS = 3000, LOOK_AGAIN_MS = 200 };

struct amendment {
    struct cli *cli;
    struct session session;
    lt_types *types;
    struct lt_buffer values; // holds the original
    struct lt_sealed original;
    struct draft draft;
};

// Opens the session and finds the original. What is drafted has its topic, type, label and drill bit.
static enum lt_code begin(struct amendment *amendment)
{
    struct cli *cli = amendment->cli;
    struct session *session = &amendment->session;
    *session = SESSION_CLOSED;
    enum lt_code code = session_open(cli, SESSION_PUBLISHES, session);
    if (code == LT_DONE) {
        amendment->types = lt_types_new(&cli->error);
        code = amendment->types != NULL ? session_up(session) : cli->error.code;
    }
    if (code == LT_DONE) {
        code = original_find(session, cli->arguments.words[0],
                             arguments_value(&cli->arguments, "from"), &amendment->values,
                             &amendment->original);
    }
    if (code == LT_DONE) {
        const struct lt_part *original = &amendment->original.part;
        struct lt_part *part = &amendment->draft.part;
        part->topic = original->topic;
        part->type = original->type;
        amendment->draft.type = lt_types_find(amendment->types, part->type);
        part->priority = original->priority;
        part->label = original->label;
        part->flags = original->flags & LT_DRILL;
        part->created = cli_now();
        memcpy(part->re, original->id, LT_ID_SIZE);
    }
    return code;
}

static int end(struct amendment *amendment, enum lt_code code)
{
    compose_clear(&amendment->draft);
    lt_buffer_clear(&amendment->values);
    lt_types_destroy(&amendment->types);
    session_close(&amendment->session);
    return code == LT_DONE ? CLI_DONE : cli_failed(amendment->cli);
}

static enum lt_code ask_unaware(struct amendment *amendment, const lt_book *book, const char *fresh,
                                struct roster *roster)
{
    struct cli *cli = amendment->cli;
    struct session *session = &amendment->session;
    struct lt_buffer args = {0};
    struct lt_buffer answer = {.max = SESSION_ANSWER_MAX};
    enum lt_code code = original_args(cli->arguments.words[0],
                                      arguments_value(&cli->arguments, "from"), &args, &cli->error);
    if (code == LT_DONE) {
        code = session_ask(session, "status", lt_buffer_slice(&args), &answer);
    }
    if (code == LT_DONE) {
        code = roster_read(lt_buffer_slice(&answer), book, roster, &cli->error);
    }
    if (code == LT_DONE) {
        code = unaware_mark_by(session, book, fresh, session->identity.principal, roster);
    }
    lt_buffer_clear(&args);
    lt_buffer_clear(&answer);
    return code;
}

static bool is_anyone_unaware(const struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++) {
        if (roster->rows[i].unaware) {
            return true;
        }
    }
    return false;
}

// {unaware: [{principal, target}]}
static json_t *unaware_json(const struct roster *roster)
{
    json_t *list = json_array();
    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_row *row = &roster->rows[i];
        if (row->unaware) {
            json_array_append_new(
                list, json_pack("{s:s, s:s}", "principal", row->principal, "target", row->target));
        }
    }
    return json_pack("{s:o}", "unaware", list);
}

static void say_unaware(const struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++) {
        if (roster->rows[i].unaware) {
            say_aside("%s does not know yet: it keeps the old one, and acts on it at its time "
                      "unless it hears of this before",
                      roster->rows[i].target);
        }
    }
}

// Where the hub does not answer any more, nothing is known: what was sent has been sent.
static enum lt_code find_unaware(struct amendment *amendment, const uint8_t *id,
                                 struct roster *roster)
{
    struct session *session = &amendment->session;
    const uint64_t until = cli_now() + LOOK_MS;
    char fresh[37];
    lt_book *book = NULL;
    lt_id_print(id, fresh);
    enum lt_code code = view_load(session, &book);
    while (code == LT_DONE) {
        roster_clear(roster);
        code = ask_unaware(amendment, book, fresh, roster);
        const uint64_t again = cli_now() + LOOK_AGAIN_MS;
        if (code != LT_DONE || again > until || !is_anyone_unaware(roster)) {
            break;
        }
        struct lt_event *event = NULL;
        while ((event = session_next(session, again)) != NULL) {
            lt_event_destroy(&event);
        }
    }
    lt_book_destroy(&book);
    amendment->cli->error = (struct lt_error){0};
    return code;
}

// Sends, and says who has kept the original and is away.
static enum lt_code send_amendment(struct amendment *amendment)
{
    const struct cli *cli = amendment->cli;
    struct sent sent;
    struct roster roster = {0};
    json_t *more = NULL;
    const enum lt_code code = compose_publish(&amendment->session, &amendment->draft, &sent);
    if (code != LT_DONE && code != LT_TIMED_OUT) {
        return code;
    }
    if (!cli->json) {
        compose_print(cli, &sent, NULL); // before anything that takes time
    }
    if (code == LT_DONE && !sent.needs_second &&
        find_unaware(amendment, sent.id, &roster) == LT_DONE) {
        if (cli->json) {
            more = unaware_json(&roster);
        } else {
            say_unaware(&roster);
        }
    }
    if (cli->json) {
        compose_print(cli, &sent, more);
    }
    roster_clear(&roster);
    return code;
}

// From another than the sender it takes a higher urgency, or the highest (wire.md section 2).
static void outrank(const struct amendment *amendment, struct lt_part *part)
{
    const bool own =
        lt_slice_is(amendment->original.part.from, amendment->session.identity.principal);
    if (!own && part->priority <= amendment->original.part.priority &&
        part->priority < LT_HOA_TOC) {
        part->priority = (uint8_t)(amendment->original.part.priority + 1);
    }
}

// As long as the original counts, and at least a day, so that it outlives what it calls back.
static enum lt_code cancel(struct amendment *amendment)
{
    struct lt_part *part = &amendment->draft.part;
    const struct lt_type *type = amendment->draft.type;
    const uint64_t wanted = amendment->original.part.expires;
    part->relation = LT_CANCELS;
    part->flags |= LT_RECEIPT;
    outrank(amendment, part);
    amendment->draft.body = (struct lt_buffer){.max = 8};
    lt_pack_map(&amendment->draft.body, 0);
    part->body = lt_buffer_slice(&amendment->draft.body);
    if (compose_times(amendment->cli, DAY_MS, &amendment->draft) != LT_DONE) {
        return amendment->cli->error.code;
    }
    const bool lives_longer = wanted > part->expires && part->priority < LT_HOA_TOC;
    if (lives_longer && (type == NULL || type->max_life_s == 0 ||
                         wanted - part->created <= type->max_life_s * 1000)) {
        part->expires = wanted;
    }
    return send_amendment(amendment);
}

int cli_cancel(struct cli *cli)
{
    struct amendment amendment = {.cli = cli};
    enum lt_code code = begin(&amendment);
    if (code == LT_DONE) {
        code = cancel(&amendment);
    }
    return end(&amendment, code);
}

// What is said again and again goes on as long as the original would have, unless it is said how long.
static void keep_end(struct amendment *amendment)
{
    const struct lt_part *original = &amendment->original.part;
    struct lt_part *part = &amendment->draft.part;
    struct lt_slice schedule;
    if (!arguments_has(&amendment->cli->arguments, "expires") && part->priority < LT_HOA_TOC &&
        lt_map_find(part->body, "schedule", &schedule) &&
        (original->expires == 0 || original->expires > part->expires)) {
        part->expires = original->expires;
    }
}

// The original's hamlets and channels stay; so does its title, unless another is given.
static enum lt_code rewrite(struct amendment *amendment, const char *text,
                            const struct recording *recording)
{
    struct cli *cli = amendment->cli;
    struct lt_part *part = &amendment->draft.part;
    if (!lt_slice_is(part->type, "notice.v1")) {
        return lt_fail(&cli->error, LT_NOT_ALLOWED,
                       "only a notice can be replaced by a text; for another type: lienthon "
                       "cancel, then lienthon pub");
    }
    return compose_rewrite(amendment->original.part.body, text,
                           arguments_value(&cli->arguments, "title"), recording, &amendment->draft,
                           &cli->error);
}

int cli_replace(struct cli *cli)
{
    struct amendment amendment = {.cli = cli};
    struct lt_part *part = &amendment.draft.part;
    const char *file = arguments_value(&cli->arguments, "recording");
    struct recording recording = {0};
    enum lt_code code = file != NULL ? recording_look(file, &recording, &cli->error) : LT_DONE;
    if (code == LT_DONE) {
        code = begin(&amendment);
    }
    if (code == LT_DONE) {
        part->relation = LT_REPLACES;
        part->flags |= amendment.original.part.flags & (LT_RECEIPT | LT_RETAIN);
        code = compose_urgency(arguments_value(&cli->arguments, "urgency"), &part->priority,
                               &cli->error);
        outrank(&amendment, part);
    }
    if (code == LT_DONE) {
        code = rewrite(&amendment, cli->arguments.words[1], file != NULL ? &recording : NULL);
    }
    if (code == LT_DONE) {
        code = compose_times(cli, DAY_MS, &amendment.draft);
    }
    if (code == LT_DONE) {
        keep_end(&amendment);
    }
    if (code == LT_DONE && file != NULL) {
        code = recording_send(&amendment.session, &recording);
    }
    if (code == LT_DONE) {
        code = send_amendment(&amendment);
    }
    recording_clear(&recording);
    return end(&amendment, code);
}

int cli_approve(struct cli *cli)
{
    struct amendment amendment = {.cli = cli};
    struct lt_part *part = &amendment.draft.part;
    enum lt_code code = begin(&amendment);
    if (code == LT_DONE &&
        lt_slice_is(amendment.original.part.from, amendment.session.identity.principal)) {
        code = lt_fail(&cli->error, LT_NOT_ALLOWED,
                       "the second hand must be another person's than the sender's");
    }
    if (code == LT_DONE) {
        struct lt_buffer *body = &amendment.draft.body;
        const struct lt_part *original = &amendment.original.part;
        *body = (struct lt_buffer){.max = 1024};
        lt_pack_map(body, 3);
        lt_pack_text(body, "from");
        lt_pack_str(body, original->from);
        lt_pack_text(body, "id");
        lt_pack_bin(body, original->id, LT_ID_SIZE);
        lt_pack_text(body, "type");
        lt_pack_str(body, original->type);
        part->body = lt_buffer_slice(body);
        part->type = lt_slice_of("approval.v1");
        part->relation = LT_ANSWERS;
        part->expires = original->expires;
        amendment.draft.type = lt_types_find(amendment.types, part->type);
        code = compose_send(&amendment.session, &amendment.draft);
    }
    return end(&amendment, code);
}
