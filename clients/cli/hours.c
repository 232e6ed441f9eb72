// `lienthon hours`: what commune.yaml says of the loudspeakers' hours, told to them as a retained value.
#include "cli.h"

#include <stdio.h>
#include <time.h>

#include <lienthon/pack.h>
#include <lienthon/settings/folder.h>

#include "compose.h"
#include "hours.h"
#include "say.h"
#include "view.h"
#include "walk.h"

#define TYPE  "speaker-hours.v1"
#define TOPIC "%s/tat-ca/thong-bao"

enum { BODY_MAX = 256 * 1024, ARGS_MAX = 1024, REPEAT_MS = 15 * 60000 };

// The time zone is the identity's since the session was opened.
static int utc_minutes(void)
{
    const time_t now = (time_t)(cli_now() / 1000);
    struct tm local;
    return localtime_r(&now, &local) != NULL ? (int)(local.tm_gmtoff / 60) : 0;
}

enum lt_code hours_pack(const struct lt_commune *commune, struct lt_buffer *body,
                        struct lt_error *error)
{
    *body = (struct lt_buffer){.max = BODY_MAX};
    if (utc_minutes() < 0) {
        return lt_fail(error, LT_BAD_FILE,
                       "timezone: the hours of loudspeakers cannot be told in a zone behind UTC");
    }
    return lt_hours_pack(&commune->loudspeakers, &commune->hamlets, utc_minutes(), "commune.yaml",
                         body, error);
}

// Those that a loudspeaker keeps to until it has heard others.
static bool are_usual(const struct lt_commune *commune, struct lt_slice body)
{
    const struct lt_hours usual = {.repeat_ms = REPEAT_MS};
    struct lt_buffer packed = {.max = BODY_MAX};
    const bool same = lt_hours_pack(&usual, &commune->hamlets, utc_minutes(), "commune.yaml",
                                    &packed, NULL) == LT_DONE &&
                      lt_slice_equal(lt_buffer_slice(&packed), body);
    lt_buffer_clear(&packed);
    return same;
}

enum lt_code hours_look(struct session *session, const lt_book *book,
                        const struct lt_commune *commune, struct lt_slice body, bool *told,
                        uint64_t *newest)
{
    struct lt_buffer args = {.max = ARGS_MAX};
    struct lt_buffer values = {.max = SESSION_ANSWER_MAX};
    struct lt_sealed sealed;
    char topic[LT_TOPIC_MAX + 1];
    uint64_t made = 0;
    *told = are_usual(commune, body);
    snprintf(topic, sizeof topic, TOPIC, commune->xa);
    lt_pack_map(&args, 1);
    lt_pack_text(&args, "pattern");
    lt_pack_text(&args, topic);
    const enum lt_code code = session_ask(session, "last", lt_buffer_slice(&args), &values);
    struct walk walk = walk_of(&values);
    while (code == LT_DONE && walk_sealed(&walk, &sealed)) {
        const struct lt_part *part = &sealed.part;
        if (lt_slice_is(part->type, TYPE) && part->created >= made &&
            lt_book_authorise(book, &sealed, part->created, false, NULL, NULL) == LT_DONE) {
            made = part->created;
            *told = lt_slice_equal(part->body, body);
        }
    }
    if (newest != NULL) {
        *newest = made;
    }
    lt_buffer_clear(&args);
    lt_buffer_clear(&values);
    return code;
}

static enum lt_code fill(struct cli *cli, const struct lt_commune *commune, struct draft *draft)
{
    const enum lt_code code = hours_pack(commune, &draft->body, &cli->error);
    if (code != LT_DONE) {
        return code;
    }
    snprintf(draft->topic, sizeof draft->topic, TOPIC, commune->xa);
    draft->part.topic = lt_slice_of(draft->topic);
    draft->part.type = lt_slice_of(TYPE);
    draft->part.flags = LT_RETAIN;
    draft->part.created = cli_now();
    draft->part.body = lt_buffer_slice(&draft->body);
    return LT_DONE;
}

static enum lt_code tell_if_changed(struct session *session, const struct lt_commune *commune,
                                    struct draft *draft)
{
    lt_book *book = NULL;
    bool told = false;
    enum lt_code code = session_up(session);
    if (code == LT_DONE) {
        code = view_load(session, &book);
    }
    if (code == LT_DONE) {
        code = hours_look(session, book, commune, lt_buffer_slice(&draft->body), &told, NULL);
    }
    if (code == LT_DONE && !told) {
        code = compose_send(session, draft);
    } else if (code == LT_DONE && session->cli->json) {
        say_json(json_pack("{s:b}", "unchanged", true));
    }
    lt_book_destroy(&book);
    return code;
}

int cli_hours(struct cli *cli)
{
    struct session session = SESSION_CLOSED;
    struct draft draft = {0};
    struct lt_commune commune = {0};
    lt_types *types = lt_types_new(&cli->error);
    enum lt_code code =
        types != NULL ? lt_commune_load(cli->folder, &commune, &cli->error) : cli->error.code;
    if (code == LT_DONE) {
        draft.type = lt_types_find(types, lt_slice_of(TYPE));
        code = session_open(cli, SESSION_PUBLISHES, &session);
    }
    if (code == LT_DONE) {
        code = fill(cli, &commune, &draft);
    }
    if (code == LT_DONE) {
        code = arguments_has(&cli->arguments, "if-changed")
                   ? tell_if_changed(&session, &commune, &draft)
                   : compose_send(&session, &draft);
    }
    session_close(&session);
    compose_clear(&draft);
    lt_commune_clear(&commune);
    lt_types_destroy(&types);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
