// What has happened since the start, counted where it happens and told to people who ask: by the
// query `stats` and by the metrics. Knows no room and no desk.
#ifndef LT_COUNTS_H
#define LT_COUNTS_H

#include <lienthon/code.h>

#include "log.h"
#include "histogram.h"
#include "table.h"

enum {
    COUNTS_CODES = LT_ID_TAKEN - LT_MALFORMED + 1, // the refusals of the wire
    COUNTS_PRINCIPALS = 100,                       // counted by name; all others together
};

// Refusals by code, of one principal or of all the rest.
struct counts_refusals {
    uint64_t codes[COUNTS_CODES];
    struct log_pace pace; // of the lines about them
};

struct broker_counts { // begins zeroed
    uint64_t started;  // wall clock, ms
    uint64_t published, stored, refused, delivered, acknowledged, again, gave_up, dead;
    uint64_t ignored;                     // ACK and CREDIT for what is not there
    uint64_t groups, cut, joined, known;  // known: published again, and stored before
    uint64_t revived;                     // dead letters that were sent on their way again
    uint64_t lost_messages, lost_commits; // when the store was opened: what could not be read of it
    uint64_t clock_jumps;                 // of the wall clock against the monotonic one
    struct histogram group_size, group_check, sync, publish;
    struct table refusals; // by principal: struct counts_refusals
    struct counts_refusals other_refusals;
};

void counts_clear(struct broker_counts *counts);
// So many messages or requests of this principal were refused with a code of the wire. The principal
// is one that a grant names; "": nobody whom the hub knows. The answer: where they are counted.
struct counts_refusals *counts_refuse(struct broker_counts *counts, const char *principal,
                                      enum lt_code code, uint64_t count);
// One more time that something took, in µs.
void counts_time(struct histogram *histogram, int64_t took);

#endif
