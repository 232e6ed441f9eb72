// The bridge interface: a bridge is a client that speaks a second language. One vtable, one process an instance.
// The host (lienthon-bridge) owns all else: configuration, identity, connection, verification, durable subscriptions,
// priority order, retries, receipts, health.
//
// Threads: everything here is called on the host's one thread, and must be called from it; nothing may block.
// Ownership: `const T *` is lent for the call (a message and its delivery until it is settled), `T **` is taken and
// nulled, strings that are returned are lent by the host for its life unless it says otherwise.
// Errors: `enum lt_code`, and one sentence in *error (which may be NULL). Times are milliseconds since 1970, UTC.
#ifndef LIENTHON_BRIDGE_H
#define LIENTHON_BRIDGE_H

#include <lienthon/message.h>
#include <lienthon/settings/option.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LT_BRIDGE_ABI 7

typedef struct lt_bridge_host lt_bridge_host;
typedef struct lt_delivery lt_delivery; // one message for one target, until it is settled

// SKIPPED: on purpose not acted on; acknowledged, receipt `skipped`
enum lt_settled { LT_DELIVERED = 0, LT_AGAIN = 1, LT_GAVE_UP = 2, LT_SKIPPED = 3 };

// What a receipt may say before the delivery is settled (settling says `done`, `failed` or `skipped` by itself).
// DONE, FAILED: once, of a message that asks for it again and again.
enum lt_seen {
    LT_SEEN_RECEIVED,
    LT_SEEN_HANDED_OVER,
    LT_SEEN_UNKNOWN,
    LT_SEEN_DONE,
    LT_SEEN_FAILED
};

struct lt_bridge {
    uint32_t abi;      // LT_BRIDGE_ABI
    const char *name;  // as in the configuration, "speaker"
    const char *about; // one line for --list

    const struct lt_option
        *options; // ends with LT_OPTION_END; `options:` in the file, filled into state before open
    size_t state_size; // the host allocates it, zeroed, options filled in

    // Connect to the far side. If it fails (a code and a sentence; the host ends with it) the host calls close, so close
    // must accept a state that is half open. Not called in a dry run.
    enum lt_code (*open)(void *state, lt_bridge_host *host, struct lt_error *error);
    // Take one message. It is genuine, authorised, due, new, of a type and for this receiver (hamlets and channels looked
    // at), no drill, not one's own, neither cancelled nor replaced. It is borrowed until the delivery is settled; settle
    // it exactly once, here or later. What was taken and is not settled when the host ends comes again.
    void (*deliver)(void *state, lt_delivery *delivery, const struct lt_part *message);
    // This delivery's message was cancelled or replaced (`by`, lent for the call): stop acting and settle it
    // (LT_SKIPPED). May be NULL: then the host waits until it is settled.
    void (*cancel)(void *state, lt_delivery *delivery, const struct lt_part *by);
    // A watched descriptor is ready, or the timer ran out (fd is -1). May be NULL where neither is used.
    void (*wake)(void *state, int fd);
    // Disconnect, and free what the state holds (not the state and not its options). Deliveries not settled come again
    // next time. Not called in a dry run.
    void (*close)(void *state);
    // What became of a publication of this run: LT_DONE and LT_DONE_BEFORE, the hub has it; else it is refused or grew
    // too old, and `text` (lent for the call) says why. Once for each token; those of an earlier run are not told. NULL:
    // the bridge does not want to know.
    void (*published)(void *state, uint64_t token, enum lt_code code, const char *text);
    // For a dry run: appends to `out`, as text for people, what deliver would send where: addresses, names, the words
    // themselves; no secrets. The state has its options and nothing else (open was not called). Touches nothing outside.
    // false: no memory. NULL: the host shows the message as JSON.
    bool (*describe)(const void *state, const char *target, const struct lt_part *message,
                     struct lt_buffer *out);

    const char *channel;      // of a notice's `channels`: "loa"; NULL: notices for any channel
    const char *const *types; // what it understands, ends with NULL; NULL: every type
    // The name of a map of its options that says something of each target: where it is given, its names are those of the
    // instance's targets, all of them (the host sees to that, with the place in the file). NULL: there is none.
    const char *per_target;

    // It must act without the hub too. The host subscribes with `early`, keeps on its own disk what is not due, and all
    // that the bridge has been given and not settled, and gives it in a later life from there, the hub being away or not.
    // LT_AGAIN is then tried again by the host itself.
    bool early;
    // Types of retained values that it keeps to (a schedule, a level; wire.md section 4), ends with NULL; NULL: none. `told`
    // is given the one that holds for a topic (lent for the call), at each connection and when there is another, genuine
    // and authorised; it may be one that the bridge has been told before, and is no order to act. It lasts no longer than
    // this life: who wants to have it without the hub keeps it.
    const char *const *states;
    void (*told)(void *state, const struct lt_part *message);

    // It is not known whether what lt_delivery_intend has noted came to pass: an earlier life ended in the middle, or it was
    // settled LT_AGAIN. Ask the far side by `key`, or by the id that it gave (far_id; NULL: none is noted); both are lent
    // for the call. Here or later, once:
    //   it happened            lt_delivery_settle(LT_DELIVERED)
    //   it did not             lt_delivery_undone: it is given to deliver again
    //   it cannot be asked     lt_delivery_settle(LT_AGAIN), lt_delivery_again_in: it is asked again later
    //   it never can be        lt_delivery_unknown
    // NULL: nobody can tell. Then what the far side gave an id for is held to be done; of any other the receipt is `unknown`,
    // and it is set aside until a person decides (lienthon bridge quarantine).
    void (*resolve)(void *state, lt_delivery *delivery, const struct lt_part *message,
                    const char *key, const char *far_id);

    // For `lienthon bridge show`: appends, as text for people, what is in force that its options alone do not say. The state has
    // its options and nothing else, as for describe, and the instance may run in another process; folder (lent) is its data folder
    // (lt_bridge_folder), which need not be there. Touches nothing. false: no memory. NULL: there is nothing of that kind.
    bool (*shows)(const void *state, const char *folder, struct lt_buffer *out);

    // What no single option can tell: whether those that are given go together. The state has its options and nothing else, as for
    // describe; targets (lent for the call) are the names of the instance's, count of them. Asked before open, and by --check.
    // Where they do not: LT_BAD_USE, a sentence, and in *option the name of the one to be changed (a constant), or NULL where it is
    // the targets; the host says where it stands in the file. NULL: any go together.
    enum lt_code (*fits)(const void *state, const char *const *targets, size_t count,
                         const char **option, struct lt_error *error);

    // A message of a target is done with for good: the bridge has settled it, or the host has closed it by itself, which an earlier
    // life may have been given (it has expired, was cancelled, its sender may not say it any more). What the bridge keeps of it can
    // go. Also called within the call that settles it; not of what comes again or is set aside. target, message: lent for the call.
    // NULL: the bridge keeps nothing of a message.
    void (*over)(void *state, const char *target, const struct lt_part *message);
};

// A bridge's shared object exports one function of this name. What it returns lives as long as the process.
const struct lt_bridge *lt_bridge_entry(void);

// Publishing. The draft is lent; from, id and created may be empty. It is checked against its type, and is in the outbox,
// on disk, when this returns LT_DONE: it is then sealed and sent until the hub answers, in a later run too. origin: the far
// side's id of it, `<bridge>:<id>` as wire.md has it; the hub keeps what has an origin once for a topic, so publishing it
// again after a crash is harmless. NULL: none. token (may be NULL) is what `published` will say.
// LT_BODY_WRONG with the path of what is wrong, LT_MALFORMED (the draft, or the origin), LT_BUSY (the outbox is full: try
// again later), LT_IO, LT_NO_MEMORY; then nothing was taken.
enum lt_code lt_bridge_publish(lt_bridge_host *host, const struct lt_part *draft,
                               const char *origin, uint64_t *token, struct lt_error *error);
// The same for a whole message as JSON (json.h), as a file or a request brings it. Where it names no topic, it goes to
// lt_bridge_topic of its type. LT_BAD_FILE "line:column: at /body/x: what is wrong", a text that is not NFC too; the others as
// above.
enum lt_code lt_bridge_publish_json(lt_bridge_host *host, struct lt_slice json, const char *origin,
                                    uint64_t *token, struct lt_error *error);

// Just before acting on it: looks once more (it may have expired, or been cancelled or revoked while it waited) and notes
// on disk that it is begun. May be called again, when acting begins anew. false: it is settled already, or waits until that
// can be noted (what is thuong-khan or hoa-toc does not wait for it); *delivery is NULL, do not act.
bool lt_delivery_begin(lt_delivery **delivery);
// Takes the delivery. why (may be NULL) is lent: a sentence for the receipt (Vietnamese: officers read it), cut at 255
// bytes. LT_AGAIN: it comes again with back-off (by chance between nothing and 1 s, 2 s, 4 s … 5 min), until `attempts` of
// the instance are used up; then it is given up. After lt_delivery_intend it says that nobody knows whether it happened, so
// `resolve` comes next.
void lt_delivery_settle(lt_delivery **delivery, enum lt_settled outcome, const char *why);
// Settles by a code: LT_DONE is LT_DELIVERED, what may pass (lt_code_may_pass) is LT_AGAIN, any other LT_GAVE_UP. what (lent)
// is the evidence for health: what was done, or what failed; of a failure it is the receipt's sentence too.
void lt_delivery_conclude(lt_delivery **delivery, enum lt_code code, const char *what);
// Takes the delivery: it has not happened, the far side asks to wait, and it comes again in so many ms (Retry-After; at most a
// day), or when the host's own limits let it. No attempt is used up. why (lent) is for the log and for health.
void lt_delivery_again_in(lt_delivery **delivery, int64_t ms, const char *why);
// Nothing more is given for that target (lent; NULL: for any) for so long: what a far side asks for that counts its callers.
void lt_bridge_pause(lt_bridge_host *host, const char *target, int64_t ms);
// Evidence that the far side of that target (lent; NULL: of all) was away and is there again, though nothing was delivered: what
// rests there for its failures is given at once, and what is urgent waits for no back-off either. why (lent) is for the log. Say
// it when that turns, not again and again.
void lt_bridge_is_back(lt_bridge_host *host, const char *target, const char *why);

// The ledger, for what must not happen twice and which the far side can be asked for. Each note is on disk, synced, before the
// call returns:
//
//     lt_delivery_intend ──act──> lt_delivery_sent ──> lt_delivery_settle(LT_DELIVERED)
//
// As lt_delivery_begin, in its place. key (lent; at most 255 bytes of UTF-8): what the far side will know it by, such as an
// Idempotency-Key; NULL: lt_delivery_key. false: it is settled already or waits until it can be noted, *delivery is NULL, do
// not act. May be called again; the last key holds.
bool lt_delivery_intend(lt_delivery **delivery, const char *key);
// 32 hexadecimal digits, the same for this message and target in every life. Lent until it is settled.
const char *lt_delivery_key(const lt_delivery *delivery);
// The far side has it, under this id of its own (lent; of more than 255 bytes, or no UTF-8, only that it has it is noted). The
// delivery stays open: settle it when it has happened.
void lt_delivery_sent(lt_delivery *delivery, const char *far_id);
// That id, of this life or an earlier one; NULL: none. Lent until it is settled.
const char *lt_delivery_far_id(const lt_delivery *delivery);
// Takes the delivery: what was intended has not happened, for sure. From `resolve` it is given again at once, else as after
// LT_AGAIN, and counts as an attempt. why (may be NULL) is lent.
void lt_delivery_undone(lt_delivery **delivery, const char *why);
// Takes the delivery: nobody can tell whether it happened, and the far side cannot be asked. The receipt is `unknown`, and it is
// set aside until a person decides. why (lent) is for people.
void lt_delivery_unknown(lt_delivery **delivery, const char *why);
// Takes the delivery: the program that was to act on it has died of it. It comes again; the third time it is set aside, as
// the host itself does with a message in whose `deliver` it has died three times. why (lent) is for people.
void lt_delivery_crashed(lt_delivery **delivery, const char *why);

// Publishes a receipt, where the sender asked for one. The delivery stays open. What fails is in the log.
void lt_delivery_report(lt_delivery *delivery, enum lt_seen seen, const char *detail);
// For an early bridge, of what it will not have done soon (it waits for an hour): from now on it is this device's own affair,
// and the hub is told so (acknowledged). Else it counts as being worked on, and takes of the credit. Where the bridge is not
// early nothing happens.
void lt_delivery_keep(lt_delivery *delivery);
// Ends what lt_delivery_begin has begun without settling: of a message that is to be acted on again later. The next begin
// then does not say that it was cut off.
void lt_delivery_rest(lt_delivery *delivery);
// Whether an earlier life began this and did not end it. Known once lt_delivery_begin was called.
bool lt_delivery_was_cut_off(const lt_delivery *delivery);
// The target's name, lent for the life of the host.
const char *lt_delivery_target(const lt_delivery *delivery);
// A pointer of the bridge's own, kept with the delivery; NULL at first. The host does not free it.
void lt_delivery_set_user(lt_delivery *delivery, void *user);
void *lt_delivery_user(const lt_delivery *delivery);

// For reading; wake is called while it is readable. The descriptor stays the bridge's. LT_BUSY: 32 are watched already.
// watch.h has more, for writing too.
enum lt_code lt_bridge_watch(lt_bridge_host *host, int fd);
// Before fd is closed. One that is not watched is no error.
void lt_bridge_unwatch(lt_bridge_host *host, int fd);
// One timer, set anew by each call, in ms from now; -1 stops it. watch.h has more.
void lt_bridge_wake_in(lt_bridge_host *host, int64_t ms);
// Sealed time where there is any, else the clock.
uint64_t lt_bridge_now(lt_bridge_host *host);
// Who the instance is.
const char *lt_bridge_principal(lt_bridge_host *host);
// The instance's own data folder, made, mode 0700.
const char *lt_bridge_folder(lt_bridge_host *host);
// The topic at which this identity's grant lets it publish that type (the first without wildcards), or NULL. Lent until
// the next call of this function. A new grant may say another.
const char *lt_bridge_topic(lt_bridge_host *host, const char *type);
// The instance's targets, 0 …; there is at least one. NULL: there are no more. Lent for the life of the host.
const char *lt_bridge_target(lt_bridge_host *host, size_t index);
// The hamlet that this target (lent) serves by its topics, or by the instance's `hamlets`; NULL: several, all, or it is not known
// which. Lent until the next call of this function. A new grant may say another.
const char *lt_bridge_hamlet(lt_bridge_host *host, const char *target);
// Evidence for health: what worked or failed last, in a few words (lent; cut at 255 bytes). The host publishes health.v1
// from it, at once when well turns to ill or back.
void lt_bridge_well(lt_bridge_host *host, const char *what);
void lt_bridge_ill(lt_bridge_host *host, const char *what);
// A credential of that name (a-z 0-9 -, at most 20 bytes, lent) holds until then (ms since 1970; 0: it has none any more).
// Health counts the hours, and is ill from `soon_ms` before the end on. At most 8 are kept. For what is renewed by itself, say
// so after each renewal, with a time in which a person could still do something about one that fails.
void lt_bridge_credential_until(lt_bridge_host *host, const char *name, uint64_t until,
                                uint64_t soon_ms);
// A line in the host's log. Plain words, then key=value; no bodies, no secrets.
void lt_bridge_log(lt_bridge_host *host, const char *line);

#ifdef __cplusplus
}
#endif
#endif
