// Questions and blobs: each is asked until it is answered, also over reconnects.
#include "engine.h"

#include <stdlib.h>

#include <lienthon/cursor.h>

enum { LOST_MAX = 5 }; // a question over which the connection is lost again and again is given up

static void destroy(struct engine *engine, struct request *request)
{
    atomic_fetch_sub(&engine->shared->requests, 1);
    atomic_fetch_sub(&engine->shared->request_bytes, request->payload.size);
    lt_buffer_clear(&request->frame);
    lt_buffer_clear(&request->payload);
    free(request);
}

static void drop(struct engine *engine, struct request *request)
{
    struct request **link = &engine->requests;
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    destroy(engine, request);
}

static void tell_end(struct engine *engine, const struct request *request, enum lt_code code,
                     const char *text)
{
    enum lt_event_kind kind =
        request->op == LT_ASK || request->op == LT_SAY_AGAIN ? LT_EVENT_RESULT : LT_EVENT_CHUNK;
    struct event *event = event_new(kind, (struct lt_slice){0}, lt_slice_of(text));
    if (event) {
        event->told.token = request->token;
        event->told.code = code;
    }
    engine_tell(engine, event);
}

static void ask(struct engine *engine, struct request *request)
{
    struct lt_slice payload = lt_buffer_slice(&request->payload);
    size_t count = request->op == LT_PUT ? 1 : 0;
    request->asked = true;
    session_sent(engine,
                 link_send_bytes(&engine->link, lt_buffer_slice(&request->frame), &payload, count));
}

void requests_add(struct engine *engine, struct command *command)
{
    struct request *made = calloc(1, sizeof *made);
    if (!made) {
        struct request failed = {.token = command->token, .op = command->op};
        tell_end(engine, &failed, LT_NO_MEMORY, "no memory for the question");
        atomic_fetch_sub(&engine->shared->requests, 1);
        atomic_fetch_sub(&engine->shared->request_bytes, command->payload.size);
        return;
    }
    made->token = command->token;
    made->op = command->op;
    made->frame = command->bytes;
    made->payload = command->payload;
    command->bytes = command->payload = (struct lt_buffer){0};
    struct request **link = &engine->requests;
    while (*link)
        link = &(*link)->next;
    *link = made;
    if (engine_is_up(engine))
        ask(engine, made);
}

void requests_ask(struct engine *engine)
{
    for (struct request *each = engine->requests; each && engine_is_up(engine); each = each->next) {
        if (!each->asked)
            ask(engine, each);
    }
}

void requests_answer(struct engine *engine, const struct lt_frame *frame, struct lt_slice payload)
{
    uint64_t token = 0;
    struct request *request = engine->requests;
    if (!lt_ref_number(&frame->ref, &token))
        return;
    while (request && request->token != token)
        request = request->next;
    if (!request)
        return;
    if (atomic_load(&engine->shared->answer_bytes) > ANSWER_BYTES_MAX) {
        tell_end(engine, request, LT_TOO_LARGE, "the answer is longer than anybody reads it");
        drop(engine, request);
        return;
    }
    bool result = frame->op == LT_RESULT;
    struct lt_slice text = frame->text;
    struct lt_cursor value = lt_cursor_of(frame->value);
    if (result && frame->code >= LT_MALFORMED)
        lt_cursor_str(&value, &text); // a refusal's value is its sentence
    struct event *event =
        event_new(result ? LT_EVENT_RESULT : LT_EVENT_CHUNK, result ? frame->value : payload, text);
    if (event) {
        struct lt_event *told = &event->told;
        told->token = token;
        told->code = (enum lt_code)frame->code;
        told->value = (struct lt_slice){event->bytes, event->size};
        told->more = result && frame->flag;
        told->size = frame->size;
        told->offset = frame->offset;
    }
    engine_tell(engine, event);
    request->begun = true;
    if (!result || !frame->flag)
        drop(engine, request);
}

void requests_lost(struct engine *engine)
{
    for (struct request *each = engine->requests, *next; each; each = next) {
        next = each->next;
        each->lost += each->asked ? 1 : 0;
        each->asked = false;
        if (!each->begun && each->lost < LOST_MAX)
            continue;
        tell_end(engine, each, LT_CLOSED,
                 each->begun ? "the connection was lost in the middle of the answer; ask again"
                             : "the connection was lost each time this was asked");
        drop(engine, each);
    }
}

void requests_clear(struct engine *engine)
{
    while (engine->requests)
        drop(engine, engine->requests);
}
