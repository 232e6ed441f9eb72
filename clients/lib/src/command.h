// What the caller's thread asks of the engine: one object, handed over on the actor's pipe. Those that are asked
// and answered (OBEY, LOOK, LEARN, STOP) come back with code and error filled in; the others are the engine's.
#ifndef LT_COMMAND_H
#define LT_COMMAND_H

#include <lienthon/client.h>

#include "outbox.h"

enum command_kind {
    COMMAND_PUBLISH,       // item
    COMMAND_GIVE_UP,       // code, text
    COMMAND_SUBSCRIBE,     // subscription
    COMMAND_UNSUBSCRIBE,   // sid, forget
    COMMAND_CREDIT,        // sid, more
    COMMAND_SETTLE,        // sid, seq, outcome, text
    COMMAND_REQUEST,       // op, bytes: the frame; payload
    COMMAND_TRANSFER,      // transfer
    COMMAND_STOP_TRANSFER, // token
    COMMAND_OBEY,          // bytes
    COMMAND_LOOK,          // bytes
    COMMAND_LEARN,         // bytes
    COMMAND_STOP,          // more: how long to linger, ms
};

struct event;
struct subscription;
struct transfer;

struct command {
    enum command_kind kind;
    uint64_t token, sid, seq, more;
    bool forget;
    enum lt_outcome outcome;
    enum lt_op op;
    char *text; // NULL or a C string
    struct item *item;
    struct subscription *subscription;
    struct transfer *transfer;
    struct event *ending; // of a request or a transfer: how its caller is told that it failed
    struct lt_buffer bytes, payload;
    enum lt_code code;
    struct lt_error error;
};

struct command *command_new(enum command_kind kind); // NULL: no memory
void command_destroy(struct command **command);

#endif
