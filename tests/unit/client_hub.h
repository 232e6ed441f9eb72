// A hub that does what a test tells it to, lies included: a ROUTER with CURVE on a free port, driven by the test
// itself between its calls of the library.
#ifndef CLIENT_HUB_H
#define CLIENT_HUB_H

#include <czmq.h>

#include <lienthon/client.h>
#include <lienthon/cursor.h>
#include <lienthon/grant.h>

#include "client_case.h"

enum { HUB_WAIT_MS = 20000, HUB_FRAMES = 300 };

struct hub {
    zsock_t *router;
    int port;
    uint8_t curve[LT_KEY_SIZE], curve_secret[LT_KEY_SIZE];
    lt_signer *root, *sender, *self; // the commune's root, somebody who sends, the client
    zmsg_t *message;                 // the last that came
    zframe_t *peer;
    struct lt_frame frame; // of it, decoded
    struct lt_limits limits;
    int64_t ahead; // its clock, ms
    bool down_expected;
};

static inline void hub_open(struct hub *hub)
{
    hub->router = zsock_new(ZMQ_ROUTER);
    zsock_set_linger(hub->router, 0);
    zsock_set_sndhwm(hub->router, 0); // a ROUTER drops what is above the mark
    zsock_set_curve_server(hub->router, 1);
    zsock_set_curve_publickey_bin(hub->router, hub->curve);
    zsock_set_curve_secretkey_bin(hub->router, hub->curve_secret);
    int port =
        zsock_bind(hub->router, "tcp://127.0.0.1:%s", hub->port == 0 ? "*[12000-31000]" : "*");
    cr_assert_gt(port, 0);
    hub->port = port;
}

static inline void hub_init(struct hub *hub)
{
    *hub = (struct hub){0};
    crypto_box_keypair(hub->curve, hub->curve_secret);
    hub->root = case_signer(1);
    hub->sender = case_signer(2);
    hub->self = case_signer(3);
    hub->limits = (struct lt_limits){.message = 262144,
                                     .blob = 1 << 20,
                                     .batch = 256,
                                     .credit = 1024,
                                     .heartbeat = 10,
                                     .age = 604800,
                                     .ahead = 120};
    hub_open(hub);
}

static inline void hub_close(struct hub *hub)
{
    zmsg_destroy(&hub->message);
    zframe_destroy(&hub->peer);
    zsock_destroy(&hub->router);
}

static inline void hub_clear(struct hub *hub)
{
    hub_close(hub);
    lt_signer_destroy(&hub->root);
    lt_signer_destroy(&hub->sender);
    lt_signer_destroy(&hub->self);
}

// As after a restart: the port is the same, the connections are gone.
static inline void hub_restart(struct hub *hub)
{
    hub_close(hub);
    hub->router = zsock_new(ZMQ_ROUTER);
    zsock_set_linger(hub->router, 0);
    zsock_set_curve_server(hub->router, 1);
    zsock_set_curve_publickey_bin(hub->router, hub->curve);
    zsock_set_curve_secretkey_bin(hub->router, hub->curve_secret);
    int64_t until = zclock_mono() + HUB_WAIT_MS;
    zpoller_t *poller = zpoller_new(NULL);
    while (zsock_bind(hub->router, "tcp://127.0.0.1:%d", hub->port) < 0) {
        cr_assert_lt(zclock_mono(), until, "the port stays taken");
        zpoller_wait(poller, 20);
    }
    zpoller_destroy(&poller);
}

static inline lt_client *hub_client(struct hub *hub, const char *state, size_t outbox_messages)
{
    char url[64];
    uint8_t seed[LT_SEED_SIZE] = {3}, curve_secret[LT_KEY_SIZE] = {5};
    snprintf(url, sizeof url, "tcp://127.0.0.1:%d", hub->port);
    struct lt_client_config config = {.url = url,
                                      .principal = "to-so.an-thuong",
                                      .seed = seed,
                                      .curve_secret = curve_secret,
                                      .state_folder = state,
                                      .outbox_messages = outbox_messages};
    memcpy(config.hub_curve, hub->curve, LT_KEY_SIZE);
    memcpy(config.root, lt_signer_key(hub->root), LT_KEY_SIZE);
    lt_client *client = NULL;
    struct lt_error error = {0};
    cr_assert_eq(lt_client_new(&config, &client, &error), LT_DONE, "%s", error.text);
    return client;
}

static inline struct lt_slice hub_payload(const struct hub *hub, size_t index)
{
    zframe_t *frame = zmsg_first(hub->message);
    for (size_t i = 0; i <= index && frame; i++)
        frame = zmsg_next(hub->message);
    cr_assert_not_null(frame);
    return (struct lt_slice){zframe_data(frame), zframe_size(frame)};
}

static inline size_t hub_payloads(const struct hub *hub)
{
    return zmsg_size(hub->message) - 1;
}

// The next message of that op; others are passed over. *hub->frame looks into it until the next call.
static inline void hub_expect(struct hub *hub, enum lt_op op)
{
    zpoller_t *poller = zpoller_new(hub->router, NULL);
    for (;;) {
        cr_assert_not_null(zpoller_wait(poller, HUB_WAIT_MS), "no %s came", lt_op_name(op));
        zmsg_destroy(&hub->message);
        zframe_destroy(&hub->peer);
        hub->message = zmsg_recv(hub->router);
        hub->peer = zmsg_pop(hub->message);
        zframe_t *first = zmsg_first(hub->message);
        struct lt_slice bytes = {zframe_data(first), zframe_size(first)};
        cr_assert_eq(lt_frame_decode(bytes, &hub->frame, NULL), LT_DONE);
        if (hub->frame.op == op)
            break;
    }
    zpoller_destroy(&poller);
}

static inline bool hub_hears_nothing(struct hub *hub, enum lt_op op, int ms)
{
    zpoller_t *poller = zpoller_new(hub->router, NULL);
    int64_t until = zclock_mono() + ms;
    bool heard = false;
    while (!heard && zclock_mono() < until && zpoller_wait(poller, (int)(until - zclock_mono()))) {
        zmsg_t *message = zmsg_recv(hub->router);
        zframe_t *peer = zmsg_pop(message), *first = zmsg_first(message);
        struct lt_frame frame = {0};
        (void)lt_frame_decode((struct lt_slice){zframe_data(first), zframe_size(first)}, &frame,
                              NULL);
        heard = frame.op == op;
        zframe_destroy(&peer);
        zmsg_destroy(&message);
    }
    zpoller_destroy(&poller);
    return !heard;
}

static inline void hub_send(struct hub *hub, const struct lt_frame *frame,
                            const struct lt_slice *payload, size_t count)
{
    struct lt_buffer bytes = {.max = LT_RESULT_MAX};
    cr_assert(lt_frame_encode(frame, &bytes));
    zmsg_t *message = zmsg_new();
    zmsg_addmem(message, zframe_data(hub->peer), zframe_size(hub->peer));
    zmsg_addmem(message, bytes.data, bytes.size);
    for (size_t i = 0; i < count; i++)
        zmsg_addmem(message, payload[i].data, payload[i].size);
    cr_assert_eq(zmsg_send(&message, hub->router), 0);
    lt_buffer_clear(&bytes);
}

static inline void hub_welcome(struct hub *hub)
{
    hub_expect(hub, LT_HELLO);
    struct lt_frame welcome = {.op = LT_WELCOME,
                               .version = 1,
                               .hub = lt_slice_of("hub"),
                               .now = (uint64_t)(zclock_time() + hub->ahead),
                               .limits = hub->limits};
    hub_send(hub, &welcome, NULL, 0);
}

// The answer to the SUBSCRIBE that came last.
static inline void hub_subscribed(struct hub *hub, uint64_t waiting)
{
    struct lt_frame answer = {.op = LT_SUBSCRIBED, .ref = hub->frame.ref, .number = waiting};
    hub_send(hub, &answer, NULL, 0);
}

// Welcomes, and tells the client of those grants (sealed).
static inline void hub_receive_client(struct hub *hub, const struct lt_slice *grants, size_t count)
{
    hub_welcome(hub);
    hub_expect(hub, LT_SUBSCRIBE);
    struct lt_ref sid = hub->frame.sid;
    hub_subscribed(hub, count);
    for (size_t i = 0; i < count; i++) {
        struct lt_buffer list = {.max = 64};
        lt_pack_array(&list, 1);
        lt_pack_array(&list, 2);
        lt_pack_uint(&list, i + 1);
        lt_pack_uint(&list, 1);
        struct lt_frame deliver = {.op = LT_DELIVER, .sid = sid, .list = lt_buffer_slice(&list)};
        hub_send(hub, &deliver, &grants[i], 1);
        lt_buffer_clear(&list);
    }
    hub_expect(hub, LT_SUBSCRIBE); // $lt/time
    hub_subscribed(hub, 0);
}

static inline void hub_deliver(struct hub *hub, const struct lt_ref *sid, uint64_t seq,
                               uint64_t attempt, struct lt_slice sealed)
{
    struct lt_buffer list = {.max = 64};
    lt_pack_array(&list, 1);
    lt_pack_array(&list, 2);
    lt_pack_uint(&list, seq);
    lt_pack_uint(&list, attempt);
    struct lt_frame deliver = {.op = LT_DELIVER, .sid = *sid, .list = lt_buffer_slice(&list)};
    hub_send(hub, &deliver, &sealed, 1);
    lt_buffer_clear(&list);
}

// Answers the PUBLISH that came last, each message with that code.
static inline void hub_published(struct hub *hub, enum lt_code code)
{
    struct lt_buffer list = {.max = 1 << 16};
    size_t count = hub_payloads(hub);
    lt_pack_array(&list, count);
    for (size_t i = 0; i < count; i++) {
        lt_pack_array(&list, 2);
        lt_pack_uint(&list, code);
        if (code < LT_MALFORMED)
            lt_pack_uint(&list, 100 + i);
        else
            lt_pack_text(&list, "the hub says no");
    }
    struct lt_frame answer = {
        .op = LT_PUBLISHED, .ref = hub->frame.ref, .list = lt_buffer_slice(&list)};
    hub_send(hub, &answer, NULL, 0);
    lt_buffer_clear(&list);
}

// A grant of the root's: `name` may publish and receive what matches the pattern.
static inline struct lt_buffer hub_grant_of(const struct hub *hub, const char *name,
                                            const lt_signer *owner, uint64_t serial, bool revoked,
                                            const char *pattern)
{
    struct lt_may_publish publish = {.max_priority = 3, .max_label = 1};
    struct lt_may_subscribe subscribe = {.max_label = 1};
    publish.topics.item[0] = subscribe.topics.item[0] = lt_slice_of(pattern);
    publish.types.item[0] = lt_slice_of(strcmp(pattern, "$lt/time") == 0 ? "time.v1" : "*");
    publish.topics.count = publish.types.count = subscribe.topics.count = 1;
    uint64_t now = (uint64_t)zclock_time();
    struct lt_grant grant = {.principal = lt_slice_of(name),
                             .name = lt_slice_of("Tổ công nghệ số"),
                             .role = lt_slice_of("hamlet-team"),
                             .serial = serial,
                             .not_before = now - 3600000,
                             .expires = now + 3600000,
                             .revoked = revoked};
    grant.powers.publish = &publish;
    grant.powers.subscribe = &subscribe;
    grant.powers.publish_count = grant.powers.subscribe_count = 1;
    memcpy(grant.key, lt_signer_key(owner), LT_KEY_SIZE);
    memset(grant.curve, name[0], LT_KEY_SIZE);
    struct lt_buffer body = {.max = LT_GRANT_BODY_MAX}, sealed = {.max = 1 << 16};
    struct lt_error error = {0};
    char topic[LT_TOPIC_MAX + 1];
    struct lt_part part = {0};
    cr_assert_eq(lt_grant_encode(&grant, &body, &error), LT_DONE, "%s", error.text);
    cr_assert_eq(lt_grant_part(lt_slice_of("root"), grant.principal, lt_buffer_slice(&body), now,
                               topic, &part),
                 LT_DONE);
    cr_assert_eq(lt_seal_part(hub->root, &part, &sealed, &error), LT_DONE, "%s", error.text);
    lt_buffer_clear(&body);
    return sealed;
}

static inline struct lt_buffer hub_grant(const struct hub *hub, const char *name,
                                         const lt_signer *owner, uint64_t serial, bool revoked)
{
    return hub_grant_of(hub, name, owner, serial, revoked, "xa/#");
}

static inline struct lt_buffer hub_message(const lt_signer *signer, const char *from,
                                           const char *topic)
{
    struct lt_part part = case_part(from, topic, (uint64_t)zclock_time());
    struct lt_buffer sealed = {.max = 1 << 16};
    cr_assert_eq(lt_seal_part(signer, &part, &sealed, NULL), LT_DONE);
    return sealed;
}

// The client's next event of that kind; others are passed over. Yours.
static inline struct lt_event *client_expect(lt_client *client, enum lt_event_kind kind)
{
    int64_t until = zclock_mono() + HUB_WAIT_MS;
    for (;;) {
        struct lt_event *event = lt_client_next(client, until - zclock_mono());
        cr_assert_not_null(event, "event %d did not come", (int)kind);
        if (event->kind == kind)
            return event;
        lt_event_destroy(&event);
    }
}

static inline void client_expects(lt_client *client, enum lt_event_kind kind, enum lt_code code)
{
    struct lt_event *event = client_expect(client, kind);
    cr_assert_eq(event->code, code, "%d: %s", (int)event->code, event->text);
    lt_event_destroy(&event);
}

#endif
