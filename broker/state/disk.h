// The disk under the store: how much room is left, and what may still have it when there is little.
#ifndef LT_DISK_H
#define LT_DISK_H

#include <lienthon/code.h>
#include <lienthon/seal.h>

#include "log.h"

struct broker;

struct disk {        // begins zeroed
    uint64_t room;   // bytes that can still be stored, when it was looked at last
    bool is_short;   // less than the reserve
    bool is_failing; // the last commit failed
    bool is_looking;
    uint64_t failed, told; // commits since the first that failed; monotonic: the last line about it
    struct log_pace unread; // lines about what could not be read
};

// A chore: asks the read thread how much room there is.
void disk_look(struct broker *broker);
// A commit has succeeded, or failed (why): what an operator hears of it, a line a minute at most.
void disk_committed(struct broker *broker);
void disk_failed(struct broker *broker, const struct lt_error *why);
// Something could not be read from the store: what it was for ("catch-up"), and whom (or "").
void disk_unread(struct broker *broker, const char *what, const char *principal,
                 const struct lt_error *why);
// Into the reserve goes what frees people or devices from danger or from waiting: emergencies, grants
// and revocations, cancellations, receipts, and the hub's own. LT_STORAGE_FAILED, with what to do.
enum lt_code disk_takes(const struct disk *disk, const struct lt_part *part,
                        struct lt_error *error);
// The same for what is not a message.
enum lt_code disk_takes_more(const struct disk *disk, struct lt_error *error);

#endif
