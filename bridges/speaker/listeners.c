#include "listeners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <lienthon/http.h>
#include <lienthon/watch.h>

enum { FIRST_MS = 700, EVERY_MS = 3000, NONE_YET_MS = 1000, ANSWER_MS = 1500 };

struct listeners {
    lt_http *http;
    lt_http_call *call; // under way
    lt_timer *timer;
    char url[1024];
    const char *path;
    int most;
    bool answered;
};

// "http://host:8000/thuong.mp3"
static bool is_of(const json_t *source, const char *path)
{
    const char *url = json_string_value(json_object_get(source, "listenurl"));
    const char *host = url ? strstr(url, "://") : NULL;
    const char *found = host ? strchr(host + 3, '/') : NULL;
    return found && strcmp(found, path) == 0;
}

static int count_of(const json_t *source)
{
    json_int_t count = json_integer_value(json_object_get(source, "listeners"));
    return count > 0 && count < 1000000 ? (int)count : 0;
}

int listeners_read(struct lt_slice answer, const char *path)
{
    json_t *root = json_loadb((const char *)answer.data, answer.size, 0, NULL);
    const json_t *stats = json_object_get(root, "icestats");
    const json_t *source = json_object_get(stats, "source");
    int count = json_is_object(stats) ? 0 : LISTENERS_UNKNOWN;
    if (json_is_object(source) && is_of(source, path))
        count = count_of(source);
    for (size_t i = 0; i < json_array_size(source); i++)
        if (is_of(json_array_get(source, i), path))
            count = count_of(json_array_get(source, i));
    json_decref(root);
    return count;
}

static void on_answer(void *user, const struct lt_http_answer *answer)
{
    struct listeners *listeners = user;
    listeners->call = NULL;
    listeners->answered = answer->state == LT_HTTP_ANSWERED;
    if (answer->state != LT_HTTP_ANSWERED || answer->status != 200 || !listeners->path)
        return;
    int count = listeners_read(answer->body, listeners->path);
    if (count > listeners->most)
        listeners->most = count;
}

static void on_due(void *user)
{
    struct listeners *listeners = user;
    listeners_ask(listeners);
    lt_timer_set(listeners->timer, listeners->most > 0 ? EVERY_MS : NONE_YET_MS);
}

void listeners_ask(struct listeners *listeners)
{
    struct lt_http_request request = {.method = "GET",
                                      .url = listeners->url,
                                      .deadline_ms = ANSWER_MS,
                                      .try_ms = ANSWER_MS,
                                      .tries = 1,
                                      .priority = LT_HOA_TOC};
    if (!listeners->call)
        lt_http_send(listeners->http, &request, on_answer, listeners, &listeners->call, NULL);
}

bool listeners_asks(const struct listeners *listeners)
{
    return listeners->call != NULL;
}

enum lt_code listeners_new(lt_bridge_host *host, const char *server, const char *ca,
                           struct listeners **listeners, struct lt_error *error)
{
    const struct lt_http_config config = {.ca_file = ca};
    struct listeners *own = calloc(1, sizeof *own);
    if (!own)
        return lt_fail(error, LT_NO_MEMORY, "no memory to count listeners");
    own->timer = lt_timer_new(host, on_due, own);
    enum lt_code code = own->timer ? lt_http_new(host, &config, &own->http, error)
                                   : lt_fail(error, LT_NO_MEMORY, "no memory to count listeners");
    if (code != LT_DONE) {
        listeners_destroy(&own);
        return code;
    }
    snprintf(own->url, sizeof own->url, "%s/status-json.xsl", server);
    own->most = LISTENERS_UNKNOWN;
    *listeners = own;
    return LT_DONE;
}

void listeners_destroy(struct listeners **listeners)
{
    struct listeners *own = *listeners;
    if (!own)
        return;
    if (own->timer)
        lt_timer_destroy(&own->timer);
    if (own->http)
        lt_http_destroy(&own->http);
    free(own);
    *listeners = NULL;
}

void listeners_count(struct listeners *listeners, const char *path)
{
    if (listeners->call)
        lt_http_cancel(&listeners->call);
    listeners->path = path;
    listeners->most = LISTENERS_UNKNOWN;
    lt_timer_set(listeners->timer, FIRST_MS);
}

void listeners_rest(struct listeners *listeners)
{
    lt_timer_set(listeners->timer, -1);
}

bool listeners_answered(const struct listeners *listeners)
{
    return listeners->answered;
}

int listeners_most(const struct listeners *listeners)
{
    return listeners->most;
}
