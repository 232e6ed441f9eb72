// `lienthon why`: one sentence on one target.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

#include <lienthon/cursor.h>
#include <lienthon/pack.h>

#include "original.h"
#include "say.h"

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
    if (code == LT_DONE && cli->json) {
        say_json(json_pack("{s:o}", "text", say_text(text)));
    } else if (code == LT_DONE) {
        char *sentence = cli_copy(text);
        say_sentence(sentence);
        putchar('\n');
        free(sentence);
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
