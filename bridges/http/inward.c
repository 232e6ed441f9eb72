// To the hub: a signed POST is a message as JSON. It is answered when the hub has said what it thinks of it; whoever has not
// heard the answer sends it again under the same key, and it is said once.
#include "state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/signature.h>

enum { COMING_MAX = 256, FILE_PATH = 4096, AHEAD_MS = 2 * 60 * 1000, TELL_MS = 60 * 1000 };

struct coming {
    struct coming *next;
    uint64_t token;
    char key[HTTP_KEY_MAX];
    lt_webhook_request *request;
};

static const struct coming *find_key(const struct state *state, const char *key)
{
    const struct coming *at = state->coming;
    while (at && strcmp(at->key, key) != 0)
        at = at->next;
    return at;
}

// Our part of the origin: what a name of wire.md may have.
static bool read_key(const lt_webhook_request *request, char key[HTTP_KEY_MAX])
{
    struct lt_slice given = lt_webhook_header(request, HTTP_KEY);
    if (!given.data || given.size == 0 || given.size >= HTTP_KEY_MAX)
        return false;
    for (size_t i = 0; i < given.size; i++)
        if (given.data[i] <= ' ' || given.data[i] >= 0x7F)
            return false;
    memcpy(key, given.data, given.size);
    key[given.size] = '\0';
    return true;
}

static bool read_stamp(struct lt_slice text, uint64_t *stamp)
{
    *stamp = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || i == 15)
            return false;
        *stamp = *stamp * 10 + (uint64_t)(text.data[i] - '0');
    }
    return *stamp > 0;
}

static bool is_signed(const struct state *state, const lt_webhook_request *request, const char *key)
{
    uint8_t digest[LT_DIGEST_SIZE];
    sign(state, lt_webhook_header(request, HTTP_STAMP), lt_slice_of(key), lt_webhook_body(request),
         digest);
    return lt_signature_is(lt_webhook_header(request, HTTP_SIGNATURE), "sha256=", digest);
}

static unsigned status_of(enum lt_code code)
{
    switch (code) {
    case LT_DONE:
    case LT_DONE_BEFORE:
        return 200;
    case LT_NOT_ALLOWED:
    case LT_NOT_VALID:
    case LT_SECRET:
        return 403;
    case LT_TOO_LARGE:
        return 413;
    default:
        return 422;
    }
}

static void refuse(lt_webhook_request **request, enum lt_code code, const char *text)
{
    char line[LT_ERROR_MAX + 2];
    if (lt_code_may_pass(code)) {
        lt_webhook_answer_later(request, 5000);
        return;
    }
    snprintf(line, sizeof line, "%s\n", text);
    lt_webhook_answer(request, status_of(code), NULL, line);
}

// Whoever has set the secret wrongly on one side finds it in the log; a stranger does not fill it.
static void refuse_stranger(struct state *state, lt_webhook_request **request, const char *why)
{
    char line[160];
    const uint64_t now = lt_bridge_now(state->host);
    state->strangers++;
    if (now < state->told_at || now - state->told_at >= TELL_MS) {
        snprintf(line, sizeof line, "refused requests=%u, the last: %s", state->strangers, why);
        lt_bridge_log(state->host, line);
        state->told_at = now;
        state->strangers = 0;
    }
    snprintf(line, sizeof line, "%s\n", why);
    lt_webhook_answer(request, 401, NULL, line);
}

static void publish(struct state *state, lt_webhook_request *request, const char *key)
{
    char origin[LT_ORIGIN_MAX + 1];
    struct lt_error error = {0};
    struct coming *coming = state->coming_count < COMING_MAX ? calloc(1, sizeof *coming) : NULL;
    if (!coming) {
        lt_webhook_answer_later(&request, 5000);
        return;
    }
    snprintf(origin, sizeof origin, "http:%s", key);
    enum lt_code code = lt_bridge_publish_json(state->host, lt_webhook_body(request), origin,
                                               &coming->token, &error);
    if (code != LT_DONE) {
        free(coming);
        refuse(&request, code, error.text);
        return;
    }
    snprintf(coming->key, sizeof coming->key, "%s", key);
    coming->request = request;
    coming->next = state->coming;
    state->coming = coming;
    state->coming_count++;
}

static void take(void *user, lt_webhook_request *request)
{
    struct state *state = user;
    struct lt_error error = {0};
    char key[HTTP_KEY_MAX];
    uint64_t stamp = 0;
    if (!read_key(request, key)) {
        lt_webhook_answer(&request, 400, NULL,
                          HTTP_KEY ": 1 to 109 visible characters that name this message\n");
        return;
    }
    if (!is_signed(state, request, key) ||
        !read_stamp(lt_webhook_header(request, HTTP_STAMP), &stamp)) {
        refuse_stranger(state, &request, "not signed with the secret that was agreed");
        return;
    }
    enum lt_code code =
        lt_replay_check(state->replay, lt_slice_of(key), stamp, lt_bridge_now(state->host), &error);
    if (code == LT_DONE_BEFORE)
        lt_webhook_answer(&request, 200, NULL, "taken before\n");
    else if (code == LT_STALE)
        refuse_stranger(state, &request, "signed too long ago, or in the future");
    else if (code != LT_DONE || find_key(state, key))
        lt_webhook_answer_later(&request, 2000);
    else
        publish(state, request, key);
}

void inward_published(void *user, uint64_t token, enum lt_code code, const char *text)
{
    struct state *state = user;
    struct lt_error error = {0};
    struct coming **link = &state->coming;
    while (*link && (*link)->token != token)
        link = &(*link)->next;
    struct coming *found = *link;
    if (!found)
        return;
    *link = found->next;
    state->coming_count--;
    if (code <= LT_DONE_BEFORE) {
        lt_bridge_well(state->host, "took a message by POST");
        // Not kept, it would be published again under its origin, which the hub knows.
        if (lt_replay_keep(state->replay, lt_slice_of(found->key), lt_bridge_now(state->host),
                           &error) != LT_DONE)
            lt_bridge_ill(state->host, error.text);
        lt_webhook_answer(&found->request, 200, NULL, "taken\n");
    } else {
        refuse(&found->request, code, text);
    }
    free(found);
}

// A path that is none is one at which nobody arrives.
static bool is_path(const char *path)
{
    size_t size = strlen(path);
    for (size_t i = 0; i < size; i++)
        if ((uint8_t)path[i] <= ' ' || (uint8_t)path[i] == 0x7F)
            return false;
    return path[0] == '/' && strcspn(path, "?#%") == size;
}

enum lt_code inward_fits(const struct state *state, const char **option, struct lt_error *error)
{
    *option = "listen";
    if (!lt_webhook_is_address(state->listen))
        return lt_fail(error, LT_BAD_USE,
                       "'%.80s' is no address to listen on; allowed: numbers and a port, as "
                       "127.0.0.1:8081 or [::1]:8081",
                       state->listen);
    *option = "path";
    return is_path(state->path)
               ? LT_DONE
               : lt_fail(error, LT_BAD_USE,
                         "'%.80s' is no path; allowed: a / first, and no blank, ?, # or %% in it",
                         state->path);
}

enum lt_code inward_open(struct state *state, struct lt_error *error)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/seen", lt_bridge_folder(state->host));
    const struct lt_replay_config memory = {
        .path = path, .window_ms = state->window_ms, .ahead_ms = AHEAD_MS};
    enum lt_code code = lt_replay_open(&memory, &state->replay, error);
    if (code != LT_DONE)
        return code;
    state->paths[0] = state->path;
    const struct lt_webhook_config door = {.listen = state->listen, .paths = state->paths};
    return lt_webhook_open(state->host, &door, take, state, &state->webhook, error);
}

void inward_close(struct state *state)
{
    lt_webhook_close(&state->webhook);
    lt_replay_close(&state->replay);
    while (state->coming) {
        struct coming *gone = state->coming;
        state->coming = gone->next;
        free(gone);
    }
}
