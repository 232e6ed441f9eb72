// A hub that plays one for a bridge: honest as far as it goes (order, credit, redelivery), but with knobs, so that it can starve,
// flood, vanish, and say what no honest hub would.
#ifndef LT_CONFORMANCE_HUB_H
#define LT_CONFORMANCE_HUB_H

#include <czmq.h>

#include "letter.h"

struct hub_subscription;

struct heard { // what it has published beside receipts and health, once
    struct heard *next;
    uint8_t id[LT_ID_SIZE];
    char topic[LT_TOPIC_MAX + 1], origin[LT_ORIGIN_MAX + 1];
    struct lt_buffer body;
    unsigned came;
};

struct hub {
    const struct town *town;
    const struct lt_option_map *targets; // of the instance, lent; empty: it has one
    zsock_t *router;
    int port, reserved; // the latter: a socket that keeps the port from others; 0: none
    struct hub_subscription *subscriptions;
    struct letter *letters; // the oldest first; the hub's
    uint64_t last_seq;
    uint64_t events; // acknowledgements, receipts and deliveries so far: their order
    // Knobs
    uint64_t most;        // deliveries in flight, below the credit that it gives; 0: the credit
    bool silent;          // as one that hangs: connections are taken, and nothing is read or said
    bool refuses_to_hear; // publications get no answer
    enum lt_code
        refuses; // what it says to them beside receipts and health; LT_DONE: nothing is refused
    // What was seen
    struct heard *heard;             // the latest first
    unsigned hellos, subscribed;     // sessions, durable subscriptions that were asked for
    unsigned published, healths;     // what is neither receipt nor health; health
    char state[16];                  // of the last health: well, ill, stopped
    unsigned wrong_seals, malformed; // of what the bridge has sent
    unsigned beyond_credit;          // acknowledgements of what was never sent
};

// Reserves a free port of this machine. The town is told it afterwards (town_make needs it) and lent.
enum lt_code hub_open(struct hub *hub, struct lt_error *error);
// From then on it serves.
enum lt_code hub_serve(struct hub *hub, const struct town *town,
                       const struct lt_option_map *targets, struct lt_error *error);
void hub_close(struct hub *hub);
// The bridge is gone: its connections too.
void hub_forget(struct hub *hub);
// Cuts all connections and is not there; hub_back: there again, at the same port.
void hub_away(struct hub *hub);
enum lt_code hub_back(struct hub *hub, struct lt_error *error);

// The socket to be polled (a zmq socket), and what to do when it, or the clock, has something: takes all that has come, sends
// what may be sent. *wait_ms: how long until the clock has, at most what it was.
void *hub_socket(struct hub *hub);
void hub_turn(struct hub *hub, int *wait_ms);

// Takes the letter and gives it a number; it is sent to each target when its turn comes there, unless held. The first target's,
// with the others' as its twins; NULL: no memory.
struct letter *hub_post(struct hub *hub, struct letter **letter);
// Whether the bridge's durable subscriptions stand, of each target.
bool hub_is_subscribed(const struct hub *hub);
// What a lying hub does: sends it now, whatever was said about it, under that number, to each target. false: nobody is there.
bool hub_lie(struct hub *hub, struct letter *letter, uint64_t seq, uint64_t attempt);
// How many messages with that word in their body were published; the same again is not another.
unsigned hub_heard(const struct hub *hub, const char *word);
// Bytes that are no message at all. The same.
bool hub_babble(struct hub *hub, struct lt_slice payload, uint64_t seq);
// A grant or a revocation more, to whoever asks for grants.
void hub_tell_grant(struct hub *hub, struct lt_slice sealed);
// By id, the first target's; NULL: none of ours.
struct letter *hub_find(struct hub *hub, const uint8_t id[LT_ID_SIZE]);

#endif
