// One connection: a DEALER with CURVE and the monitor that says why it does not come about.
#include "link.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

enum {
    HIGH_WATER = 10000,
    GIVE_UP_MS = 10000, // for the connection and for the handshake, each
    FRAMES_MAX = 4096,
    RECEIVE_MAX = LT_RESULT_MAX + LT_PAYLOAD_MAX,
    MONITOR_HEAD = 6, // event: 2 bytes, value: 4 bytes, in the machine's order
    // Received and not whole: more than the largest message, and what it takes on the wire.
    UNFINISHED_MAX = RECEIVE_MAX + RECEIVE_MAX / 8,
    LOOK_MS = 100,
    LOOK_AGAIN_MS = 20, // after one that found too much
    OFTEN = 2,          // what has just come may only wait to be read
};

static void *raw(zsock_t *socket)
{
    return zsock_resolve(socket);
}

static enum lt_code watch_dealer(struct link *link, struct lt_error *error)
{
    // By chance: an endpoint outlives its socket for a moment, and an address may come again.
    uint64_t number = 0;
    char endpoint[64];
    randombytes_buf(&number, sizeof number);
    snprintf(endpoint, sizeof endpoint, "inproc://lienthon-link-%" PRIx64, number);
    int events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED |
                 ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    if (zmq_socket_monitor(raw(link->dealer), endpoint, events) != 0)
        return lt_fail(error, LT_IO, "the connection cannot be watched: %s",
                       zmq_strerror(zmq_errno()));
    link->monitor = zsock_new(ZMQ_PAIR);
    if (!link->monitor)
        return lt_fail(error, LT_NO_MEMORY, "no socket to watch the connection");
    zsock_set_linger(link->monitor, 0);
    if (zmq_connect(raw(link->monitor), endpoint) != 0)
        return lt_fail(error, LT_IO, "the connection cannot be watched: %s",
                       zmq_strerror(zmq_errno()));
    return LT_DONE;
}

static void set_options(zsock_t *dealer, const struct link_keys *keys)
{
    zsock_set_linger(dealer, 0);
    zsock_set_sndhwm(dealer, HIGH_WATER);
    zsock_set_rcvhwm(dealer, HIGH_WATER);
    zsock_set_rcvbuf(dealer, METER_BUFFER);
    zsock_set_maxmsgsize(dealer, RECEIVE_MAX);
    zsock_set_reconnect_ivl(dealer, -1);
    zsock_set_connect_timeout(dealer, GIVE_UP_MS);
    zsock_set_handshake_ivl(dealer, GIVE_UP_MS);
    zsock_set_ipv6(dealer, 1);
    zsock_set_curve_serverkey_bin(dealer, keys->hub);
    zsock_set_curve_publickey_bin(dealer, keys->own);
    zsock_set_curve_secretkey_bin(dealer, keys->secret);
}

enum lt_code link_open(struct link *link, const char *url, const struct link_keys *keys,
                       struct lt_error *error)
{
    link->connected = link->drained = link->endless = false;
    link->meter.fd = -1;
    link->look_at = 0;
    link->beyond = 0;
    link->bytes.max = RECEIVE_MAX;
    link->ends.max = FRAMES_MAX * sizeof(size_t);
    if (strlen(url) >= sizeof link->url)
        return lt_fail(error, LT_BAD_USE, "url: longer than %zu bytes", sizeof link->url - 1);
    memcpy(link->url, url, strlen(url) + 1);
    link->dealer = zsock_new(ZMQ_DEALER);
    if (!link->dealer)
        return lt_fail(error, LT_NO_MEMORY, "no socket for the connection");
    set_options(link->dealer, keys);
    enum lt_code code = watch_dealer(link, error);
    if (code == LT_DONE && zmq_connect(raw(link->dealer), url) != 0)
        code = lt_fail(error, LT_BAD_USE,
                       "url '%s': %s; it looks like tcp://host:port, as commune.yaml or the "
                       "invitation has it",
                       url, zmq_strerror(zmq_errno()));
    if (code != LT_DONE)
        link_close(link, 0);
    return code;
}

void link_close(struct link *link, int linger_ms)
{
    if (link->dealer) {
        zmq_socket_monitor(raw(link->dealer), NULL, 0);
        zsock_set_linger(link->dealer, linger_ms);
    }
    zsock_destroy(&link->monitor);
    zsock_destroy(&link->dealer);
    link->connected = false;
    link->meter.fd = -1;
    link->look_at = 0;
}

void link_clear(struct link *link)
{
    link_close(link, 0);
    lt_buffer_clear(&link->bytes);
    lt_buffer_clear(&link->ends);
}

bool link_send_bytes(struct link *link, struct lt_slice frame, const struct lt_slice *payload,
                     size_t count)
{
    if (!link->dealer)
        return false;
    void *dealer = raw(link->dealer);
    if (zmq_send(dealer, frame.data, frame.size, ZMQ_DONTWAIT | (count > 0 ? ZMQ_SNDMORE : 0)) < 0)
        return false;
    // Once the first frame is taken the others are: libzmq counts whole messages.
    for (size_t i = 0; i < count; i++) {
        int more = i + 1 < count ? ZMQ_SNDMORE : 0;
        if (zmq_send(dealer, payload[i].data, payload[i].size, ZMQ_DONTWAIT | more) < 0)
            return false;
    }
    return true;
}

bool link_send(struct link *link, const struct lt_frame *frame, const struct lt_slice *payload,
               size_t count)
{
    struct lt_buffer bytes = {.max = LT_FRAME_MAX};
    bool sent = lt_frame_encode(frame, &bytes) &&
                link_send_bytes(link, lt_buffer_slice(&bytes), payload, count);
    lt_buffer_clear(&bytes);
    return sent;
}

static bool keep_frame(struct link *link, zmq_msg_t *message)
{
    if (!lt_buffer_add(&link->bytes, zmq_msg_data(message), zmq_msg_size(message)))
        return false;
    return lt_buffer_add(&link->ends, &link->bytes.size, sizeof link->bytes.size);
}

enum lt_code link_receive(struct link *link, struct lt_error *error)
{
    lt_buffer_empty(&link->bytes);
    lt_buffer_empty(&link->ends);
    link->bytes.failed = link->ends.failed = false;
    bool more = true, kept = true, any = false;
    size_t wire = 0;
    while (more) {
        zmq_msg_t message;
        zmq_msg_init(&message);
        int got = zmq_msg_recv(&message, raw(link->dealer), ZMQ_DONTWAIT);
        if (got < 0 && zmq_errno() == EINTR) {
            zmq_msg_close(&message);
            continue;
        }
        if (got >= 0) {
            any = true;
            wire += meter_frame(zmq_msg_size(&message));
            kept = kept && keep_frame(link, &message);
        }
        more = got >= 0 && zmq_msg_more(&message);
        zmq_msg_close(&message);
    }
    link->drained = !any;
    if (!any)
        return LT_NOT_FOUND;
    meter_read(&link->meter, wire);
    if (!kept)
        return lt_fail(error, LT_TOO_LARGE, "a message of the hub is larger than %d bytes",
                       RECEIVE_MAX);
    return LT_DONE;
}

size_t link_frames(const struct link *link)
{
    return link->ends.size / sizeof(size_t);
}

static size_t end_of(const struct link *link, size_t index)
{
    size_t end = 0;
    memcpy(&end, link->ends.data + index * sizeof end, sizeof end);
    return end;
}

struct lt_slice link_frame(const struct link *link, size_t index)
{
    size_t begin = index > 0 ? end_of(link, index - 1) : 0;
    if (link->bytes.size == 0)
        return (struct lt_slice){0};
    return (struct lt_slice){link->bytes.data + begin, end_of(link, index) - begin};
}

static enum lt_code explain(const struct link *link, int event, struct lt_error *error)
{
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        return lt_fail(error, LT_UNKNOWN_PRINCIPAL,
                       "the hub at %s does not know this key: there is no grant in force for it. "
                       "Has the grant expired or been revoked? Join again with a new invitation",
                       link->url);
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        return lt_fail(error, LT_BAD_SEAL,
                       "what answers at %s does not have the hub's key, speaks something else, or "
                       "has no room for one more connection: try again; or compare url and hub key "
                       "with the commune's (after a new hub key: ask for a new invitation)",
                       link->url);
    default:
        break;
    }
    if (link->endless)
        return lt_fail(
            error, LT_TOO_LARGE,
            "what answers at %s sends a message without end: that is no hub, or a broken one",
            link->url);
    if (link->connected)
        return lt_fail(error, LT_CLOSED, "the hub at %s closed the connection", link->url);
    if (event == ZMQ_EVENT_DISCONNECTED)
        return lt_fail(error, LT_CLOSED,
                       "the hub at %s ended the connection before it was made: it may not know "
                       "this key, or not have the key that is written down for it",
                       link->url);
    return lt_fail(
        error, LT_CLOSED,
        "nothing answers at %s: is the hub running (lienthon up), and the address right?",
        link->url);
}

static void begin_meter(struct link *link, int fd)
{
    meter_open(&link->meter, fd);
    link->look_at = zclock_mono() + LOOK_MS;
}

int64_t link_deadline(const struct link *link)
{
    return link->look_at;
}

static enum lt_code look(struct link *link, struct lt_error *error)
{
    int64_t now = zclock_mono();
    if (link->look_at == 0 || now < link->look_at)
        return LT_DONE;
    link->look_at = now + LOOK_MS;
    if (!meter_look(&link->meter, link->drained))
        return LT_DONE;
    bool is_beyond = link->drained && link->meter.pending > UNFINISHED_MAX;
    link->beyond = is_beyond ? link->beyond + 1 : 0;
    if (is_beyond)
        link->look_at = now + LOOK_AGAIN_MS;
    if (link->beyond < OFTEN)
        return LT_DONE;
    link->endless = true;
    // The end of the connection makes libzmq free what it holds; a socket that is closed before does not.
    return meter_cut(&link->meter) ? LT_DONE : explain(link, ZMQ_EVENT_DISCONNECTED, error);
}

enum lt_code link_watch(struct link *link, struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    while (code == LT_DONE) {
        uint8_t head[MONITOR_HEAD];
        char address[256];
        int size = zmq_recv(raw(link->monitor), head, sizeof head, ZMQ_DONTWAIT);
        if (size < 0)
            return look(link, error);
        if (zmq_recv(raw(link->monitor), address, sizeof address, ZMQ_DONTWAIT) < 0)
            address[0] = '\0';
        uint16_t event = 0;
        memcpy(&event, head, sizeof event);
        if (size != MONITOR_HEAD || event == 0)
            continue;
        int32_t value = -1;
        memcpy(&value, head + sizeof event, sizeof value);
        if (event == ZMQ_EVENT_CONNECTED)
            begin_meter(link, value);
        else if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
            link->connected = true;
        else
            code = explain(link, event, error);
    }
    return code;
}
