// A command's connection to the hub.
#include "session.h"

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

#include <lienthon/grant.h>

#include "known.h"
#include "say.h"
#include "when.h"

enum {
    READ_WAIT_S = 10,
    PUBLISH_WAIT_S = 30,
    REFUSED_WAIT_MS = 3000, // a hub that has just started may not know its grants yet
    LINGER_MS = 3000,       // for what is on its way at the end, either way
    EARLIER_WAIT_MS = 5000, // for what earlier commands left
    GIVE_UP_LOOK_MS = 50,
    CLOCK_APART_MS = 60000,
    OWN_GRANT_MS = 2000, // it comes with the first grants
};

// Takes the outbox for this command. LT_BUSY: another has it, and `use` does not wait.
static enum lt_code take_outbox(struct session *session, enum session_use use, const char *folder,
                                struct lt_error *error)
{
    char *path = cli_path(session->cli, "%s/command.lock", folder);
    session->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (session->lock < 0) {
        lt_fail(error, LT_IO, "%s cannot be opened: %s", path, strerror(errno));
        free(path);
        return LT_IO;
    }
    free(path);
    if (flock(session->lock, LOCK_EX | LOCK_NB) == 0) {
        return LT_DONE;
    }
    if (use == SESSION_PUBLISHES) {
        say_aside("waiting for another command of %s to end", session->identity.principal);
        if (flock(session->lock, LOCK_EX) == 0) {
            return LT_DONE;
        }
    }
    close(session->lock);
    session->lock = -1;
    return lt_fail(error, LT_BUSY, "another command of %s is at the outbox",
                   session->identity.principal);
}

// The folder for the outbox, or NULL where it is done without. *state is free'd by the caller.
static enum lt_code find_state(struct session *session, enum session_use use, char **state)
{
    struct lt_error *error = &session->cli->error;
    char *folder = cli_path(session->cli, "%s/command", session->identity.state);
    *state = NULL;
    if (use == SESSION_FOLLOWS || (use == SESSION_READS && access(folder, W_OK) != 0)) {
        free(folder);
        return LT_DONE;
    }
    enum lt_code code = lt_folder_make(folder, 0700, error);
    if (code == LT_DONE) {
        code = take_outbox(session, use, session->identity.state, error);
    }
    if (code == LT_DONE) {
        *state = folder;
        return LT_DONE;
    }
    free(folder);
    if (use == SESSION_READS) { // another command has it, or another user: a question needs none
        *error = (struct lt_error){0};
        return LT_DONE;
    }
    return code;
}

static enum lt_code start_client(struct session *session, const char *state)
{
    struct lt_error *error = &session->cli->error;
    char agent[64];
    snprintf(agent, sizeof agent, "lienthon %s %s", CLI_VERSION, session->cli->command->name);
    uint8_t *secrets = sodium_malloc((size_t)2 * LT_SECRET_SIZE);
    if (secrets == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for the keys");
    }
    struct lt_client_config config = {
        .url = session->identity.hub,
        .principal = session->identity.principal,
        .hub_principal = session->identity.hub_principal,
        .seed = secrets,
        .curve_secret = secrets + LT_SECRET_SIZE,
        .agent = agent,
        .state_folder = state,
    };
    memcpy(config.hub_curve, session->identity.hub_curve, LT_KEY_SIZE);
    memcpy(config.root, session->identity.root, LT_KEY_SIZE);
    enum lt_code code = lt_keys_load(session->cli->folder, &session->identity, secrets,
                                     secrets + LT_SECRET_SIZE, error);
    if (code == LT_DONE) {
        code = lt_client_new(&config, &session->client, error);
    }
    sodium_free(secrets);
    if (code == LT_DONE) {
        known_learn(session);
    }
    return code;
}

static enum lt_code catch_signals(struct session *session)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    session->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return session->signals >= 0 ? LT_DONE
                                 : lt_fail(&session->cli->error, LT_IO,
                                           "signals cannot be caught: %s", strerror(errno));
}

enum lt_code session_open(struct cli *cli, enum session_use use, struct session *session)
{
    return session_open_as(cli, use, cli->as, session);
}

enum lt_code session_open_as(struct cli *cli, enum session_use use, const char *as,
                             struct session *session)
{
    *session = SESSION_CLOSED;
    session->cli = cli;
    long wait_s = 0;
    char *state = NULL;
    enum lt_code code = arguments_number(&cli->arguments, "wait", 0, 86400,
                                         use == SESSION_PUBLISHES ? PUBLISH_WAIT_S : READ_WAIT_S,
                                         &wait_s, &cli->error);
    session->wait_ms = (uint64_t)wait_s * 1000;
    if (code == LT_DONE) {
        code = lt_identity_load(cli->folder, as, &session->identity, &cli->error);
    }
    if (code == LT_DONE) {
        when_zone(session->identity.timezone);
        code = find_state(session, use, &state);
    }
    if (code == LT_DONE && use == SESSION_FOLLOWS) {
        code = catch_signals(session); // before there is another thread that could get them
    }
    if (code == LT_DONE) {
        session->remembers = state != NULL;
        code = start_client(session, state);
    }
    free(state);
    if (code != LT_DONE) {
        session_close(session);
    }
    return code;
}

void session_close(struct session *session)
{
    if (session->client != NULL) {
        lt_client_destroy(&session->client, session->up ? LINGER_MS : 0);
    }
    if (session->left_now > 0) {
        say_aside("messages of earlier commands that have reached the hub now: %zu",
                  session->left_now);
    }
    if (session->lock >= 0) {
        close(session->lock);
    }
    if (session->signals >= 0) {
        close(session->signals);
    }
    lt_buffer_clear(&session->own_grant);
    lt_identity_clear(&session->identity);
    *session = SESSION_CLOSED;
}

// What became of a message that an earlier command left.
static void tell_earlier(struct session *session, const struct lt_event *event)
{
    char id[37];
    lt_id_print(event->id, id);
    if (event->kind == LT_EVENT_PUBLISHED && event->code < LT_MALFORMED) {
        session->left_now++;
    } else {
        say_aside("the message %s of an earlier command was not taken: %s", id, event->text);
    }
}

static bool is_refused(const struct session *session)
{
    return !session->up && lt_code_is_refusal(session->down.code) && session->down.code != LT_BUSY;
}

// true: the event was the session's own business, and is gone.
static bool handle(struct session *session, struct lt_event **event)
{
    const struct lt_event *now = *event;
    switch (now->kind) {
    case LT_EVENT_UP:
        session->up = true;
        if (now->value.size == sizeof session->hub_curve) {
            memcpy(session->hub_curve, now->value.data, sizeof session->hub_curve);
        }
        session->give_up = 0;
        session->limits = now->limits;
        session->hub_time = now->now;
        session->hub_time_at = cli_now();
        break;
    case LT_EVENT_DOWN:
        session->up = false;
        lt_fail(&session->down, now->code, "%s", now->text);
        if (session->give_up == 0 && is_refused(session)) {
            session->give_up = cli_now() + REFUSED_WAIT_MS;
        }
        break;
    case LT_EVENT_PUBLISHED:
    case LT_EVENT_STALE:
        if (now->token != 0) {
            return false;
        }
        tell_earlier(session, now);
        break;
    case LT_EVENT_HELD:
        lt_fail(&session->held, now->code, "%s",
                now->text[0] != '\0' ? now->text : lt_code_text(now->code));
        return false;
    case LT_EVENT_GRANT:
        lt_buffer_empty(&session->own_grant);
        session->own_grant.max = LT_MESSAGE_LIMIT;
        if (now->code == LT_DONE) {
            lt_buffer_add(&session->own_grant, now->value.data, now->value.size);
        }
        break;
    default:
        if (!known_take(session, now)) {
            return false;
        }
    }
    lt_event_destroy(event);
    return true;
}

static struct lt_event *wait_for_event(struct session *session, int64_t timeout_ms)
{
    if (session->signals < 0) {
        return lt_client_next(session->client, timeout_ms);
    }
    struct lt_event *event = lt_client_next(session->client, 0);
    if (event != NULL) {
        return event;
    }
    struct pollfd set[] = {{.fd = session->signals, .events = POLLIN},
                           {.fd = lt_client_fd(session->client), .events = POLLIN}};
    poll(set, 2, timeout_ms > INT_MAX ? -1 : (int)timeout_ms);
    session->stopped = session->stopped || set[0].revents != 0;
    return session->stopped ? NULL : lt_client_next(session->client, 0);
}

// One event, at most until then. *event is NULL when it was the session's own business, or when the time is over (false).
static bool pump(struct session *session, uint64_t until, struct lt_event **event)
{
    if (session->give_up != 0 && session->give_up < until) {
        until = session->give_up;
    }
    const uint64_t now = cli_now();
    const uint64_t left = now < until ? until - now : 0;
    *event = wait_for_event(session, left < INT64_MAX ? (int64_t)left : INT64_MAX);
    if (*event == NULL) {
        return !session->stopped && cli_now() < until;
    }
    handle(session, event);
    return true;
}

bool session_needs_second(struct session *session, const struct lt_part *part)
{
    const uint64_t until = cli_now() + OWN_GRANT_MS;
    while (session->own_grant.size == 0 && session->up && session_pass(session, until)) {
    }
    struct lt_sealed sealed;
    struct lt_grant *grant = NULL;
    bool second = false;
    if (session->own_grant.size == 0 ||
        lt_sealed_decode(lt_buffer_slice(&session->own_grant), &sealed, NULL) != LT_DONE ||
        lt_grant_open(&sealed.part, &grant, NULL) != LT_DONE) {
        return false;
    }
    const bool may =
        lt_grant_may_publish(grant, part->topic, part->type, part->priority, part->label, &second);
    lt_grant_destroy(&grant);
    return may && second;
}

bool session_pass(struct session *session, uint64_t until)
{
    struct lt_event *event = NULL;
    const bool goes_on = pump(session, until, &event);
    lt_event_destroy(&event);
    return goes_on;
}

struct lt_event *session_next(struct session *session, uint64_t until)
{
    struct lt_event *event = NULL;
    while (pump(session, until, &event)) {
        if (event != NULL) {
            return event;
        }
    }
    return NULL;
}

// What was to be published will never be taken under this key: it does not stay in the outbox.
static void give_up(struct session *session)
{
    const uint64_t until = cli_now() + LINGER_MS;
    session->give_up = 0;
    // What has another key, or is full, has refused nothing: what was to be said stays for the hub.
    if (session->lock < 0 || session->down.code == LT_BAD_SEAL ||
        lt_client_give_up(session->client, session->down.code, session->down.text, NULL) !=
            LT_DONE) {
        return;
    }
    bool heard = true;
    while ((heard || lt_client_unconfirmed(session->client) > 0) && cli_now() < until) {
        struct lt_event *event = session_next(session, cli_now() + GIVE_UP_LOOK_MS);
        heard = event != NULL;
        lt_event_destroy(&event);
    }
}

enum lt_code session_no_hub(struct session *session)
{
    struct lt_error *error = &session->cli->error;
    const char *why = session->down.text[0] != '\0' ? session->down.text : "no answer";
    if (is_refused(session)) {
        give_up(session);
        return strstr(why, session->identity.principal) != NULL
                   ? lt_fail(error, session->down.code, "%s", why)
                   : lt_fail(error, session->down.code, "%s: %s", session->identity.principal, why);
    }
    return strstr(why, session->identity.hub) != NULL
               ? lt_fail(error, LT_TIMED_OUT, "%s", why)
               : lt_fail(error, LT_TIMED_OUT, "no hub at %s: is `lienthon up` running there? (%s)",
                         session->identity.hub, why);
}

enum lt_code session_up(struct session *session)
{
    uint64_t until = cli_now() + session->wait_ms;
    struct lt_event *event = NULL;
    while (!session->up && pump(session, until, &event)) {
        lt_event_destroy(&event);
    }
    if (!session->up) {
        return session_no_hub(session);
    }
    if (!session->remembers) {
        known_follow(session);
    }
    until = cli_now() + EARLIER_WAIT_MS;
    while (session->lock >= 0 && lt_client_unconfirmed(session->client) > 0 &&
           pump(session, until, &event)) {
        lt_event_destroy(&event);
    }
    return LT_DONE;
}

static enum lt_code not_confirmed(struct session *session)
{
    struct lt_error *error = &session->cli->error;
    if (is_refused(session) && session->down.code != LT_BAD_SEAL) {
        return session_no_hub(session);
    }
    const char *why = !session->up                    ? session->down.text
                      : session->held.code != LT_DONE ? session->held.text
                                                      : "it has not answered";
    return lt_fail(error, LT_TIMED_OUT,
                   "the hub at %s has not confirmed it (%s); it is kept, and leaves with the next "
                   "command by which %s sends something and that "
                   "reaches the hub (lienthon up runs it)",
                   session->identity.hub, why[0] != '\0' ? why : "no connection yet",
                   session->identity.principal);
}

// A refusal for its times has its reason here, where this machine's clock is wrong.
static void tell_clock(const struct session *session)
{
    struct lt_error *error = &session->cli->error;
    const uint64_t ours = cli_now();
    const uint64_t theirs = session->hub_time != 0
                                ? session->hub_time + (ours - session->hub_time_at)
                                : lt_client_time(session->client, NULL);
    const uint64_t apart = ours > theirs ? ours - theirs : theirs - ours;
    const bool of_times =
        error->code == LT_STALE || error->code == LT_EXPIRED || error->code == LT_NOT_VALID;
    if (!of_times || apart < CLOCK_APART_MS) {
        return;
    }
    char our_time[WHEN_SIZE];
    char their_time[WHEN_SIZE];
    when_full(ours, our_time);
    when_full(theirs, their_time);
    const struct lt_error why = *error;
    lt_fail(error, why.code,
            "this machine's clock says %s, and the commune's %s: set it right, and say it again "
            "(%s)",
            our_time, their_time, why.text);
}

// Waits for the hub's word on what was put into the outbox.
static enum lt_code confirm(struct session *session, uint64_t token)
{
    struct lt_error *error = &session->cli->error;
    const uint64_t until = cli_now() + session->wait_ms;
    struct lt_event *event = NULL;
    while ((event = session_next(session, until)) != NULL) {
        const bool mine = event->token == token &&
                          (event->kind == LT_EVENT_PUBLISHED || event->kind == LT_EVENT_STALE);
        const enum lt_code code = event->code;
        if (mine && code >= LT_MALFORMED) {
            lt_fail(error, code, "%s", event->text[0] != '\0' ? event->text : lt_code_name(code));
            tell_clock(session);
        }
        // A full disk does not pass while somebody waits before the screen.
        const bool full =
            event->token == token && event->kind == LT_EVENT_HELD && code == LT_STORAGE_FAILED;
        lt_event_destroy(&event);
        if (mine) {
            return code >= LT_MALFORMED ? code : LT_DONE;
        }
        if (full) {
            break;
        }
    }
    return not_confirmed(session);
}

enum lt_code session_publish(struct session *session, const struct lt_part *draft, uint8_t *id)
{
    uint64_t token = 0;
    const enum lt_code code =
        lt_client_publish(session->client, draft, id, &token, &session->cli->error);
    return code == LT_DONE ? confirm(session, token) : code;
}

enum lt_code session_relay(struct session *session, struct lt_slice sealed)
{
    uint64_t token = 0;
    const enum lt_code code =
        lt_client_relay(session->client, sealed, &token, &session->cli->error);
    return code == LT_DONE ? confirm(session, token) : code;
}

// One RESULT of ours: adds its value. LT_DONE with *more, LT_CLOSED to ask again, or the refusal.
static enum lt_code take_result(struct session *session, const struct lt_event *event,
                                struct lt_buffer *values, bool *more)
{
    struct lt_error *error = &session->cli->error;
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

enum lt_code session_ask(struct session *session, const char *name, struct lt_slice args,
                         struct lt_buffer *values)
{
    struct lt_error *error = &session->cli->error;
    uint64_t token = 0;
    enum lt_code code = lt_client_query(session->client, name, args, &token, error);
    struct lt_event *event = NULL;
    uint64_t until = cli_now() + session->wait_ms;
    bool more = true;
    while (code == LT_DONE && more && (event = session_next(session, until)) != NULL) {
        if (event->kind == LT_EVENT_RESULT && event->token == token) {
            until = cli_now() + session->wait_ms;
            code = take_result(session, event, values, &more);
        }
        lt_event_destroy(&event);
        if (code == LT_CLOSED) {
            lt_buffer_empty(values);
            code = lt_client_query(session->client, name, args, &token, error);
        }
    }
    if (code == LT_DONE && more) {
        return session->up ? lt_fail(error, LT_TIMED_OUT, "the hub at %s has not answered",
                                     session->identity.hub)
                           : session_no_hub(session);
    }
    return code;
}
