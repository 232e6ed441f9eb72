// Connections by descriptor, from the sockets' monitors.
#include "watch.h"

#include <linux/tcp.h> // netinet/tcp.h of Debian 12 ends before tcpi_bytes_received
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "broker.h"
#include "log.h"
#include "must.h"

enum {
    UNFINISHED_HUB =
        16 * 1024 * 1024, // the largest message, the frames' overhead, the kernel's buffer
    UNFINISHED_JOIN = 8 * 1024 * 1024,
    JOINERS_MOST = 512,
};

struct connection {
    int fd;
    enum door door;
    struct sockaddr_storage peer;
    uint64_t base; // received when the last whole message was seen
    bool has_whole, is_cut;
};

static struct lt_slice fd_key(const int *fd)
{
    return (struct lt_slice){(const uint8_t *)fd, sizeof *fd};
}

static bool received(int fd, uint64_t *bytes)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received)
        return false;
    *bytes = info.tcpi_bytes_received;
    return true;
}

static void accepted(struct broker *broker, enum door door, int fd)
{
    struct connection *connection = must_calloc(1, sizeof *connection);
    socklen_t size = sizeof connection->peer;
    connection->fd = fd;
    connection->door = door;
    if (getpeername(fd, (struct sockaddr *)&connection->peer, &size) != 0)
        memset(&connection->peer, 0, sizeof connection->peer);
    struct connection *old = table_put(&broker->connections, fd_key(&fd), connection);
    if (old)
        broker->at_door[old->door]--;
    free(old);
    if (descriptors_refuse(broker, fd))
        connection->is_cut = true;
    // Strangers may fill the door for joining, not the hub.
    if (++broker->at_door[door] > JOINERS_MOST && door == DOOR_JOIN)
        shutdown(fd, SHUT_RDWR);
}

static void ended(struct broker *broker, int fd)
{
    struct connection *connection = table_take(&broker->connections, fd_key(&fd));
    if (!connection)
        return;
    struct session *gone = sessions_on(&broker->sessions, fd, &connection->peer);
    broker->at_door[connection->door]--;
    free(connection);
    if (gone)
        gone->gone = true;
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
                ended(broker, value);
        }
    }
}

void watch_whole(struct broker *broker, int fd)
{
    struct connection *connection = table_find(&broker->connections, fd_key(&fd));
    if (connection)
        connection->has_whole = true;
}

void watch_look(struct broker *broker)
{
    for (struct table_walk walk = {0}; table_next(&broker->connections, &walk);) {
        struct connection *connection = walk.node->value;
        uint64_t bytes = 0;
        if (connection->is_cut || !received(connection->fd, &bytes))
            continue;
        if (connection->has_whole || bytes < connection->base) {
            connection->base = bytes;
            connection->has_whole = false;
        }
        uint64_t most = connection->door == DOOR_HUB ? UNFINISHED_HUB : UNFINISHED_JOIN;
        if (bytes - connection->base <= most)
            continue;
        struct sockaddr_storage peer = {0};
        socklen_t size = sizeof peer;
        if (getpeername(connection->fd, (struct sockaddr *)&peer, &size) != 0 ||
            memcmp(&peer, &connection->peer, sizeof peer) != 0)
            continue;
        if (broker_may_log(broker))
            log_warning("connection cut, it sends a message without end",
                        LOG_NUMBER("bytes", bytes - connection->base));
        shutdown(connection->fd, SHUT_RDWR);
        connection->is_cut = true;
        broker->counts.cut++;
    }
}

void watch_clear(struct broker *broker)
{
    table_clear(&broker->connections, free);
}
