// Sessions: who is connected, by the routing id that libzmq gave the connection, and what is on its
// way to each. The one place that sends.
#ifndef LT_SESSIONS_H
#define LT_SESSIONS_H

#include <lienthon/op.h>
#include <netinet/in.h>
#include <zmq.h>

#include "frames.h"
#include "table.h"

enum {
    SESSION_FLIGHT = 64,       // deliveries that are not known to have arrived
    SESSION_FLIGHT_MOST = 128, // emergencies included
    SESSION_ROUTE_MAX = 16,
    SESSION_UNREAD_ASK = 1024 * 1024, // bytes sent after which is asked whether they were read
};

enum door { DOOR_HUB, DOOR_JOIN, DOORS };

struct subscription;
struct reading;

struct session {
    uint64_t number; // never used twice in a run
    enum door door;
    uint8_t route[SESSION_ROUTE_MAX];
    size_t route_size;
    char principal[LT_PRINCIPAL_MAX + 1]; // "" on the door for joining
    uint8_t curve[LT_KEY_SIZE];
    char address[64];  // the peer's IP address
    bool greeted;      // HELLO was said
    uint64_t greeting; // how often: an answer to what was asked before it is not given
    bool lost;         // nothing can be sent to it any more
    bool gone;         // its connection is; what it sent before that may still be waiting
    uint64_t heard, said, cut_at; // monotonic, ms; cut_at 0: it is not to be cut
    int fd;
    struct sockaddr_storage peer; // of fd, so that a number used again is not mistaken

    struct subscription **subs;
    size_t sub_count, sub_room, sub_turn;

    struct flight { // deliveries sent and not known to have arrived
        uint64_t serial;
        size_t bytes;
    } flight[SESSION_FLIGHT_MOST];
    size_t flight_first, flight_count, flight_bytes;
    uint64_t serial; // of the last delivery
    uint64_t probe;  // the PING that asks for what has arrived: its serial; 0: none is out
    size_t asking;   // queries and blobs that another thread is at
    uint64_t given;  // bytes on the wire of all that was sent
    uint64_t sent, sent_at_ask, read; // bytes: all, those before the PING that is out, those read
    uint64_t asks, ask;               // such PINGs; the ref of the one that is out, 0: none
    struct reading *paused;           // readings that go on when it has read; owned
    bool is_ready;                    // in the list of those that may be delivered to
    struct session *next_ready;
};

struct sessions {
    void *sockets[DOORS]; // libzmq ROUTERs, lent
    struct table by_route, by_number, by_fd;
    size_t counts[DOORS];
    uint64_t next;
    struct session *ready;
    uint64_t tick;         // the loop's monotonic time, ms
    struct frames *frames; // lent: what is sent is counted there; NULL: nowhere
    uint64_t
        unread;    // bytes sent to one and not read, after which nothing large is looked up for it
    size_t flight; // bytes of deliveries on their way to one: what is there cannot be jumped
};

void sessions_init(struct sessions *sessions, void *hub, void *join);
void sessions_clear(struct sessions *sessions);
struct session *sessions_find(const struct sessions *sessions, uint64_t number); // NULL: gone
// The session of a message's connection (`frame`: any frame of it but the routing id). NULL and
// *old set: another connection had that routing id before; end it first, then ask again.
struct session *sessions_of(struct sessions *sessions, enum door door, zmq_msg_t *route,
                            zmq_msg_t *frame, struct session **old);
void sessions_remove(struct sessions *sessions, struct session **session);
size_t sessions_count(const struct sessions *sessions, enum door door);
// Of one principal, those that have said HELLO.
size_t sessions_own(const struct sessions *sessions, const char *principal);
// The session on this descriptor, if its peer is that one.
struct session *sessions_on(const struct sessions *sessions, int fd,
                            const struct sockaddr_storage *peer);

// Sends one protocol message; the payload frames are taken. false: it cannot be sent, the session is
// marked lost.
bool session_send(struct sessions *sessions, struct session *session, const struct lt_frame *frame,
                  zmq_msg_t *payload, size_t count);
// The same with frame 0 as it is.
bool session_send_bytes(struct sessions *sessions, struct session *session, struct lt_slice head,
                        zmq_msg_t *payload, size_t count);
// BYE, and the session is over: the client begins again with HELLO. proof (data NULL: none): the sealed message that is the
// reason.
void session_bye(struct sessions *sessions, struct session *session, enum lt_code code,
                 const char *text, struct lt_slice proof);
// Shuts the connection itself down; only if it is still the one that it was.
void session_cut(struct session *session);

void sessions_make_ready(struct sessions *sessions, struct session *session);
struct session *sessions_take_ready(struct sessions *sessions);

// What was sent and is not known to have been read is more than a session may have libzmq hold.
bool session_is_full(const struct sessions *sessions, const struct session *session);
// The answer to a PING; true: it says that more has been read.
bool session_has_read(struct session *session, uint64_t ref);

// In flight: noted when sent; what is up to `serial` has arrived.
uint64_t session_fly(struct session *session, size_t bytes);
void session_landed(struct session *session, uint64_t serial);
bool session_may_fly(const struct sessions *sessions, const struct session *session, size_t bytes);

#endif
