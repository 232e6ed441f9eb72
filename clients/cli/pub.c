// `lienthon pub`: any message, its body as JSON on standard input.
#include "cli.h"

#include <string.h>

#include <lienthon/json.h>

#include "compose.h"
#include "words.h"

enum { JSON_MAX = 2 * 1024 * 1024, BODY_MAX = 1024 * 1024 };

static enum lt_code read_body(struct cli *cli, struct draft *draft)
{
    struct lt_buffer text = {0};
    enum lt_code code = words_from_stdin(&text, JSON_MAX, &cli->error);
    draft->body = (struct lt_buffer){.max = BODY_MAX};
    if (code == LT_DONE) {
        struct lt_error error = {0};
        code =
            lt_json_to_body(lt_buffer_slice(&text),
                            draft->type != NULL ? draft->type->schema : NULL, &draft->body, &error);
        if (code != LT_DONE) {
            lt_fail(&cli->error, code, "standard input: %s", error.text);
        }
    }
    lt_buffer_clear(&text);
    draft->part.body = lt_buffer_slice(&draft->body);
    return code;
}

static void read_flags(const struct arguments *arguments, struct lt_part *part)
{
    part->flags = (uint8_t)((arguments_has(arguments, "retain") ? LT_RETAIN : 0) |
                            (arguments_has(arguments, "receipt") ? LT_RECEIPT : 0) |
                            (arguments_has(arguments, "drill") ? LT_DRILL : 0));
}

static enum lt_code read_head(struct cli *cli, struct lt_part *part)
{
    const struct arguments *arguments = &cli->arguments;
    const char *answers = arguments_value(arguments, "answers");
    const char *origin = arguments_value(arguments, "origin");
    part->topic = lt_slice_of(arguments->words[0]);
    part->type = lt_slice_of(arguments->words[1]);
    if (!lt_topic_valid(part->topic)) {
        return lt_fail(&cli->error, LT_BAD_USE,
                       "'%s' is no topic; one looks like an-thanh-1/an-thuong/thong-bao",
                       arguments->words[0]);
    }
    if (!lt_type_valid(part->type)) {
        return lt_fail(&cli->error, LT_BAD_USE, "'%s' is no type; one looks like notice.v1",
                       arguments->words[1]);
    }
    if (answers != NULL) {
        part->relation = LT_ANSWERS;
        if (!lt_id_parse(answers, part->re)) {
            return lt_fail(&cli->error, LT_BAD_USE, "--answers %s: this is no id", answers);
        }
    }
    if (origin != NULL) {
        part->origin = lt_slice_of(origin);
        if (!lt_origin_valid(part->origin)) {
            return lt_fail(&cli->error, LT_BAD_USE,
                           "--origin %s: a bridge's name, a colon, and its own id are wanted",
                           origin);
        }
    }
    read_flags(arguments, part);
    if (compose_label(arguments_value(arguments, "label"), &part->label, &cli->error) != LT_DONE) {
        return cli->error.code;
    }
    return compose_urgency(arguments_value(arguments, "urgency"), &part->priority, &cli->error);
}

int cli_pub(struct cli *cli)
{
    struct session session = SESSION_CLOSED;
    struct draft draft = {0};
    lt_types *types = lt_types_new(&cli->error);
    enum lt_code code = types != NULL ? read_head(cli, &draft.part) : cli->error.code;
    if (code == LT_DONE) {
        draft.type = lt_types_find(types, draft.part.type);
        if (draft.type != NULL && arguments_value(&cli->arguments, "label") == NULL) {
            draft.part.label = draft.type->label;
        }
        code = read_body(cli, &draft);
    }
    if (code == LT_DONE) {
        code = session_open(cli, SESSION_PUBLISHES, &session);
    }
    if (code == LT_DONE) {
        code = compose_times(cli, 0, &draft);
    }
    if (code == LT_DONE) {
        code = compose_send(&session, &draft);
    }
    session_close(&session);
    compose_clear(&draft);
    lt_types_destroy(&types);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
