// What is to be said at once goes straight through.
#include "plan.h"

#include "turns.h"

void plan_deliver(void *state, lt_delivery *delivery, const struct lt_part *message)
{
    turns_deliver(state, delivery, message);
}

void plan_cancel(void *state, lt_delivery *delivery, const struct lt_part *by)
{
    turns_cancel(state, delivery, by);
}

void plan_wake(void *state, int fd)
{
    turns_wake(state, fd);
}

void plan_ended(struct speaker *speaker, lt_delivery **delivery, enum lt_settled outcome,
                const char *why, uint64_t length_ms)
{
    (void)speaker;
    (void)length_ms;
    lt_delivery_settle(delivery, outcome, why);
}

void plan_wake_in(struct speaker *speaker, int64_t ms)
{
    lt_bridge_wake_in(speaker->host, ms);
}
