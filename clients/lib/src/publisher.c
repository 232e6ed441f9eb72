// The outbox's way out: what waits is sealed together and sent, never held back for a timer; what was not
// answered goes again; what has grown too old is given up and told.
#include "engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

enum {
    FLIGHTS_MAX = 8,           // PUBLISH frames on their way
    IN_FLIGHT_MAX = 2048,      // messages in them
    FRAME_BYTES = 1024 * 1024, // of one PUBLISH, about
    SEAL_ROOM = 512,           // what a seal adds at most
    SWEEP_MS = 10000,
    BUSY_FIRST_MS = 200,
    BUSY_LAST_MS = 5000,
    JUMP_MS = 60000,
    UNSURE_MS = 600000,
};

static uint64_t age_ms(const struct engine *engine)
{
    if (engine->outbox_age_ms > 0)
        return engine->outbox_age_ms;
    return engine->session.limits.age * 1000;
}

void publisher_add(struct engine *engine, struct item **item)
{
    struct publisher *publisher = &engine->publisher;
    if ((*item)->segment > 0)
        settled_expect(publisher->settled, (*item)->segment);
    outbox_add(&publisher->outbox, item);
}

bool publisher_idle(const struct engine *engine)
{
    return !engine->publisher.outbox.first;
}

static struct event *event_of(const struct item *item, const struct lt_event *said,
                              struct lt_slice text)
{
    struct event *event = event_new(said->kind, (struct lt_slice){0}, text);
    if (event) {
        event->told.code = said->code;
        event->told.seq = said->seq;
        event->told.token = item->token;
        memcpy(event->told.id, item->id, sizeof item->id);
    }
    return event;
}

// It leaves the outbox, and its owner is told why.
static void finish(struct engine *engine, struct item *item, const struct lt_event *said,
                   struct lt_slice text)
{
    struct publisher *publisher = &engine->publisher;
    outbox_remove(&publisher->outbox, item);
    if (item->segment > 0)
        settled_mark(publisher->settled, item->segment, item->offset);
    struct event *event = event_of(item, said, text);
    // First the numbers: who has read the event finds them so.
    atomic_fetch_sub(&engine->shared->messages, 1);
    atomic_fetch_sub(&engine->shared->bytes, item->weight);
    item_destroy(&item);
    engine_tell(engine, event);
}

static void give_up(struct engine *engine, struct item *item, enum lt_code code)
{
    char text[LT_TEXT_MAX + 1];
    if (code == LT_EXPIRED)
        snprintf(text, sizeof text, "it expired in the outbox before the hub could be reached");
    else
        snprintf(text, sizeof text,
                 "it waited in the outbox longer than %" PRIu64
                 " hours, and the hub takes nothing that old",
                 age_ms(engine) / 3600000);
    struct lt_event said = {.kind = LT_EVENT_STALE, .code = code};
    finish(engine, item, &said, lt_slice_of(text));
}

// A clock that jumps may jump back: until its new time has held, only the hub says what is too old.
static bool is_sure_of_time(struct engine *engine)
{
    struct publisher *publisher = &engine->publisher;
    uint64_t time = engine_time(engine->shared);
    int64_t clock = engine_clock();
    uint64_t expected = publisher->time + (uint64_t)(clock - publisher->clock);
    uint64_t jump = time > expected ? time - expected : expected - time;
    if (publisher->time > 0 && jump > JUMP_MS)
        publisher->unsure_until = clock + UNSURE_MS;
    publisher->time = time;
    publisher->clock = clock;
    return clock >= publisher->unsure_until;
}

static void sweep(struct engine *engine)
{
    if (!is_sure_of_time(engine))
        return;
    enum lt_code code = LT_DONE;
    uint64_t now = engine_time(engine->shared);
    struct outbox *outbox = &engine->publisher.outbox;
    struct item *item = outbox_stale(outbox, now, age_ms(engine), &code);
    bool any = item != NULL;
    for (; item; item = outbox_stale(outbox, now, age_ms(engine), &code))
        give_up(engine, item, code);
    if (any && engine->publisher.settled)
        settled_flush(engine->publisher.settled);
}

void publisher_give_up(struct engine *engine, enum lt_code code, const char *why)
{
    struct lt_event said = {.kind = LT_EVENT_STALE, .code = code};
    struct item *next = NULL;
    for (struct item *item = engine->publisher.outbox.first; item; item = next) {
        next = item->next;
        if (item->flight == 0)
            finish(engine, item, &said, lt_slice_of(why));
    }
    if (engine->publisher.settled)
        settled_flush(engine->publisher.settled);
}

// Out of what was taken goes what is too old by now. Returns how many are left.
static size_t drop_stale(struct engine *engine, struct item **batch, size_t count)
{
    size_t left = 0;
    uint64_t now = engine_time(engine->shared);
    if (!is_sure_of_time(engine))
        return count;
    for (size_t i = 0; i < count; i++) {
        enum lt_code code = item_judge(batch[i], now, age_ms(engine));
        if (code == LT_DONE)
            batch[left++] = batch[i];
        else
            give_up(engine, batch[i], code);
    }
    return left;
}

// One signature over all that are not sealed yet.
static bool seal(struct engine *engine, struct item *const *batch, size_t count)
{
    struct lt_slice parts[LT_PUBLISH_MAX];
    struct lt_buffer sealed[LT_PUBLISH_MAX];
    struct item *fresh[LT_PUBLISH_MAX];
    size_t parts_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (batch[i]->sealed)
            continue;
        parts[parts_count] = (struct lt_slice){batch[i]->bytes, batch[i]->size};
        sealed[parts_count] = (struct lt_buffer){.max = batch[i]->size + SEAL_ROOM};
        fresh[parts_count++] = batch[i];
    }
    if (parts_count == 0)
        return true;
    bool done = lt_seal_batch(engine->signer, parts, parts_count, sealed, NULL) == LT_DONE;
    for (size_t i = 0; i < parts_count; i++) {
        if (!done) {
            lt_buffer_clear(&sealed[i]);
            continue;
        }
        free(fresh[i]->bytes);
        fresh[i]->bytes = sealed[i].data;
        fresh[i]->size = sealed[i].size;
        fresh[i]->sealed = true;
    }
    return done;
}

// What the hub would cut the connection for does not leave. Returns how many are left.
static size_t drop_too_large(struct engine *engine, struct item **batch, size_t count)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        if (batch[i]->size <= engine->session.limits.message) {
            batch[left++] = batch[i];
            continue;
        }
        char text[LT_TEXT_MAX + 1];
        snprintf(text, sizeof text,
                 "the message has %zu bytes, and this hub takes at most %" PRIu64
                 "; send what is large as a blob and name it in the message",
                 batch[i]->size, engine->session.limits.message);
        struct lt_event said = {.kind = LT_EVENT_PUBLISHED, .code = LT_TOO_LARGE};
        finish(engine, batch[i], &said, lt_slice_of(text));
    }
    return left;
}

static void hold_back(struct engine *engine)
{
    struct publisher *publisher = &engine->publisher;
    int64_t longest = BUSY_FIRST_MS;
    for (unsigned i = 0; i < publisher->busy && longest < BUSY_LAST_MS; i++)
        longest *= 2;
    if (longest > BUSY_LAST_MS)
        longest = BUSY_LAST_MS;
    publisher->resume_at =
        engine_clock() + longest / 2 + (int64_t)randombytes_uniform((uint32_t)longest / 2);
    publisher->busy++;
}

static bool transmit(struct engine *engine, struct item *const *batch, size_t count, uint64_t ref)
{
    struct lt_slice payload[LT_PUBLISH_MAX];
    for (size_t i = 0; i < count; i++) {
        payload[i] = (struct lt_slice){batch[i]->bytes, batch[i]->size};
        batch[i]->again = batch[i]->sent;
        batch[i]->sent = true;
    }
    struct lt_frame frame = {.op = LT_PUBLISH, .ref = lt_ref_of(ref)};
    engine->publisher.flights++;
    return session_send(engine, &frame, payload, count);
}

// One PUBLISH of what waits. false: nothing more can leave now.
static bool send_some(struct engine *engine)
{
    struct item *batch[LT_PUBLISH_MAX];
    uint64_t ref = engine->next_ref++, most = engine->session.limits.batch;
    size_t max = most > 0 && most < LT_PUBLISH_MAX ? (size_t)most : LT_PUBLISH_MAX;
    size_t taken = outbox_take(&engine->publisher.outbox, ref, batch, max, FRAME_BYTES);
    if (taken == 0)
        return false;
    size_t count = drop_stale(engine, batch, taken);
    if (!seal(engine, batch, count)) {
        for (size_t i = 0; i < count; i++)
            outbox_retry(&engine->publisher.outbox, batch[i]);
        hold_back(engine);
        return false;
    }
    count = drop_too_large(engine, batch, count);
    if (count < taken && engine->publisher.settled)
        settled_flush(engine->publisher.settled);
    return count == 0 || transmit(engine, batch, count, ref);
}

void publisher_turn(struct engine *engine)
{
    struct publisher *publisher = &engine->publisher;
    int64_t now = engine_clock();
    (void)is_sure_of_time(engine);
    if (publisher->outbox.first && now >= publisher->sweep_at) {
        publisher->sweep_at = now + SWEEP_MS;
        sweep(engine);
    }
    while (engine_is_up(engine) && now >= publisher->resume_at &&
           publisher->flights < FLIGHTS_MAX && publisher->outbox.in_flight < IN_FLIGHT_MAX) {
        if (!send_some(engine))
            break;
    }
}

int64_t publisher_deadline(const struct engine *engine)
{
    const struct publisher *publisher = &engine->publisher;
    if (!publisher->outbox.first)
        return 0;
    bool paused = engine_is_up(engine) && publisher->resume_at > 0 && publisher->outbox.fresh &&
                  !publisher->outbox.again;
    if (paused && publisher->resume_at > engine_clock())
        return publisher->resume_at;
    return publisher->sweep_at > 0 ? publisher->sweep_at : 1;
}

// The hub cannot take it now: it goes again later, and its owner hears why; for the same reason once only.
static void hold(struct engine *engine, struct item *item, uint64_t code, struct lt_slice text)
{
    outbox_retry(&engine->publisher.outbox, item);
    bool is_read = atomic_load(&engine->shared->answers) < ANSWERS_MAX / 2;
    if (item->held == code || !is_read) // what it says must not crowd out what became of them
        return;
    item->held = code;
    engine_tell(engine,
                event_of(item,
                         &(struct lt_event){.kind = LT_EVENT_HELD, .code = (enum lt_code)code},
                         text));
}

// What the hub says of one. false: it could not take it now.
static bool settle(struct engine *engine, struct item *item, uint64_t code, uint64_t seq,
                   struct lt_slice text)
{
    if (code == LT_BUSY || code == LT_STORAGE_FAILED) {
        hold(engine, item, code, text);
        return false;
    }
    bool old = item->again && (code == LT_STALE || code == LT_EXPIRED);
    struct lt_event said = {
        .kind = old ? LT_EVENT_STALE : LT_EVENT_PUBLISHED, .code = (enum lt_code)code, .seq = seq};
    finish(engine, item, &said, text);
    return true;
}

void publisher_answer(struct engine *engine, const struct lt_frame *frame)
{
    struct publisher *publisher = &engine->publisher;
    struct item *batch[LT_PUBLISH_MAX];
    uint64_t ref = 0;
    if (!lt_ref_number(&frame->ref, &ref))
        return;
    size_t count = outbox_find(&publisher->outbox, ref, batch, LT_PUBLISH_MAX);
    if (count == 0)
        return;
    publisher->flights--;
    struct lt_list list = lt_list_of(frame->list);
    bool taken = true;
    for (size_t i = 0; i < count; i++) {
        uint64_t code = LT_BUSY, seq = 0;
        struct lt_slice text = {0};
        lt_list_published(&list, &code, &seq, &text);
        if (!settle(engine, batch[i], code, seq, text))
            taken = false;
    }
    if (publisher->settled)
        settled_flush(publisher->settled);
    if (taken)
        publisher->busy = 0;
    else
        hold_back(engine);
}

void publisher_lost(struct engine *engine)
{
    struct publisher *publisher = &engine->publisher;
    outbox_lost(&publisher->outbox);
    publisher->flights = 0;
    publisher->resume_at = 0;
    publisher->busy = 0;
}
