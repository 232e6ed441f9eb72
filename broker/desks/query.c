// QUERY: who may ask what. The question is checked here, answered by the core or sent to the read
// thread, and comes back here a page at a time.
#include "queries.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "state/must.h"
#include "state/watch.h"
#include "state/zap.h"

enum { ITEMS_MAX = READER_PAGE + 2 * LT_MESSAGE_LIMIT, HAS_PAGE = 1 };

static const char *const no_arguments[] = {NULL};
static const char *const status_arguments[] = {"!id", "from", NULL};
static const char *const why_arguments[] = {"!id", "from", "!principal", "!target", NULL};
static const char *const history_arguments[] = {"!pattern", "since",  "until", "types",
                                                "text",     "before", "limit", NULL};
static const char *const dead_arguments[] = {"principal", "durable", "seq", "after", "limit", NULL};
static const char *const last_arguments[] = {"!pattern", NULL};

static void answer_items(struct broker *broker, struct session *session, struct query *query)
{
    query_send_items(broker, session, query, query->base.more);
}

static const struct query_kind kinds[] = {
    {"status", status_arguments, false, query_look, query_answer_status},
    {"why", why_arguments, false, query_look_why, query_answer_why},
    {"history", history_arguments, false, query_walk_history, answer_items},
    {"last", last_arguments, false, query_walk_last, answer_items},
    {"dead", dead_arguments, true, query_walk_dead, answer_items},
    {"principals", no_arguments, false, NULL, query_answer_principals},
    {"subscriptions", no_arguments, false, NULL, query_answer_subscriptions},
    {"stats", no_arguments, false, query_look_health, query_answer_stats},
};

static const struct query_kind *find_kind(struct lt_slice name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (lt_slice_is(name, kinds[i].name)) {
            return &kinds[i];
        }
    }
    return NULL;
}

static void destroy(struct reading *reading)
{
    struct query *query = (struct query *)reading;
    lt_grant_destroy(&query->grant);
    lt_buffer_clear(&query->grant_bytes);
    lt_buffer_clear(&query->items);
    lt_buffer_clear(&query->sealed);
    lt_buffer_clear(&query->roster);
    free(query->dead);
    free(query->late);
    free(query->again);
    free(query->letter);
    free(query);
}

void query_send(struct broker *broker, struct session *session, const struct lt_ref *ref,
                struct lt_slice value, bool more)
{
    const struct lt_frame frame = {.op = LT_RESULT, .ref = *ref, .value = value, .flag = more};
    (void)session_send(&broker->sessions, session, &frame, NULL, 0);
}

void query_empty_items(struct query *query)
{
    lt_buffer_empty(&query->items);
    query->item_count = 0;
    query->base.more = false;
}

void query_send_items(struct broker *broker, struct session *session, struct query *query,
                      bool more)
{
    struct lt_buffer value = {.max = LT_RESULT_MAX};
    lt_pack_array(&value, query->item_count);
    lt_pack_raw(&value, lt_buffer_slice(&query->items));
    query_send(broker, session, &query->ref, lt_buffer_slice(&value), more);
    lt_buffer_clear(&value);
}

bool query_may_see(const struct query *query, const struct store_row *row)
{
    return lt_slice_is(row->from, query->asker) ||
           lt_grant_may_receive(query->grant, row->topic, row->label);
}

// A refusal in the middle of an answer ends it too.
static void refuse(struct broker *broker, struct session *session, const struct lt_ref *ref,
                   enum lt_code code, const char *text)
{
    const struct lt_frame frame = {.op = LT_ASK, .ref = *ref};
    desks_refuse(broker, session, &frame, 0, code, text);
}

void query_go_on(struct broker *broker, struct session *session)
{
    struct reading *reading = session->paused;
    session->paused = NULL;
    while (reading != NULL) {
        struct reading *next = reading->next;
        if (reading->tag == HAS_PAGE) {
            reading->back(broker, &reading);
        } else {
            reader_ask(broker->reader, &reading);
        }
        reading = next;
    }
}

bool query_is_room(const struct broker *broker, const struct session *session)
{
    const struct lt_commune_limits *limits = &broker->commune->hub.limits;
    return !session_is_full(&broker->sessions, session) && !watch_is_sending_much(broker) &&
           session->asking < (size_t)limits->asking &&
           broker->questions < (size_t)limits->questions;
}

static void put_aside(struct session *session, struct reading **reading)
{
    (*reading)->next = session->paused;
    session->paused = *reading;
    *reading = NULL;
}

bool query_waits(struct broker *broker, struct reading **reading)
{
    struct session *session = sessions_find(&broker->sessions, (*reading)->asker);
    (*reading)->tag = 0;
    if (session == NULL || !session->greeted || !session_is_full(&broker->sessions, session)) {
        return false;
    }
    (*reading)->tag = HAS_PAGE;
    put_aside(session, reading);
    return true;
}

// The read thread has done a page.
static void back(void *core, struct reading **reading)
{
    struct broker *broker = core;
    struct query *query = (struct query *)*reading;
    struct session *session = sessions_find(&broker->sessions, (*reading)->asker);
    const enum lt_code code = (*reading)->code;
    if (query_waits(broker, reading)) {
        return;
    }
    if (session != NULL) {
        session->asking--;
    }
    broker->questions--;
    if (session == NULL || !session->greeted) {
        reading_destroy(reading);
        return;
    }
    if (code != LT_DONE) {
        const enum lt_code told = lt_code_is_refusal(code) ? code : LT_STORAGE_FAILED;
        if (told == LT_STORAGE_FAILED && broker_may_log(broker)) {
            log_error("query failed", LOG_TEXT("principal", session->principal),
                      LOG_TEXT("name", query->kind->name),
                      LOG_TEXT("reason", (*reading)->error.text));
        }
        refuse(broker, session, &query->ref, told, (*reading)->error.text);
        reading_destroy(reading);
        return;
    }
    query->kind->answer(broker, session, query);
    if ((*reading)->more) {
        session->asking++;
        broker->questions++;
        lt_buffer_clear(&query->items);
        put_aside(session, reading);
        if (!session_is_full(&broker->sessions, session)) {
            query_go_on(broker, session);
        }
    } else {
        reading_destroy(reading);
    }
}

// The asker's own grant, opened once more for the read thread.
static bool copy_grant(struct query *query, struct lt_slice sealed)
{
    struct lt_sealed opened;
    query->grant_bytes.max = sealed.size;
    return lt_buffer_add(&query->grant_bytes, sealed.data, sealed.size) &&
           lt_sealed_decode(lt_buffer_slice(&query->grant_bytes), &opened, NULL) == LT_DONE &&
           lt_grant_open(&opened.part, &query->grant, NULL) == LT_DONE;
}

static struct query *make(struct broker *broker, const struct session *session,
                          const struct query_kind *kind, const struct lt_frame *frame)
{
    struct query *query = must_calloc(1, sizeof *query);
    query->base.back = back;
    query->base.asker = session->number;
    query->base.slice = kind->slice;
    query->base.destroy = destroy;
    query->kind = kind;
    query->ref = frame->ref;
    query->now = broker->now;
    query->args.limit = QUERY_LIMIT;
    query->items.max = ITEMS_MAX;
    query->sealed.max = LT_MESSAGE_LIMIT;
    query->roster.max = LT_RESULT_MAX;
    memcpy(query->asker, session->principal, sizeof query->asker);
    return query;
}

static enum lt_code check(const struct broker *broker, const struct session *session,
                          const struct query_kind *kind, struct lt_slice name,
                          struct lt_error *error)
{
    bool revoked = false;
    const struct lt_slice asker = lt_slice_of(session->principal);
    const struct lt_grant *grant = lt_book_find(broker->book, asker, &revoked);
    if (grant == NULL || !zap_admits(grant, broker->now) ||
        ((grant->powers.rights & LT_QUERY) == 0 && (kind == NULL || !kind->own_is_free))) {
        return lt_fail(error, LT_NOT_ALLOWED, "%s may not ask: its grant lacks the right query",
                       session->principal);
    }
    if (kind == NULL) {
        return lt_fail(error, LT_NOT_FOUND,
                       "there is no query '%.*s'; there are status, why, history, last, "
                       "dead, principals, subscriptions and stats",
                       (int)(name.size < LT_PRINCIPAL_MAX ? name.size : LT_PRINCIPAL_MAX),
                       (const char *)name.data);
    }
    if (!query_is_room(broker, session)) {
        return lt_fail(error, LT_BUSY, "too much is asked at once: ask again in a moment");
    }
    return LT_DONE;
}

void desk_query(struct broker *broker, struct session *session, const struct lt_frame *frame,
                zmq_msg_t *payload, size_t count)
{
    struct lt_error error = {0};
    const struct query_kind *kind = find_kind(frame->name);
    (void)payload;
    (void)count;
    enum lt_code code = check(broker, session, kind, frame->name, &error);
    if (code != LT_DONE) {
        refuse(broker, session, &frame->ref, code, error.text);
        return;
    }
    struct query *query = make(broker, session, kind, frame);
    struct reading *reading = &query->base;
    code = query_read_args(frame->args, kind->arguments, &query->args, &error);
    if (code == LT_DONE &&
        !copy_grant(query, lt_book_sealed(broker->book, lt_slice_of(session->principal)))) {
        code = lt_fail(&error, LT_NOT_ALLOWED, "%s may not ask: its grant cannot be read",
                       session->principal);
    }
    if (code != LT_DONE) {
        refuse(broker, session, &frame->ref, code, error.text);
        reading_destroy(&reading);
        return;
    }
    query->sees_others = query->grant != NULL && (query->grant->powers.rights & LT_QUERY) != 0;
    query->left = (size_t)query->args.limit;
    query->place = query->args.before;
    if (kind->slice != NULL) {
        session->asking++;
        broker->questions++;
        reader_ask(broker->reader, &reading);
    } else {
        kind->answer(broker, session, query);
        reading_destroy(&reading);
    }
}
