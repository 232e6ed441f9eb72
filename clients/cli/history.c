// `history` and `last`: what the hub has stored, each message judged here under the book of grants.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/pack.h>

#include "past.h"
#include "show.h"
#include "tongue.h"
#include "view.h"
#include "when.h"
#include "words.h"
#include "walk.h"

enum { ARGS_MAX = 256 * 1024, LIMIT = 100, LIMIT_MAX = 1000, TYPES_MAX = 64 };

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
    if (types != NULL &&
        words_check_list(types, "type", LT_TYPE_MAX + 1, TYPES_MAX, error) != LT_DONE) {
        return error->code;
    }
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

struct found {
    struct lt_sealed sealed;
    struct lt_error doubt; // text "": it is genuine
    const char *since;     // what has become of its sender, or NULL
};

static bool is_genuine(const struct found *found)
{
    return found->doubt.text[0] == '\0';
}

// Of grants the book itself is the judge.
static void judge(struct found *found, const lt_book *book)
{
    const struct lt_sealed *sealed = &found->sealed;
    const enum lt_code code =
        lt_book_authorise(book, sealed, sealed->part.created, false, NULL, &found->doubt);
    if (code == LT_DONE || code == LT_ONE_HAND || lt_slice_is(sealed->part.type, "grant.v1")) {
        found->doubt = (struct lt_error){0};
    }
}

static const char *since_words(const lt_book *book, struct lt_slice sender)
{
    bool revoked = false;
    if (lt_book_find(book, sender, &revoked) != NULL) {
        return PHRASE("its sender has new keys or other rights since");
    }
    return revoked ? PHRASE("its sender has been revoked since")
                   : PHRASE("its sender's grant has ended since");
}

// What is not genuine under today's grants may have been so when it was made. Oldest first: that is cheapest.
static enum lt_code look_back(struct session *session, const lt_book *book, struct found *list,
                              size_t count)
{
    struct past *past = NULL;
    enum lt_code code = LT_DONE;
    for (size_t i = count; code == LT_DONE && i-- > 0;) {
        if (is_genuine(&list[i])) {
            continue;
        }
        code = past == NULL ? past_load(session, &past) : LT_DONE;
        if (code == LT_DONE && past_holds(past, &list[i].sealed)) {
            list[i].doubt = (struct lt_error){0};
            list[i].since = since_words(book, list[i].sealed.part.from);
        }
    }
    past_destroy(&past);
    return code;
}

static enum lt_code print_all(struct session *session, const struct lt_buffer *values,
                              const lt_book *book)
{
    struct walk walk = walk_of(values);
    struct lt_sealed sealed;
    size_t count = 0;
    while (walk_sealed(&walk, &sealed)) {
        count++;
    }
    struct found *list = cli_alloc(count * sizeof *list);
    walk = walk_of(values);
    for (size_t i = 0; i < count && walk_sealed(&walk, &list[i].sealed); i++) {
        judge(&list[i], book);
    }
    const enum lt_code code = look_back(session, book, list, count);
    for (size_t i = 0; code == LT_DONE && i < count; i++) {
        if (is_genuine(&list[i])) {
            show_since(&list[i].sealed.part, list[i].since, session->cli->json);
        } else {
            show(&list[i].sealed.part, list[i].doubt.text, session->cli->json);
        }
    }
    free(list);
    return code;
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
        code = print_all(&session, &values, book);
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
