// What is subscribed to: asked again on every new connection, and the acknowledgements that wait to leave.
#ifndef LT_SUBSCRIPTIONS_H
#define LT_SUBSCRIPTIONS_H

#include <lienthon/client.h>

struct subscription {
    struct subscription *next;
    uint64_t sid, token;
    struct lt_buffer patterns;        // the array, as MessagePack
    struct lt_buffer types;           // likewise; empty: any
    char durable[LT_DURABLE_MAX + 1]; // "": none
    enum lt_from from;
    uint64_t from_time, credit;
    uint8_t min_priority;
    bool early;

    bool own;      // the engine's: grants, time
    bool asked;    // on this connection
    bool answered; // the caller has had its answer
    bool taken;    // over by a newer connection: asked again on the next one of ours
    uint64_t ref;  // of the SUBSCRIBE that is out
    bool leaving;  // unsubscribed: waits for the answer to that
    bool forget;
    uint64_t leave_token, leave_ref;
    bool counted; // SUBSCRIBED said how many wait
    uint64_t waiting, came;
    bool caught_up;        // all of them have come
    uint64_t caught_up_at; // hub's time (ms) when the connection was lost after that; 0: never
    struct lt_buffer acks; // entries that wait to leave
    size_t ack_count;
};

// Copies and checks what the caller asks for. LT_BAD_USE, LT_NO_MEMORY.
enum lt_code subscription_new(const struct lt_subscription *wanted, uint64_t sid, uint64_t token,
                              struct subscription **subscription, struct lt_error *error);
void subscription_destroy(struct subscription **subscription);
struct subscription *subscription_find(struct subscription *first, uint64_t sid);

// The options as a map. Who asked for all or from a time, and has had it, asks only for what came since.
bool subscription_options(const struct subscription *subscription, struct lt_buffer *out);

// An acknowledgement that waits; false: no memory (the hub will deliver again).
bool subscription_ack(struct subscription *subscription, uint64_t seq, enum lt_outcome outcome,
                      const char *detail);
bool subscription_acks_full(const struct subscription *subscription);
// Appends the list that waits, whole, and empties it.
bool subscription_take_acks(struct subscription *subscription, struct lt_buffer *list);

#endif
