// Being there and being away, and what the checks do with it.
#include "hub.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hub_parts.h"

enum { MESSAGES_A_TURN = 256 };

void *hub_socket(struct hub *hub)
{
    return hub->router ? zsock_resolve(hub->router) : NULL;
}

void hub_turn(struct hub *hub, int *wait_ms)
{
    int64_t now = zclock_mono(), due = now + *wait_ms;
    if (!hub->router || hub->silent)
        return;
    for (int i = 0; i < MESSAGES_A_TURN && (zsock_events(hub->router) & ZMQ_POLLIN); i++)
        hub_receive(hub);
    for (const struct hub_subscription *to = hub->subscriptions; to; to = to->next)
        if (to->durable)
            hub_send_waiting(hub, to, now, &due);
    *wait_ms = (zsock_events(hub->router) & ZMQ_POLLIN) ? 0 : (int)(due - now);
}

static zsock_t *new_router(const struct town *town)
{
    zsock_t *router = zsock_new(ZMQ_ROUTER);
    if (!router)
        return NULL;
    zsock_set_linger(router, 0);
    zsock_set_sndhwm(router, 0); // a ROUTER drops what is above the mark
    if (town) {
        zsock_set_curve_server(router, 1);
        zsock_set_curve_publickey_bin(router, town->hub_curve);
        zsock_set_curve_secretkey_bin(router, town->hub_secret);
    }
    return router;
}

// It does not listen, so the router may have the port beside it; nobody else is given it, also while the hub is away.
enum lt_code hub_open(struct hub *hub, struct lt_error *error)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    const int yes = 1;
    *hub = (struct hub){0};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        if (fd >= 0)
            close(fd);
        return lt_fail(error, LT_IO, "no free port of this machine");
    }
    hub->reserved = fd;
    hub->port = ntohs(address.sin_port);
    return LT_DONE;
}

enum lt_code hub_back(struct hub *hub, struct lt_error *error)
{
    int64_t until = zclock_mono() + 5000;
    hub->router = new_router(hub->town);
    while (hub->router && zsock_bind(hub->router, "tcp://127.0.0.1:%d", hub->port) < 0) {
        if (zclock_mono() > until) {
            zsock_destroy(&hub->router);
            return lt_fail(error, LT_IO, "port %d of this machine is taken", hub->port);
        }
        zmq_poll(NULL, 0, 20); // the connections that were cut let go of it
    }
    return hub->router ? LT_DONE : lt_fail(error, LT_NO_MEMORY, "no memory for a socket");
}

enum lt_code hub_serve(struct hub *hub, const struct town *town,
                       const struct lt_option_map *targets, struct lt_error *error)
{
    hub->town = town;
    hub->targets = targets;
    return hub_back(hub, error);
}

void hub_away(struct hub *hub)
{
    hub_forget(hub);
    zsock_destroy(&hub->router);
}

static void forget_heard(struct hub *hub)
{
    while (hub->heard) {
        struct heard *first = hub->heard;
        hub->heard = first->next;
        lt_buffer_clear(&first->body);
        free(first);
    }
}

void hub_close(struct hub *hub)
{
    hub_away(hub);
    if (hub->reserved > 0)
        close(hub->reserved);
    hub->reserved = 0;
    forget_heard(hub);
    while (hub->letters) {
        struct letter *first = hub->letters;
        hub->letters = first->next;
        letter_free(&first);
    }
}

struct letter *hub_post(struct hub *hub, struct letter **letter)
{
    struct letter *own = *letter, **last = &hub->letters;
    *letter = NULL;
    while (*last)
        last = &(*last)->next;
    *last = own;
    own->seq = ++hub->last_seq;
    own->target = hub->targets->count > 0 ? hub->targets->items[0].name : NULL;
    for (size_t i = 1; i < hub->targets->count; i++) {
        struct letter *twin = letter_for(own, hub->targets->items[i].name);
        if (!twin)
            return NULL;
        last = &(*last)->next;
        *last = twin;
    }
    return own;
}

static bool lie_to(struct hub *hub, const struct hub_subscription *to, struct letter *letter,
                   uint64_t seq, uint64_t attempt)
{
    if (!hub_is_for(letter, to) ||
        !hub_deliver(hub, to, lt_buffer_slice(&letter->sealed), seq, attempt))
        return false;
    letter->sent++;
    letter->sent_as = ++hub->events;
    return true;
}

bool hub_lie(struct hub *hub, struct letter *letter, uint64_t seq, uint64_t attempt)
{
    bool lied = false;
    for (; letter; letter = letter->twin)
        for (const struct hub_subscription *to = hub->subscriptions; to; to = to->next)
            lied = lie_to(hub, to, letter, seq, attempt) || lied;
    return lied;
}

bool hub_babble(struct hub *hub, struct lt_slice payload, uint64_t seq)
{
    bool sent = false;
    for (const struct hub_subscription *to = hub->subscriptions; to; to = to->next)
        sent = (to->durable && hub_deliver(hub, to, payload, seq, 1)) || sent;
    return sent;
}

void hub_tell_grant(struct hub *hub, struct lt_slice sealed)
{
    for (const struct hub_subscription *at = hub->subscriptions; at; at = at->next)
        if (at->grants)
            hub_deliver(hub, at, sealed, ++hub->last_seq, 1);
}

struct letter *hub_find(struct hub *hub, const uint8_t id[LT_ID_SIZE])
{
    struct letter *at = hub->letters;
    while (at && memcmp(at->id, id, LT_ID_SIZE) != 0)
        at = at->next;
    return at;
}
