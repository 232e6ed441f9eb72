// The announcement of a zone that is heard now, from its start to its end. turns.c decides which one that is.
#ifndef LT_SPEAKER_CURRENT_H
#define LT_SPEAKER_CURRENT_H

#include "zone.h"

// Begins (or goes on with) a job that has its turn, and takes it; where it fails at once, it is settled.
void current_start(struct zone *zone, struct job *job);
// Makes and plays what is its turn. false: it has ended, one way or the other, and is settled.
bool current_turn(struct zone *zone);
// There is one: what is heard dies away, and the job is the caller's again. how: as of the play log.
struct job *current_fall_silent(struct zone *zone, const char *how);
// Takes a job that is not heard any more. why (lent): for the receipt.
void current_settle(struct zone *zone, struct job **job, enum lt_settled outcome, const char *why);
// The same for one that was given out to its end.
void current_settle_said(struct zone *zone, struct job **job);
void current_free(struct job **job);

#endif
