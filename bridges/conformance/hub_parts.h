// What the files of the playing hub know of each other.
#ifndef LT_CONFORMANCE_HUB_PARTS_H
#define LT_CONFORMANCE_HUB_PARTS_H

#include "hub.h"

struct hub_subscription {
    struct hub_subscription *next;
    zframe_t *peer;
    struct lt_ref sid;
    const char *target; // of a durable one, lent; NULL: the only one
    bool durable, grants, time;
    uint64_t credit;
};

bool hub_is_for(const struct letter *letter, const struct hub_subscription *to);
// Takes it out of the list; what was on its way there is no more.
void hub_drop(struct hub *hub, struct hub_subscription **link);
// The peer's, by that name or (NULL) all.
void hub_drop_of(struct hub *hub, zframe_t *peer, const struct lt_ref *sid);

// A frame to a peer, with what follows it, or NULL; a message to a subscription. false: it has not left.
bool hub_send(struct hub *hub, zframe_t *peer, const struct lt_frame *frame,
              const struct lt_slice *payload);
bool hub_deliver(struct hub *hub, const struct hub_subscription *to, struct lt_slice sealed,
                 uint64_t seq, uint64_t attempt);
// What may be sent there now; *due (monotonic ms) becomes earlier where something has to wait until then.
void hub_send_waiting(struct hub *hub, const struct hub_subscription *to, int64_t now,
                      int64_t *due);

// Takes one message of a peer and answers it (hub_session.c).
void hub_receive(struct hub *hub);

#endif
