// The loudspeaker's plan: what it has taken and is not to say yet. It stands between the host and turns.c: the host
// hands over to it, it hands over to turns_deliver what is to be said now, and turns.c tells it what became of that.
#ifndef LT_SPEAKER_PLAN_H
#define LT_SPEAKER_PLAN_H

#include <lienthon/bridge.h>

struct speaker;

// Of the bridge's vtable; state is a struct speaker.
void plan_deliver(void *state, lt_delivery *delivery, const struct lt_part *message);
void plan_cancel(void *state, lt_delivery *delivery, const struct lt_part *by);
void plan_wake(void *state, int fd);

// For turns.c. In place of lt_delivery_settle: what was handed over has ended. length_ms: of what was heard.
void plan_ended(struct speaker *speaker, lt_delivery **delivery, enum lt_settled outcome,
                const char *why, uint64_t length_ms);
// In place of lt_bridge_wake_in: the one timer is shared with the plan.
void plan_wake_in(struct speaker *speaker, int64_t ms);

#endif
