// A command's connection to the hub.
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <sodium.h>

#include <lienthon/cursor.h>

#include "when.h"

enum {
    READ_WAIT_S = 10,
    PUBLISH_WAIT_S = 30,
    REFUSED_WAIT_MS = 3000, // a hub that has just started may not know its grants yet
    EARLIER_WAIT_MS = 5000, // for what earlier commands left
};

// Takes the outbox for this command. LT_BUSY: another has it, and `use` does not wait.
static enum lt_code take_outbox(struct link *link, enum link_use use, const char *folder,
                                struct lt_error *error)
{
    char *path = cli_path(link->cli, "%s/command.lock", folder);
    link->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (link->lock < 0) {
        lt_fail(error, LT_IO, "%s cannot be opened: %s", path, strerror(errno));
        free(path);
        return LT_IO;
    }
    free(path);
    if (flock(link->lock, LOCK_EX | LOCK_NB) == 0) {
        return LT_DONE;
    }
    if (use == LINK_PUBLISHES) {
        fprintf(stderr, "lienthon: waiting for another command of %s to end\n",
                link->identity.principal);
        if (flock(link->lock, LOCK_EX) == 0) {
            return LT_DONE;
        }
    }
    close(link->lock);
    link->lock = -1;
    return lt_fail(error, LT_BUSY, "another command of %s is at the outbox",
                   link->identity.principal);
}

// The folder for the outbox, or NULL where it is done without. *state is free'd by the caller.
static enum lt_code find_state(struct link *link, enum link_use use, char **state)
{
    struct lt_error *error = &link->cli->error;
    char *folder = cli_path(link->cli, "%s/command", link->identity.state);
    *state = NULL;
    if (use == LINK_FOLLOWS || (use == LINK_READS && access(folder, W_OK) != 0)) {
        free(folder);
        return LT_DONE;
    }
    enum lt_code code = lt_folder_make(folder, 0700, error);
    if (code == LT_DONE) {
        code = take_outbox(link, use, link->identity.state, use == LINK_READS ? NULL : error);
        if (code == LT_BUSY && use == LINK_READS) {
            free(folder);
            return LT_DONE;
        }
    }
    if (code != LT_DONE) {
        free(folder);
        return code;
    }
    *state = folder;
    return LT_DONE;
}

static enum lt_code start_client(struct link *link, const char *state)
{
    struct lt_error *error = &link->cli->error;
    char agent[64];
    snprintf(agent, sizeof agent, "lienthon %s %s", CLI_VERSION, link->cli->command->name);
    uint8_t *secrets = sodium_malloc((size_t)2 * LT_SECRET_SIZE);
    if (secrets == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for the keys");
    }
    struct lt_client_config config = {
        .url = link->identity.hub,
        .principal = link->identity.principal,
        .seed = secrets,
        .curve_secret = secrets + LT_SECRET_SIZE,
        .agent = agent,
        .state_folder = state,
    };
    memcpy(config.hub_curve, link->identity.hub_curve, LT_KEY_SIZE);
    memcpy(config.root, link->identity.root, LT_KEY_SIZE);
    enum lt_code code =
        lt_keys_load(link->cli->folder, &link->identity, secrets, secrets + LT_SECRET_SIZE, error);
    if (code == LT_DONE) {
        code = lt_client_new(&config, &link->client, error);
    }
    sodium_free(secrets);
    return code;
}

static enum lt_code catch_signals(struct link *link)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    link->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return link->signals >= 0
               ? LT_DONE
               : lt_fail(&link->cli->error, LT_IO, "signals cannot be caught: %s", strerror(errno));
}

enum lt_code link_open(struct cli *cli, enum link_use use, struct link *link)
{
    return link_open_as(cli, use, cli->as, link);
}

enum lt_code link_open_as(struct cli *cli, enum link_use use, const char *as, struct link *link)
{
    *link = LINK_CLOSED;
    link->cli = cli;
    long wait_s = 0;
    char *state = NULL;
    enum lt_code code = arguments_number(&cli->arguments, "wait", 0, 86400,
                                         use == LINK_PUBLISHES ? PUBLISH_WAIT_S : READ_WAIT_S,
                                         &wait_s, &cli->error);
    link->wait_ms = (uint64_t)wait_s * 1000;
    if (code == LT_DONE) {
        code = lt_identity_load(cli->folder, as, &link->identity, &cli->error);
    }
    if (code == LT_DONE) {
        when_zone(link->identity.timezone);
        code = find_state(link, use, &state);
    }
    if (code == LT_DONE && use == LINK_FOLLOWS) {
        code = catch_signals(link); // before there is another thread that could get them
    }
    if (code == LT_DONE) {
        code = start_client(link, state);
    }
    free(state);
    if (code != LT_DONE) {
        link_close(link, 0);
    }
    return code;
}

void link_close(struct link *link, uint64_t linger_ms)
{
    if (link->client != NULL) {
        lt_client_destroy(&link->client, linger_ms);
    }
    if (link->left_now > 0) {
        fprintf(stderr, "lienthon: %zu messages of earlier commands have reached the hub now\n",
                link->left_now);
    }
    if (link->lock >= 0) {
        close(link->lock);
    }
    if (link->signals >= 0) {
        close(link->signals);
    }
    lt_identity_clear(&link->identity);
    *link = LINK_CLOSED;
}

// What became of a message that an earlier command left.
static void tell_earlier(struct link *link, const struct lt_event *event)
{
    char id[37];
    lt_id_print(event->id, id);
    if (event->kind == LT_EVENT_PUBLISHED && event->code < LT_MALFORMED) {
        link->left_now++;
    } else {
        fprintf(stderr, "lienthon: the message %s of an earlier command was not taken: %s\n", id,
                event->text);
    }
}

static bool is_refused(const struct link *link)
{
    return !link->up && lt_code_is_refusal(link->down.code) && link->down.code != LT_BUSY;
}

// true: the event was the link's own business, and is gone.
static bool handle(struct link *link, struct lt_event **event)
{
    const struct lt_event *now = *event;
    switch (now->kind) {
    case LT_EVENT_UP:
        link->up = true;
        link->give_up = 0;
        link->limits = now->limits;
        break;
    case LT_EVENT_DOWN:
        link->up = false;
        lt_fail(&link->down, now->code, "%s", now->text);
        if (link->give_up == 0 && is_refused(link)) {
            link->give_up = cli_now() + REFUSED_WAIT_MS;
        }
        break;
    case LT_EVENT_PUBLISHED:
    case LT_EVENT_STALE:
        if (now->token != 0) {
            return false;
        }
        tell_earlier(link, now);
        break;
    default:
        return false;
    }
    lt_event_destroy(event);
    return true;
}

static struct lt_event *wait_for_event(struct link *link, int64_t timeout_ms)
{
    if (link->signals < 0) {
        return lt_client_next(link->client, timeout_ms);
    }
    struct lt_event *event = lt_client_next(link->client, 0);
    if (event != NULL) {
        return event;
    }
    struct pollfd set[] = {{.fd = link->signals, .events = POLLIN},
                           {.fd = lt_client_fd(link->client), .events = POLLIN}};
    poll(set, 2, timeout_ms > INT_MAX ? -1 : (int)timeout_ms);
    link->stopped = link->stopped || set[0].revents != 0;
    return link->stopped ? NULL : lt_client_next(link->client, 0);
}

// One event, at most until then. *event is NULL when it was the link's own business, or when the time is over (false).
static bool pump(struct link *link, uint64_t until, struct lt_event **event)
{
    if (link->give_up != 0 && link->give_up < until) {
        until = link->give_up;
    }
    const uint64_t now = cli_now();
    const uint64_t left = now < until ? until - now : 0;
    *event = wait_for_event(link, left < INT64_MAX ? (int64_t)left : INT64_MAX);
    if (*event == NULL) {
        return !link->stopped && cli_now() < until;
    }
    handle(link, event);
    return true;
}

struct lt_event *link_next(struct link *link, uint64_t until)
{
    struct lt_event *event = NULL;
    while (pump(link, until, &event)) {
        if (event != NULL) {
            return event;
        }
    }
    return NULL;
}

static enum lt_code no_hub(struct link *link)
{
    struct lt_error *error = &link->cli->error;
    const char *why = link->down.text[0] != '\0' ? link->down.text : "no answer";
    if (is_refused(link)) {
        return lt_fail(error, link->down.code, "the hub at %s does not let %s in: %s",
                       link->identity.hub, link->identity.principal, why);
    }
    return lt_fail(error, LT_TIMED_OUT, "no hub at %s: is `lienthon up` running there? (%s)",
                   link->identity.hub, why);
}

enum lt_code link_up(struct link *link)
{
    uint64_t until = cli_now() + link->wait_ms;
    struct lt_event *event = NULL;
    while (!link->up && pump(link, until, &event)) {
        lt_event_destroy(&event);
    }
    if (!link->up) {
        return no_hub(link);
    }
    until = cli_now() + EARLIER_WAIT_MS;
    while (link->lock >= 0 && lt_client_unconfirmed(link->client) > 0 &&
           pump(link, until, &event)) {
        lt_event_destroy(&event);
    }
    return LT_DONE;
}

static enum lt_code not_confirmed(struct link *link)
{
    struct lt_error *error = &link->cli->error;
    if (is_refused(link)) {
        return no_hub(link);
    }
    const char *why = link->up ? "it has not answered" : link->down.text;
    return lt_fail(error, LT_TIMED_OUT,
                   "the hub at %s has not confirmed it (%s); it is kept, and leaves with the next "
                   "command of %s that "
                   "reaches the hub (lienthon up runs it)",
                   link->identity.hub, why[0] != '\0' ? why : "no connection yet",
                   link->identity.principal);
}

// Waits for the hub's word on what was put into the outbox.
static enum lt_code confirm(struct link *link, uint64_t token)
{
    struct lt_error *error = &link->cli->error;
    const uint64_t until = cli_now() + link->wait_ms;
    struct lt_event *event = NULL;
    while ((event = link_next(link, until)) != NULL) {
        const bool mine = event->token == token &&
                          (event->kind == LT_EVENT_PUBLISHED || event->kind == LT_EVENT_STALE);
        const enum lt_code code = event->code;
        if (mine && code >= LT_MALFORMED) {
            lt_fail(error, code, "%s", event->text[0] != '\0' ? event->text : lt_code_name(code));
        }
        lt_event_destroy(&event);
        if (mine) {
            return code >= LT_MALFORMED ? code : LT_DONE;
        }
    }
    return not_confirmed(link);
}

enum lt_code link_publish(struct link *link, const struct lt_part *draft, uint8_t *id)
{
    uint64_t token = 0;
    const enum lt_code code = lt_client_publish(link->client, draft, id, &token, &link->cli->error);
    return code == LT_DONE ? confirm(link, token) : code;
}

enum lt_code link_relay(struct link *link, struct lt_slice sealed)
{
    uint64_t token = 0;
    const enum lt_code code = lt_client_relay(link->client, sealed, &token, &link->cli->error);
    return code == LT_DONE ? confirm(link, token) : code;
}

// One RESULT of ours: adds its value. LT_DONE with *more, LT_CLOSED to ask again, or the refusal.
static enum lt_code take_result(struct link *link, const struct lt_event *event,
                                struct lt_buffer *values, bool *more)
{
    struct lt_error *error = &link->cli->error;
    if (event->code == LT_CLOSED) {
        return LT_CLOSED;
    }
    if (event->code != LT_DONE) {
        return lt_fail(error, event->code, "%s", event->text);
    }
    *more = event->more;
    if (!lt_buffer_add(values, event->value.data, event->value.size)) {
        return lt_fail(error, LT_TOO_LARGE, "the answer is larger than %zu bytes; ask for less",
                       values->max);
    }
    return LT_DONE;
}

enum lt_code link_ask(struct link *link, const char *name, struct lt_slice args,
                      struct lt_buffer *values)
{
    struct lt_error *error = &link->cli->error;
    uint64_t token = 0;
    enum lt_code code = lt_client_query(link->client, name, args, &token, error);
    struct lt_event *event = NULL;
    uint64_t until = cli_now() + link->wait_ms;
    bool more = true;
    while (code == LT_DONE && more && (event = link_next(link, until)) != NULL) {
        if (event->kind == LT_EVENT_RESULT && event->token == token) {
            until = cli_now() + link->wait_ms;
            code = take_result(link, event, values, &more);
        }
        lt_event_destroy(&event);
        if (code == LT_CLOSED) {
            lt_buffer_empty(values);
            code = lt_client_query(link->client, name, args, &token, error);
        }
    }
    if (code == LT_DONE && more) {
        return link->up ? lt_fail(error, LT_TIMED_OUT, "the hub at %s has not answered",
                                  link->identity.hub)
                        : no_hub(link);
    }
    return code;
}

struct link_walk link_walk_of(const struct lt_buffer *values)
{
    return (struct link_walk){.cursor = lt_cursor_of(lt_buffer_slice(values))};
}

bool link_walk_value(struct link_walk *walk, struct lt_slice *value)
{
    while (walk->left == 0) {
        if (!lt_cursor_array(&walk->cursor, &walk->left)) {
            return false;
        }
    }
    walk->left--;
    return lt_cursor_skip(&walk->cursor, value);
}

bool link_walk_sealed(struct link_walk *walk, struct lt_sealed *sealed)
{
    struct lt_slice value;
    while (link_walk_value(walk, &value)) {
        struct lt_cursor cursor = lt_cursor_of(value);
        struct lt_slice bytes;
        if (lt_cursor_bin(&cursor, &bytes) && lt_sealed_decode(bytes, sealed, NULL) == LT_DONE) {
            return true;
        }
    }
    return false;
}
