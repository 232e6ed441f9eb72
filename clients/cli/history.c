// `history` and `last`: what the hub has stored, each message judged here under the book of grants.
#include "cli.h"

#include <stdio.h>
#include <string.h>

#include <lienthon/pack.h>

#include "show.h"
#include "view.h"
#include "when.h"
#include "words.h"
#include "walk.h"

enum { ARGS_MAX = 8192, LIMIT = 100, LIMIT_MAX = 1000 };

// Without a pattern: all of the commune's topics.
static void pack_pattern(const struct session *session, struct lt_buffer *args)
{
    const struct arguments *arguments = &session->cli->arguments;
    lt_pack_text(args, "pattern");
    if (arguments->word_count > 0) {
        lt_pack_text(args, arguments->words[0]);
    } else {
        char pattern[LT_TOPIC_MAX + 1];
        snprintf(pattern, sizeof pattern, "%s/#", session->identity.xa);
        lt_pack_text(args, pattern);
    }
}

static size_t count_types(const char *list)
{
    char item[LT_TYPE_MAX + 1];
    size_t count = 0;
    while (list != NULL && words_next(&list, item, sizeof item)) {
        count++;
    }
    return count;
}

static void pack_types(const char *list, struct lt_buffer *args)
{
    char item[LT_TYPE_MAX + 1];
    lt_pack_text(args, "types");
    lt_pack_array(args, count_types(list));
    while (words_next(&list, item, sizeof item)) {
        lt_pack_text(args, item);
    }
}

static enum lt_code pack_history(struct session *session, struct lt_buffer *args)
{
    const struct arguments *arguments = &session->cli->arguments;
    struct lt_error *error = &session->cli->error;
    const char *since = arguments_value(arguments, "since");
    const char *until = arguments_value(arguments, "until");
    const char *types = arguments_value(arguments, "type");
    const char *text = arguments_value(arguments, "text");
    uint64_t since_ms = 0;
    uint64_t until_ms = 0;
    long limit = 0;
    if (arguments_number(arguments, "limit", 1, LIMIT_MAX, LIMIT, &limit, error) != LT_DONE ||
        (since != NULL && when_past(since, cli_now(), &since_ms, error) != LT_DONE) ||
        (until != NULL && when_past(until, cli_now(), &until_ms, error) != LT_DONE)) {
        return error->code;
    }
    lt_pack_map(args,
                (size_t)2 + (since != NULL) + (until != NULL) + (types != NULL) + (text != NULL));
    pack_pattern(session, args);
    lt_pack_text(args, "limit");
    lt_pack_uint(args, (uint64_t)limit);
    if (since != NULL) {
        lt_pack_text(args, "since");
        lt_pack_uint(args, since_ms);
    }
    if (until != NULL) {
        lt_pack_text(args, "until");
        lt_pack_uint(args, until_ms);
    }
    if (types != NULL) {
        pack_types(types, args);
    }
    if (text != NULL) {
        lt_pack_text(args, "text");
        lt_pack_text(args, text);
    }
    return LT_DONE;
}

static void print_all(const struct cli *cli, const struct lt_buffer *values, const lt_book *book)
{
    struct walk walk = walk_of(values);
    struct lt_sealed sealed;
    while (walk_sealed(&walk, &sealed)) {
        struct lt_error doubt = {0};
        const enum lt_code code =
            lt_book_authorise(book, &sealed, sealed.part.created, false, NULL, &doubt);
        const bool is_grant =
            lt_slice_is(sealed.part.type, "grant.v1"); // of those the book itself is the judge
        show(&sealed.part, code == LT_DONE || code == LT_ONE_HAND || is_grant ? NULL : doubt.text,
             cli->json);
    }
}

static int ask(struct cli *cli, const char *name)
{
    struct session session = SESSION_CLOSED;
    struct lt_buffer args = {.max = ARGS_MAX};
    struct lt_buffer values = {.max = SESSION_ANSWER_MAX};
    lt_book *book = NULL;
    enum lt_code code = session_open(cli, SESSION_READS, &session);
    if (code == LT_DONE && strcmp(name, "history") == 0) {
        code = pack_history(&session, &args);
    } else if (code == LT_DONE) {
        lt_pack_map(&args, 1);
        pack_pattern(&session, &args);
    }
    if (code == LT_DONE) {
        code = session_up(&session);
    }
    if (code == LT_DONE) {
        code = session_ask(&session, name, lt_buffer_slice(&args), &values);
    }
    if (code == LT_DONE) {
        code = view_load(&session, &book);
    }
    if (code == LT_DONE) {
        print_all(cli, &values, book);
    }
    lt_book_destroy(&book);
    lt_buffer_clear(&values);
    lt_buffer_clear(&args);
    session_close(&session);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}

int cli_history(struct cli *cli)
{
    return ask(cli, "history");
}

int cli_last(struct cli *cli)
{
    return ask(cli, "last");
}
