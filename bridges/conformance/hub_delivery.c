// What is sent to whom, and whose turn it is.
#include <stdlib.h>

#include "hub_parts.h"

enum { BEYOND = 16, LIST_MAX = 64 };

bool hub_is_for(const struct letter *letter, const struct hub_subscription *to)
{
    return to->durable && letter->target == to->target;
}

void hub_drop(struct hub *hub, struct hub_subscription **link)
{
    struct hub_subscription *gone = *link;
    *link = gone->next;
    for (struct letter *at = hub->letters; at; at = at->next)
        at->in_flight = at->in_flight && !hub_is_for(at, gone);
    zframe_destroy(&gone->peer);
    free(gone);
}

void hub_forget(struct hub *hub)
{
    while (hub->subscriptions)
        hub_drop(hub, &hub->subscriptions);
}

void hub_drop_of(struct hub *hub, zframe_t *peer, const struct lt_ref *sid)
{
    for (struct hub_subscription **link = &hub->subscriptions; *link;)
        if (zframe_eq((*link)->peer, peer) && (!sid || lt_ref_equal(&(*link)->sid, sid)))
            hub_drop(hub, link);
        else
            link = &(*link)->next;
}

bool hub_send(struct hub *hub, zframe_t *peer, const struct lt_frame *frame,
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

bool hub_deliver(struct hub *hub, const struct hub_subscription *to, struct lt_slice sealed,
                 uint64_t seq, uint64_t attempt)
{
    struct lt_buffer list = {.max = LIST_MAX};
    lt_pack_array(&list, 1);
    lt_pack_array(&list, 2);
    lt_pack_uint(&list, seq);
    lt_pack_uint(&list, attempt);
    struct lt_frame frame = {.op = LT_DELIVER, .sid = to->sid, .list = lt_buffer_slice(&list)};
    bool sent = hub_send(hub, to->peer, &frame, &sealed);
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
        count += at->in_flight && hub_is_for(at, to);
    return count;
}

// The most urgent first, then the oldest.
static struct letter *whose_turn(const struct hub *hub, const struct hub_subscription *to,
                                 int64_t now, int64_t *due)
{
    struct letter *first = NULL;
    for (struct letter *at = hub->letters; at; at = at->next) {
        if (at->held || at->settled || at->in_flight || !hub_is_for(at, to))
            continue;
        if (at->retry_at > now && at->retry_at < *due)
            *due = at->retry_at;
        if (at->retry_at <= now && (!first || at->priority > first->priority))
            first = at;
    }
    return first;
}

void hub_send_waiting(struct hub *hub, const struct hub_subscription *to, int64_t now, int64_t *due)
{
    struct letter *next;
    while ((next = whose_turn(hub, to, now, due))) {
        uint64_t most = hub->most && hub->most < to->credit ? hub->most : to->credit;
        if (in_flight(hub, to) >= most + (next->priority == LT_HOA_TOC ? BEYOND : 0))
            return;
        if (!hub_deliver(hub, to, lt_buffer_slice(&next->sealed), next->seq, next->attempt))
            return;
        next->in_flight = true;
        next->sent++;
        next->sent_as = ++hub->events;
    }
}
