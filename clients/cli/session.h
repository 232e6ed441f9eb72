// A command's connection to the hub: opened from the identity, waited for, asked, and told what to publish.
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <lienthon/client.h>

#include "cli.h"

enum session_use {
    SESSION_READS,     // what lies in the outbox leaves by the way, where no other command is at it
    SESSION_PUBLISHES, // the outbox is needed: waits for another command to leave it
    SESSION_FOLLOWS,   // runs long: leaves the outbox to others, and is ended by Ctrl-C
};

enum { SESSION_ANSWER_MAX = 512 * 1024 * 1024 };

struct session {
    struct cli *cli;
    struct lt_identity identity;
    lt_client *client;
    int lock;         // on the outbox; -1: none
    uint64_t wait_ms; // for anything that is waited for
    bool up;
    uint8_t
        hub_curve[LT_KEY_SIZE]; // the hub's key with which it was reached last; all zero: not yet
    struct lt_error down;       // why there was no connection last
    struct lt_error held;       // why the hub could not take a message now; it is kept
    uint64_t
        give_up; // (cli_now) the hub will not let this identity in: no use in waiting longer; 0: it may
    struct lt_limits limits;
    int signals; // -1: Ctrl-C ends the program; else it sets `stopped`
    bool stopped;
    uint64_t hub_time,
        hub_time_at;    // what the hub said that it is, and (cli_now) when; 0: nothing yet
    bool remembers;     // it has a state folder: what it hears it knows at the next start
    uint64_t hub_grant; // the subscription of known_follow; 0: none
    bool hub_grant_came;
    size_t left_now;            // messages of earlier commands that left through this one
    struct lt_buffer own_grant; // as the client heard it last, sealed; empty: not yet
};

// What a session is before it is opened.
#define SESSION_CLOSED ((struct session){.lock = -1, .signals = -1})

// Reads identity and keys and starts to connect; does not wait. The time zone is the identity's from then on.
enum lt_code session_open(struct cli *cli, enum session_use use, struct session *session);
// The same as another identity than the command line's: NULL is identity.yaml.
enum lt_code session_open_as(struct cli *cli, enum session_use use, const char *as,
                             struct session *session);
// Lets go; waits a little for what is on its way. Takes one that is not open too.
void session_close(struct session *session);

// Waits for the hub. LT_TIMED_OUT says what to do; a refusal (an unknown or revoked key) is told as it is.
enum lt_code session_up(struct session *session);

// The next event that is not the session's own business, or NULL when `until` (cli_now) is over or
// Ctrl-C was pressed. It is the caller's. Says on stderr what became of messages that earlier
// commands left in the outbox.
struct lt_event *session_next(struct session *session, uint64_t until);

// Why there is no connection, as a failure: the refusal, or LT_TIMED_OUT with what to do. For whom session_next has
// given up before its time.
enum lt_code session_no_hub(struct session *session);

// Handles what comes next as session_next does, one event at a time, for the session's own needs. false: the time is over.
bool session_pass(struct session *session, uint64_t until);

// Publishes and waits until the hub has it. LT_TIMED_OUT: it is kept and leaves later; id (16 bytes) is set then too.
enum lt_code session_publish(struct session *session, const struct lt_part *draft, uint8_t *id);
// The same for a sealed message.
enum lt_code session_relay(struct session *session, struct lt_slice sealed);

// Does this identity's grant let it say that only together with a second person? Waits a little until its grant has been
// heard; false where it was not.
bool session_needs_second(struct session *session, const struct lt_part *part);

// Asks and collects the whole answer: its values one behind the other, in *values, which must be empty with its max set.
enum lt_code session_ask(struct session *session, const char *name, struct lt_slice args,
                         struct lt_buffer *values);

#endif
