// `lienthon doctor`: what each check is given, and how it says what it has found.
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <jansson.h>

#include <lienthon/book.h>

#include "session.h"

enum doctor_verdict {
    DOCTOR_OK,
    DOCTOR_SKIPPED, // could not be looked at; says why, and counts as well
    DOCTOR_WARNING, // will be a problem
    DOCTOR_PROBLEM, // somebody must act
};

struct doctor_limits { // what is too much; options of the command
    uint64_t expiry_days, backup_days, stuck_hours, away_days;
};

struct doctor {
    struct cli *cli;
    struct doctor_limits limits;
    uint64_t now; // ms, by this machine's clock
    bool has_commune, has_identity;
    struct lt_commune commune;
    struct session session;
    bool is_up;             // the hub answers
    struct lt_error down;   // why not
    struct lt_buffer stats; // the hub's answers; empty: it has not said, or may not say it to us
    struct lt_buffer people, subscriptions, dead, health;
    lt_book *book;          // the grants that the hub has; NULL: not known
    struct lt_error silent; // why a question was not answered; text "": each was
    const char *check;      // whose finding is said now
    json_t *findings;       // [{check, verdict, text, advice}]
};

// One sentence on what was found and, unless NULL, one on what to do.
void doctor_say(struct doctor *doctor, enum doctor_verdict verdict, const char *advice,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
// A number of the hub's stats; 0 where it does not tell it.
uint64_t doctor_stat(const struct doctor *doctor, const char *name);
// Says that this could not be looked at since the hub did not answer; true: so it is.
bool doctor_lacks(struct doctor *doctor, const struct lt_buffer *answer);
// "3 hours", "12 days".
const char *doctor_span(uint64_t ms, char out[32]);
const char *doctor_size(uint64_t bytes, char out[32]);

// Each looks at one thing and says at least one finding.
typedef void doctor_check(struct doctor *doctor);
doctor_check doctor_configuration, doctor_keys, doctor_roles, doctor_bridges, doctor_backup,
    doctor_outboxes;                                                      // doctor_folder.c
doctor_check doctor_clock, doctor_disk, doctor_ports, doctor_descriptors; // doctor_machine.c
doctor_check doctor_hub, doctor_versions, doctor_damage, doctor_deferred, doctor_stuck, doctor_dead,
    doctor_health;                                                     // doctor_hub.c
doctor_check doctor_hours;                                             // doctor_hours.c
doctor_check doctor_expiry, doctor_unheard_here, doctor_unheard_there; // doctor_grants.c

// What a loudspeaker of that name says of its hours (empty: nothing) against the commune's, a body of speaker-hours.v1.
// newest: when those were told that the hub has, ms since 1970; 0: none. is_told: they are those of commune.yaml. Returns
// whether they are known and the commune's.
bool doctor_judge_hours(struct doctor *doctor, const char *name, struct lt_slice kept,
                        struct lt_slice commune, uint64_t newest, bool is_told);

// What the kernel says of the clock: is it kept by somebody. state and status as of adjtimex(2); for tests apart.
void doctor_judge_ntp(struct doctor *doctor, int state, int status);

#endif
