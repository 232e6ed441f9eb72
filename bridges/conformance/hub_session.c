// What a peer says, and what it is answered. What it publishes is read in hub_intake.c.
#include <stdlib.h>
#include <string.h>

#include <lienthon/cursor.h>

#include "hub_intake.h"
#include "hub_parts.h"

enum { RETRY_MS = 250, LIST_MAX = 64 };

static const struct lt_limits limits = {.message = LT_MESSAGE_DEFAULT,
                                        .blob = 1 << 20,
                                        .batch = 256,
                                        .credit = 1024,
                                        .heartbeat = 1,
                                        .age = 604800,
                                        .ahead = 120};

static void answer(struct hub *hub, zframe_t *peer, const struct lt_frame *frame)
{
    hub_send(hub, peer, frame, NULL);
}

static void tell_grants(struct hub *hub, const struct hub_subscription *to)
{
    for (size_t i = 0; i < hub->town->grant_count; i++)
        hub_deliver(hub, to, lt_buffer_slice(&hub->town->grants[i]), i + 1, 1);
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
        hub_deliver(hub, to, lt_buffer_slice(&sealed), 1, 1);
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
    hub_drop_of(hub, peer, &frame->sid);
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
            hub_drop(hub, link);
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
        hub_drop_of(hub, peer, NULL);
        welcome(hub, peer);
        break;
    case LT_SUBSCRIBE:
        subscribe(hub, peer, frame);
        break;
    case LT_UNSUBSCRIBE:
        hub_drop_of(hub, peer, &frame->sid);
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
        hub_drop_of(hub, peer, NULL);
        break;
    default:
        break;
    }
    lt_buffer_clear(&list);
}

void hub_receive(struct hub *hub)
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
