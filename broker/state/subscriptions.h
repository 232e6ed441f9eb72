// Subscriptions: who wants what, and how far each is. A durable one is a position below which all is
// settled, and exceptions; it outlives connections and restarts. Knows no connection but a number.
#ifndef LT_SUBSCRIPTIONS_H
#define LT_SUBSCRIPTIONS_H

#include <lienthon/book.h>
#include <lienthon/op.h>

#include "patterns.h"
#include "queue.h"
#include "records.h"
#include "roster.h"
#include "table.h"

enum {
    SUBSCRIPTION_WINDOW =
        1024,               // entries of one priority at hand, unless configured; what is beyond
                            // lies in the store
    SUBSCRIPTION_ERAS = 16, // changes of patterns while something of before still waits
    SUBSCRIPTION_BEYOND_CREDIT = 16, // emergencies that go out without credit
    SUBSCRIPTIONS_SHOWN = 200,       // durable ones that are counted by name; all others together
};

// What it asks for, for messages above `since`.
struct era {
    uint64_t since;
    char **patterns, **types; // no types: all
    size_t pattern_count, type_count;
    uint8_t min_priority;
    bool early;
};
struct era *era_copy(const struct era *era, struct era *into);
void era_clear(struct era *era);
size_t era_levels(const struct era *era);                 // of its patterns
bool era_equal(const struct era *a, const struct era *b); // but for `since`

// How deliveries ended since the start: all, and those that were not done.
struct subscription_counts {
    uint64_t settled, gave_up, expired, cancelled, revoked;
};

struct subscription {
    const struct subscriptions *all;
    uint64_t number;                                                   // never used twice
    char principal[LT_PRINCIPAL_MAX + 1], durable[LT_DURABLE_MAX + 1]; // durable "": it is not
    struct era eras[SUBSCRIPTION_ERAS];                                // the last one holds
    size_t era_count;
    uint64_t begin,
        position; // takes what is above begin; settled up to position but for exceptions
    uint64_t read[QUEUE_CLASSES]; // behind: what is above this of that priority is not in the queue
    bool behind[QUEUE_CLASSES];
    size_t beyond;              // how many match and are not in the queue
    size_t deferred;            // how many are not due
    size_t late[QUEUE_CLASSES]; // how many became due when the queue was full: records in the store
    bool is_reading_late;
    struct queue queue;
    uint64_t wake; // monotonic: when something in the queue comes again; 0: never
    // The connection that it is on.
    uint64_t session; // 0: none
    struct lt_ref sid;
    uint64_t credit;
    bool held;                   // SUBSCRIBED has not been said
    bool filling, fetching;      // the read thread is at work for it
    bool begin_is_open;          // it begins with the first message that this reading finds
    bool counting;               // the first reading through the store, for how many wait
    uint64_t since;              // stored since then, in that reading
    bool lasting;                // some of the last values that it begins with are still to be read
    uint64_t last_read;          // those above this seq
    bool stopped[QUEUE_CLASSES]; // in that reading: the queue is full, the rest is only counted
    struct lt_ref ref;           // of the SUBSCRIBE that is answered when all that is done
    bool dirty, new_settings;    // to be written
    uint64_t seen;               // wall clock, ms: when a connection had it last; 0: not known
    bool new_seen;               // to be written when it is convenient
    size_t saving;               // commits that SUBSCRIBED waits for
    uint64_t *asked;             // seqs that are being fetched
    size_t asked_count;
    bool is_shown;                     // counted by name
    struct subscription_counts counts; // if it is
    uint64_t place, place_of;          // the place in its queue that message place_of takes
    uint64_t stamp;                    // of the match that found it last
    struct subscription *next_dirty;
};

struct subscriptions {
    struct table by_number, by_name;
    struct patterns *tree;
    struct subscription *dirty;
    uint64_t end;  // seq of the last message that was applied
    uint64_t next; // number
    uint64_t stamp;
    uint64_t changes; // how often one was added, or changed what it asks for
    size_t shown;     // how many are counted by name
    struct subscription_counts others;
    size_t window;          // entries of one priority in a queue
    size_t waiting;         // entries in all queues, but for a few that each may have
    size_t entries, levels; // of queues and of patterns, that there are
};

struct subscriptions *subscriptions_new(uint64_t now);
void subscriptions_destroy(struct subscriptions **subscriptions);

struct subscription *subscriptions_find(const struct subscriptions *subscriptions, uint64_t number);
struct subscription *subscriptions_find_durable(const struct subscriptions *subscriptions,
                                                struct lt_slice principal, struct lt_slice durable);
// A new one, above `begin`. durable empty: it is not. The era is copied.
struct subscription *subscriptions_add(struct subscriptions *subscriptions,
                                       struct lt_slice principal, struct lt_slice durable,
                                       const struct era *era, uint64_t begin);
// At the start: as it was.
struct subscription *subscriptions_restore(struct subscriptions *subscriptions,
                                           struct lt_slice principal, struct lt_slice durable,
                                           uint64_t number, const struct era *era);
void subscriptions_restore_era(struct subscriptions *subscriptions, struct subscription *sub,
                               const struct era *era);
// Forgets eras of which nothing can wait any more.
void subscriptions_drop_eras(struct subscriptions *subscriptions, struct subscription *sub);
// Other patterns or options from here on. false: too many changes while something waits.
bool subscriptions_change(struct subscriptions *subscriptions, struct subscription *sub,
                          const struct era *era);
void subscriptions_remove(struct subscriptions *subscriptions, struct subscription **sub);
void subscriptions_touch(struct subscriptions *subscriptions, struct subscription *sub); // dirty

// Calls visit once for each that a message of this topic, type and priority is for; seq as in
// subscription_wants.
typedef void subscriptions_visit(void *self, struct subscription *sub);
void subscriptions_match(struct subscriptions *subscriptions, const struct lt_part *part,
                         uint64_t seq, subscriptions_visit *visit, void *self);
// Does it want the message of that seq (UINT64_MAX: one yet to come), and at once or when it is due.
bool subscription_wants(const struct subscription *sub, uint64_t seq, struct lt_slice topic,
                        struct lt_slice type, uint8_t priority);
bool subscription_is_early(const struct subscription *sub, uint64_t seq);

// A message for it: into the queue, or counted as beyond it. NULL when it is not in the queue, or
// was already. force: however long the queue is, and even when it is behind.
struct offer {
    uint64_t seq, order, expires;
    uint32_t size;
    uint8_t priority;
    bool receipt, force;
};
struct entry *subscription_offer(struct subscription *sub, const struct offer *offer);
// There is no room for one more of that priority in its queue; or room enough to read on.
bool subscription_is_full(const struct subscription *sub, uint8_t class);
bool subscription_has_room(const struct subscription *sub, uint8_t class);
// Settles an entry; it is written with the next group.
void subscription_settle(struct subscriptions *subscriptions, struct subscription *sub,
                         struct entry *entry);
// Where its deliveries are counted.
struct subscription_counts *subscription_counts_of(struct subscriptions *subscriptions,
                                                   struct subscription *sub);
// Up to here everything is settled or in the queue.
uint64_t subscription_reach(const struct subscription *sub, uint64_t end);
bool subscription_is_behind(const struct subscription *sub);
// How many wait, deferred ones and those that come again among them.
size_t subscription_late(const struct subscription *sub); // of all priorities
uint64_t subscription_waiting(const struct subscription *sub);

// Writes what has changed of all that are dirty. now and tick: the same moment on both clocks.
void subscriptions_save(struct subscriptions *subscriptions, struct records *records, uint64_t now,
                        uint64_t tick);
// The commit of what was saved has failed: all of it is to be written again.
void subscriptions_unsaved(struct subscriptions *subscriptions);
// The records of one that is gone.
void subscription_forget(const struct subscription *sub, struct records *records);

// Where the message `seq` stands with this subscription, when no "dead" record says otherwise.
// ROSTER_DONE for one that is not there any more.
enum roster_state subscriptions_state_of(const struct subscriptions *subscriptions, uint64_t number,
                                         uint64_t seq, uint8_t priority);

// At the start.
enum lt_code subscriptions_load(struct subscriptions *subscriptions, struct store_reader *reader,
                                uint64_t now, uint64_t tick, struct lt_error *error);

#endif
