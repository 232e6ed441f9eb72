// `lienthon hours`: what commune.yaml says of the loudspeakers' hours, told to them as a retained value.
#include "cli.h"

#include <stdio.h>
#include <time.h>

#include <lienthon/settings/folder.h>

#include "compose.h"

enum { BODY_MAX = 256 * 1024 };

// The time zone is the identity's since the session was opened.
static int utc_minutes(void)
{
    const time_t now = (time_t)(cli_now() / 1000);
    struct tm local;
    return localtime_r(&now, &local) != NULL && local.tm_gmtoff > 0 ? (int)(local.tm_gmtoff / 60)
                                                                    : 0;
}

static enum lt_code fill(struct cli *cli, const struct lt_commune *commune, struct draft *draft)
{
    draft->body = (struct lt_buffer){.max = BODY_MAX};
    const enum lt_code code =
        lt_hours_pack(&commune->loudspeakers, &commune->hamlets, utc_minutes(), "commune.yaml",
                      &draft->body, &cli->error);
    if (code != LT_DONE) {
        return code;
    }
    snprintf(draft->topic, sizeof draft->topic, "%s/tat-ca/thong-bao", commune->xa);
    draft->part.topic = lt_slice_of(draft->topic);
    draft->part.type = lt_slice_of("speaker-hours.v1");
    draft->part.flags = LT_RETAIN;
    draft->part.created = cli_now();
    draft->part.body = lt_buffer_slice(&draft->body);
    return LT_DONE;
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
        draft.type = lt_types_find(types, lt_slice_of("speaker-hours.v1"));
        code = session_open(cli, SESSION_PUBLISHES, &session);
    }
    if (code == LT_DONE) {
        code = fill(cli, &commune, &draft);
    }
    if (code == LT_DONE) {
        code = compose_send(&session, &draft);
    }
    session_close(&session);
    compose_clear(&draft);
    lt_commune_clear(&commune);
    lt_types_destroy(&types);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
