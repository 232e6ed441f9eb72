// Each call of the library, turned into a command for the engine.
#include "caller.h"

#include <stdlib.h>
#include <string.h>

#include <lienthon/cursor.h>

#include "handover.h"
#include "sized.h"

enum {
    REQUESTS_MAX = 1024,
    REQUEST_BYTES = 64 * 1024 * 1024,
    QUERY_NAME_MAX = 64,
};

enum lt_code caller_give(lt_client *client, struct command **command, struct lt_error *error)
{
    if (handover_give(caller_pipe(client), command))
        return LT_DONE;
    command_destroy(command);
    return lt_fail(error, LT_CLOSED, "the client has ended");
}

static enum lt_code no_memory(struct lt_error *error)
{
    return lt_fail(error, LT_NO_MEMORY, "no memory for this call");
}

// Publishing.

static enum lt_code check_room(const lt_client *client, size_t size, struct lt_error *error)
{
    size_t messages = atomic_load(&client->shared.messages);
    size_t bytes = atomic_load(&client->shared.bytes);
    if (messages < client->most_messages && bytes + size <= client->most_bytes)
        return LT_DONE;
    return lt_fail(error, LT_BUSY,
                   "the outbox is full: %zu messages of %zu bytes wait for the hub's answer",
                   messages, bytes);
}

// Makes everything that could fail before the message is on disk, and then hands it to the engine.
static enum lt_code take_in(lt_client *client, struct command *command, bool sealed,
                            struct lt_buffer *bytes, struct lt_error *error)
{
    enum lt_code code = check_room(client, bytes->size, error);
    if (code != LT_DONE)
        return code;
    code = item_new(&bytes->data, bytes->size, sealed, &command->item, error);
    *bytes = (struct lt_buffer){0};
    struct item *item = command->item;
    if (!item || !client->journal)
        return code;
    return journal_append(client->journal, sealed, (struct lt_slice){item->bytes, item->size},
                          &item->segment, &item->offset, error);
}

// Takes bytes.
static enum lt_code admit(lt_client *client, struct lt_buffer *bytes, bool sealed, uint8_t *id_out,
                          uint64_t *token, struct lt_error *error)
{
    struct command *command = command_new(COMMAND_PUBLISH);
    if (!command) {
        lt_buffer_clear(bytes);
        return no_memory(error);
    }
    enum lt_code code = take_in(client, command, sealed, bytes, error);
    lt_buffer_clear(bytes);
    if (code != LT_DONE) {
        command_destroy(&command);
        return code;
    }
    struct item *item = command->item;
    item->token = ++client->last_token;
    if (token)
        *token = item->token;
    if (id_out)
        memcpy(id_out, item->id, LT_ID_SIZE);
    atomic_fetch_add(&client->shared.messages, 1);
    atomic_fetch_add(&client->shared.bytes, item->weight);
    return caller_give(client, &command, error);
}

enum lt_code lt_client_publish(lt_client *client, const struct lt_part *draft, uint8_t *id_out,
                               uint64_t *token, struct lt_error *error)
{
    static const uint8_t none[LT_ID_SIZE] = {0};
    struct lt_part part = *draft;
    if (part.from.size == 0)
        part.from = lt_slice_of(client->principal);
    if (!lt_slice_is(part.from, client->principal))
        return lt_fail(error, LT_BAD_USE,
                       "from: this client seals as %s; what another has sealed is relayed",
                       client->principal);
    if (part.created == 0)
        part.created = engine_stamp(&client->shared);
    if (memcmp(part.id, none, sizeof none) == 0)
        lt_id_make(part.created, part.id);
    struct lt_buffer bytes = {.max = LT_MESSAGE_LIMIT};
    enum lt_code code = lt_part_encode(&part, &bytes, error);
    if (code == LT_TOO_LARGE && part.body.size < LT_MESSAGE_LIMIT / 2)
        code = no_memory(error); // the buffer did not grow, and it is not the message's fault
    if (code != LT_DONE) {
        lt_buffer_clear(&bytes);
        return code;
    }
    return admit(client, &bytes, false, id_out, token, error);
}

enum lt_code lt_client_relay(lt_client *client, struct lt_slice sealed, uint64_t *token,
                             struct lt_error *error)
{
    struct lt_buffer bytes = {.max = LT_MESSAGE_LIMIT};
    if (sealed.size > LT_MESSAGE_LIMIT)
        return lt_fail(error, LT_TOO_LARGE, "the message has %zu bytes, at most %d are carried",
                       sealed.size, LT_MESSAGE_LIMIT);
    if (!lt_buffer_add(&bytes, sealed.data, sealed.size)) {
        lt_buffer_clear(&bytes);
        return no_memory(error);
    }
    return admit(client, &bytes, true, NULL, token, error);
}

enum lt_code lt_client_give_up(lt_client *client, enum lt_code code, const char *why,
                               struct lt_error *error)
{
    if (strlen(why) > LT_TEXT_MAX || !lt_utf8_valid(lt_slice_of(why)))
        return lt_fail(error, LT_BAD_USE, "why: at most %d bytes of UTF-8", LT_TEXT_MAX);
    struct command *command = command_new(COMMAND_GIVE_UP);
    if (command)
        command->text = strdup(why);
    if (!command || !command->text) {
        command_destroy(&command);
        return no_memory(error);
    }
    command->code = code;
    return caller_give(client, &command, error);
}

size_t lt_client_unconfirmed(lt_client *client)
{
    return atomic_load(&client->shared.messages);
}

// Subscribing.

enum lt_code lt_client_subscribe_sized(lt_client *client, const struct lt_subscription *given,
                                       size_t size, uint64_t *sid, uint64_t *token,
                                       struct lt_error *error)
{
    struct lt_subscription wanted;
    enum lt_code code = sized_take(given, size, &wanted, sizeof wanted, error);
    for (size_t i = 0; i < sizeof wanted.reserved && code == LT_DONE; i++)
        code = wanted.reserved[i] == 0 ? LT_DONE : lt_fail(error, LT_BAD_USE, "reserved: not zero");
    if (code != LT_DONE)
        return code;
    struct command *command = command_new(COMMAND_SUBSCRIBE);
    if (!command)
        return no_memory(error);
    code = subscription_new(&wanted, client->last_sid + 1, client->last_token + 1,
                            &command->subscription, error);
    if (code != LT_DONE) {
        command_destroy(&command);
        return code;
    }
    client->last_sid++;
    client->last_token++;
    if (sid)
        *sid = client->last_sid;
    if (token)
        *token = client->last_token;
    return caller_give(client, &command, error);
}

enum lt_code lt_client_unsubscribe(lt_client *client, uint64_t sid, bool forget, uint64_t *token,
                                   struct lt_error *error)
{
    struct command *command = command_new(COMMAND_UNSUBSCRIBE);
    if (!command)
        return no_memory(error);
    command->sid = sid;
    command->forget = forget;
    command->token = ++client->last_token;
    if (token)
        *token = command->token;
    return caller_give(client, &command, error);
}

enum lt_code lt_client_credit(lt_client *client, uint64_t sid, uint64_t more,
                              struct lt_error *error)
{
    struct command *command = command_new(COMMAND_CREDIT);
    if (!command)
        return no_memory(error);
    command->sid = sid;
    command->more = more < LT_INT_MAX ? more : LT_INT_MAX;
    return caller_give(client, &command, error);
}

enum lt_code lt_client_settle(lt_client *client, uint64_t sid, uint64_t seq,
                              enum lt_outcome outcome, const char *detail, struct lt_error *error)
{
    if (detail && (strlen(detail) > LT_TEXT_MAX || !lt_utf8_valid(lt_slice_of(detail))))
        return lt_fail(error, LT_BAD_USE, "detail: at most %d bytes of UTF-8", LT_TEXT_MAX);
    struct command *command = command_new(COMMAND_SETTLE);
    if (!command)
        return no_memory(error);
    command->sid = sid;
    command->seq = seq;
    command->outcome = outcome;
    command->text = detail ? strdup(detail) : NULL;
    if (detail && !command->text) {
        command_destroy(&command);
        return no_memory(error);
    }
    return caller_give(client, &command, error);
}

// What the engine knows: asked and answered.

static enum lt_code ask_engine(lt_client *client, enum command_kind kind, struct lt_slice bytes,
                               struct lt_error *error)
{
    struct command *command = command_new(kind);
    if (!command || !lt_buffer_add(&command->bytes, bytes.data, bytes.size)) {
        command_destroy(&command);
        return no_memory(error);
    }
    enum lt_code code = caller_give(client, &command, error);
    if (code != LT_DONE)
        return code;
    command = handover_take(caller_pipe(client), 0, NULL);
    if (!command)
        return lt_fail(error, LT_CLOSED, "the client has ended");
    code = command->code;
    if (error && code != LT_DONE)
        *error = command->error;
    command_destroy(&command);
    return code;
}

enum lt_code lt_client_obey(lt_client *client, struct lt_slice sealed, struct lt_error *error)
{
    return ask_engine(client, COMMAND_OBEY, sealed, error);
}

enum lt_code lt_client_look(lt_client *client, struct lt_slice sealed, struct lt_error *error)
{
    return ask_engine(client, COMMAND_LOOK, sealed, error);
}

enum lt_code lt_client_learn(lt_client *client, struct lt_slice sealed, struct lt_error *error)
{
    return ask_engine(client, COMMAND_LEARN, sealed, error);
}

uint64_t lt_client_time(lt_client *client, bool *sealed)
{
    if (sealed)
        *sealed = atomic_load(&client->shared.sealed_time);
    return engine_time(&client->shared);
}

uint64_t lt_client_stamp(lt_client *client)
{
    return engine_stamp(&client->shared);
}

// Questions and blobs.

enum lt_code caller_check_requests(const lt_client *client, size_t bytes, struct lt_error *error)
{
    if (atomic_load(&client->shared.requests) < REQUESTS_MAX &&
        atomic_load(&client->shared.request_bytes) + bytes <= REQUEST_BYTES)
        return LT_DONE;
    return lt_fail(error, LT_BUSY, "too many questions wait for their answers");
}

static enum lt_code request(lt_client *client, struct lt_frame *frame, struct lt_slice payload,
                            uint64_t *token, struct lt_error *error)
{
    enum lt_code code = caller_check_requests(client, payload.size, error);
    if (code != LT_DONE)
        return code;
    struct command *command = command_new(COMMAND_REQUEST);
    if (!command)
        return no_memory(error);
    command->op = frame->op;
    command->token = client->last_token + 1;
    frame->ref = lt_ref_of(command->token);
    command->ending = event_new(requests_want_result(frame->op) ? LT_EVENT_RESULT : LT_EVENT_CHUNK,
                                (struct lt_slice){0}, (struct lt_slice){0});
    if (!command->ending || !lt_frame_encode(frame, &command->bytes) ||
        (payload.size > 0 && !lt_buffer_add(&command->payload, payload.data, payload.size))) {
        command_destroy(&command);
        return no_memory(error);
    }
    client->last_token++;
    if (token)
        *token = client->last_token;
    atomic_fetch_add(&client->shared.requests, 1);
    atomic_fetch_add(&client->shared.request_bytes, payload.size);
    return caller_give(client, &command, error);
}

static bool is_map(struct lt_slice bytes)
{
    struct lt_cursor cursor = lt_cursor_of(bytes);
    struct lt_cursor whole = cursor;
    uint32_t count = 0;
    return lt_cursor_map(&cursor, &count) && lt_cursor_skip(&whole, NULL) &&
           lt_cursor_at_end(&whole);
}

enum lt_code lt_client_query(lt_client *client, const char *name, struct lt_slice args,
                             uint64_t *token, struct lt_error *error)
{
    size_t length = strlen(name);
    if (length == 0 || length > QUERY_NAME_MAX)
        return lt_fail(error, LT_BAD_USE, "name: between 1 and %d bytes", QUERY_NAME_MAX);
    if (args.size > LT_FRAME_MAX / 2 || (args.size > 0 && !is_map(args)))
        return lt_fail(error, LT_BAD_USE, "args: one MessagePack map of at most %d bytes",
                       LT_FRAME_MAX / 2);
    struct lt_frame frame = {.op = LT_ASK, .name = lt_slice_of(name), .args = args};
    return request(client, &frame, (struct lt_slice){0}, token, error);
}

enum lt_code lt_client_again(lt_client *client, const char *principal, const char *durable,
                             const uint64_t *seqs, size_t count, uint64_t *token,
                             struct lt_error *error)
{
    if (!lt_principal_valid(lt_slice_of(principal)) || !lt_durable_valid(lt_slice_of(durable)))
        return lt_fail(error, LT_BAD_USE, "there is no subscription of that name: %.64s %.64s",
                       principal, durable);
    if (count == 0 || count > LT_AGAIN_MAX)
        return lt_fail(error, LT_BAD_USE, "between 1 and %d letters at a time", LT_AGAIN_MAX);
    struct lt_buffer list = {.max = LT_FRAME_MAX / 2};
    lt_pack_array(&list, count);
    for (size_t i = 0; i < count; i++)
        lt_pack_uint(&list, seqs[i]);
    struct lt_frame frame = {
        .op = LT_SAY_AGAIN,
        .name = lt_slice_of(principal),
        .text = lt_slice_of(durable),
        .list = lt_buffer_slice(&list),
    };
    enum lt_code code = list.failed ? no_memory(error)
                                    : request(client, &frame, (struct lt_slice){0}, token, error);
    lt_buffer_clear(&list);
    return code;
}

enum lt_code lt_client_put(lt_client *client, const uint8_t sha256[32], uint64_t size,
                           uint64_t offset, struct lt_slice bytes, uint64_t *token,
                           struct lt_error *error)
{
    if (bytes.size > LT_CHUNK_MAX)
        return lt_fail(error, LT_BAD_USE, "bytes: at most %d a PUT", LT_CHUNK_MAX);
    struct lt_frame frame = {.op = LT_PUT, .sha256 = {sha256, 32}, .size = size, .offset = offset};
    return request(client, &frame, bytes, token, error);
}

enum lt_code lt_client_get(lt_client *client, const uint8_t sha256[32], uint64_t offset,
                           uint64_t length, uint64_t *token, struct lt_error *error)
{
    struct lt_frame frame = {
        .op = LT_GET, .sha256 = {sha256, 32}, .offset = offset, .length = length};
    return request(client, &frame, (struct lt_slice){0}, token, error);
}
