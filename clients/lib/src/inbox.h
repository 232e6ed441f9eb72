// Deliveries between the hub and the caller: what was handed over and is not settled, what was settled and may
// yet come again because the acknowledgement was lost, and what is kept until a grant says who sent it.
#ifndef LT_INBOX_H
#define LT_INBOX_H

#include <lienthon/op.h>

enum delivery_state { DELIVERY_NEW, DELIVERY_KEPT, DELIVERY_HANDED, DELIVERY_SETTLED };

struct delivery {
    struct delivery *chain;           // of the hash table
    struct delivery *next, *previous; // of the list of its state: kept or settled
    uint64_t sid, seq, attempt;
    uint8_t id[LT_ID_SIZE]; // a hub with another store may use the seq for another message
    enum delivery_state state;
    bool on_link; // delivered on this connection: an acknowledgement counts
    enum lt_outcome outcome;
    char *detail;       // of LT_ACK_GAVE_UP; may be NULL
    int64_t keep_until; // monotonic ms
    uint8_t *bytes;     // while it is kept
    size_t size;
};

struct delivery_list {
    struct delivery *first, *last;
    size_t count, bytes;
};

struct inbox { // begins as {0}
    struct delivery **slots;
    size_t slot_count, count, handed;
    struct delivery_list kept, settled;
};

enum { INBOX_SETTLED_MAX = 4096, INBOX_KEPT_MAX = 1024, INBOX_KEPT_BYTES = 16 * 1024 * 1024 };

void inbox_clear(struct inbox *inbox);

// A delivery has come; lent. Its state says what it is: NEW (judge it), KEPT, HANDED (the caller has it: nothing
// to do) or SETTLED (acknowledge with `outcome` again). NULL: no memory.
struct delivery *inbox_arrive(struct inbox *inbox, uint64_t sid, uint64_t seq, uint64_t attempt,
                              const uint8_t id[LT_ID_SIZE]);
struct delivery *inbox_find(const struct inbox *inbox, uint64_t sid, uint64_t seq);

// Keeps a copy of a NEW one's bytes until then. false: no room or no memory.
bool inbox_keep(struct inbox *inbox, struct delivery *delivery, struct lt_slice bytes,
                int64_t until);
// The caller has it.
void inbox_hand(struct inbox *inbox, struct delivery *delivery);
// DONE and GAVE_UP are remembered for a while, AGAIN forgets it, WORKING changes nothing. detail may be NULL.
void inbox_settle(struct inbox *inbox, struct delivery *delivery, enum lt_outcome outcome,
                  const char *detail);
void inbox_remove(struct inbox *inbox, struct delivery *delivery);

// The connection is lost. Deliveries for which stays() says no are forgotten.
void inbox_lost(struct inbox *inbox, bool (*stays)(void *self, uint64_t sid), void *self);
void inbox_forget(struct inbox *inbox, uint64_t sid);
// As if the connection were lost to that one alone, and what was handed over of it stays.
void inbox_part(struct inbox *inbox, uint64_t sid);

#endif
