// What is set aside, on the host's side (aside.h is what lies on disk): put there, and given back or closed when a person says so.
#ifndef LT_BRIDGES_QUARANTINE_H
#define LT_BRIDGES_QUARANTINE_H

#include "aside.h"
#include "host.h"

// Takes it: on disk first, then the receipt, and given up at the hub, where it is a dead letter. Where it cannot be written, it
// waits here. why (lent) is for people.
void quarantine_put(struct lt_delivery *delivery, enum aside_reason reason, const char *why);
// true: it is set aside and nobody has released it; the hub has been told so again.
bool quarantine_holds(struct lt_delivery *delivery);
// Looks now and then for what a person has decided.
void quarantine_turn(struct lt_bridge_host *host, uint64_t now);
// LT_EVENT_RESULT of a target's client.
void quarantine_answer(struct lt_bridge_host *host, const struct target *target,
                       const struct lt_event *event);
void quarantine_close(struct lt_bridge_host *host);

#endif
