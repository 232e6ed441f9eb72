// Questions, and the pieces of blobs: each is asked until it is answered, also over reconnects.
#include "engine.h"

#include <stdlib.h>

#include <lienthon/cursor.h>

enum {
    LOST_MAX = 5, // a question over which the connection is lost again and again is given up
    BUSY_FIRST_MS = 1000,
    BUSY_LAST_MS = 30000,
};

bool requests_want_result(enum lt_op op)
{
    return op == LT_ASK || op == LT_SAY_AGAIN;
}

static void destroy(struct engine *engine, struct request *request)
{
    size_t bytes = request->transfer ? request->transfer->bytes.size : request->payload.size;
    atomic_fetch_sub(&engine->shared->requests, 1);
    atomic_fetch_sub(&engine->shared->request_bytes, bytes);
    if (request->transfer)
        atomic_fetch_sub(&engine->shared->transfers, 1);
    transfer_destroy(&request->transfer);
    event_destroy(&request->ending);
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

static void fill(struct event *event, const struct request *request)
{
    event->told.token = request->token;
    if (!request->transfer)
        return;
    event->told.size = request->transfer->blob.size;
    event->told.offset = request->transfer->at;
}

// A blob is under way.
static void tell(struct engine *engine, const struct request *request, enum lt_code code,
                 struct lt_slice text)
{
    struct event *event = event_new(LT_EVENT_BLOB, (struct lt_slice){0}, text);
    if (!event)
        return;
    fill(event, request);
    event->told.code = code;
    event->told.more = true;
    engine_tell(engine, event);
}

static void end(struct engine *engine, struct request *request, enum lt_code code,
                struct lt_slice text)
{
    struct event *event = request->ending;
    request->ending = NULL;
    fill(event, request);
    event_say(event, code, text);
    drop(engine, request); // first: who is told finds its files closed
    engine_tell(engine, event);
}

static void ask(struct engine *engine, struct request *request)
{
    struct lt_slice payload = lt_buffer_slice(&request->payload);
    size_t count = request->op == LT_PUT ? 1 : 0;
    request->asked = true;
    request->asked_at = engine_clock();
    request->retry_at = 0;
    session_sent(engine,
                 link_send_bytes(&engine->link, lt_buffer_slice(&request->frame), &payload, count));
}

// A blob's next piece is made when it is sent.
static void ask_next(struct engine *engine, struct request *request)
{
    struct lt_error error = {0};
    struct lt_ref ref = lt_ref_of(request->token);
    enum lt_code code = LT_DONE;
    if (request->transfer)
        code = transfer_ask(request->transfer, &ref, &request->frame, &request->payload, &error);
    if (code == LT_DONE)
        ask(engine, request);
    else
        end(engine, request, code, lt_slice_of(error.text));
}

static void refuse(struct engine *engine, struct command *command)
{
    size_t bytes = command->transfer ? command->transfer->bytes.size : command->payload.size;
    event_say(command->ending, LT_NO_MEMORY, lt_slice_of("no memory for the question"));
    command->ending->told.token = command->token;
    engine_tell(engine, command->ending);
    command->ending = NULL;
    atomic_fetch_sub(&engine->shared->requests, 1);
    atomic_fetch_sub(&engine->shared->request_bytes, bytes);
    if (command->transfer)
        atomic_fetch_sub(&engine->shared->transfers, 1);
}

void requests_add(struct engine *engine, struct command *command)
{
    struct request *made = calloc(1, sizeof *made);
    if (!made) {
        refuse(engine, command);
        return;
    }
    made->token = command->token;
    made->op = command->op;
    made->frame = command->bytes;
    made->payload = command->payload;
    made->transfer = command->transfer;
    made->ending = command->ending;
    command->bytes = command->payload = (struct lt_buffer){0};
    command->transfer = NULL;
    command->ending = NULL;
    struct request **link = &engine->requests;
    while (*link)
        link = &(*link)->next;
    *link = made;
    if (engine_is_up(engine))
        ask_next(engine, made);
}

void requests_ask(struct engine *engine)
{
    for (struct request *each = engine->requests, *next; each && engine_is_up(engine);
         each = next) {
        next = each->next;
        if (!each->asked)
            ask_next(engine, each);
    }
}

void requests_turn(struct engine *engine)
{
    int64_t now = engine_clock();
    for (struct request *each = engine->requests, *next; each && engine_is_up(engine);
         each = next) {
        next = each->next;
        if (each->retry_at > 0 && now >= each->retry_at)
            ask_next(engine, each);
    }
}

int64_t requests_deadline(const struct engine *engine)
{
    int64_t first = 0;
    for (struct request *each = engine->requests; each && engine_is_up(engine); each = each->next) {
        if (each->retry_at > 0 && (first == 0 || each->retry_at < first))
            first = each->retry_at;
    }
    return first;
}

void requests_stop(struct engine *engine, uint64_t token)
{
    struct request *request = engine->requests;
    while (request && request->token != token)
        request = request->next;
    if (request && request->transfer)
        end(engine, request, LT_CLOSED, lt_slice_of("stopped by its caller"));
}

static void wait_while_busy(struct engine *engine, struct request *request, struct lt_slice text)
{
    int64_t wait = BUSY_FIRST_MS;
    for (unsigned i = 0; i < request->busy && wait < BUSY_LAST_MS; i++)
        wait *= 2;
    request->busy++;
    request->retry_at = engine_clock() + (wait < BUSY_LAST_MS ? wait : BUSY_LAST_MS);
    tell(engine, request, LT_BUSY, text);
}

static void carry_on(struct engine *engine, struct request *request, const struct lt_frame *frame,
                     struct lt_slice payload)
{
    struct lt_error error = {0};
    uint64_t blob = engine->session.limits.blob;
    if (frame->code == LT_BUSY) {
        wait_while_busy(engine, request, frame->text);
        return;
    }
    if (frame->code >= LT_MALFORMED) {
        end(engine, request, (enum lt_code)frame->code, frame->text);
        return;
    }
    request->busy = request->lost = 0;
    switch (transfer_take(request->transfer, frame, payload, engine_clock() - request->asked_at,
                          blob > 0 ? blob : LT_INT_MAX, &error)) {
    case TRANSFER_GOES_ON:
        if (request->transfer->at > 0)
            tell(engine, request, LT_DONE, (struct lt_slice){0});
        ask_next(engine, request);
        return;
    case TRANSFER_IS_WHOLE:
        end(engine, request, LT_DONE, (struct lt_slice){0});
        return;
    case TRANSFER_FAILED:
        end(engine, request, error.code, lt_slice_of(error.text));
        return;
    }
}

static void hand_over(struct engine *engine, struct request *request, const struct lt_frame *frame,
                      struct lt_slice payload)
{
    bool result = frame->op == LT_RESULT;
    struct lt_slice text = frame->text;
    struct lt_cursor value = lt_cursor_of(frame->value);
    if (result && frame->code >= LT_MALFORMED)
        lt_cursor_str(&value, &text); // a refusal's value is its sentence
    struct event *event =
        event_new(result ? LT_EVENT_RESULT : LT_EVENT_CHUNK, result ? frame->value : payload, text);
    if (!event) {
        end(engine, request, LT_NO_MEMORY, lt_slice_of("no memory for the answer"));
        return;
    }
    struct lt_event *told = &event->told;
    told->token = request->token;
    told->code = (enum lt_code)frame->code;
    told->value = (struct lt_slice){event->bytes, event->size};
    told->more = result && frame->flag;
    told->size = frame->size;
    told->offset = frame->offset;
    engine_tell(engine, event);
    request->begun = true;
    if (!result || !frame->flag)
        drop(engine, request);
}

void requests_answer(struct engine *engine, const struct lt_frame *frame, struct lt_slice payload)
{
    uint64_t token = 0;
    struct request *request = engine->requests;
    if (!lt_ref_number(&frame->ref, &token))
        return;
    while (request && request->token != token)
        request = request->next;
    bool fits =
        request && request->asked && (frame->op == LT_RESULT) == requests_want_result(request->op);
    if (!fits)
        return;
    if (request->transfer)
        carry_on(engine, request, frame, payload);
    else if (atomic_load(&engine->shared->answer_bytes) > ANSWER_BYTES_MAX)
        end(engine, request, LT_TOO_LARGE,
            lt_slice_of("the answer is longer than anybody reads it"));
    else
        hand_over(engine, request, frame, payload);
}

void requests_lost(struct engine *engine)
{
    for (struct request *each = engine->requests, *next; each; each = next) {
        next = each->next;
        each->lost += each->asked ? 1 : 0;
        each->asked = false;
        each->retry_at = 0;
        if (each->transfer)
            transfer_lost(each->transfer);
        if (!each->begun && each->lost < LOST_MAX)
            continue;
        end(engine, each, LT_CLOSED,
            lt_slice_of(each->begun
                            ? "the connection was lost in the middle of the answer; ask again"
                            : "the connection was lost each time this was asked"));
    }
}

void requests_clear(struct engine *engine)
{
    while (engine->requests)
        drop(engine, engine->requests);
}
