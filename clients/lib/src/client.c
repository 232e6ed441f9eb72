// A client is made and ended, and its events are read.
#include "caller.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "files.h"
#include "handover.h"
#include "seen.h"
#include "signals.h"
#include "sized.h"

enum {
    OUTBOX_MESSAGES = 10000,
    OUTBOX_BYTES = 64 * 1024 * 1024,
};

static enum lt_code check_config(const struct lt_client_config *config, struct lt_error *error)
{
    if (!config->url || !config->principal || !config->seed || !config->curve_secret)
        return lt_fail(error, LT_BAD_USE, "url, principal, seed and curve_secret are needed");
    if (!lt_principal_valid(lt_slice_of(config->principal)))
        return lt_fail(error, LT_BAD_USE, "principal: '%.80s' is not a name as loa.an-thuong.01",
                       config->principal);
    if (sodium_init() < 0)
        return lt_fail(error, LT_IO, "libsodium cannot be started");
    return LT_DONE;
}

// What earlier runs left is in the outbox before anything else.
static enum lt_code take_left(void *self, const struct left *left, struct lt_error *error)
{
    struct lt_client *client = self;
    struct item *item = NULL;
    uint8_t *bytes = malloc(left->bytes.size);
    if (!bytes)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the outbox");
    memcpy(bytes, left->bytes.data, left->bytes.size);
    enum lt_code code = item_new(&bytes, left->bytes.size, left->sealed, &item, error);
    if (code != LT_DONE)
        return code;
    item->segment = left->segment;
    item->offset = left->offset;
    atomic_fetch_add(&client->shared.messages, 1);
    atomic_fetch_add(&client->shared.bytes, item->weight);
    publisher_add(client->engine, &item);
    return LT_DONE;
}

static enum lt_code open_outbox(struct lt_client *client, struct lt_error *error)
{
    enum lt_code code = files_subfolder(client->folder, "outbox", &client->outbox_folder, error);
    if (code != LT_DONE)
        return code;
    client->engine->publisher.settled = settled_new(client->outbox_folder);
    if (!client->engine->publisher.settled)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the outbox");
    return journal_open(client->outbox_folder, &client->journal, take_left, client, error);
}

static enum lt_code look_at_memory(struct lt_client *client, const char *path,
                                   struct lt_error *error)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return errno == ENOENT ? LT_DONE : lt_fail(error, LT_IO, "%s: %s", path, strerror(errno));
    enum lt_code code = seen_look(folder, client->engine->keeper.judge, error);
    close(folder);
    return code;
}

static enum lt_code open_state(struct lt_client *client, const struct lt_client_config *config,
                               struct lt_error *error)
{
    const char *folder = config->state_folder;
    struct lt_error reason = {0};
    enum lt_code code = folder ? files_lock(folder, &client->folder, error) : LT_DONE;
    if (code != LT_DONE)
        return code;
    code = keeper_open(&client->engine->keeper, client->folder, config->root, &reason);
    if (code == LT_DONE && config->memory_folder)
        code = look_at_memory(client, config->memory_folder, &reason);
    if (code == LT_DONE && config->hub_principal)
        keeper_suppose_hub(&client->engine->keeper, lt_slice_of(config->hub_principal));
    if (code == LT_DONE && folder)
        code = open_outbox(client, &reason);
    if (code != LT_DONE)
        lt_fail(error, code, "%.100s/%s", folder ? folder : "", reason.text);
    return code;
}

static enum lt_code fill_engine(struct engine *engine, const struct lt_client_config *config,
                                struct lt_error *error)
{
    engine->next_ref = UINT64_C(1) << 48; // the caller's tokens count from below
    engine->outbox_age_ms = config->outbox_age_ms;
    engine->url = strdup(config->url);
    engine->principal = strdup(config->principal);
    engine->agent = strdup(config->agent ? config->agent : "liblienthon 0.1");
    engine->signer = lt_signer_new(config->seed);
    engine->curve_secret = sodium_malloc(LT_KEY_SIZE);
    if (!engine->url || !engine->principal || !engine->agent || !engine->signer ||
        !engine->curve_secret)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a client");
    memcpy(engine->curve_secret, config->curve_secret, LT_KEY_SIZE);
    memcpy(engine->hub_curve, config->hub_curve, LT_KEY_SIZE);
    if (crypto_scalarmult_base(engine->curve_key, engine->curve_secret) != 0)
        return lt_fail(error, LT_BAD_USE, "curve_secret: not an X25519 key");
    return LT_DONE;
}

static enum lt_code add_own(struct engine *engine, uint64_t sid, const char *pattern,
                            struct lt_error *error)
{
    const struct lt_subscription wanted = {
        .patterns = &pattern, .pattern_count = 1, .from = LT_FROM_RETAINED, .credit = 1024};
    struct subscription *made = NULL;
    enum lt_code code = subscription_new(&wanted, sid, 0, &made, error);
    if (code != LT_DONE)
        return code;
    made->own = true;
    subscriber_add(engine, &made);
    return LT_DONE;
}

static enum lt_code open_events(struct lt_client *client, struct lt_error *error)
{
    // By chance: an endpoint outlives its socket for a moment, and an address may come again.
    uint64_t number = 0;
    char endpoint[64];
    randombytes_buf(&number, sizeof number);
    snprintf(endpoint, sizeof endpoint, "inproc://lienthon-events-%" PRIx64, number);
    client->events = zsock_new(ZMQ_PAIR);
    client->engine->events_socket = zsock_new(ZMQ_PAIR);
    if (!client->events || !client->engine->events_socket)
        return lt_fail(error, LT_NO_MEMORY, "no sockets for a client");
    zsock_set_rcvhwm(client->events, 0);
    zsock_set_sndhwm(client->engine->events_socket, 0);
    if (zsock_bind(client->events, "%s", endpoint) != 0 ||
        zsock_connect(client->engine->events_socket, "%s", endpoint) != 0)
        return lt_fail(error, LT_IO, "the client's own sockets cannot be joined: %s",
                       zmq_strerror(zmq_errno()));
    client->engine->events = zsock_resolve(client->engine->events_socket);
    return LT_DONE;
}

static enum lt_code start(struct lt_client *client, const struct lt_client_config *config,
                          struct lt_error *error)
{
    enum lt_code code = fill_engine(client->engine, config, error);
    if (code == LT_DONE)
        code = open_state(client, config, error);
    if (code == LT_DONE)
        code = add_own(client->engine, SID_GRANTS, "$lt/grants/#", error);
    if (code == LT_DONE)
        code = add_own(client->engine, SID_TIME, "$lt/time", error);
    if (code == LT_DONE)
        code = open_events(client, error);
    if (code != LT_DONE)
        return code;
    engine_hear_time(client->engine);
    client->actor = zactor_new(engine_run, client->engine);
    return client->actor ? LT_DONE : lt_fail(error, LT_NO_MEMORY, "no thread for a client");
}

static enum lt_code make(const struct lt_client_config *config, lt_client **client_out,
                         struct lt_error *error)
{
    enum lt_code code = check_config(config, error);
    if (code != LT_DONE)
        return code;
    struct lt_client *client = calloc(1, sizeof *client);
    if (!client)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a client");
    client->folder = client->outbox_folder = -1;
    client->last_sid = SID_FIRST;
    client->most_messages = config->outbox_messages > 0 ? config->outbox_messages : OUTBOX_MESSAGES;
    client->most_bytes = config->outbox_bytes > 0 ? config->outbox_bytes : OUTBOX_BYTES;
    memcpy(client->principal, config->principal, strlen(config->principal) + 1);
    atomic_init(&client->shared.floor, INT64_MIN / 2);
    client->engine = calloc(1, sizeof *client->engine);
    if (client->engine) {
        const struct signals signals = signals_note();
        client->engine->shared = &client->shared;
        code = start(client, config, error);
        signals_restore(&signals);
    } else {
        code = lt_fail(error, LT_NO_MEMORY, "no memory for a client");
    }
    if (code != LT_DONE) {
        lt_client_destroy(&client, 0);
        return code;
    }
    *client_out = client;
    return LT_DONE;
}

enum lt_code lt_client_new_sized(const struct lt_client_config *config, size_t config_size,
                                 lt_client **client, struct lt_error *error)
{
    struct lt_client_config known;
    *client = NULL;
    enum lt_code code = sized_take(config, config_size, &known, sizeof known, error);
    return code == LT_DONE ? make(&known, client, error) : code;
}

void *caller_pipe(const lt_client *client)
{
    return zsock_resolve(client->actor);
}

static void stop(lt_client *client, uint64_t linger_ms)
{
    struct command *command = command_new(COMMAND_STOP);
    if (command) {
        command->more = linger_ms;
        if (handover_give(caller_pipe(client), &command))
            command = handover_take(caller_pipe(client), 0, NULL);
        command_destroy(&command);
    }
    zactor_destroy(&client->actor);
}

void lt_client_destroy(lt_client **client_pointer, uint64_t linger_ms)
{
    lt_client *client = *client_pointer;
    if (!client)
        return;
    if (client->actor)
        stop(client, linger_ms);
    struct lt_event *event = client->events ? lt_client_next(client, 0) : NULL;
    while (event) {
        lt_event_destroy(&event);
        event = lt_client_next(client, 0);
    }
    zsock_destroy(&client->events);
    engine_destroy(&client->engine);
    journal_close(&client->journal);
    if (client->outbox_folder >= 0)
        close(client->outbox_folder);
    if (client->folder >= 0)
        close(client->folder);
    free(client);
    *client_pointer = NULL;
}

struct lt_event *lt_client_next(lt_client *client, int64_t timeout_ms)
{
    void *events = zsock_resolve(client->events);
    zmq_pollitem_t item = {.socket = events, .events = ZMQ_POLLIN};
    struct event *event = handover_take(events, ZMQ_DONTWAIT, NULL);
    if (!event && timeout_ms != 0 && zmq_poll(&item, 1, timeout_ms < 0 ? -1 : (long)timeout_ms) > 0)
        event = handover_take(events, ZMQ_DONTWAIT, NULL);
    if (!event)
        return NULL;
    if (event->counted) {
        atomic_fetch_sub(&client->shared.answers, 1);
        atomic_fetch_sub(&client->shared.answer_bytes, event->size);
    }
    return &event->told;
}

int lt_client_fd(lt_client *client)
{
    return zsock_fd(client->events);
}
