// The client library: talks to a hub, keeps what is not confirmed, verifies all that it hands over.
//
// Threads: an lt_client is used from one thread at a time. It owns one thread of its own (the engine), started by
// lt_client_new (which returns when it is ready) and ended by lt_client_destroy; no callback runs in it. What happens is
// read as events, by lt_client_next or when lt_client_fd is readable. All times are milliseconds since 1970 (UTC).
//
// Errors: what fails returns a code other than LT_DONE and, unless `error` is NULL, a sentence for people in it. Any call may
// return LT_NO_MEMORY, or LT_CLOSED when the engine has ended; nothing of the call has then happened. Strings are UTF-8.
//
// Ownership: const pointers are lent for the call, and what is needed of them is copied; what a call returns or stores
// through a pointer to a pointer is the caller's, to be given back to the function that its comment names.
//
// How this grows: structs that the caller fills get new fields at their end, for which zero means what it was before; the
// functions that take them are told their size by this header, so set everything to zero first ({0}). Structs that the
// library makes (lt_event) get new fields at their end too, so never copy one. All others stay as they are.
#ifndef LIENTHON_CLIENT_H
#define LIENTHON_CLIENT_H

#include <lienthon/op.h>
#include <lienthon/seal.h>
#include <lienthon/version.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lt_client lt_client;

struct lt_client_config {
    const char *url;                // "tcp://host:port" of the hub
    uint8_t hub_curve[LT_KEY_SIZE]; // the hub's X25519 public key
    uint8_t root[LT_KEY_SIZE];      // the commune's root key
    const char *principal;          // who one is
    const char *hub_principal;      // whose grant names the hub's key in force; NULL: last welcomed
    const uint8_t *seed;            // 32 bytes, Ed25519; copied into sodium_malloc memory
    const uint8_t *curve_secret;    // 32 bytes, X25519; likewise
    const char *agent;              // "lienthon 0.1 status"; NULL: the library's name
    const char *state_folder;       // for outbox, grants, what was seen; NULL: in memory only
    size_t outbox_messages, outbox_bytes; // 0: 10,000 and 64 MiB; beyond: LT_BUSY
    uint64_t
        outbox_age_ms; // 0: the hub's limits.age; older ones leave as LT_EVENT_STALE (not by a clock that has just jumped)
    // The state_folder of another client, which may be running: what that has seen is known here too, and nothing is written.
    // For looking at what would become of a message. NULL: none. One that is not there is as if nothing had been seen.
    const char *memory_folder;
};

// LT_DONE; LT_NO_MEMORY, LT_BAD_USE, LT_IO, LT_BAD_FILE (a state folder that another has, or that is not whole).
enum lt_code lt_client_new_sized(const struct lt_client_config *config, size_t config_size,
                                 lt_client **client, struct lt_error *error);
static inline enum lt_code lt_client_new(const struct lt_client_config *config, lt_client **client,
                                         struct lt_error *error)
{
    return lt_client_new_sized(config, sizeof *config, client, error);
}
// Ends the engine; what is not confirmed stays in the state folder. Waits at most linger_ms for the answers to what was
// published and asked, and until the hub has read the acknowledgements.
void lt_client_destroy(lt_client **client, uint64_t linger_ms);

enum lt_event_kind {
    LT_EVENT_UP, // connected: WELCOME came. text: the hub's principal; value: its key, with which it was reached; now, limits are set
    LT_EVENT_DOWN, // not connected any more, or a try failed; code and text say why; the library goes on trying. A key that
    // the hub lets in no more: LT_NOT_VALID where the client has heard of a grant of its own, else LT_UNKNOWN_PRINCIPAL
    LT_EVENT_PUBLISHED, // token, id; code 0, 1 with seq, or a refusal with its text; it has left the outbox
    LT_EVENT_STALE, // token, id: it grew too old in the outbox (code 24), expired there (25) or was given up (lt_client_give_up); text says so
    LT_EVENT_SUBSCRIBED, // token, sid; code; number: how many wait, or text. Once; after a reconnect only where it is refused.
    // LT_TAKEN_OVER, at any time: a newer connection of this principal, as text says, has the durable subscription: nothing
    // more of it comes until it is asked for again, which the library does on its next connection (and tells of it), and the
    // caller by lt_client_subscribe with that name, which takes the place of this sid. Not at once: two would take turns.
    LT_EVENT_MESSAGE, // sid, seq, attempt, message, verdict: genuine. Settle it (lt_client_settle)
    LT_EVENT_REFUSED, // sid, seq: a delivery that is not what it says (code, text). Settled already (gave up)
    LT_EVENT_RESULT, // token, code; value (MessagePack), more; or text. LT_CLOSED: cut off in the middle, ask again
    LT_EVENT_CHUNK, // token, code, size, offset, value (the bytes); or text
    LT_EVENT_CLOCK, // the hub's clock (now) and the one here differ by more than limits.ahead; text names both. Once, until they agree
    LT_EVENT_BLOB, // token, code; size, offset: how many of them are on the other side; more: it is under way; or text (blob.h)
    LT_EVENT_GRANT, // the grant in force of one's own principal, when it is first known and whenever it is another; value: sealed.
    // LT_NOT_VALID: there was one and is none any more, or it is for other keys; text says why
    LT_EVENT_HELD, // token, id; code 26 or 32 and text: the hub cannot take it now. It stays in the outbox and goes again by
    // itself; PUBLISHED or STALE follows. Once for each message and code
};

struct lt_event {
    enum lt_event_kind kind;
    enum lt_code code;
    const char *text; // never NULL
    uint64_t token;   // what the call returned that this answers; 0: the call was an earlier run's
    uint8_t id[LT_ID_SIZE];
    uint64_t sid, seq, attempt, number, now, size, offset;
    // What lt_judge_look says of the message now: LT_DONE, LT_DONE_BEFORE, LT_NOT_DUE, LT_CANCELLED, LT_ONE_HAND, LT_STALE,
    // LT_EXPIRED. What is refused otherwise (seal, grant, body) comes as LT_EVENT_REFUSED.
    enum lt_code verdict;
    const struct lt_sealed *message; // LT_EVENT_MESSAGE: lent until the event is destroyed
    struct lt_slice value;
    bool more;
    struct lt_limits limits;
};

// The next event, waiting at most timeout_ms (0: not at all, -1: without end); NULL: none. It is yours. Of events that nobody
// reads at most 65,536 are kept besides the deliveries, which the credit bounds; the newest answers are then dropped. A signal
// ends the waiting early, with NULL.
struct lt_event *lt_client_next(lt_client *client, int64_t timeout_ms);
void lt_event_destroy(struct lt_event **event);
// Readable while an event may be waiting (as ZMQ_FD: edge-triggered, so drain with lt_client_next(client, 0)).
int lt_client_fd(lt_client *client);

// Callbacks, for who prefers them: what is called for each kind of event, in the caller's thread and inside
// lt_client_dispatch only. NULL: `other` is called, or nothing. The event is lent for the call; a handler may use the client, but
// not destroy it, and returns: no exception of C++ and no longjmp goes through the library. It grows as lt_client_config does: a kind that this header does not know goes to `other`.
typedef void lt_handler(void *user, lt_client *client, const struct lt_event *event);
struct lt_handlers {
    void *user; // handed to each
    lt_handler *other;
    lt_handler *up, *down, *published, *stale, *subscribed, *message, *refused, *result, *chunk,
        *clock, *blob, *grant, *held;
};
// Waits for an event as lt_client_next does, and calls the handlers for it and what else is there (256 events at most, so that
// who polls other descriptors too comes to them). How many there were; 0: none in the time, or a signal. A loop of these
// is a program; or poll lt_client_fd with others, and call this with a timeout of 0 until it gives 0.
size_t lt_client_dispatch_sized(lt_client *client, const struct lt_handlers *handlers,
                                size_t handlers_size, int64_t timeout_ms);
static inline size_t lt_client_dispatch(lt_client *client, const struct lt_handlers *handlers,
                                        int64_t timeout_ms)
{
    return lt_client_dispatch_sized(client, handlers, sizeof *handlers, timeout_ms);
}

// Publishing. Fills in what the draft leaves empty: from, id, created (now), and seals it. The message is in the outbox (on
// disk where there is a state folder) when this returns LT_DONE; it is sent again after every reconnect until the hub answered.
// While the link is slower than the caller, what waits is sealed together under one signature.
// id_out (16 bytes) and token may be NULL. LT_BUSY: the outbox is full. LT_MALFORMED: the draft breaks wire.md.
enum lt_code lt_client_publish(lt_client *client, const struct lt_part *draft, uint8_t *id_out,
                               uint64_t *token, struct lt_error *error);
// The same for one that is sealed already (by oneself or, with the right `relay`, by another).
enum lt_code lt_client_relay(lt_client *client, struct lt_slice sealed, uint64_t *token,
                             struct lt_error *error);
// What waits and is not on its way leaves the outbox as LT_EVENT_STALE with this code and sentence: for an owner whom the hub
// lets in no more. why: at most 255 bytes.
enum lt_code lt_client_give_up(lt_client *client, enum lt_code code, const char *why,
                               struct lt_error *error);
// How many messages wait for the hub's answer.
size_t lt_client_unconfirmed(lt_client *client);

enum lt_from { LT_FROM_NEW, LT_FROM_RETAINED, LT_FROM_ALL, LT_FROM_TIME };
struct lt_subscription {
    const char *const *patterns;
    size_t pattern_count;
    const char *durable; // NULL: gone with the connection
    enum lt_from from;
    uint64_t from_time; // LT_FROM_TIME: ms, of storing
    uint64_t credit;    // 0: the default, 64
    const char *const *types;
    size_t type_count;
    uint8_t min_priority;
    bool early;
    uint8_t reserved[6]; // zero
};
// Subscribes now and again after every reconnect. *sid names it in events. Grants and `$lt/time` the engine subscribes to itself.
enum lt_code lt_client_subscribe_sized(lt_client *client,
                                       const struct lt_subscription *subscription,
                                       size_t subscription_size, uint64_t *sid, uint64_t *token,
                                       struct lt_error *error);
static inline enum lt_code lt_client_subscribe(lt_client *client,
                                               const struct lt_subscription *subscription,
                                               uint64_t *sid, uint64_t *token,
                                               struct lt_error *error)
{
    return lt_client_subscribe_sized(client, subscription, sizeof *subscription, sid, token, error);
}
enum lt_code lt_client_unsubscribe(lt_client *client, uint64_t sid, bool forget, uint64_t *token,
                                   struct lt_error *error);
enum lt_code lt_client_credit(lt_client *client, uint64_t sid, uint64_t more,
                              struct lt_error *error);
// detail: NULL or at most 255 bytes, for LT_ACK_GAVE_UP. What was handed over and is not settled is not handed over again, also
// when the connection was lost in between: settling it counts for the hub's newest delivery (of a durable subscription; what
// others had outstanding is gone with the connection, and settling it is ignored). After LT_ACK_AGAIN it comes again.
enum lt_code lt_client_settle(lt_client *client, uint64_t sid, uint64_t seq,
                              enum lt_outcome outcome, const char *detail, struct lt_error *error);
// Now that it is acted on: remembers it as seen (on disk where there is a state folder), as lt_judge_message does.
// The verdict may have changed since the event: act only on LT_DONE. LT_IO: it could not be written down (the sentence says
// why), so it does not count as seen: leave it unsettled, or ask again when there is room.
enum lt_code lt_client_obey(lt_client *client, struct lt_slice sealed, struct lt_error *error);
// What would be said of it now, without remembering.
enum lt_code lt_client_look(lt_client *client, struct lt_slice sealed, struct lt_error *error);

// Questions by name (ask.h has one function for each, and reads the answers); args is a MessagePack map (empty: none). Answers
// are events with the token; asked again after a reconnect.
enum lt_code lt_client_query(lt_client *client, const char *name, struct lt_slice args,
                             uint64_t *token, struct lt_error *error);
// Dead letters of a durable subscription (at most 256, by seq) are to be delivered to it again. LT_EVENT_RESULT brings an
// array of [code, text], one a letter. For another's subscription see wire.md, "Dead letters".
enum lt_code lt_client_again(lt_client *client, const char *principal, const char *durable,
                             const uint64_t *seqs, size_t count, uint64_t *token,
                             struct lt_error *error);
// Pieces of blobs (blob.h carries them whole): one PUT of at most 256 KiB; one GET. The caller goes on where LT_EVENT_CHUNK
// says.
enum lt_code lt_client_put(lt_client *client, const uint8_t sha256[32], uint64_t size,
                           uint64_t offset, struct lt_slice bytes, uint64_t *token,
                           struct lt_error *error);
enum lt_code lt_client_get(lt_client *client, const uint8_t sha256[32], uint64_t offset,
                           uint64_t length, uint64_t *token, struct lt_error *error);

// The time it is (ms): the system's, but never below the highest sealed time heard, in this run or an earlier one.
// *sealed (may be NULL): one was heard in this run, so a device without a clock battery may believe it.
uint64_t lt_client_time(lt_client *client, bool *sealed);
// What a message that is made now says as `created` (ms): that time, but where a sealed one was heard in this run not much above
// it, since a hub refuses what comes from the future, and a device whose clock is ahead would report nothing.
uint64_t lt_client_stamp(lt_client *client);

// A sealed grant from elsewhere (a bundle, lt_joined.grants), learned into the client's grant book before the hub says it.
enum lt_code lt_client_learn(lt_client *client, struct lt_slice sealed, struct lt_error *error);

// Joining (wire.md "Joining"), blocking, at most timeout_ms: asks what the invitation may have, checks it under the root of
// the code, issues one's own grant for these keys and hands it in. The keys are 32 random bytes each (getrandom), made and kept
// by the caller: on disk before this is called, since the code is used up when it returns. LT_TIMED_OUT, LT_CLOSED: nobody
// there; LT_INVITATION_USED, LT_UNKNOWN_PRINCIPAL, LT_NOT_VALID, LT_NOT_ALLOWED: a code that does not hold; LT_MALFORMED: none.
struct lt_joined {
    char url[256];                  // where to connect
    char hub[LT_PRINCIPAL_MAX + 1]; // the hub's principal; "": it has not shown a grant of its own
    char principal[LT_PRINCIPAL_MAX + 1]; // who one is now
    uint8_t hub_curve[LT_KEY_SIZE];
    uint8_t root[LT_KEY_SIZE]; // of the code; what the hub showed is checked under it
    struct lt_buffer
        grants; // a bundle: the hub's, the invitation's, its issuers' and one's own grant; yours
    uint64_t reserved[8]; // zero
};
enum lt_code lt_join(struct lt_slice code, const uint8_t *seed, const uint8_t *curve_secret,
                     uint64_t timeout_ms, struct lt_joined *joined, struct lt_error *error);
void lt_joined_clear(struct lt_joined *joined);
// Fills in url, root, principal, hub_curve and hub_principal; lent, as long as *joined is there.
static inline void lt_joined_configure(const struct lt_joined *joined,
                                       struct lt_client_config *config)
{
    config->url = joined->url;
    config->principal = joined->principal;
    config->hub_principal = joined->hub[0] != '\0' ? joined->hub : NULL;
    for (size_t i = 0; i < LT_KEY_SIZE; i++) {
        config->hub_curve[i] = joined->hub_curve[i];
        config->root[i] = joined->root[i];
    }
}

#ifdef __cplusplus
}
#endif
#endif
