// The host's side of pickup.h.
#ifndef LT_BRIDGES_PICKUP_H
#define LT_BRIDGES_PICKUP_H

#include "host.h"

// Its descriptor is ready: true if one of the pick-ups has it.
bool pickup_wake(struct lt_bridge_host *host, int fd);
// The hub's answer: true if it is to what a pick-up has published.
bool pickup_published(struct lt_bridge_host *host, const struct lt_event *event);
void pickup_turn(struct lt_bridge_host *host, uint64_t now); // monotonic ms
void pickup_close_all(struct lt_bridge_host *host);

#endif
