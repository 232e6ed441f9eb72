// The loudspeaker's plan: what it has taken and is not to say yet. It stands between the host and turns.c: the host
// hands over to it, it hands over to turns_deliver what is to be said now, and turns.c tells it what became of that.
#ifndef LT_SPEAKER_PLAN_H
#define LT_SPEAKER_PLAN_H

#include <lienthon/bridge.h>
#include <lienthon/watch.h>

#include "memory.h"
#include "programme.h"

struct zone;

struct entry {                  // one message, until it is settled
    struct programme_item item; // first, so that an item is its entry
    struct entry *next;
    lt_delivery *delivery;
    const struct lt_part *message; // lent until the delivery is settled
    bool handed_over;              // turns.c has it
    bool cleared;                  // all is clear, while it was handed over
    bool is_out;             // not in `programme`: it is handed over, or has no time of its own yet
    bool is_series, repeats; // by its schedule; a flash that is said until it is over
    struct programme_series series;
    struct memory memory;
    char memory_name[MEMORY_NAME];
    unsigned tries;          // of this time of it, in vain
    bool in_vain;            // a time of it was given up
    uint64_t told;           // the hour that its sender was told
    uint64_t settling;       // ms: the time of a series that is with turns.c
    unsigned repeat;         // how often it is said in one go
    bool measures, is_there; // how long its recording lasts is to be found out; its file has come
    uint8_t recording[32];
    uint64_t measured_by; // steady ms: afterwards it is said whether that is known or not
};

struct plan {
    struct hours hours;
    uint64_t
        hours_made; // ms: `created` of the message that told them; 0: they are the built-in ones
    char hamlet[HOURS_NAME]; // whose they are; empty: none's
    struct programme programme;
    struct entry *entries;
    lt_timer *timer;
    uint64_t clock, steady; // at the last turn, ms: since 1970, and by the clock that never jumps
    uint64_t ends_from;     // steady ms: the clock has jumped, and nothing is ended by it till then
};

// Reads the hours from the instance's disk and begins to look at the clock. The speaker's host and options are there.
enum lt_code plan_open(struct zone *zone, struct lt_error *error);
void plan_close(struct zone *zone); // what waits is the host's again

// As of the bridge's vtable.
void plan_deliver(struct zone *zone, lt_delivery *delivery, const struct lt_part *message);
void plan_cancel(struct zone *zone, lt_delivery *delivery, const struct lt_part *by);
// speaker-hours.v1. false: they are not taken.
bool plan_told(struct zone *zone, const struct lt_part *message);
// How long a recording lasts has become known, or it has come.
void plan_measured(struct zone *zone);

// For turns.c. In place of lt_delivery_settle: what was handed over has ended. length_ms: of what was heard.
void plan_ended(struct zone *zone, lt_delivery **delivery, enum lt_settled outcome, const char *why,
                uint64_t length_ms);
// Whether this time of it was tried before, in vain.
bool plan_has_failed(const struct zone *zone, const lt_delivery *delivery);
// In place of lt_delivery_begin.
bool plan_begin(struct zone *zone, lt_delivery **delivery);
// Percent of the configured volume for a message of that priority at this hour; what is most urgent is always said as loud as
// it is configured.
unsigned plan_percent(const struct zone *zone, uint8_t priority);

#endif
