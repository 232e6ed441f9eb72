// How a delivery ended otherwise than done: settled, and noted where somebody will ask.
#ifndef LT_ENDING_H
#define LT_ENDING_H

#include "roster.h"
#include "subscriptions.h"

struct broker;

// The detail of a dead letter: its bytes are not what was stored.
#define ENDING_DAMAGED "damaged on the hub's disk and not handed out: send it anew"

// The latest endings, until their records can be read.
enum { ENDINGS_AT_HAND = 1024 };
struct endings { // begins zeroed
    struct ending {
        uint64_t seq, sub, at, attempts;
        enum roster_state state;
        char detail[LT_TEXT_MAX + 1];
    } latest[ENDINGS_AT_HAND];
    size_t next;
};
void endings_forget(struct endings *endings, uint64_t seq,
                    uint64_t sub); // it has not ended after all
const struct ending *endings_find(const struct endings *endings, uint64_t seq,
                                  uint64_t sub); // or NULL

// Settles the entry; a dead letter, or a row of a roster, becomes a "dead" record with the next group.
void ending_note(struct broker *broker, struct subscription *sub, struct entry *entry,
                 enum roster_state state, const char *detail);
// The same of a message that is in no queue; has_receipt: its sender wants to hear of it.
void ending_pass(struct broker *broker, struct subscription *sub, uint64_t seq, bool has_receipt,
                 enum roster_state state, const char *detail);

#endif
