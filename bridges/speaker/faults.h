// What is wrong with the outlets: by the last sound each gave out, and about every second without sound.
#ifndef LT_SPEAKER_FAULTS_H
#define LT_SPEAKER_FAULTS_H

#include <lienthon/watch.h>

#include "contact.h"
#include "illness.h"
#include "player.h"

struct zone;

struct faults {
    lt_timer *timer;
    struct {
        struct illness_cause
            sound; // it failed, or nobody heard it; until it plays again, or has been away and come back
        struct illness_cause now; // by its own word
        unsigned returns;         // as it said last
    } outlets[PLAYER_OUTLETS];
    struct illness_cause muted;
    unsigned told;  // illness.changes, as speaker-state has it
    unsigned quiet; // turns since health was told
};

enum lt_code faults_open(struct zone *zone, struct lt_error *error);
void faults_close(struct zone *zone);
// What the contact of its amplifier says, when it says something else: health and speaker-state hear of it, and what is given
// out while it is muted was not heard (contact.h).
void faults_contact(struct zone *zone, enum contact_says says);
// A sound plays no more, or could not begin.
void faults_of_sound(struct zone *zone);
// The first thing that is wrong there, lent until the next change; NULL: nothing is.
const char *faults_first(const struct zone *zone);
// What speaker-state.v1 says of it while nothing is said: "idle", or "fault" where it is known that it cannot be heard.
const char *faults_state(const struct zone *zone);

#endif
