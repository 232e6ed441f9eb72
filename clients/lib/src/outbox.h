// What the hub has not confirmed, in the order in which it was published: which messages go out next, which are
// on their way, which must go again. No sockets, no files: the engine sends, journal.c and settled.c keep.
#ifndef LT_OUTBOX_H
#define LT_OUTBOX_H

#include <lienthon/op.h>
#include <lienthon/seal.h>

// One message on its way to the hub. Until it is first sent it is a part (or what another has sealed); from
// then on the sealed bytes, so that the same bytes go again.
struct item {
    struct item *next, *previous;
    uint64_t token;
    uint8_t id[LT_ID_SIZE];
    uint8_t *bytes;
    size_t size;
    size_t weight; // what it counts for in the outbox's limits: its first size
    bool sealed;
    bool ageless;    // a grant or a receipt: never too old
    bool sent;       // the hub may have it
    bool again;      // it was sent on an earlier connection too
    uint64_t held;   // the code with which the hub last put it off, as its owner was told; 0: never
    uint64_t flight; // ref of the PUBLISH that carries it; 0: waits
    uint64_t created, expires;
    uint64_t segment, offset; // where it stands on disk; segment 0: nowhere
};

// Reads what the outbox must know from the bytes (taken; freed on failure too). NULL and a code otherwise.
enum lt_code item_new(uint8_t **bytes, size_t size, bool sealed, struct item **item,
                      struct lt_error *error);
void item_destroy(struct item **item);

struct outbox { // begins as {0}
    struct item *first, *last;
    struct item *fresh; // the first that waits; all behind it wait too
    size_t in_flight;   // messages on their way
    bool
        again; // some must go again: nothing more leaves until what is on its way has been answered
};

void outbox_add(struct outbox *outbox, struct item **item);
// The next that wait, at most `max` and `max_bytes`, in order; they are in flight with that ref. Returns how many.
size_t outbox_take(struct outbox *outbox, uint64_t ref, struct item **batch, size_t max,
                   size_t max_bytes);
// The in-flight ones with that ref, in order, at most `max`; returns how many.
size_t outbox_find(const struct outbox *outbox, uint64_t ref, struct item **batch, size_t max);
// The hub said "busy": it goes again once everything in flight is answered.
void outbox_retry(struct outbox *outbox, struct item *item);
// The connection is lost: whatever was in flight goes again, in order.
void outbox_lost(struct outbox *outbox);
// Unlinks; the caller owns it then.
void outbox_remove(struct outbox *outbox, struct item *item);
// Too old at `now` (LT_STALE, LT_EXPIRED), or LT_DONE. What was sent is the hub's to judge: it may have it.
enum lt_code item_judge(const struct item *item, uint64_t now, uint64_t age_ms);
// The first that is; NULL: none.
struct item *outbox_stale(const struct outbox *outbox, uint64_t now, uint64_t age_ms,
                          enum lt_code *code);
void outbox_clear(struct outbox *outbox);

#endif
