// What may grow in the hub, and how far: every maximum is here, or a key of hub.limits that is named
// here. The memory that the hub needs at most is computed from them.
#ifndef LT_BOUNDS_H
#define LT_BOUNDS_H

#include <lienthon/bytes.h>
#include <lienthon/settings/folder.h>

struct broker;

enum {
    BOUNDS_FRAME = 8 * 1024 * 1024, // above every maximum, so that what is too large is told so
    BOUNDS_JOIN_FRAME = 256 * 1024,
    BOUNDS_JOIN_UNFINISHED = 1024 * 1024,   // bytes of a joiner that are not whole, or not read
    BOUNDS_SILENT_UNFINISHED = 1024 * 1024, // the same of whoever has said nothing yet
    BOUNDS_GROUP = 1024,                    // messages that are committed together
    BOUNDS_GROUP_BYTES = 2 * 1024 * 1024,
    BOUNDS_INTAKE = 2048, // messages that wait for their group
    BOUNDS_IN_STORE = 2,  // groups: one is synced while the next is checked
    BOUNDS_FEW = 4, // messages of a priority that a subscription has at hand whatever others have
    BOUNDS_ADDRESSES = 4096, // of joiners, counted
    BOUNDS_OFFENDERS = 4096, // whose faults are remembered
    BOUNDS_AGAINS = 8,       // AGAINs of all askers, each with at most 256 letters
};

// One line of the computation: what grows, by which keys, and the bytes that it takes at most.
struct bounds_row {
    const char *what, *keys; // keys "": constants of bounds.h
    uint64_t count, each;    // bytes each
    uint64_t bytes;          // count * each
};
enum { BOUNDS_ROWS = 19 };
void bounds_rows(const struct lt_commune_limits *limits, struct bounds_row rows[BOUNDS_ROWS]);
// The most that the hub needs, in bytes.
uint64_t bounds_most(const struct lt_commune_limits *limits);
// Appends the table for people, with the sum. false: no memory.
bool bounds_table(const struct lt_commune_limits *limits, struct lt_buffer *out);

// Memory of the machine, or of the control group where that has less. 0: not known.
uint64_t bounds_machine(void);
// LT_DONE; LT_BAD_FILE: more than hub.limits.memory. *warning true: more than the machine has.
enum lt_code bounds_check(const struct lt_commune_limits *limits, bool *warning,
                          struct lt_error *error);

// Says the bound, and whether this machine has it, in the log.
void bounds_log(const struct lt_commune_limits *limits);

// Bytes that all of this takes now, by the hub's own counts; what is fixed counts whole.
uint64_t bounds_used(const struct broker *broker);

#endif
