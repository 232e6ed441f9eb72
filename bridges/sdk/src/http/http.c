// The client: which call's turn it is, and curl's sockets and timer in the host's loop.
#include "http_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "../host.h"

enum { CONNECTIONS = 32, FIRST_MS = 500, MOST_MS = 30000, LOOK_MS = 1000 };

static void take_turn(void *user);

static void unlink_call(struct lt_http_call *call)
{
    struct lt_http_call **link = &call->http->calls;
    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    call->http->count--;
}

// The last word about a call. What an earlier try may have done is not undone by a later one that did not get through, or was
// refused.
static void finish(struct lt_http_call *call)
{
    struct lt_http_answer *answer = &call->answer;
    unlink_call(call);
    if (answer->state == LT_HTTP_NOT_SENT && call->may_have_arrived)
        answer->state = LT_HTTP_UNKNOWN;
    answer->repeatable = call->repeatable;
    answer->may_have_arrived = call->may_have_arrived;
    answer->body = lt_buffer_slice(&call->text);
    answer->fields = &call->fields;
    answer->origin = call->origin->name;
    answer->why = call->why;
    call->done(call->user, answer);
    http_call_free(&call);
}

static void ask_again_in(lt_http *http, uint64_t ms)
{
    lt_timer_set(http->turn, (int64_t)ms);
}

// After a try: another one, or the end.
static void go_on(struct lt_http_call *call, uint64_t now)
{
    struct lt_http_answer *answer = &call->answer;
    lt_http *http = call->http;
    uint64_t wait = lt_backoff(answer->tries, http->config.first_ms, http->config.most_ms,
                               randombytes_random());
    call->may_have_arrived = call->may_have_arrived || !http_answer_did_nothing(answer);
    if (answer->again_ms > 0 && (uint64_t)answer->again_ms > wait)
        wait = (uint64_t)answer->again_ms;
    if (answer->tries >= call->tries_left || !http_answer_may_try(answer) ||
        now + wait >= call->until)
        finish(call);
    else
        call->not_before = now + wait;
}

static void end_try(struct lt_http_call *call, CURLcode result)
{
    uint64_t now = host_clock();
    bool redirected = http_try_end(call, result, now);
    http_origin_leave(call->origin, &call->answer, now);
    if (redirected)
        call->answer.tries--; // it is the same try, elsewhere
    else
        go_on(call, now);
}

static void take_results(lt_http *http)
{
    CURLMsg *message = NULL;
    int more = 0;
    while ((message = curl_multi_info_read(http->multi, &more))) {
        struct lt_http_call *call = NULL;
        CURLcode result = message->data.result;
        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call) != CURLE_OK)
            continue;
        end_try(call, result);
    }
    take_turn(http);
}

// Nothing is known of the far side that would let it begin in time.
static void give_up(struct lt_http_call *call, uint64_t wait)
{
    bool tried = call->answer.tries > 0;
    if (!tried) {
        call->answer.state = LT_HTTP_NOT_SENT;
        snprintf(call->why, sizeof call->why, "%s: its turn does not come within the deadline%s",
                 call->origin->name,
                 call->origin->breaker.state == LT_BREAKER_CLOSED
                     ? ""
                     : ", because it has failed too often of late");
    }
    if ((int64_t)wait > call->answer.again_ms || !tried)
        call->answer.again_ms = (int64_t)wait;
    finish(call);
}

static void begin(struct lt_http_call *call, uint64_t now)
{
    struct lt_error error = {0};
    if (http_try_begin(call, now, &error) == LT_DONE)
        return;
    http_origin_leave(call->origin, NULL, now);
    call->answer.state = LT_HTTP_NOT_SENT;
    call->answer.again_ms = -1;
    (void)lt_shorten(error.text, call->why, sizeof call->why);
    finish(call);
}

// While one alone is tried, its end says how it goes on.
static uint64_t rest_of(const struct http_origin *origin, uint64_t now)
{
    uint64_t rest = lt_breaker_wait(&origin->breaker, now);
    return origin->breaker.state == LT_BREAKER_TRYING && rest > LOOK_MS ? LOOK_MS : rest;
}

// The next whose turn it is: the most urgent, then the oldest. *next: when to look again otherwise, monotonic ms.
static struct lt_http_call *choose(lt_http *http, uint64_t now, uint64_t *next, uint64_t *too_long)
{
    struct lt_http_call *best = NULL;
    *too_long = 0;
    for (struct lt_http_call *call = http->calls; call; call = call->next) {
        if (call->easy)
            continue;
        uint64_t at = call->not_before;
        if (at <= now) {
            uint64_t wait = lt_pace_wait(&call->origin->pace, call->priority, now);
            uint64_t rest = rest_of(call->origin, now);
            at = now + (wait > rest ? wait : rest);
            if (at >= call->until) {
                *too_long = at - now ? at - now : 1;
                return call;
            }
            if (at == now && call->origin->running < http->config.at_once &&
                (!best || call->priority > best->priority))
                best = call;
        }
        at = at > call->until ? call->until : at;
        if (at > now && at < *next)
            *next = at;
    }
    return best;
}

static void take_turn(void *user)
{
    lt_http *http = user;
    uint64_t now = host_clock(), next = now + LOOK_MS, too_long = 0;
    struct lt_http_call *call = NULL;
    while ((call = choose(http, now, &next, &too_long))) {
        if (too_long)
            give_up(call, too_long);
        else if (http_origin_enter(call->origin, call->priority, http->config.at_once, now) == 0)
            begin(call, now);
        else
            break;
    }
    if (http->calls)
        ask_again_in(http, next - now);
}

static void step(lt_http *http, curl_socket_t fd, int ready)
{
    int running = 0;
    curl_multi_socket_action(http->multi, fd, ready, &running);
    take_results(http);
}

static void socket_ready(void *user, int fd, unsigned ready)
{
    step(user, fd,
         ((ready & LT_WATCH_READ) ? CURL_CSELECT_IN : 0) |
             ((ready & LT_WATCH_WRITE) ? CURL_CSELECT_OUT : 0));
}

static void timer_due(void *user)
{
    step(user, CURL_SOCKET_TIMEOUT, 0);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *of_socket)
{
    lt_http *http = user;
    (void)easy, (void)of_socket;
    if (what == CURL_POLL_REMOVE) {
        lt_watch_end(http->host, fd);
        return 0;
    }
    unsigned wanted = ((what & CURL_POLL_IN) ? (unsigned)LT_WATCH_READ : 0) |
                      ((what & CURL_POLL_OUT) ? (unsigned)LT_WATCH_WRITE : 0);
    return lt_watch(http->host, fd, wanted, socket_ready, http) == LT_DONE ? 0 : -1;
}

static int set_timer(CURLM *multi, long ms, void *user)
{
    lt_http *http = user;
    (void)multi;
    lt_timer_set(http->curl_timer, ms);
    return 0;
}

static void set_defaults(lt_http *http, const struct lt_http_config *config)
{
    static const struct lt_breaker_limit breaker = {
        .failures = 5, .rest_ms = 5000, .most_ms = 300000, .try_ms = 60000};
    http->config = config ? *config : (struct lt_http_config){0};
    if (!http->config.at_once)
        http->config.at_once = 4;
    if (!http->config.breaker.failures)
        http->config.breaker = breaker;
    if (!http->config.first_ms)
        http->config.first_ms = FIRST_MS;
    if (!http->config.most_ms)
        http->config.most_ms = MOST_MS;
}

static bool set_up(lt_http *http, const struct lt_http_config *config)
{
    const char *agent = config && config->agent ? config->agent : "lienthon-bridge";
    if (config && config->ca_file && !(http->ca_file = strdup(config->ca_file)))
        return false;
    http->agent = strdup(agent);
    http->curl_timer = lt_timer_new(http->host, timer_due, http);
    http->turn = lt_timer_new(http->host, take_turn, http);
    http->multi = curl_multi_init();
    if (!http->agent || !http->curl_timer || !http->turn || !http->multi)
        return false;
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS);
    curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    return true;
}

enum lt_code lt_http_new(lt_bridge_host *host, const struct lt_http_config *config, lt_http **out,
                         struct lt_error *error)
{
    *out = NULL;
    if (config && config->at_once > 64)
        return lt_fail(error, LT_BAD_USE, "at most 64 calls at once to one origin");
    lt_http *http =
        curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? calloc(1, sizeof *http) : NULL;
    if (!http)
        return lt_fail(error, LT_NO_MEMORY, "no memory for HTTP");
    http->host = host;
    set_defaults(http, config);
    if (!set_up(http, config)) {
        lt_http_destroy(&http);
        return lt_fail(error, LT_NO_MEMORY, "no memory for HTTP");
    }
    *out = http;
    return LT_DONE;
}

void lt_http_destroy(lt_http **http)
{
    lt_http *own = *http;
    if (!own)
        return;
    while (own->calls) {
        struct lt_http_call *call = own->calls;
        own->calls = call->next;
        http_call_free(&call);
    }
    http_origin_free_all(own);
    curl_multi_cleanup(own->multi);
    lt_timer_destroy(&own->curl_timer);
    lt_timer_destroy(&own->turn);
    free(own->ca_file);
    free(own->agent);
    free(own);
    *http = NULL;
    curl_global_cleanup();
}

enum lt_code lt_http_send(lt_http *http, const struct lt_http_request *request, lt_http_done *done,
                          void *user, lt_http_call **call, struct lt_error *error)
{
    struct lt_http_call *made = NULL;
    if (http->count >= LT_HTTP_WAITING_MAX)
        return lt_fail(error, LT_BUSY, "%d requests wait already", LT_HTTP_WAITING_MAX);
    enum lt_code code = http_call_new(http, request, &made, error);
    if (code != LT_DONE)
        return code;
    made->done = done;
    made->user = user;
    struct lt_http_call **last = &http->calls;
    while (*last)
        last = &(*last)->next;
    *last = made;
    http->count++;
    ask_again_in(http, 0);
    if (call)
        *call = made;
    return LT_DONE;
}

bool lt_http_has_begun(const lt_http_call *call)
{
    return call->easy || call->may_have_arrived;
}

void lt_http_cancel(lt_http_call **call)
{
    struct lt_http_call *own = *call;
    if (!own)
        return;
    if (own->easy)
        http_origin_leave(own->origin, NULL, host_clock());
    unlink_call(own);
    http_call_free(&own);
    *call = NULL;
}
