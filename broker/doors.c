// The two ROUTERs, their monitors, and the ZAP socket.
#include "doors.h"

#include <sodium.h>

#include <meter.h>

#include "bounds.h"
#include "state/zap.h"

enum {
    BACKLOG = 4096,
    HANDSHAKE_MS = 20000,
    LINGER_MS = 200,
};

static enum lt_code make_router(struct broker *broker, enum door door,
                                const uint8_t curve_secret[LT_KEY_SIZE], struct lt_error *error)
{
    zsock_t *router = zsock_new(ZMQ_ROUTER);
    *(door == DOOR_HUB ? &broker->hub : &broker->join) = router;
    char address[64];
    snprintf(address, sizeof address, "inproc://lienthond-monitor-%d", (int)door);
    broker->monitors[door] = zsock_new(ZMQ_PAIR);
    if (!router || !broker->monitors[door])
        return lt_fail(error, LT_IO, "no socket: %s", zmq_strerror(zmq_errno()));
    void *handle = zsock_resolve(router);
    int events =
        ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED;
    zsock_set_curve_server(router, 1);
    zmq_setsockopt(handle, ZMQ_CURVE_SECRETKEY, curve_secret, LT_KEY_SIZE);
    zsock_set_zap_domain(router, door == DOOR_HUB ? ZAP_DOMAIN_HUB : ZAP_DOMAIN_JOIN);
    zsock_set_router_mandatory(router, 1);
    zsock_set_rcvhwm(router, (int)broker->commune->hub.limits.inbox);
    zsock_set_sndhwm(router, (int)broker->commune->hub.limits.outbox);
    zsock_set_rcvbuf(router, METER_BUFFER);
    zsock_set_backlog(router, BACKLOG);
    zsock_set_handshake_ivl(router, HANDSHAKE_MS);
    zsock_set_linger(router, LINGER_MS);
    zsock_set_tcp_keepalive(router, 1);
    zsock_set_maxmsgsize(router, door == DOOR_HUB ? BOUNDS_FRAME : BOUNDS_JOIN_FRAME);
    if (zmq_socket_monitor(handle, address, events) != 0 ||
        zsock_connect(broker->monitors[door], "%s", address) != 0)
        return lt_fail(error, LT_IO, "no monitor: %s", zmq_strerror(zmq_errno()));
    return LT_DONE;
}

enum lt_code doors_make(struct broker *broker, const uint8_t curve_secret[LT_KEY_SIZE],
                        struct lt_error *error)
{
    broker->zap = zsock_new(ZMQ_REP);
    if (!broker->zap || zsock_bind(broker->zap, ZAP_ADDRESS) != 0)
        return lt_fail(error, LT_IO, "no ZAP socket: %s", zmq_strerror(zmq_errno()));
    enum lt_code code = make_router(broker, DOOR_HUB, curve_secret, error);
    if (code == LT_DONE)
        code = make_router(broker, DOOR_JOIN, curve_secret, error);
    if (code == LT_DONE)
        sessions_init(&broker->sessions, zsock_resolve(broker->hub), zsock_resolve(broker->join));
    broker->sessions.frames = broker->frames;
    broker->sessions.unread = (uint64_t)broker->commune->hub.limits.unread;
    broker->sessions.flight = (size_t)broker->commune->hub.limits.flight;
    return code;
}

static enum lt_code listen_on(zsock_t *router, const char *url, const char *key,
                              struct lt_error *error)
{
    if (zsock_bind(router, "%s", url) >= 0)
        return LT_DONE;
    int why = zmq_errno();
    if (why == EADDRINUSE)
        return lt_fail(error, LT_IO,
                       "%s (%s) is in use: another hub or program listens there; stop it, or give "
                       "another port in commune.yaml",
                       url, key);
    return lt_fail(error, LT_IO, "cannot listen on %s (%s in commune.yaml): %s", url, key,
                   zmq_strerror(why));
}

enum lt_code doors_open(struct broker *broker, struct lt_error *error)
{
    enum lt_code code = listen_on(broker->hub, broker->commune->hub.listen, "hub.listen", error);
    if (code == LT_DONE)
        code = listen_on(broker->join, broker->commune->hub.join, "hub.join", error);
    return code;
}

void doors_shut(struct broker *broker)
{
    zsock_unbind(broker->hub, "%s", broker->commune->hub.listen);
    zsock_unbind(broker->join, "%s", broker->commune->hub.join);
}

void doors_close(struct broker *broker)
{
    for (int door = 0; door < DOORS; door++)
        zsock_destroy(&broker->monitors[door]);
    zsock_destroy(&broker->hub);
    zsock_destroy(&broker->join);
    zsock_destroy(&broker->zap);
}
