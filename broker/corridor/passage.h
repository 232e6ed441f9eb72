// One message on its way through the corridor, and the answer that it is part of.
#ifndef LT_PASSAGE_H
#define LT_PASSAGE_H

#include <lienthon/op.h>
#include <lienthon/seal.h>
#include <zmq.h>

#include "reader.h"

struct broker;

// What one PUBLISH (or JOIN, or the hub itself) waits for: a verdict a message.
struct verdict {
    enum lt_code code;
    uint64_t seq;
    char *text; // owned; NULL: none
};
struct answer {
    void (*ready)(struct broker *broker, struct answer *answer); // all are in; takes nothing
    uint64_t session, greeting;                                  // session 0: the hub's own
    struct lt_ref ref;
    int64_t began; // µs; when it was asked for
    size_t count, left;
    void *self; // of whoever made it
    struct verdict verdicts[];
};
struct answer *answer_new(size_t count);
void answer_destroy(struct answer **answer);

enum { PASSAGE_BLOBS = 32 };

// A message that a replacement or cancellation names, as it lies in the store or in this group.
struct passage_other {
    struct lt_sealed sealed;
    uint8_t *bytes; // owned
    uint64_t seq;   // 0: in this group
};

struct passage {
    zmq_msg_t frame;
    struct lt_sealed sealed;           // looks into frame
    uint8_t hash[LT_HASH_SIZE];        // of the part
    uint8_t key[LT_KEY_SIZE];          // the seal was checked under it
    char bearer[LT_PRINCIPAL_MAX + 1]; // who brought it
    bool is_joining;                   // borne by a joiner: only what its invitation has sealed
    bool is_own;                       // brought by the hub itself, which may carry anything
    bool is_checked;                   // the seal has been
    bool may_bear;
    bool is_twin;  // the same came just before and has not come back
    bool is_known; // the store was asked
    bool is_put, retain, clear_last, is_deferred;
    bool is_gone; // cancelled before it came: stored, not delivered
    enum lt_code checked;
    struct lt_error refusal; // code LT_DONE: none yet

    struct answer *answer;
    size_t slot;
    uint64_t seq;

    struct reading_known known;   // what the store knows of it, where it was asked
    struct passage_other *others; // of relation 2 and 3
    size_t other_count, other_room;

    uint64_t stored, keep_until, taken_until;
    struct lt_slice *last_from; // whose retained value it may take the place of; owned
    size_t last_from_count;
    size_t put;
    uint8_t blobs[PASSAGE_BLOBS][32];
    size_t blob_count;
    uint64_t *targets; // numbers of subscriptions
    size_t target_count, target_room;
    uint64_t changes; // of the subscriptions, when they were found
};

// Takes the frame.
struct passage *passage_new(zmq_msg_t *frame);
void passage_destroy(struct passage **passage);
// The one way to refuse; always false.
bool passage_refuse(struct passage *passage, enum lt_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool passage_is_refused(const struct passage *passage);

#endif
