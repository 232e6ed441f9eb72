// The hub: owns the parts, made in order and freed in reverse; the one loop of the core thread.
#include "broker.h"

#include <sodium.h>
#include <stdlib.h>

#include "bounds.h"
#include "checkers.h"
#include "chores.h"
#include "corridor/commit.h"
#include "corridor/deliver.h"
#include "corridor/rooms.h"
#include "desks/fill.h"
#include "desks/late.h"
#include "doors.h"
#include "log.h"
#include "opening.h"
#include "start.h"
#include "state/keep.h"
#include "state/must.h"
#include "state/watch.h"
#include "state/zap.h"
#include "supervisor.h"

enum {
    RECEIVE_AT_ONCE = 512,
    JOINS_AT_ONCE = 32,
    ZAP_AT_ONCE = 64,
    ITEMS = 24,
    STOP_MS = 5000,
    LET_GO_MS = 500,
    LET_GO_QUIET_MS = 60,
    LET_GO_LAST_MS = 20,
    LOG_LINES = 100, // a second, of what peers can cause
};

static uint64_t system_clock(void *self)
{
    (void)self;
    return (uint64_t)zclock_time();
}

static void look_at_clocks(struct broker *broker)
{
    clock_look(broker);
    broker->sessions.tick = broker->tick;
}

static struct lt_limits limits_of(const struct lt_commune_limits *limits)
{
    return (struct lt_limits){
        .message = (uint64_t)limits->message,
        .blob = (uint64_t)limits->blob,
        .batch = (uint64_t)limits->batch,
        .credit = (uint64_t)limits->credit,
        .heartbeat = (uint64_t)limits->heartbeat,
        .age = (uint64_t)limits->age,
        .ahead = (uint64_t)limits->ahead,
    };
}

static void settle(struct broker *broker);

// --- making ---

static enum lt_code make_memory(struct broker *broker, const struct broker_settings *settings,
                                struct lt_error *error)
{
    broker->commune = settings->commune;
    broker->principal = settings->commune->hub.principal;
    broker->folder = must_copy(settings->folder, strlen(settings->folder));
    broker->limits = limits_of(&settings->commune->hub.limits);
    const struct lt_commune_limits *limits = &settings->commune->hub.limits;
    broker->seals = lt_seal_cache_new((size_t)limits->seals);
    broker->signer = lt_signer_new(settings->seed);
    broker->types = lt_types_new(error);
    if (!broker->seals || !broker->signer || !broker->types)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the hub's parts");
    if (keep_check(settings->commune, broker->types, error) != LT_DONE)
        return LT_BAD_FILE;
    broker->messages = messages_new((size_t)limits->at_hand);
    broker->frames = frames_new();
    broker->corridor.most = (size_t)limits->intake;
    broker->offenders.slow = (uint64_t)limits->faults;
    broker->offenders.forgiven = (uint64_t)limits->forgiven;
    broker->counts.started = broker->now;
    broker->generation = 1;
    return lt_folder_path(settings->folder, settings->commune->hub.data, &broker->data, error);
}

enum lt_code broker_new(const struct broker_settings *settings, struct broker **made,
                        struct lt_error *error)
{
    struct broker *broker = must_calloc(1, sizeof *broker);
    broker->clock.read = settings->clock ? settings->clock : system_clock;
    broker->clock.self = settings->clock_self;
    look_at_clocks(broker);
    enum lt_code code = make_memory(broker, settings, error);
    if (code == LT_DONE)
        code = doors_make(broker, settings->curve_secret, error);
    look_at_clocks(broker);
    if (code == LT_DONE)
        code = opening_store(broker, error);
    if (code == LT_DONE)
        broker->checkers = checkers_new(0);
    if (code == LT_DONE && settings->grants)
        code = start_import(broker, settings->grants, error);
    if (code == LT_DONE)
        settle(broker); // so that the first who knocks is known
    if (code == LT_DONE)
        code = doors_open(broker, error);
    if (code == LT_DONE)
        descriptors_begin(broker);
    if (code == LT_DONE)
        broker->metrics = metrics_new(broker);
    if (code != LT_DONE)
        broker_destroy(&broker);
    *made = broker;
    return code;
}

void broker_destroy(struct broker **gone)
{
    struct broker *broker = *gone;
    if (!broker)
        return;
    *gone = NULL;
    metrics_destroy(&broker->metrics);
    checkers_destroy(&broker->checkers);
    reader_destroy(&broker->reader);
    writer_destroy(&broker->writer);
    corridor_clear(&broker->corridor);
    sessions_clear(&broker->sessions);
    doors_close(broker);
    watch_clear(broker);
    again_clear(broker);
    opening_clear(broker);
    fill_clear(&broker->fills);
    late_clear(broker);
    table_clear(&broker->addresses, free);
    messages_destroy(&broker->messages);
    frames_release(&broker->frames);
    offenders_clear(&broker->offenders);
    lt_types_destroy(&broker->types);
    lt_signer_destroy(&broker->signer);
    lt_seal_cache_destroy(&broker->seals);
    counts_clear(&broker->counts);
    free(broker->data);
    free(broker->folder);
    free(broker);
}

// --- what desks ask ---

static bool is_in_force(const struct broker *broker, struct lt_slice principal)
{
    const struct lt_grant *grant = lt_book_find(broker->book, principal, NULL);
    return grant && broker->now < grant->expires;
}

enum roster_state broker_state_of(const struct broker *broker, uint64_t number,
                                  const struct lt_part *part, uint64_t seq)
{
    const struct subscription *sub = subscriptions_find(broker->subscriptions, number);
    const struct ending *ending = endings_find(&broker->endings, seq, number);
    if (ending)
        return ending->state;
    enum roster_state state =
        subscriptions_state_of(broker->subscriptions, number, seq, part->priority);
    if (sub && part->deliver_at && !subscription_is_early(sub, seq) && due_has(&broker->due, seq))
        state = ROSTER_WAITING;
    if (state == ROSTER_DONE || !sub)
        return state;
    if (state == ROSTER_WAITING && taken_is(&broker->taken, part, NULL))
        return ROSTER_CANCELLED;
    if (clock_has_passed(broker, part->expires))
        return ROSTER_EXPIRED;
    bool may = is_in_force(broker, lt_slice_of(sub->principal)) &&
               (is_in_force(broker, part->from) || lt_slice_is(part->type, "grant.v1"));
    return may ? state : ROSTER_REVOKED;
}

bool broker_may_log(struct broker *broker)
{
    if (broker->tick / 1000 != broker->log_second) {
        if (broker->log_lines > LOG_LINES)
            log_warning("lines left out", LOG_NUMBER("count", broker->log_lines - LOG_LINES));
        broker->log_second = broker->tick / 1000;
        broker->log_lines = 0;
    }
    return ++broker->log_lines <= LOG_LINES;
}

const char *broker_detail_of(const struct broker *broker, uint64_t sub, uint64_t seq)
{
    const struct ending *ending = endings_find(&broker->endings, seq, sub);
    return ending ? ending->detail : "";
}

void broker_end(struct broker *broker, struct session **session)
{
    while ((*session)->sub_count)
        subscribe_leave(broker, (*session)->subs[(*session)->sub_count - 1]);
    if ((*session)->greeted && broker_may_log(broker))
        log_info("session ended", LOG_TEXT("principal", (*session)->principal));
    for (const struct reading *reading = (*session)->paused; reading; reading = reading->next)
        broker->questions--;
    if ((*session)->greeted)
        presence_mark(&broker->presence, (*session)->principal, broker->now, true, &broker->notes);
    sessions_remove(&broker->sessions, session);
}

// --- the loop ---

static void take_back(struct broker *broker)
{
    struct writing *writing = NULL;
    struct reading *reading = NULL;
    while ((writing = writer_take(broker->writer)))
        writing->back(broker, &writing);
    while ((reading = reader_take(broker->reader)))
        reading->back(broker, &reading);
    if (checkers_take(broker->checkers))
        corridor_checked(broker);
}

static bool wait_for_peers(struct broker *broker, int stop, long ms)
{
    void *sockets[ITEMS];
    zmq_pollitem_t items[ITEMS] = {{.fd = stop, .events = ZMQ_POLLIN}};
    size_t workers = checkers_sockets(broker->checkers, sockets, 8), count = 1;
    sockets[workers++] = zsock_resolve(broker->zap);
    sockets[workers++] = zsock_resolve(broker->monitors[DOOR_HUB]);
    sockets[workers++] = zsock_resolve(broker->monitors[DOOR_JOIN]);
    sockets[workers++] = writer_socket(broker->writer);
    sockets[workers++] = reader_socket(broker->reader);
    if (!corridor_is_full(&broker->corridor) || broker->is_pressed) {
        sockets[workers++] = broker->sessions.sockets[DOOR_HUB];
        sockets[workers++] = broker->sessions.sockets[DOOR_JOIN];
    }
    for (size_t i = 0; i < workers; i++)
        items[count++] = (zmq_pollitem_t){.socket = sockets[i], .events = ZMQ_POLLIN};
    int scraper = stop < 0 ? -1 : metrics_descriptor(broker->metrics, broker->tick);
    if (scraper >= 0)
        items[count++] = (zmq_pollitem_t){.fd = scraper, .events = ZMQ_POLLIN};
    zmq_poll(items, (int)count, ms);
    broker->is_scraped = scraper >= 0 && items[count - 1].revents;
    return stop < 0 || !(items[0].revents & ZMQ_POLLIN);
}

// One turn; false: it was told to stop.
static bool turn(struct broker *broker, int stop, long wait)
{
    bool goes_on = wait_for_peers(broker, stop, wait);
    look_at_clocks(broker);
    watch_events(broker);
    for (int i = 0;
         i < ZAP_AT_ONCE && zap_serve(zsock_resolve(broker->zap), broker->book, broker->now); i++)
        ;
    take_back(broker);
    if (broker->is_scraped || metrics_has_more(broker->metrics))
        metrics_serve(broker->metrics);
    // Whose connection has ended is heard to the end first.
    broker->is_drained = !receive(broker, DOOR_HUB, RECEIVE_AT_ONCE);
    broker->is_drained &= !receive(broker, DOOR_JOIN, JOINS_AT_ONCE);
    corridor_turn(broker);
    chores(broker);
    corridor_turn(broker);
    deliver(broker);
    supervisor_beat(broker);
    return goes_on;
}

// Until what was taken is committed and answered.
static void settle(struct broker *broker)
{
    uint64_t until = broker->tick + STOP_MS;
    corridor_turn(broker);
    while ((!corridor_is_idle(&broker->corridor) || writer_count(broker->writer)) &&
           broker->tick < until) {
        wait_for_peers(broker, -1, 100);
        look_at_clocks(broker);
        take_back(broker);
        corridor_turn(broker);
    }
}

// Who is here now was last seen now, and so were their subscriptions.
static void note_presence(struct broker *broker)
{
    for (struct table_walk walk = {0}; table_next(&broker->sessions.by_number, &walk);) {
        const struct session *session = walk.node->value;
        if (session->greeted)
            presence_mark(&broker->presence, session->principal, broker->now, true, &broker->notes);
        for (size_t i = 0; i < session->sub_count; i++) {
            session->subs[i]->new_seen = true;
            subscriptions_touch(broker->subscriptions, session->subs[i]);
        }
    }
}

// Who is in the middle of a message is let go before the doors are: until they have ended, or nothing more is
// heard of it.
static void let_go(struct broker *broker)
{
    uint64_t until = broker->tick + LET_GO_MS;
    zmq_pollitem_t items[] = {
        {.socket = zsock_resolve(broker->monitors[DOOR_HUB]), .events = ZMQ_POLLIN},
        {.socket = zsock_resolve(broker->monitors[DOOR_JOIN]), .events = ZMQ_POLLIN}};
    doors_shut(broker);
    watch_events(broker);
    watch_cut_unfinished(broker);
    if (!watch_has_cut(broker))
        return;
    while (watch_has_cut(broker) && broker->tick < until &&
           zmq_poll(items, 2, LET_GO_QUIET_MS) > 0) {
        look_at_clocks(broker);
        watch_events(broker);
    }
    zmq_poll(NULL, 0, LET_GO_LAST_MS); // libzmq tells of an end just before it cleans up
}

static void finish(struct broker *broker)
{
    struct records records = {0};
    settle(broker);
    note_presence(broker);
    commit_notes(broker, &records, true);
    if (records.plain_count)
        commit_records(broker, &records, NULL, 0, NULL);
    else
        records_clear(&records);
    for (struct table_walk walk = {0}; table_next(&broker->sessions.by_number, &walk);) {
        struct session *session = walk.node->value;
        if (session->greeted)
            session_bye(&broker->sessions, session, LT_DONE, "the hub stops", (struct lt_slice){0});
    }
    let_go(broker);
}

void broker_run(struct broker *broker, int stop)
{
    look_at_clocks(broker);
    bounds_log(&broker->commune->hub.limits);
    log_info("hub listens", LOG_TEXT("principal", broker->principal),
             LOG_TEXT("listen", broker->commune->hub.listen),
             LOG_TEXT("join", broker->commune->hub.join), LOG_TEXT("data", broker->data));
    supervisor_ready();
    while (turn(broker, stop, chores_wait(broker)))
        ;
    log_info("hub stops", LOG_TEXT("principal", broker->principal));
    supervisor_stops();
    finish(broker);
}
