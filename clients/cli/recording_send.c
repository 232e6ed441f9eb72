// A recording on its way to the hub: the notice is sent when it is there, or not at all.
#include <string.h>

#include <lienthon/blob.h>

#include "recording.h"
#include "say.h"

enum { TELL_MS = 5000 }; // how far it is, for who waits

struct upload {
    struct session *session;
    uint64_t token, at, size; // bytes
    uint64_t until;           // (cli_now) when nothing has gone on for --wait
    uint64_t told;            // (cli_now)
    struct lt_error held;     // why the hub takes no more of it just now
    bool is_whole;
};

static enum lt_code take(struct upload *upload, const struct lt_event *event)
{
    struct session *session = upload->session;
    if (!event->more) {
        upload->is_whole = event->code == LT_DONE;
        return event->code == LT_DONE
                   ? LT_DONE
                   : lt_fail(&session->cli->error, event->code,
                             "the recording was not taken, and nothing was sent: %s",
                             event->text[0] != '\0' ? event->text : lt_code_text(event->code));
    }
    if (event->code != LT_DONE) {
        lt_fail(&upload->held, event->code, "%s",
                event->text[0] != '\0' ? event->text : lt_code_text(event->code));
    } else if (event->offset > upload->at) {
        upload->at = event->offset;
        upload->until = cli_now() + session->wait_ms;
        upload->held = (struct lt_error){0};
    }
    if (event->code == LT_DONE && cli_now() - upload->told >= TELL_MS) {
        upload->told = cli_now();
        say_aside("of the recording %zu of %zu KiB are at the hub", (size_t)upload->at / 1024,
                  (size_t)upload->size / 1024);
    }
    return LT_DONE;
}

static enum lt_code has_stopped(const struct upload *upload)
{
    struct session *session = upload->session;
    const char *why = upload->held.code != LT_DONE ? upload->held.text
                      : !session->up               ? session->down.text
                                                   : "";
    lt_client_stop_blob(session->client, upload->token, NULL);
    return lt_fail(&session->cli->error, LT_TIMED_OUT,
                   "of the recording %zu of %zu"
                   " KiB are at the hub (%s), and nothing was sent; the same command goes on there",
                   (size_t)upload->at / 1024, (size_t)upload->size / 1024,
                   why[0] != '\0' ? why : "it has not answered");
}

static enum lt_code begin(struct session *session, const struct recording *recording,
                          struct upload *upload)
{
    struct lt_error *error = &session->cli->error;
    struct lt_blob blob;
    enum lt_code code = session_up(session);
    if (code != LT_DONE) {
        const struct lt_error why = *error;
        return lt_fail(error, code, "the recording cannot leave, and nothing was sent: %s",
                       why.text);
    }
    if (session->limits.blob > 0 && recording->size > session->limits.blob) {
        return lt_fail(error, LT_TOO_LARGE,
                       "--recording %s: it has %zu KiB, and the hub takes files of at most "
                       "%zu; nothing was sent",
                       recording->path, ((size_t)recording->size + 1023) / 1024,
                       (size_t)session->limits.blob / 1024);
    }
    code = lt_client_send_file(session->client, recording->path, &blob, &upload->token, error);
    if (code == LT_DONE && (blob.size != recording->size ||
                            memcmp(blob.sha256, recording->sha256, sizeof blob.sha256) != 0)) {
        lt_client_stop_blob(session->client, upload->token, NULL);
        code = lt_fail(error, LT_IO,
                       "--recording %s: the file was changed meanwhile; nothing was sent",
                       recording->path);
    }
    return code;
}

enum lt_code recording_send(struct session *session, const struct recording *recording)
{
    struct upload upload = {.session = session, .size = recording->size};
    enum lt_code code = begin(session, recording, &upload);
    upload.told = cli_now();
    upload.until = upload.told + session->wait_ms;
    struct lt_event *event = NULL;
    while (code == LT_DONE && !upload.is_whole &&
           (event = session_next(session, upload.until)) != NULL) {
        if (event->kind == LT_EVENT_BLOB && event->token == upload.token) {
            code = take(&upload, event);
        }
        lt_event_destroy(&event);
    }
    return code == LT_DONE && !upload.is_whole ? has_stopped(&upload) : code;
}
