// The hub: owns the parts, and runs the one loop in which the core thread serves them.
#ifndef LT_BROKER_H
#define LT_BROKER_H

#include <czmq.h>
#include <lienthon/book.h>
#include <lienthon/settings/folder.h>
#include <lienthon/type.h>

#include "corridor/corridor.h"
#include "metrics/metrics.h"
#include "reader.h"
#include "state/clock.h"
#include "state/counts.h"
#include "state/descriptors.h"
#include "state/disk.h"
#include "state/due.h"
#include "state/ending.h"
#include "state/memory.h"
#include "state/frames.h"
#include "state/messages.h"
#include "state/offenders.h"
#include "state/presence.h"
#include "state/sessions.h"
#include "state/subscriptions.h"
#include "state/sweep.h"
#include "state/taken.h"
#include "writer.h"

struct broker_settings {
    const char *folder; // the commune's
    const struct lt_commune *commune;
    const uint8_t *seed,
        *curve_secret;             // the hub's keys, 32 bytes each; lent until broker_new returns
    const char *grants;            // a bundle to import at each start; NULL: none
    uint64_t (*clock)(void *self); // the wall clock, ms since 1970; NULL: the system's
    void *clock_self;
};

// Subscriptions that wait for being filled from the store; begins zeroed, desks/fill.c's own.
struct fills {
    struct fill *all; // a ring
    size_t first, count, room;
};

enum { BROKER_RELEASING = 128 }; // due messages that are read at a time

struct broker {
    const struct lt_commune *commune;
    char *folder, *data;
    struct lt_limits limits;
    uint64_t now, tick; // of this turn of the loop: wall clock and monotonic, ms
    lt_book *book;      // as of the last commit
    lt_types *types;
    lt_seal_cache *seals;
    lt_signer *signer; // the hub's own
    const char *principal;

    zsock_t *hub, *join, *zap, *monitors[DOORS];
    struct sessions sessions;
    struct memory *memory;
    struct messages *messages;
    struct frames *frames; // what is at hand, and what waits to be sent
    struct subscriptions *subscriptions;
    struct clock clock;
    struct descriptors descriptors;
    struct disk disk;
    struct due due;
    struct taken taken;
    struct presence presence;
    struct table invitations; // used ones: principal → hash of the part that each gave
    struct table agains;      // by number: AGAINs whose answers wait for their commit
    uint64_t again_next;
    size_t agains_read;       // AGAINs that are being read
    struct table addresses;   // who asks to join, how often
    struct table connections; // by descriptor: what each has sent, and not taken
    struct offenders offenders;
    uint64_t receiving, sending; // bytes as of the last look: come in and not read; on the way out
    bool is_pressed; // so much that what cannot be taken now is refused rather than left to wait
    struct fills fills;
    struct table late_gone, late_known; // desks/late.c's own
    size_t pages, questions, pieces;    // readings that fill subscriptions, queries and GETs, PUTs
    uint64_t log_second, log_lines;     // of that second
    size_t at_door[DOORS];              // how many connections
    struct records notes;               // records that ride with the next group
    size_t failed_notes;                // the first of them: those of commits that failed
    struct endings endings;
    uint64_t generation; // of what is saved, see struct writing
    bool has_released;   // among them due rows that are gone
    bool is_releasing;   // due messages are being read: these
    uint64_t releasing[BROKER_RELEASING];
    size_t releasing_count;
    uint64_t saved;      // monotonic: when the subscriptions were saved last
    uint64_t book_asked; // the book's version for which sessions were asked last
    uint64_t told;       // wall clock: when time.v1 was sent last
    bool tell_time;
    struct broker_chores {
        uint64_t presence;
        uint64_t woken, second, looked, disk, beaten;
        uint64_t beats; // how often the service manager was told that the loop turns
    } chores;           // monotonic: when each was done last
    uint64_t swept;     // monotonic: the last sweep
    struct sweep_place sweep_places[SWEEP_BUCKETS]; // where the next one goes on
    bool is_sweeping, is_waking;
    bool is_drained;     // nothing waits at the hub's door
    struct lt_tree tree; // of the log, as of the last commit

    struct corridor corridor;
    struct checkers *checkers;
    struct reader *reader;
    struct writer *writer;
    struct broker_counts counts;
    struct metrics *metrics; // NULL: none
    bool is_scraped;         // somebody is at their door
};

enum lt_code broker_new(const struct broker_settings *settings, struct broker **broker,
                        struct lt_error *error);
// Serves until `stop` (a descriptor) is readable. Then what was taken is committed and answered.
void broker_run(struct broker *broker, int stop);
void broker_destroy(struct broker **broker);

// Where a message stands with a subscription of its roster, when no "dead" record says otherwise.
enum roster_state broker_state_of(const struct broker *broker, uint64_t sub,
                                  const struct lt_part *part, uint64_t seq);
// The detail that goes with that state, "" if there is none.
const char *broker_detail_of(const struct broker *broker, uint64_t sub, uint64_t seq);
// May one more line be logged of what peers can cause: so many a second, then one line for the rest.
bool broker_may_log(struct broker *broker);
// Ends a session: its subscriptions go, durable ones wait for its return.
void broker_end(struct broker *broker, struct session **session);

#endif
