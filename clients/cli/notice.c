// `lienthon notice`: what an officer types reaches those whom it is for.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compose.h"
#include "hear.h"
#include "say.h"
#include "series.h"
#include "words.h"

enum { TEXT_MAX = 64 * 1024, LIST_MAX = 16 * 1024 * 1024 }; // what a command line can hold

#define DAY_MS UINT64_C(86400000)

// The text as typed, or standard input for "-". *text is yours.
static enum lt_code read_text(struct cli *cli, char **text)
{
    const char *word = cli->arguments.words[0];
    struct lt_buffer input = {0};
    *text = NULL;
    if (strcmp(word, "-") != 0) {
        *text = cli_copy(lt_slice_of(word));
        return LT_DONE;
    }
    enum lt_code code = words_from_stdin(&input, TEXT_MAX, &cli->error);
    if (code == LT_DONE && input.size > 0 && memchr(input.data, '\0', input.size) != NULL) {
        code =
            lt_fail(&cli->error, LT_BAD_USE, "standard input is no text: it has a zero byte in it");
    }
    while (input.size > 0 && input.data[input.size - 1] <= ' ') {
        input.size--;
    }
    if (code == LT_DONE) {
        *text = cli_copy(lt_buffer_slice(&input));
    }
    lt_buffer_clear(&input);
    return code;
}

// Several --to or --via are one list. *list is yours; NULL: none was given.
static char *join_values(const struct cli *cli, const char *name)
{
    struct lt_buffer list = {.max = LIST_MAX};
    const char *value = NULL;
    for (size_t i = 0; (value = arguments_nth(&cli->arguments, name, i)) != NULL; i++) {
        lt_buffer_print(&list, "%s%s", i > 0 ? "," : "", value);
    }
    char *joined = list.size > 0 ? cli_copy(lt_buffer_slice(&list)) : NULL;
    lt_buffer_clear(&list);
    return joined;
}

// What was sent beside the words, for programs.
static json_t *told(const struct cli *cli, const struct notice *notice, const struct draft *draft)
{
    json_t *more = json_object();
    if (notice->schedule != NULL) {
        json_object_set_new(more, "next", series_json(cli, &draft->part));
    }
    if (notice->recording != NULL) {
        json_object_set_new(more, "recording", recording_json(notice->recording));
    }
    return more;
}

static enum lt_code publish(struct session *session, const struct notice *notice,
                            struct draft *draft)
{
    struct sent sent;
    enum lt_code code =
        notice->recording != NULL ? recording_send(session, notice->recording) : LT_DONE;
    if (code != LT_DONE) {
        return code;
    }
    code = compose_publish(session, draft, &sent);
    if (code == LT_DONE || code == LT_TIMED_OUT) {
        compose_print(session->cli, &sent, told(session->cli, notice, draft));
    }
    return code;
}

// Before anything is sent: that is how it was understood.
static enum lt_code show_series(struct cli *cli, const struct lt_part *part)
{
    uint64_t times[SERIES_TIMES];
    struct lt_buffer words = {.max = TEXT_MAX};
    if (series_next(cli, part, part->created, times) == 0) {
        return lt_fail(&cli->error, LT_BAD_USE,
                       "it would never be said: its programme is not on the air on such a day, or "
                       "its end comes before its first time");
    }
    if (!cli->json) {
        series_tell(cli, part, &words);
        fprintf(stderr, "%.*s", (int)words.size, (const char *)words.data);
    }
    lt_buffer_clear(&words);
    return LT_DONE;
}

static enum lt_code set_times(struct session *session, struct notice *notice, struct draft *draft)
{
    struct cli *cli = session->cli;
    if (arguments_has(&cli->arguments, "every")) {
        return series_read(session, notice->to, draft, &notice->schedule);
    }
    return arguments_has(&cli->arguments, "until")
               ? lt_fail(
                     &cli->error, LT_BAD_USE,
                     "--until goes with --every; how long a single notice counts says --expires")
               : compose_times(cli, DAY_MS, draft);
}

static enum lt_code send(struct session *session, struct notice *notice)
{
    struct cli *cli = session->cli;
    lt_types *types = lt_types_new(&cli->error);
    struct draft draft = {0};
    if (types == NULL) {
        return cli->error.code;
    }
    draft.type = lt_types_find(types, lt_slice_of("notice.v1"));
    draft.part.flags =
        (uint8_t)(LT_RECEIPT | (arguments_has(&cli->arguments, "drill") ? LT_DRILL : 0));
    enum lt_code code = compose_urgency(arguments_value(&cli->arguments, "urgency"),
                                        &draft.part.priority, &cli->error);
    if (code == LT_DONE) {
        code = set_times(session, notice, &draft);
    }
    if (code == LT_DONE) {
        code = compose_notice(session, notice, &draft);
    }
    if (code == LT_DONE && notice->schedule != NULL) {
        code = show_series(cli, &draft.part);
    }
    if (code == LT_DONE) {
        code = hear_first(cli, &draft.part,
                          notice->recording != NULL ? notice->recording->path : NULL);
    }
    if (code == LT_DONE) {
        code = publish(session, notice, &draft);
    }
    compose_clear(&draft);
    lt_types_destroy(&types);
    return code;
}

int cli_notice(struct cli *cli)
{
    struct session session = SESSION_CLOSED;
    char *text = NULL;
    char *to = join_values(cli, "to");
    char *via = join_values(cli, "via");
    const char *file = arguments_value(&cli->arguments, "recording");
    struct recording recording = {0};
    enum lt_code code = read_text(cli, &text);
    if (code == LT_DONE && to == NULL) {
        code = lt_fail(&cli->error, LT_BAD_USE,
                       "whom is it for? --to an-thuong, or --to tat-ca for all");
    }
    if (code == LT_DONE && text[strspn(text, " \t\r\n")] == '\0') {
        code = lt_fail(&cli->error, LT_BAD_USE, "the notice has no text");
    }
    if (code == LT_DONE && file != NULL) {
        code = recording_look(file, &recording, &cli->error);
    }
    if (code == LT_DONE) {
        code = session_open(cli, SESSION_PUBLISHES, &session);
    }
    if (code == LT_DONE) {
        struct notice notice = {.text = text,
                                .title = arguments_value(&cli->arguments, "title"),
                                .to = to,
                                .via = via,
                                .recording = file != NULL ? &recording : NULL};
        code = send(&session, &notice);
        json_decref(notice.schedule);
    }
    session_close(&session);
    recording_clear(&recording);
    free(text);
    free(to);
    free(via);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
