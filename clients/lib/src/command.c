// What the caller's thread asks of the engine.
#include "command.h"

#include <stdlib.h>

#include "event.h"
#include "subscriptions.h"
#include "transfer.h"

struct command *command_new(enum command_kind kind)
{
    struct command *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->kind = kind;
    made->bytes.max = LT_RESULT_MAX;
    made->payload.max = LT_CHUNK_MAX;
    return made;
}

void command_destroy(struct command **command)
{
    struct command *gone = *command;
    if (!gone)
        return;
    item_destroy(&gone->item);
    subscription_destroy(&gone->subscription);
    transfer_destroy(&gone->transfer);
    event_destroy(&gone->ending);
    lt_buffer_clear(&gone->bytes);
    lt_buffer_clear(&gone->payload);
    free(gone->text);
    free(gone);
    *command = NULL;
}
