// What the hub keeps beside the messages: small records in the store's buckets, written in the commit
// of what caused them. Values are MessagePack arrays; a longer one than here is read as far as known.
// Integers in keys are 8 bytes, big-endian. Whoever reads them beside the core (the query desk) finds
// the layout here.
//
//   bucket          key                          value
//   "roster"        seq                          [keep_until, [[sub, principal, durable], …]]
//   "due"           seq                          [deliver_at]
//   "subscription"  principal 0x00 durable       [sub, begin, position, [[since, [pattern, …],
//                                                 [type, …], min_priority, early], …], seen]
//   "exception"     sub, seq                     [kind, attempt, agains, when, order, priority, size,
//                                                 expires] ; kind 0: settled above the position (the
//                                                 rest absent), 1: waiting, until `when` if not 0
//   "dead"          seq, sub                     [state, at, detail, principal, durable, keep_until,
//                                                 attempts]
//   "again"         seq, sub                     [keep_until, [[at, by, ended, state, detail, attempts], …]]
//   "seen"          principal                    [when it was connected last]
//   "invitation"    its principal                [hash of the part of the grant that it gave]
//   "late"          sub, 3 - priority (1), seq    [order, size, expires, receipt]
//   "taken"         re (16), id (16)             [until, from, topic, type, priority, flags, relation]
//
// roster: of a message that wants receipts, the durable subscriptions that matched when it was
// stored; `sub` is a subscription's number, never used twice. For a message of which a subscription
// has no "dead" record, the state is the core's to say (subscriptions_state_of): it alone knows what
// is on its way.
// dead: how it ended otherwise than done: gave up (a dead letter), expired, cancelled, revoked.
// again: that a dead letter was sent on its way again at `at`, as `by` said, and how it had ended before; its
// "dead" record is gone then, until it ends so again. The latest of them, in the order of time.
// late: a deferred message that became due for a subscription whose queue was full; it is in no queue.
// taken: that message `re` was cancelled or replaced, also before it came.
#ifndef LT_ROSTER_H
#define LT_ROSTER_H

#include <lienthon/bytes.h>
#include <lienthon/code.h>
#include <lienthon/cursor.h>
#include <lienthon/name.h>
#include <lienthon/pack.h>

#define ROSTER_BUCKET       "roster"
#define DUE_BUCKET          "due"
#define SUBSCRIPTION_BUCKET "subscription"
#define EXCEPTION_BUCKET    "exception"
#define DEAD_BUCKET         "dead"
#define AGAIN_BUCKET        "again"
#define SEEN_BUCKET         "seen"
#define INVITATION_BUCKET   "invitation"
#define TAKEN_BUCKET        "taken"
#define LATE_BUCKET         "late"

// States of a roster's row, as status tells them.
enum roster_state {
    ROSTER_WAITING,
    ROSTER_DELIVERED, // on its way, not acknowledged
    ROSTER_DONE,
    ROSTER_GAVE_UP,
    ROSTER_EXPIRED,
    ROSTER_CANCELLED,
    ROSTER_REVOKED, // its sender may no more say it, or the receiver no more have it
};
const char *roster_state_name(enum roster_state state); // "gave-up"

enum { LATE_KEY = 17 };
void roster_late_key(uint64_t sub, uint8_t priority, uint64_t seq, uint8_t key[LATE_KEY]);
void roster_number(uint64_t number, uint8_t key[8]); // big-endian
uint64_t roster_number_of(const uint8_t key[8]);

// One row of a roster. Walk: begin with roster_open, then roster_next until it is false.
struct roster_row {
    uint64_t sub;
    struct lt_slice principal, durable;
};
struct roster {
    struct lt_cursor cursor;
    uint64_t keep_until;
    uint32_t left;
};
bool roster_open(struct lt_slice value, struct roster *roster);
bool roster_next(struct roster *roster, struct roster_row *row);

struct dead_letter {
    enum roster_state state;
    uint64_t at, keep_until, attempts; // attempts 0: not known
    struct lt_slice detail, principal, durable;
};
bool dead_letter_open(struct lt_slice value, struct dead_letter *dead);
void dead_letter_pack(const struct dead_letter *dead, struct lt_buffer *out);

enum { AGAIN_NOTES_MAX = 8 }; // of one letter
struct again_note {
    uint64_t at, ended, attempts;
    enum roster_state state;
    struct lt_slice by, detail;
};
struct again_notes {
    uint64_t keep_until;
    struct again_note notes[AGAIN_NOTES_MAX];
    size_t count;
};
bool again_notes_open(struct lt_slice value, struct again_notes *notes);
void again_notes_pack(const struct again_notes *notes, struct lt_buffer *out);
// One more behind the others; the oldest goes where there is no room.
void again_notes_add(struct again_notes *notes, const struct again_note *note);

#endif
