// The bracket of the corridor: a group is committed as one, and what it changes in the core's memory
// is applied when it comes back, in order.
#ifndef LT_COMMIT_H
#define LT_COMMIT_H

#include "corridor.h"

void commit_run(struct writing *writing, struct store *store); // on the store thread
void commit_back(void *core, struct writing **writing);
void commit_refused(struct broker *broker, struct writing **writing); // nothing of it is to store
// Adds what is to be noted, and what subscriptions have to save if it is time for that.
void commit_notes(struct broker *broker, struct records *records, bool at_once);

// So much is noted and not written, since the store fails or is slow, that what would note more waits.
bool commit_is_behind(const struct broker *broker);

// Records alone, in a commit of their own; `done` (may be NULL) is called on the core thread when
// they are on stable storage, or not. Takes the records.
typedef void commit_done(struct broker *broker, enum lt_code code, uint64_t asker,
                         const struct lt_ref *ref);
void commit_records(struct broker *broker, struct records *records, commit_done *done,
                    uint64_t asker, const struct lt_ref *ref);

#endif
