// One message that the playing hub has for a target of the bridge, and all that the bridge has said about it.
#ifndef LT_CONFORMANCE_LETTER_H
#define LT_CONFORMANCE_LETTER_H

#include <lienthon/op.h>

#include "town.h"

// How one is written; what is zero is as usual: by the desk, routine, now, no end.
struct wish {
    enum town_person from;
    uint8_t priority, relation, flags;      // beside LT_RECEIPT
    int64_t created_in, expires_in, due_in; // ms from now, the last two 0: not
    const struct letter *re;
    struct lt_slice body; // data NULL: the usual one
    bool no_receipt;
};

enum outcome {
    SAID_RECEIVED,
    SAID_HANDED_OVER,
    SAID_DONE,
    SAID_SKIPPED,
    SAID_FAILED,
    SAID_UNKNOWN,
    SAID_COUNT
};

struct letter {
    struct letter *next;
    struct letter *twin; // the same message for its next target; NULL: there is no more
    const char *target;  // lent; NULL: the instance has one, and no names for them
    uint8_t id[LT_ID_SIZE];
    struct lt_buffer sealed;
    uint64_t seq, attempt;
    uint8_t priority;
    bool held;           // not to be sent yet
    bool in_flight;      // sent, and not acknowledged on this connection
    int64_t retry_at;    // monotonic ms
    bool settled;        // acknowledged: done with, for an honest hub
    enum lt_outcome ack; // how
    unsigned sent, acks, again;
    uint64_t sent_as, settled_as; // which event it was, counting all
    unsigned said[SAID_COUNT];    // receipts
    bool told_again;              // a receipt of it says that it may have happened before
    char detail[LT_TEXT_MAX + 1]; // of the last receipt or acknowledgement
    unsigned effects;             // seen on the far side
    uint64_t step;                // at which the bridge was to be killed; 0: at none
};

// A message as the bridge's kind takes it: `draft` gives topic, type and body. *letter is yours.
enum lt_code letter_write(const struct town *town, const struct lt_part *draft,
                          const struct wish *wish, struct letter **letter, struct lt_error *error);
// The same for another target, behind its twins. NULL: no memory. The hub's.
struct letter *letter_for(struct letter *first, const char *target);
void letter_free(struct letter **letter);

// What can be said of it, at its target.
typedef bool letter_test(const struct letter *letter);
letter_test letter_is_settled;    // acknowledged
letter_test letter_is_brought_in; // and its end was reported, or it was given up
letter_test letter_is_done;       // acknowledged and reported as done
letter_test letter_says_done;     // reported as done
letter_test letter_says_skipped;
letter_test letter_is_unseen; // on the far side nothing has happened for it

// Of the message at this target and its twins.
bool letters_all(const struct letter *first, letter_test *test);
bool letters_any(const struct letter *first, letter_test *test);
unsigned letters_effects(const struct letter *first); // of all together
void letters_hold(struct letter *first, bool held);

#endif
