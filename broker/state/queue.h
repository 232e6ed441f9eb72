// What one subscription is to get and has not settled: a window of entries by seq. Who gets it, and
// whether it may still be said, is asked elsewhere; this knows only whose turn it is.
#ifndef LT_QUEUE_H
#define LT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUEUE_CLASSES = 4 }; // priorities

enum entry_state {
    ENTRY_WAITING, // for its turn
    ENTRY_SENT,    // not acknowledged; until `when`
    ENTRY_RESTING, // comes again at `when`
    ENTRY_SETTLED,
};
// Its exception record in the store; unknown when a commit failed.
enum entry_kept { KEPT_NOTHING, KEPT_WAITING, KEPT_SETTLED, KEPT_UNKNOWN };

struct entry {
    uint64_t seq;
    uint64_t order;   // within its priority: its seq, or that of the message whose place it took
    uint64_t when;    // on the monotonic clock, ms
    uint64_t expires; // wall clock, ms; 0: never
    uint32_t size;    // bytes of the sealed message
    uint64_t serial;  // of the connection's deliveries: the one that carried it
    uint32_t attempt, agains;
    uint8_t priority;
    enum entry_state state;
    enum entry_kept kept;
    bool changed; // since it was kept
    bool receipt; // on a roster: how it ends is recorded
    bool taken;   // cancelled or replaced while it was sent: never again
};

struct queue {          // begins zeroed
    struct entry **all; // by seq
    size_t count, room, settled, sent;
    size_t *total; // entries of all queues, counted where they are made and freed; NULL: nowhere
    size_t unsettled[QUEUE_CLASSES];
    struct queue_turn {
        struct entry **heap;
        size_t count, room;
    } turns[QUEUE_CLASSES];
};

void queue_clear(struct queue *queue);
size_t queue_unsettled(const struct queue *queue);
struct entry *queue_find(const struct queue *queue, uint64_t seq); // NULL: not there
// A new entry, waiting, first attempt; NULL: there is one of that seq already.
struct entry *queue_add(struct queue *queue, uint64_t seq, uint64_t order, uint8_t priority);
// The best that waits, of at least this priority; NULL: none. It stays where it is.
struct entry *queue_peek(struct queue *queue, uint8_t min_priority);
// The best that waits is in `entry`; these change its state.
void queue_sent(struct queue *queue, struct entry *entry, uint64_t until);
void queue_rest(struct queue *queue, struct entry *entry, uint64_t until);
void queue_wait(struct queue *queue, struct entry *entry); // its turn again
void queue_settle(struct queue *queue, struct entry *entry);
// A settled one waits again, with that priority.
void queue_reopen(struct queue *queue, struct entry *entry, uint8_t priority);
// All that were sent wait again: the connection is gone.
void queue_return(struct queue *queue);
// What rests or was sent until `tick` waits again. The next such time, 0: none.
uint64_t queue_wake(struct queue *queue, uint64_t tick);

// The position up to `limit`, from `from` on, that needs the fewest exceptions: unsettled entries at
// or below it, settled ones above.
uint64_t queue_cut(const struct queue *queue, uint64_t from, uint64_t limit);
// Forgets what is settled at or below the position and has no record.
void queue_compact(struct queue *queue, uint64_t position);

#endif
