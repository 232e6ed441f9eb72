// The engine: the library's one thread. It owns the link, the outbox's queue, the subscriptions and what the client
// knows; the caller's thread reaches it through two sockets only, and through the numbers in `struct shared`.
#ifndef LT_ENGINE_H
#define LT_ENGINE_H

#include <stdatomic.h>

#include <lienthon/client.h>

#include "command.h"
#include "event.h"
#include "inbox.h"
#include "keeper.h"
#include "link.h"
#include "outbox.h"
#include "settled.h"
#include "subscriptions.h"
#include "transfer.h"

// Numbers that both threads look at; neither waits for the other's.
struct shared {
    atomic_size_t messages, bytes; // in the outbox: the caller adds, the engine takes away
    atomic_size_t requests, request_bytes;
    atomic_size_t transfers;    // of the requests, blobs whole
    atomic_size_t answers;      // events that wait to be read, deliveries not counted
    atomic_size_t answer_bytes; // in them
    atomic_int_least64_t floor; // sealed time less the monotonic clock when it was heard, ms
    atomic_bool sealed_time;    // one was heard in this run
};

enum {
    ANSWERS_MAX = 65536,
    ANSWER_BYTES_MAX = 64 * 1024 * 1024,
    SID_GRANTS = 1,
    SID_TIME = 2,
    SID_FIRST = 16, // the caller's begin here
};

enum session_state { SESSION_RESTING, SESSION_GREETING, SESSION_LEARNING, SESSION_LIVE };

struct session {
    enum session_state state;
    int64_t retry_at, give_up_at; // monotonic ms
    int64_t heard_at, sent_at, up_at;
    int64_t learn_until; // the caller's subscriptions wait for the grants until then
    unsigned tries;
    uint8_t hub_key[LT_KEY_SIZE]; // of this try
    bool pinned;                  // the next try is made with the hub's key that is written down
    int64_t offset;               // hub's clock less the monotonic one; only for asking again
    bool welcomed;                // once in this run: the hub has known the key
    bool stalled;                 // the link does not take what was sent: it is lost
    bool clocks_differ;           // has been told
    struct lt_limits limits;
};

struct request {
    struct request *next;
    uint64_t token;
    enum lt_op op;
    struct lt_buffer frame, payload;
    struct event *ending;      // how its caller is told of a failure; made while there was memory
    bool begun;                // a part of the answer has been handed over
    bool asked;                // on this connection
    unsigned lost;             // how often the connection was lost over it
    struct transfer *transfer; // NULL: one question; else a blob's row of them
    int64_t asked_at;          // monotonic ms
    int64_t retry_at;          // the hub was busy: nothing is asked before; 0: it is not
    unsigned busy;             // how often in a row
};

struct publisher {
    struct outbox outbox;
    struct settled *settled; // NULL: in memory only
    uint64_t flights;        // PUBLISH frames on their way
    int64_t resume_at;       // the hub was busy: nothing leaves before
    unsigned busy;           // how often in a row
    int64_t sweep_at;        // when what is too old is next looked for
    uint64_t time;           // the wall clock when it was looked at last, ms; 0: not yet
    int64_t clock;           // the monotonic one then
    int64_t unsure_until;    // the wall clock has jumped: nothing is given up by it
};

// What lt_client_new hands to the actor; the engine owns it until it has ended.
struct engine {
    char *url, *principal, *agent;
    uint8_t *curve_secret; // sodium_malloc
    uint8_t curve_key[LT_KEY_SIZE], hub_curve[LT_KEY_SIZE];
    lt_signer *signer;
    uint64_t outbox_age_ms;
    struct shared *shared;
    char events_endpoint[64];

    void *pipe, *events; // raw sockets
    zsock_t *events_socket;
    struct link link;
    struct session session;
    struct publisher publisher;
    struct keeper keeper;
    struct inbox inbox;
    struct subscription *subscriptions; // in the order in which they were made
    struct request *requests;
    uint64_t next_ref;
    uint64_t heard_time;            // sealed time when `floor` was last set
    uint64_t book_version;          // for which what is kept was judged
    uint64_t own_version;           // for which one's own grant was looked at
    uint8_t own_told[LT_HASH_SIZE]; // of the sealed grant that was told; all zero: none
    int64_t save_at;                // when the book is next written; 0: it is
    uint64_t farewell; // ref of the last PING: its PONG says that the hub has read all before it
    bool farewell_heard;
    struct command *stop; // the caller waits for the end
    int64_t stop_at;
    bool ended;
};

// clock.c: at each WELCOME, whose limits are known.
void clock_compare(struct engine *engine, uint64_t hub);

void engine_destroy(struct engine **engine);
void engine_run(zsock_t *pipe, void *engine); // the actor

// Both clocks in ms. The time is the system's, never below sealed time.
int64_t engine_clock(void);
uint64_t engine_time(const struct shared *shared);
// What a message that is made now says as `created`.
uint64_t engine_stamp(const struct shared *shared);
void engine_hear_time(struct engine *engine);
// Hands an event over; a bounded one is dropped when too many wait.
void engine_tell(struct engine *engine, struct event *event);
bool engine_is_up(const struct engine *engine);

// session.c: the connection, from nothing to live and back.
void session_begin(struct engine *engine);
void session_lose(struct engine *engine, enum lt_code code, const char *text);
void session_turn(struct engine *engine); // whatever the clock asks for
int64_t session_deadline(const struct engine *engine);
void session_read(struct engine *engine);     // what the hub has sent
void session_end(struct engine *engine);      // says BYE and closes
void session_progress(struct engine *engine); // are the grants there?
void session_sent(struct engine *engine, bool sent);
bool session_send(struct engine *engine, const struct lt_frame *frame,
                  const struct lt_slice *payload, size_t count);

// publisher.c: the outbox's way out.
void publisher_add(struct engine *engine, struct item **item);
void publisher_turn(struct engine *engine); // sends what waits, gives up what is too old
int64_t publisher_deadline(const struct engine *engine);
void publisher_answer(struct engine *engine, const struct lt_frame *frame);
void publisher_lost(struct engine *engine);
bool publisher_idle(const struct engine *engine);
void publisher_give_up(struct engine *engine, enum lt_code code,
                       const char *why); // what is not on its way

// subscriber.c: subscriptions on the wire, and deliveries.
void subscriber_add(struct engine *engine, struct subscription **subscription);
void subscriber_remove(struct engine *engine, const struct command *command);
void subscriber_credit(struct engine *engine, uint64_t sid, uint64_t more);
void subscriber_ask(struct engine *engine,
                    bool own); // SUBSCRIBE all of the engine's, or of the caller's
void subscriber_answer(struct engine *engine, const struct lt_frame *frame);
void subscriber_deliver(struct engine *engine, const struct lt_frame *frame);
void subscriber_settle(struct engine *engine, const struct command *command);
void subscriber_turn(struct engine *engine); // kept deliveries, acknowledgements
int64_t subscriber_deadline(const struct engine *engine);
void subscriber_lost(struct engine *engine);

// own_grant.c
void own_grant_turn(struct engine *engine);

// requests.c: questions, and the pieces of blobs.
bool requests_want_result(enum lt_op op); // else CHUNKs
void requests_add(struct engine *engine, struct command *command);
void requests_ask(struct engine *engine); // all, on a new connection
void requests_answer(struct engine *engine, const struct lt_frame *frame, struct lt_slice payload);
void requests_stop(struct engine *engine, uint64_t token); // of a blob, by its caller
void requests_turn(struct engine *engine);                 // those that the hub was too busy for
int64_t requests_deadline(const struct engine *engine);
void requests_lost(struct engine *engine);
void requests_clear(struct engine *engine);

#endif
