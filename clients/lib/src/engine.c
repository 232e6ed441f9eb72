// The engine: the library's one thread.
#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "handover.h"

enum { COMMANDS_A_TURN = 1024, SAVE_AFTER_MS = 5000, STAMP_AHEAD_MS = 30000 };

int64_t engine_clock(void)
{
    return zclock_mono();
}

uint64_t engine_time(const struct shared *shared)
{
    int64_t told = atomic_load(&shared->floor) + engine_clock();
    int64_t system = zclock_time();
    int64_t time = told > system ? told : system;
    return time > 0 ? (uint64_t)time : 0;
}

// A hub refuses what is said to come from the future, so a clock that is ahead of its sealed time is not believed here. It is
// for judging what comes: an hour that a liar holds back would never come.
uint64_t engine_stamp(const struct shared *shared)
{
    int64_t told = atomic_load(&shared->floor) + engine_clock();
    uint64_t now = engine_time(shared);
    bool is_ahead = told > 0 && now > (uint64_t)told + STAMP_AHEAD_MS;
    return is_ahead && atomic_load(&shared->sealed_time) ? (uint64_t)told : now;
}

void engine_hear_time(struct engine *engine)
{
    uint64_t told = engine->keeper.time;
    int64_t floor = (int64_t)told - engine_clock();
    // It falls only where the teller has a new key; a message that was long on its way lowers nothing.
    bool fell = told < engine->heard_time;
    if (told > 0 && (fell || floor > atomic_load(&engine->shared->floor)))
        atomic_store(&engine->shared->floor, floor);
    engine->heard_time = told;
    if (engine->keeper.time_heard)
        atomic_store(&engine->shared->sealed_time, true);
}

bool engine_is_up(const struct engine *engine)
{
    return engine->session.state >= SESSION_LEARNING;
}

void engine_tell(struct engine *engine, struct event *event)
{
    if (!event)
        return;
    struct lt_event *told = &event->told;
    event->counted = told->kind != LT_EVENT_MESSAGE;
    if (event->counted && atomic_fetch_add(&engine->shared->answers, 1) >= ANSWERS_MAX) {
        atomic_fetch_sub(&engine->shared->answers, 1);
        lt_event_destroy(&told);
        return;
    }
    if (event->counted)
        atomic_fetch_add(&engine->shared->answer_bytes, event->size);
    if (!handover_give(engine->events, &event))
        lt_event_destroy(&told);
}

static void answer(struct engine *engine, struct command *command)
{
    if (!handover_give(engine->pipe, &command))
        command_destroy(&command);
}

static void look(struct engine *engine, struct command *command)
{
    struct lt_sealed sealed = {0};
    uint64_t now = engine_time(engine->shared);
    struct lt_slice bytes = lt_buffer_slice(&command->bytes);
    command->code = lt_sealed_decode(bytes, &sealed, &command->error);
    if (command->code == LT_DONE && command->kind == COMMAND_LOOK)
        command->code = keeper_look(&engine->keeper, &sealed, now, &command->error);
    else if (command->code == LT_DONE)
        command->code = keeper_obey(&engine->keeper, &sealed, now, &command->error);
    answer(engine, command);
}

static void learn(struct engine *engine, struct command *command)
{
    command->code =
        keeper_learn(&engine->keeper, lt_buffer_slice(&command->bytes), &command->error);
    answer(engine, command);
}

static void begin_stop(struct engine *engine, struct command *command)
{
    engine->stop = command;
    int64_t linger = command->more < INT32_MAX ? (int64_t)command->more : INT32_MAX;
    engine->stop_at = engine_clock() + linger;
}

// Does what is asked; what is answered goes back, all else ends here.
static void serve(struct engine *engine, struct command *command)
{
    switch (command->kind) {
    case COMMAND_OBEY:
    case COMMAND_LOOK:
        look(engine, command);
        return;
    case COMMAND_LEARN:
        learn(engine, command);
        return;
    case COMMAND_STOP:
        begin_stop(engine, command);
        return;
    case COMMAND_PUBLISH:
        publisher_add(engine, &command->item);
        break;
    case COMMAND_GIVE_UP:
        publisher_give_up(engine, command->code, command->text);
        break;
    case COMMAND_SUBSCRIBE:
        subscriber_add(engine, &command->subscription);
        break;
    case COMMAND_UNSUBSCRIBE:
        subscriber_remove(engine, command);
        break;
    case COMMAND_CREDIT:
        subscriber_credit(engine, command->sid, command->more);
        break;
    case COMMAND_SETTLE:
        subscriber_settle(engine, command);
        break;
    case COMMAND_REQUEST:
    case COMMAND_TRANSFER:
        requests_add(engine, command);
        break;
    case COMMAND_STOP_TRANSFER:
        requests_stop(engine, command->token);
        break;
    }
    command_destroy(&command);
}

static void take_commands(struct engine *engine)
{
    for (int i = 0; i < COMMANDS_A_TURN && !engine->stop; i++) {
        struct command *command = handover_take(engine->pipe, ZMQ_DONTWAIT, &engine->ended);
        if (!command)
            return;
        serve(engine, command);
    }
}

static void earlier(int64_t *deadline, int64_t other)
{
    if (other > 0 && (*deadline == 0 || other < *deadline))
        *deadline = other;
}

static long timeout(const struct engine *engine)
{
    int64_t deadline = engine->save_at;
    earlier(&deadline, session_deadline(engine));
    earlier(&deadline, link_deadline(&engine->link));
    earlier(&deadline, publisher_deadline(engine));
    earlier(&deadline, subscriber_deadline(engine));
    earlier(&deadline, requests_deadline(engine));
    if (engine->stop)
        earlier(&deadline, engine->stop_at);
    if (deadline == 0)
        return -1;
    int64_t left = deadline - engine_clock();
    return left > 0 ? (long)left : 0;
}

static void wait_for_something(struct engine *engine)
{
    zmq_pollitem_t items[3] = {{.socket = engine->pipe, .events = ZMQ_POLLIN}};
    int count = 1;
    if (engine->link.dealer) {
        items[1].socket = zsock_resolve(engine->link.dealer);
        items[2].socket = zsock_resolve(engine->link.monitor);
        items[1].events = items[2].events = ZMQ_POLLIN;
        count = 3;
    }
    if (zmq_poll(items, count, timeout(engine)) < 0 && zmq_errno() == ETERM)
        engine->ended = true;
}

// Not for messages, which wait for nothing: the book is the hub's to say again if this is lost.
static void save(struct engine *engine)
{
    int64_t now = engine_clock();
    if (!keeper_is_unsaved(&engine->keeper)) {
        engine->save_at = 0;
    } else if (engine->save_at == 0) {
        engine->save_at = now + SAVE_AFTER_MS;
    } else if (now >= engine->save_at) {
        keeper_save(&engine->keeper, NULL);
        engine->save_at = 0;
    }
}

// The hub is still sending its grants. libzmq loses the memory of a message that a closed socket has half received,
// so a client that ends meanwhile waits for them, as for answers.
static bool is_catching_up(const struct engine *engine)
{
    return engine_is_up(engine) && engine->session.state != SESSION_LIVE;
}

// Acknowledgements have no answers: that of a PING behind them says that they have been read.
static bool said_farewell(struct engine *engine)
{
    if (!engine_is_up(engine) || engine->farewell_heard)
        return true;
    if (engine->farewell == 0) {
        engine->farewell = engine->next_ref++;
        struct lt_frame ping = {.op = LT_PING, .ref = lt_ref_of(engine->farewell)};
        session_send(engine, &ping, NULL, 0);
    }
    return false;
}

static void check_stop(struct engine *engine)
{
    if (!engine->stop)
        return;
    bool answered = publisher_idle(engine) && !engine->requests && !is_catching_up(engine);
    if (engine_clock() >= engine->stop_at || (answered && said_farewell(engine)))
        engine->ended = true;
}

void engine_run(zsock_t *pipe, void *argument)
{
    struct engine *engine = argument;
    engine->pipe = zsock_resolve(pipe);
    zsock_signal(pipe, 0);
    session_begin(engine);
    while (!engine->ended) {
        wait_for_something(engine);
        take_commands(engine);
        session_read(engine);
        session_turn(engine);
        subscriber_turn(engine);
        own_grant_turn(engine);
        publisher_turn(engine);
        requests_turn(engine);
        save(engine);
        check_stop(engine);
    }
    session_end(engine);
    if (!engine->stop)
        return;
    command_destroy(&engine->stop);
    struct command *told = command_new(COMMAND_STOP);
    if (told)
        answer(engine, told);
    bool ended = false;
    while (!ended) {
        struct command *late = handover_take(engine->pipe, 0, &ended);
        command_destroy(&late);
    }
}

static void destroy_subscriptions(struct engine *engine)
{
    while (engine->subscriptions) {
        struct subscription *first = engine->subscriptions;
        engine->subscriptions = first->next;
        subscription_destroy(&first);
    }
}

void engine_destroy(struct engine **engine_pointer)
{
    struct engine *gone = *engine_pointer;
    if (!gone)
        return;
    link_clear(&gone->link);
    zsock_destroy(&gone->events_socket);
    destroy_subscriptions(gone);
    requests_clear(gone);
    inbox_clear(&gone->inbox);
    outbox_clear(&gone->publisher.outbox);
    settled_close(&gone->publisher.settled);
    keeper_close(&gone->keeper);
    command_destroy(&gone->stop);
    lt_signer_destroy(&gone->signer);
    sodium_free(gone->curve_secret);
    free(gone->url);
    free(gone->principal);
    free(gone->agent);
    free(gone);
    *engine_pointer = NULL;
}
