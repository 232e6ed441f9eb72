// The grants that lie beside an identity.
#include "known.h"

#include <stdlib.h>
#include <string.h>

#include <lienthon/bundle.h>
#include <lienthon/grant.h>

#include "issue.h"

enum { GRANTS_MAX = 16 * 1024 * 1024, FIRST_WAIT_MS = 1000 };

void known_learn(const struct session *session)
{
    struct lt_buffer bytes = {.max = GRANTS_MAX};
    struct lt_bundle bundle;
    struct lt_slice sealed;
    char *path = session->identity.grants != NULL
                     ? cli_path(session->cli, "%s", session->identity.grants)
                     : NULL;
    if (path != NULL && lt_file_read(path, &bytes, NULL) == LT_DONE &&
        lt_bundle_open(lt_buffer_slice(&bytes), &bundle, NULL) == LT_DONE) {
        while (lt_bundle_next(&bundle, &sealed, NULL) == LT_DONE) {
            lt_client_learn(session->client, sealed, NULL);
        }
    }
    lt_buffer_clear(&bytes);
    free(path);
}

// Has the bundle the hub's grant with this serial or a later one?
static bool has(struct lt_slice bytes, const struct lt_grant *fresh)
{
    struct lt_bundle bundle;
    struct lt_slice sealed;
    bool found = false;
    if (lt_bundle_open(bytes, &bundle, NULL) != LT_DONE) {
        return false;
    }
    while (!found && lt_bundle_next(&bundle, &sealed, NULL) == LT_DONE) {
        struct lt_sealed message;
        struct lt_grant *grant = NULL;
        found = lt_sealed_decode(sealed, &message, NULL) == LT_DONE &&
                lt_grant_open(&message.part, &grant, NULL) == LT_DONE &&
                lt_slice_equal(grant->principal, fresh->principal) &&
                grant->serial >= fresh->serial;
        lt_grant_destroy(&grant);
    }
    return found;
}

// Where it cannot be written the command goes on: it is the next start that would miss it.
static void keep(struct session *session, const struct lt_sealed *message)
{
    struct lt_buffer bytes = {.max = GRANTS_MAX};
    struct lt_grant *grant = NULL;
    char *path = cli_path(session->cli, "%s", session->identity.grants);
    if (lt_slice_is(message->part.from, "root") &&
        lt_grant_open(&message->part, &grant, NULL) == LT_DONE &&
        lt_file_read(path, &bytes, NULL) == LT_DONE && !has(lt_buffer_slice(&bytes), grant)) {
        struct lt_buffer sealed = {.max = ISSUE_SEALED_MAX};
        struct lt_error unused = {0};
        lt_buffer_add(&sealed, message->bytes.data, message->bytes.size);
        issue_keep(path, &sealed, 1, &unused);
        lt_buffer_clear(&sealed);
    }
    lt_grant_destroy(&grant);
    lt_buffer_clear(&bytes);
    free(path);
}

void known_follow(struct session *session)
{
    char topic[LT_TOPIC_MAX + 1];
    const struct lt_identity *identity = &session->identity;
    if (identity->grants == NULL || session->hub_grant != 0 ||
        lt_principal_topic("$lt/grants/", lt_slice_of(identity->hub_principal), topic) == 0) {
        return;
    }
    const char *const patterns[] = {topic};
    const struct lt_subscription wanted = {
        .patterns = patterns, .pattern_count = 1, .from = LT_FROM_RETAINED};
    const uint64_t until = cli_now() + FIRST_WAIT_MS;
    if (lt_client_subscribe(session->client, &wanted, &session->hub_grant, NULL, NULL) != LT_DONE) {
        return;
    }
    while (!session->hub_grant_came && session->up && session_pass(session, until)) {
    }
}

bool known_take(struct session *session, const struct lt_event *event)
{
    if (session->hub_grant == 0 || event->sid != session->hub_grant) {
        return false;
    }
    if (event->kind == LT_EVENT_MESSAGE) {
        keep(session, event->message);
        lt_client_settle(session->client, event->sid, event->seq, LT_ACK_DONE, NULL, NULL);
    }
    session->hub_grant_came =
        session->hub_grant_came || event->kind != LT_EVENT_SUBSCRIBED || event->code != LT_DONE;
    return true;
}
