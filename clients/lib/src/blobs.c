// The caller's side of whole blobs: the file is opened and hashed in its thread, and handed to the engine.
#include <lienthon/blob.h>

#include "caller.h"
#include "handover.h"
#include "transfer.h"

static enum lt_code check_room(const lt_client *client, size_t bytes, struct lt_error *error)
{
    if (atomic_load(&client->shared.transfers) >= LT_BLOBS_MAX)
        return lt_fail(error, LT_BUSY, "%d blobs are on their way already", LT_BLOBS_MAX);
    return caller_check_requests(client, bytes, error);
}

// Takes the transfer.
static enum lt_code start(lt_client *client, struct transfer **transfer, uint64_t *token,
                          struct lt_error *error)
{
    struct command *command = command_new(COMMAND_TRANSFER);
    if (command)
        command->ending = event_new(LT_EVENT_BLOB, (struct lt_slice){0}, (struct lt_slice){0});
    if (!command || !command->ending) {
        command_destroy(&command);
        transfer_destroy(transfer);
        return lt_fail(error, LT_NO_MEMORY, "no memory for this call");
    }
    command->op = (*transfer)->fetches ? LT_GET : LT_PUT;
    command->transfer = *transfer;
    command->token = ++client->last_token;
    *transfer = NULL;
    if (token)
        *token = command->token;
    atomic_fetch_add(&client->shared.transfers, 1);
    atomic_fetch_add(&client->shared.requests, 1);
    atomic_fetch_add(&client->shared.request_bytes, command->transfer->bytes.size);
    return caller_give(client, &command, error);
}

enum lt_code lt_client_send_file(lt_client *client, const char *path, struct lt_blob *blob,
                                 uint64_t *token, struct lt_error *error)
{
    struct transfer *transfer = NULL;
    enum lt_code code = check_room(client, 0, error);
    if (code == LT_DONE)
        code = transfer_send_file(path, &transfer, error);
    if (code != LT_DONE)
        return code;
    if (blob)
        *blob = transfer->blob;
    return start(client, &transfer, token, error);
}

enum lt_code lt_client_send_bytes(lt_client *client, struct lt_slice bytes, struct lt_blob *blob,
                                  uint64_t *token, struct lt_error *error)
{
    struct transfer *transfer = NULL;
    enum lt_code code = check_room(client, bytes.size, error);
    if (code == LT_DONE)
        code = transfer_send_bytes(bytes, &transfer, error);
    if (code != LT_DONE)
        return code;
    if (blob)
        *blob = transfer->blob;
    return start(client, &transfer, token, error);
}

enum lt_code lt_client_fetch_file(lt_client *client, const struct lt_blob *blob, const char *path,
                                  uint64_t *token, struct lt_error *error)
{
    struct transfer *transfer = NULL;
    enum lt_code code = check_room(client, 0, error);
    if (code == LT_DONE)
        code = transfer_fetch(blob, path, &transfer, error);
    return code == LT_DONE ? start(client, &transfer, token, error) : code;
}

enum lt_code lt_client_stop_blob(lt_client *client, uint64_t token, struct lt_error *error)
{
    struct command *command = command_new(COMMAND_STOP_TRANSFER);
    if (!command)
        return lt_fail(error, LT_NO_MEMORY, "no memory for this call");
    command->token = token;
    return caller_give(client, &command, error);
}
