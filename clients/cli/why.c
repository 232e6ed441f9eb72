// `lienthon why`: one sentence on one target, and, of a loudspeaker, to which hours it keeps.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/cursor.h>
#include <lienthon/pack.h>

#include "kept.h"
#include "original.h"
#include "say.h"
#include "speakers.h"
#include "tongue.h"
#include "view.h"
#include "when.h"

enum { HUB_TIME_SIZE = sizeof "2026-11-28 09:30:57Z" - 1 };

// Who stands on the roster with that target; itself when nobody does.
static struct lt_slice principal_of(struct lt_slice status, const char *target)
{
    struct lt_slice rows;
    struct lt_slice row;
    struct lt_slice durable;
    struct lt_slice principal;
    uint32_t count = 0;
    if (!lt_map_find(status, "roster", &rows)) {
        return lt_slice_of(target);
    }
    struct lt_cursor cursor = lt_cursor_of(rows);
    if (!lt_cursor_array(&cursor, &count)) {
        return lt_slice_of(target);
    }
    while (count-- > 0 && lt_cursor_skip(&cursor, &row)) {
        if (lt_map_str(row, "durable", &durable) && lt_slice_is(durable, target) &&
            lt_map_str(row, "principal", &principal)) {
            return principal;
        }
    }
    return lt_slice_of(target);
}

static void pack_why(struct lt_slice status, const char *target, struct lt_buffer *args)
{
    struct lt_slice id = {0};
    struct lt_slice from = {0};
    lt_map_bin(status, "id", &id);
    lt_map_str(status, "from", &from);
    lt_pack_map(args, 4);
    lt_pack_text(args, "id");
    lt_pack_bin(args, id.data, id.size);
    lt_pack_text(args, "from");
    lt_pack_str(args, from);
    lt_pack_text(args, "principal");
    lt_pack_str(args, principal_of(status, target));
    lt_pack_text(args, "target");
    lt_pack_text(args, target);
}

// "2026-11-28 09:30:57Z" at the beginning of the text. *ms: that time.
static bool is_time(const char *text, uint64_t *ms)
{
    char time[HUB_TIME_SIZE + 1];
    struct lt_error error = {0};
    if (strnlen(text, HUB_TIME_SIZE) < HUB_TIME_SIZE || text[4] != '-' ||
        text[HUB_TIME_SIZE - 1] != 'Z') {
        return false;
    }
    memcpy(time, text, HUB_TIME_SIZE);
    time[HUB_TIME_SIZE] = '\0';
    return when_parse(time, 0, ms, &error) == LT_DONE;
}

// The hub knows no zone and writes UTC; people read the commune's time.
static void say_in_our_time(struct lt_slice text)
{
    char *sentence = cli_copy(text);
    struct lt_buffer ours = {.max = 4 * text.size + 1};
    for (const char *at = sentence; *at != '\0';) {
        char when[WHEN_SIZE];
        uint64_t ms = 0;
        if (is_time(at, &ms)) {
            when_said(ms, when);
            lt_buffer_add(&ours, when, strlen(when));
            at += HUB_TIME_SIZE;
        } else {
            lt_buffer_add(&ours, at++, 1);
        }
    }
    lt_buffer_add(&ours, "", 1);
    say_sentence(ours.failed ? sentence : (const char *)ours.data);
    putchar('\n');
    lt_buffer_clear(&ours);
    free(sentence);
}

// --- the hours of a loudspeaker ---

enum hours_known {
    HOURS_NONE,
    HOURS_UNKNOWN,
    HOURS_KNOWN
}; // it is no loudspeaker; it does not say

static enum hours_known find_hours(const struct lt_buffer *values, const lt_book *book,
                                   struct lt_slice principal, const char *target,
                                   struct kept_words *words)
{
    struct speakers speakers = speakers_of(values, book);
    struct speaker_says says;
    struct kept kept;
    while (speakers_next(&speakers, &says)) {
        if (!lt_slice_equal(says.from, principal) ||
            (says.zone.size > 0 && !lt_slice_is(says.zone, target))) {
            continue;
        }
        if (says.hours.size == 0 || !kept_read(says.hours, &kept)) {
            return HOURS_UNKNOWN;
        }
        kept_say(&kept, words);
        return HOURS_KNOWN;
    }
    return HOURS_NONE;
}

// What cannot be asked is left out: who asks why need not be one who may read all states.
static enum hours_known ask_hours(struct session *session, struct lt_slice status,
                                  const char *target, struct kept_words *words)
{
    struct lt_buffer values = {0};
    lt_book *book = NULL;
    enum hours_known known = HOURS_NONE;
    const struct lt_error before = session->cli->error;
    if (speakers_ask(session, &values) == LT_DONE && values.size > 0 &&
        view_load(session, &book) == LT_DONE) {
        known = find_hours(&values, book, principal_of(status, target), target, words);
    }
    session->cli->error = before;
    lt_book_destroy(&book);
    lt_buffer_clear(&values);
    return known;
}

static void print_why(const struct cli *cli, struct lt_slice text, enum hours_known known,
                      const struct kept_words *words)
{
    char hours[sizeof *words + 100] = "";
    snprintf(hours, sizeof hours, "programmes %s; day %s; quiet %s; volume %s", words->programmes,
             words->day, words->quiet, words->volume);
    if (cli->json) {
        say_json(json_pack("{s:o, s:o*}", "text", say_text(text), "hours",
                           known == HOURS_KNOWN ? json_string(hours) : NULL));
        return;
    }
    say_in_our_time(text);
    if (known == HOURS_KNOWN) {
        printf(tongue("it keeps to programmes %s; day %s; quiet %s; volume %s\n"),
               words->programmes, words->day, words->quiet, words->volume);
    } else if (known == HOURS_UNKNOWN) {
        printf("%s\n", tongue("to which hours that loudspeaker keeps is not known: its program is "
                              "older and does not say it"));
    }
}

static enum lt_code why(struct session *session)
{
    struct cli *cli = session->cli;
    struct lt_buffer args = {0};
    struct lt_buffer status = {.max = SESSION_ANSWER_MAX};
    struct lt_buffer question = {.max = 1024};
    struct lt_buffer answer = {.max = SESSION_ANSWER_MAX};
    struct lt_slice text;
    enum lt_code code = original_args(cli->arguments.words[0],
                                      arguments_value(&cli->arguments, "from"), &args, &cli->error);
    if (code == LT_DONE) {
        code = session_ask(session, "status", lt_buffer_slice(&args), &status);
    }
    if (code == LT_DONE) {
        pack_why(lt_buffer_slice(&status), cli->arguments.words[1], &question);
        code = session_ask(session, "why", lt_buffer_slice(&question), &answer);
    }
    if (code == LT_DONE && !lt_map_str(lt_buffer_slice(&answer), "text", &text)) {
        code = lt_fail(&cli->error, LT_MALFORMED, "the hub's answer to why has no text");
    }
    if (code == LT_DONE) {
        struct kept_words words = {0};
        const enum hours_known known =
            ask_hours(session, lt_buffer_slice(&status), cli->arguments.words[1], &words);
        print_why(cli, text, known, &words);
    }
    lt_buffer_clear(&args);
    lt_buffer_clear(&status);
    lt_buffer_clear(&question);
    lt_buffer_clear(&answer);
    return code;
}

int cli_why(struct cli *cli)
{
    struct session session = SESSION_CLOSED;
    enum lt_code code = session_open(cli, SESSION_READS, &session);
    if (code == LT_DONE) {
        code = session_up(&session);
    }
    if (code == LT_DONE) {
        code = why(&session);
    }
    session_close(&session);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
