// Connections by descriptor, from the sockets' monitors; a meter on each.
#include "watch.h"

#include <meter.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "bounds.h"
#include "broker.h"
#include "log.h"
#include "must.h"

enum {
    PAUSE_MS = 100,
    PAUSE_PRESSED_MS = 20,
    MANY_CONNECTIONS = 2000,
    OFTEN = 2, // looks in a row that find too much: what has just come may only wait to be read
    SILENT_INTERVALS = 3,
    STRANGER_MS = 2000,
    UNFINISHED_LEAST = 4096, // what libzmq says for itself is less
};

struct connection {
    struct meter meter;
    enum door door;
    uint64_t since;  // monotonic, ms
    unsigned beyond; // looks in a row
    bool has_spoken, is_cut;
};

static struct lt_slice fd_key(const int *fd)
{
    return (struct lt_slice){(const uint8_t *)fd, sizeof *fd};
}

static const struct lt_commune_limits *limits_of(const struct broker *broker)
{
    return &broker->commune->hub.limits;
}

// --- who is there ---

static void cut(struct broker *broker, struct connection *connection, const char *why,
                uint64_t bytes)
{
    if (connection->is_cut || !meter_cut(&connection->meter))
        return;
    connection->is_cut = true;
    broker->counts.cut++;
    const struct session *session =
        sessions_on(&broker->sessions, connection->meter.fd, &connection->meter.peer);
    if (broker_may_log(broker))
        log_warning("connection cut", LOG_TEXT("why", why), LOG_NUMBER("bytes", bytes),
                    LOG_TEXT("principal", session ? session->principal : ""));
}

// Of those at that door that have said nothing the one that is there longest. While none is there long
// (everybody has come back at once, say) it is the latest.
static struct connection *stranger_to_go(const struct broker *broker, enum door door,
                                         struct connection *latest)
{
    struct connection *oldest = NULL;
    for (struct table_walk walk = {0}; table_next(&broker->connections, &walk);) {
        struct connection *connection = walk.node->value;
        if (connection->door != door || connection->has_spoken || connection->is_cut)
            continue;
        if (!oldest || connection->since < oldest->since)
            oldest = connection;
    }
    return oldest && broker->tick - oldest->since > STRANGER_MS ? oldest : latest;
}

// Strangers may fill the doors, but keep nobody out for long: the oldest of them goes.
static void make_room(struct broker *broker, enum door door, struct connection *latest)
{
    const struct lt_commune_limits *limits = limits_of(broker);
    size_t heard = sessions_count(&broker->sessions, door);
    size_t most = door == DOOR_HUB ? heard + (size_t)limits->strangers : (size_t)limits->joiners;
    if (broker->at_door[door] <= most)
        return;
    cut(broker, stranger_to_go(broker, door, latest), "too many have not said who they are", 0);
}

static void forget(struct broker *broker, struct connection *connection)
{
    struct session *gone =
        sessions_on(&broker->sessions, connection->meter.fd, &connection->meter.peer);
    broker->at_door[connection->door]--;
    free(connection);
    if (gone)
        gone->gone = true;
}

static void accepted(struct broker *broker, enum door door, int fd)
{
    struct connection *connection = must_calloc(1, sizeof *connection);
    meter_open(&connection->meter, fd);
    connection->door = door;
    connection->since = broker->tick;
    struct connection *old = table_put(&broker->connections, fd_key(&fd), connection);
    if (old)
        forget(broker, old);
    broker->at_door[door]++;
    if (descriptors_refuse(broker, fd))
        connection->is_cut = true;
    else
        make_room(broker, door, connection);
}

// The doors tell each for itself: a descriptor's end may be heard when the other door has it again.
static void ended(struct broker *broker, enum door door, int fd)
{
    const struct connection *connection = table_find(&broker->connections, fd_key(&fd));
    if (connection && connection->door == door)
        forget(broker, table_take(&broker->connections, fd_key(&fd)));
}

static bool next_event(void *monitor, uint16_t *event, int32_t *value)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    if (zmq_msg_recv(&frame, monitor, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&frame);
        return false;
    }
    *event = 0;
    if (zmq_msg_size(&frame) == sizeof *event + sizeof *value) {
        memcpy(event, zmq_msg_data(&frame), sizeof *event);
        memcpy(value, (uint8_t *)zmq_msg_data(&frame) + sizeof *event, sizeof *value);
    }
    while (zmq_msg_more(&frame) && zmq_msg_recv(&frame, monitor, ZMQ_DONTWAIT) >= 0)
        ;
    zmq_msg_close(&frame);
    return true;
}

void watch_events(struct broker *broker)
{
    for (enum door door = DOOR_HUB; door < DOORS; door++) {
        void *monitor = zsock_resolve(broker->monitors[door]);
        uint16_t event = 0;
        int32_t value = -1;
        while (next_event(monitor, &event, &value)) {
            if (event == ZMQ_EVENT_ACCEPTED)
                accepted(broker, door, value);
            else if (event == ZMQ_EVENT_ACCEPT_FAILED)
                descriptors_failed(broker);
            else if (event == ZMQ_EVENT_DISCONNECTED || event == ZMQ_EVENT_CLOSED)
                ended(broker, door, value);
        }
    }
}

void watch_whole(struct broker *broker, int fd, size_t bytes)
{
    struct connection *connection = table_find(&broker->connections, fd_key(&fd));
    if (!connection)
        return;
    meter_read(&connection->meter, bytes);
    connection->has_spoken = true;
}

// --- how much there is ---

static uint64_t most_pending(const struct broker *broker, const struct connection *connection)
{
    if (connection->door == DOOR_JOIN)
        return BOUNDS_JOIN_UNFINISHED;
    return connection->has_spoken ? (uint64_t)limits_of(broker)->unfinished
                                  : BOUNDS_SILENT_UNFINISHED;
}

static void look_at(struct broker *broker, struct connection *connection)
{
    struct meter *meter = &connection->meter;
    struct session *session = sessions_on(&broker->sessions, meter->fd, &meter->peer);
    uint64_t silence = SILENT_INTERVALS * broker->limits.heartbeat * 1000;
    meter->given = session ? session->given : 0;
    if (!meter_look(meter, broker->is_drained)) {
        meter->pending = meter->unsent = 0; // its end has not been heard of yet
        return;
    }
    if (session)
        session->given = meter->given;
    uint64_t most = most_pending(broker, connection);
    bool is_beyond = meter->pending > most;
    broker->is_pressed |= meter->pending > most / 2;
    connection->beyond = is_beyond ? connection->beyond + 1 : 0;
    if (connection->beyond >= OFTEN)
        cut(broker, connection, "a message without end, or more than is read", meter->pending);
    else if (meter->unsent > 2 * (uint64_t)limits_of(broker)->unread)
        cut(broker, connection, "what it was sent is not read", meter->unsent);
    else if (!connection->has_spoken && broker->tick - connection->since > silence)
        cut(broker, connection, "it has said nothing", 0);
    if (!connection->is_cut)
        broker->receiving += meter->pending;
}

typedef uint64_t weight(const struct connection *connection);

static uint64_t pending_of(const struct connection *connection)
{
    return connection->meter.pending;
}

static uint64_t unsent_of(const struct connection *connection)
{
    return connection->meter.unsent;
}

static struct connection *heaviest(const struct broker *broker, weight *of)
{
    struct connection *found = NULL;
    for (struct table_walk walk = {0}; table_next(&broker->connections, &walk);) {
        struct connection *connection = walk.node->value;
        if (!connection->is_cut && of(connection) && (!found || of(connection) > of(found)))
            found = connection;
    }
    return found;
}

// What all together have is too much: whoever has most goes, until the rest is not. Who has less than half of
// an equal share never does, whatever the sum says.
static void cut_heaviest(struct broker *broker)
{
    struct connection *most = NULL;
    uint64_t left = broker->receiving, limit = (uint64_t)limits_of(broker)->receiving;
    uint64_t share = limit / (2 * broker->connections.count + 1);
    while (left > limit && (most = heaviest(broker, pending_of)) && most->meter.pending > share) {
        left -= most->meter.pending < left ? most->meter.pending : left;
        cut(broker, most, "all together send more than is taken, it most", most->meter.pending);
        most->is_cut = true;
    }
    if (broker->sending > 2 * (uint64_t)limits_of(broker)->sending &&
        (most = heaviest(broker, unsent_of)))
        cut(broker, most, "too much waits to be sent, to it most", most->meter.unsent);
}

void watch_look(struct broker *broker)
{
    size_t alive = frames_bytes(broker->frames), at_hand = messages_bytes(broker->messages);
    broker->receiving = 0;
    broker->is_pressed = false;
    broker->sending = alive > at_hand ? alive - at_hand : 0;
    for (struct table_walk walk = {0}; table_next(&broker->connections, &walk);) {
        struct connection *connection = walk.node->value;
        if (!connection->is_cut)
            look_at(broker, connection);
    }
    uint64_t much = (uint64_t)limits_of(broker)->receiving / 2;
    broker->is_pressed |= broker->receiving > much;
    cut_heaviest(broker);
}

void watch_cut_unfinished(struct broker *broker)
{
    for (struct table_walk walk = {0}; table_next(&broker->connections, &walk);) {
        struct connection *connection = walk.node->value;
        if (!connection->is_cut && meter_look(&connection->meter, false) &&
            connection->meter.pending > UNFINISHED_LEAST)
            connection->is_cut = meter_cut(&connection->meter);
    }
}

bool watch_has_cut(const struct broker *broker)
{
    for (struct table_walk walk = {0}; table_next(&broker->connections, &walk);) {
        const struct connection *connection = walk.node->value;
        if (connection->is_cut)
            return true;
    }
    return false;
}

unsigned watch_pause(const struct broker *broker)
{
    bool is_pressed = broker->receiving > (uint64_t)limits_of(broker)->receiving / 8;
    size_t many = 1 + broker->connections.count / MANY_CONNECTIONS;
    return (unsigned)((is_pressed ? PAUSE_PRESSED_MS : PAUSE_MS) * many);
}

bool watch_is_sending_much(const struct broker *broker)
{
    size_t alive = frames_bytes(broker->frames), at_hand = messages_bytes(broker->messages);
    return alive > at_hand && alive - at_hand > (uint64_t)limits_of(broker)->sending;
}

void watch_clear(struct broker *broker)
{
    table_clear(&broker->connections, free);
}
