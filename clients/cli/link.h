// A command's connection to the hub: opened from the identity, waited for, asked, and told what to publish.
#ifndef CLI_LINK_H
#define CLI_LINK_H

#include <lienthon/client.h>
#include <lienthon/cursor.h>

#include "cli.h"

enum link_use {
    LINK_READS,     // what lies in the outbox leaves by the way, where no other command is at it
    LINK_PUBLISHES, // the outbox is needed: waits for another command to leave it
    LINK_FOLLOWS,   // runs long: leaves the outbox to others, and is ended by Ctrl-C
};

enum { LINK_ANSWER_MAX = 512 * 1024 * 1024 };

struct link {
    struct cli *cli;
    struct lt_identity identity;
    lt_client *client;
    int lock;         // on the outbox; -1: none
    uint64_t wait_ms; // for anything that is waited for
    bool up;
    struct lt_error down; // why there was no connection last
    uint64_t
        give_up; // (cli_now) the hub will not let this identity in: no use in waiting longer; 0: it may
    struct lt_limits limits;
    int signals; // -1: Ctrl-C ends the program; else it sets `stopped`
    bool stopped;
    size_t left_now; // messages of earlier commands that left through this one
};

// What a link is before it is opened.
#define LINK_CLOSED ((struct link){.lock = -1, .signals = -1})

// Reads identity and keys and starts to connect; does not wait. The time zone is the identity's from then on.
enum lt_code link_open(struct cli *cli, enum link_use use, struct link *link);
// The same as another identity than the command line's: NULL is identity.yaml.
enum lt_code link_open_as(struct cli *cli, enum link_use use, const char *as, struct link *link);
// Lets go; waits at most linger_ms for what is on its way. Takes one that is not open too.
void link_close(struct link *link, uint64_t linger_ms);

// Waits for the hub. LT_TIMED_OUT says what to do; a refusal (an unknown or revoked key) is told as it is.
enum lt_code link_up(struct link *link);

// The next event that is not the link's own business, or NULL when `until` (cli_now) is over or Ctrl-C was pressed. It is the caller's. Says on
// stderr what became of messages that earlier commands left in the outbox.
struct lt_event *link_next(struct link *link, uint64_t until);

// Publishes and waits until the hub has it. LT_TIMED_OUT: it is kept and leaves later; id (16 bytes) is set then too.
enum lt_code link_publish(struct link *link, const struct lt_part *draft, uint8_t *id);
// The same for a sealed message.
enum lt_code link_relay(struct link *link, struct lt_slice sealed);

// Asks and collects the whole answer: its values one behind the other, in *values, which must be empty with its max set.
enum lt_code link_ask(struct link *link, const char *name, struct lt_slice args,
                      struct lt_buffer *values);

// Walks an answer that is made of arrays: each call gives one element whole.
struct link_walk {
    struct lt_cursor cursor;
    uint32_t left;
};
struct link_walk link_walk_of(const struct lt_buffer *values);
bool link_walk_value(struct link_walk *walk, struct lt_slice *value);
// The same where the elements are sealed messages; passes over what is none.
bool link_walk_sealed(struct link_walk *walk, struct lt_sealed *sealed);

#endif
