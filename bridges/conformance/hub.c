// Connections, subscriptions, and whose turn it is. What the bridge publishes is read in hub_intake.c.
#include "hub.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lienthon/cursor.h>

#include "hub_intake.h"

enum { RETRY_MS = 250, BEYOND = 16, MESSAGES_A_TURN = 256, LIST_MAX = 64 };

static const struct lt_limits limits = {.message = LT_MESSAGE_DEFAULT,
                                        .blob = 1 << 20,
                                        .batch = 256,
                                        .credit = 1024,
                                        .heartbeat = 1,
                                        .age = 604800,
                                        .ahead = 120};

struct hub_subscription {
    struct hub_subscription *next;
    zframe_t *peer;
    struct lt_ref sid;
    const char *target; // of a durable one, lent; NULL: the only one
    bool durable, grants, time;
    uint64_t credit;
};

static bool is_for(const struct letter *letter, const struct hub_subscription *to)
{
    return to->durable && letter->target == to->target;
}

static void drop(struct hub *hub, struct hub_subscription **link)
{
    struct hub_subscription *gone = *link;
    *link = gone->next;
    for (struct letter *at = hub->letters; at; at = at->next)
        at->in_flight = at->in_flight && !is_for(at, gone);
    zframe_destroy(&gone->peer);
    free(gone);
}

void hub_forget(struct hub *hub)
{
    while (hub->subscriptions)
        drop(hub, &hub->subscriptions);
}

// The peer's, by that name or (NULL) all.
static void drop_of(struct hub *hub, zframe_t *peer, const struct lt_ref *sid)
{
    for (struct hub_subscription **link = &hub->subscriptions; *link;)
        if (zframe_eq((*link)->peer, peer) && (!sid || lt_ref_equal(&(*link)->sid, sid)))
            drop(hub, link);
        else
            link = &(*link)->next;
}

static bool send_to(struct hub *hub, zframe_t *peer, const struct lt_frame *frame,
                    const struct lt_slice *payload)
{
    struct lt_buffer bytes = {.max = LT_FRAME_MAX};
    zmsg_t *message = zmsg_new();
    bool sent = lt_frame_encode(frame, &bytes);
    if (sent) {
        zmsg_addmem(message, zframe_data(peer), zframe_size(peer));
        zmsg_addmem(message, bytes.data, bytes.size);
        if (payload)
            zmsg_addmem(message, payload->data, payload->size);
        sent = zmsg_send(&message, hub->router) == 0;
    }
    zmsg_destroy(&message);
    lt_buffer_clear(&bytes);
    return sent;
}

static bool deliver(struct hub *hub, const struct hub_subscription *to, struct lt_slice sealed,
                    uint64_t seq, uint64_t attempt)
{
    struct lt_buffer list = {.max = LIST_MAX};
    lt_pack_array(&list, 1);
    lt_pack_array(&list, 2);
    lt_pack_uint(&list, seq);
    lt_pack_uint(&list, attempt);
    struct lt_frame frame = {.op = LT_DELIVER, .sid = to->sid, .list = lt_buffer_slice(&list)};
    bool sent = send_to(hub, to->peer, &frame, &sealed);
    lt_buffer_clear(&list);
    return sent;
}

bool hub_is_subscribed(const struct hub *hub)
{
    size_t stand = 0; // a name is taken over, so each target has one at most
    for (const struct hub_subscription *at = hub->subscriptions; at; at = at->next)
        stand += at->durable;
    return stand > 0 && stand >= hub->targets->count;
}

static uint64_t in_flight(const struct hub *hub, const struct hub_subscription *to)
{
    uint64_t count = 0;
    for (const struct letter *at = hub->letters; at; at = at->next)
        count += at->in_flight && is_for(at, to);
    return count;
}

// The most urgent first, then the oldest.
static struct letter *whose_turn(const struct hub *hub, const struct hub_subscription *to,
                                 int64_t now, int64_t *due)
{
    struct letter *first = NULL;
    for (struct letter *at = hub->letters; at; at = at->next) {
        if (at->held || at->settled || at->in_flight || !is_for(at, to))
            continue;
        if (at->retry_at > now && at->retry_at < *due)
            *due = at->retry_at;
        if (at->retry_at <= now && (!first || at->priority > first->priority))
            first = at;
    }
    return first;
}

static void send_waiting(struct hub *hub, const struct hub_subscription *to, int64_t now,
                         int64_t *due)
{
    struct letter *next;
    while ((next = whose_turn(hub, to, now, due))) {
        uint64_t most = hub->most && hub->most < to->credit ? hub->most : to->credit;
        if (in_flight(hub, to) >= most + (next->priority == LT_HOA_TOC ? BEYOND : 0))
            return;
        if (!deliver(hub, to, lt_buffer_slice(&next->sealed), next->seq, next->attempt))
            return;
        next->in_flight = true;
        next->sent++;
        next->sent_as = ++hub->events;
    }
}

static void answer(struct hub *hub, zframe_t *peer, const struct lt_frame *frame)
{
    send_to(hub, peer, frame, NULL);
}

static void tell_grants(struct hub *hub, const struct hub_subscription *to)
{
    for (size_t i = 0; i < hub->town->grant_count; i++)
        deliver(hub, to, lt_buffer_slice(&hub->town->grants[i]), i + 1, 1);
}

static void tell_time(struct hub *hub, const struct hub_subscription *to)
{
    static const uint8_t root[LT_HASH_SIZE];
    struct lt_buffer body = {.max = 256}, sealed = {.max = 4096};
    uint64_t now = (uint64_t)zclock_time();
    lt_pack_map(&body, 3);
    lt_pack_text(&body, "now");
    lt_pack_uint(&body, now);
    lt_pack_text(&body, "size");
    lt_pack_uint(&body, 0);
    lt_pack_text(&body, "root");
    lt_pack_bin(&body, root, sizeof root);
    struct lt_part part = {.topic = lt_slice_of("$lt/time"),
                           .type = lt_slice_of("time.v1"),
                           .created = now,
                           .flags = LT_RETAIN,
                           .body = lt_buffer_slice(&body)};
    lt_id_make(now, part.id);
    if (town_seal(hub->town, TOWN_HUB, &part, &sealed, NULL) == LT_DONE)
        deliver(hub, to, lt_buffer_slice(&sealed), 1, 1);
    lt_buffer_clear(&sealed);
    lt_buffer_clear(&body);
}

static bool asks_for(struct lt_slice patterns, const char *prefix)
{
    struct lt_list list = lt_list_of(patterns);
    struct lt_slice pattern;
    while (lt_list_pattern(&list, &pattern))
        if (pattern.size >= strlen(prefix) && memcmp(pattern.data, prefix, strlen(prefix)) == 0)
            return true;
    return false;
}

// Of the instance's targets; where it has no names for them any name is right.
static bool find_target(const struct hub *hub, struct lt_slice name, const char **target)
{
    *target = NULL;
    for (size_t i = 0; i < hub->targets->count && !*target; i++)
        if (lt_slice_is(name, hub->targets->items[i].name))
            *target = hub->targets->items[i].name;
    return *target || hub->targets->count == 0;
}

static void subscribe(struct hub *hub, zframe_t *peer, const struct lt_frame *frame)
{
    struct lt_slice durable;
    struct hub_subscription *made = calloc(1, sizeof *made);
    if (!made) {
        free(made);
        return;
    }
    drop_of(hub, peer, &frame->sid);
    made->peer = zframe_dup(peer);
    made->sid = frame->sid;
    made->durable =
        lt_map_str(frame->args, "durable", &durable) && find_target(hub, durable, &made->target);
    made->grants = asks_for(frame->list, "$lt/grants");
    made->time = asks_for(frame->list, "$lt/time");
    if (!lt_map_uint(frame->args, "credit", &made->credit))
        made->credit = 64;
    // The same name again takes the older one over.
    for (struct hub_subscription **link = &hub->subscriptions; made->durable && *link;)
        if ((*link)->durable && (*link)->target == made->target)
            drop(hub, link);
        else
            link = &(*link)->next;
    made->next = hub->subscriptions;
    hub->subscriptions = made;
    hub->subscribed += made->durable;
    struct lt_frame answers = {.op = LT_SUBSCRIBED, .ref = frame->ref};
    answers.number = made->grants ? hub->town->grant_count : made->time;
    answer(hub, peer, &answers);
    if (made->grants)
        tell_grants(hub, made);
    if (made->time)
        tell_time(hub, made);
}

static void raise_credit(struct hub *hub, zframe_t *peer, const struct lt_frame *frame)
{
    for (struct hub_subscription *at = hub->subscriptions; at; at = at->next)
        if (zframe_eq(at->peer, peer) && lt_ref_equal(&at->sid, &frame->sid))
            at->credit += frame->number < limits.credit ? frame->number : limits.credit;
}

static void welcome(struct hub *hub, zframe_t *peer)
{
    hub->hellos++;
    struct lt_frame frame = {.op = LT_WELCOME,
                             .version = 1,
                             .hub = lt_slice_of("hub"),
                             .now = (uint64_t)zclock_time(),
                             .limits = limits};
    answer(hub, peer, &frame);
}

static struct letter *find_seq(const struct hub *hub, uint64_t seq, const char *target)
{
    struct letter *at = hub->letters;
    while (at && (at->seq != seq || at->target != target))
        at = at->next;
    return at;
}

static void settle(struct hub *hub, struct letter *letter, enum lt_outcome outcome,
                   struct lt_slice detail)
{
    if (outcome == LT_ACK_WORKING)
        return;
    letter->in_flight = false;
    letter->acks++;
    hub->events++;
    if (detail.data)
        hub_keep_detail(letter, detail);
    if (outcome == LT_ACK_AGAIN) {
        letter->again++;
        letter->attempt++;
        letter->retry_at = zclock_mono() + RETRY_MS;
        return;
    }
    letter->settled = true;
    letter->ack = outcome;
    letter->settled_as = hub->events;
}

static void acknowledge(struct hub *hub, zframe_t *peer, const struct lt_frame *frame)
{
    const struct hub_subscription *of = hub->subscriptions;
    while (of && !(of->durable && zframe_eq(of->peer, peer) && lt_ref_equal(&of->sid, &frame->sid)))
        of = of->next;
    if (!of)
        return; // of grants, of the time, or of a dry run
    struct lt_list list = lt_list_of(frame->list);
    struct lt_slice detail = {0};
    enum lt_outcome outcome;
    uint64_t seq;
    while (lt_list_settled(&list, &seq, &outcome, &detail)) {
        struct letter *letter = find_seq(hub, seq, of->target);
        if (letter)
            settle(hub, letter, outcome, detail);
        else
            hub->beyond_credit++;
    }
}

static bool say_again(struct hub *hub, uint64_t seq, const char *target)
{
    struct letter *letter = find_seq(hub, seq, target);
    if (!letter)
        return false;
    letter->settled = letter->in_flight = false;
    letter->attempt++;
    letter->retry_at = 0;
    return true;
}

// What was given up is delivered again when a person wishes it.
static void answer_again(struct hub *hub, zframe_t *peer, const struct lt_frame *frame)
{
    struct lt_cursor cursor = lt_cursor_of(frame->list);
    struct lt_buffer list = {.max = LT_FRAME_MAX};
    uint32_t count = 0;
    uint64_t seq;
    const char *target = NULL;
    bool whole = lt_cursor_array(&cursor, &count) && find_target(hub, frame->text, &target);
    lt_pack_array(&list, count);
    for (uint32_t i = 0; whole && i < count && lt_cursor_uint(&cursor, UINT64_MAX, &seq); i++) {
        bool known = say_again(hub, seq, target);
        lt_pack_array(&list, 2);
        lt_pack_uint(&list, known ? LT_DONE : LT_NOT_FOUND);
        lt_pack_text(&list, known ? "" : "there is no such letter");
    }
    struct lt_frame answers = {.op = LT_RESULT,
                               .ref = frame->ref,
                               .code = whole ? LT_DONE : LT_MALFORMED,
                               .value = lt_buffer_slice(&list)};
    answer(hub, peer, &answers);
    lt_buffer_clear(&list);
}

static void refuse_question(struct hub *hub, zframe_t *peer, const struct lt_frame *frame)
{
    struct lt_buffer text = {.max = LIST_MAX};
    lt_pack_text(&text, "the hub of the suite knows nothing");
    struct lt_frame answers = {.op = frame->op == LT_ASK ? LT_RESULT : LT_CHUNK,
                               .ref = frame->ref,
                               .code = LT_NOT_FOUND,
                               .value = lt_buffer_slice(&text)};
    answer(hub, peer, &answers);
    lt_buffer_clear(&text);
}

static void take(struct hub *hub, zframe_t *peer, const struct lt_frame *frame, zmsg_t *payload)
{
    struct lt_frame pong = {.op = LT_PONG, .ref = frame->ref, .now = (uint64_t)zclock_time()};
    struct lt_frame gone = {.op = LT_SUBSCRIBED, .ref = frame->ref};
    struct lt_buffer list = {.max = LT_FRAME_MAX};
    struct lt_frame taken = {.op = LT_PUBLISHED, .ref = frame->ref};
    switch ((unsigned)frame->op) {
    case LT_HELLO:
        drop_of(hub, peer, NULL);
        welcome(hub, peer);
        break;
    case LT_SUBSCRIBE:
        subscribe(hub, peer, frame);
        break;
    case LT_UNSUBSCRIBE:
        drop_of(hub, peer, &frame->sid);
        answer(hub, peer, &gone);
        break;
    case LT_CREDIT:
        raise_credit(hub, peer, frame);
        break;
    case LT_ACK:
        acknowledge(hub, peer, frame);
        break;
    case LT_PUBLISH:
        if (hub->refuses_to_hear)
            break;
        hub_take_publications(hub, payload, &list);
        taken.list = lt_buffer_slice(&list);
        answer(hub, peer, &taken);
        break;
    case LT_PING:
        answer(hub, peer, &pong);
        break;
    case LT_ASK:
    case LT_GET:
    case LT_PUT:
        refuse_question(hub, peer, frame);
        break;
    case LT_SAY_AGAIN:
        answer_again(hub, peer, frame);
        break;
    case LT_BYE:
        drop_of(hub, peer, NULL);
        break;
    default:
        break;
    }
    lt_buffer_clear(&list);
}

static void receive(struct hub *hub)
{
    zmsg_t *message = zmsg_recv(hub->router);
    zframe_t *peer = message ? zmsg_pop(message) : NULL;
    zframe_t *first = message ? zmsg_pop(message) : NULL;
    struct lt_frame frame = {0};
    if (first && lt_frame_decode((struct lt_slice){zframe_data(first), zframe_size(first)}, &frame,
                                 NULL) == LT_DONE)
        take(hub, peer, &frame, message);
    else
        hub->malformed++;
    zframe_destroy(&first);
    zframe_destroy(&peer);
    zmsg_destroy(&message);
}

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
        receive(hub);
    for (const struct hub_subscription *to = hub->subscriptions; to; to = to->next)
        if (to->durable)
            send_waiting(hub, to, now, &due);
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
    if (!is_for(letter, to) || !deliver(hub, to, lt_buffer_slice(&letter->sealed), seq, attempt))
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
        sent = (to->durable && deliver(hub, to, payload, seq, 1)) || sent;
    return sent;
}

void hub_tell_grant(struct hub *hub, struct lt_slice sealed)
{
    for (const struct hub_subscription *at = hub->subscriptions; at; at = at->next)
        if (at->grants)
            deliver(hub, at, sealed, ++hub->last_seq, 1);
}

struct letter *hub_find(struct hub *hub, const uint8_t id[LT_ID_SIZE])
{
    struct letter *at = hub->letters;
    while (at && memcmp(at->id, id, LT_ID_SIZE) != 0)
        at = at->next;
    return at;
}
