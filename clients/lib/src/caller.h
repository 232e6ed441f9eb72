// The caller's side of a client: what its thread owns.
#ifndef LT_CALLER_H
#define LT_CALLER_H

#include <lienthon/client.h>

#include "engine.h"
#include "journal.h"

struct lt_client {
    zactor_t *actor;
    zsock_t *events;
    struct shared shared;
    struct engine *engine; // the actor's while it runs
    int folder, outbox_folder;
    struct journal *journal;
    char principal[LT_PRINCIPAL_MAX + 1];
    size_t most_messages, most_bytes;
    uint64_t last_token, last_sid;
};

void *caller_pipe(const lt_client *client); // to the engine
// Hands the command over, or destroys it: LT_CLOSED.
enum lt_code caller_give(lt_client *client, struct command **command, struct lt_error *error);
// Is there room for one more question with so many bytes: LT_DONE or LT_BUSY.
enum lt_code caller_check_requests(const lt_client *client, size_t bytes, struct lt_error *error);

#endif
