// One request, from its headers to its answer.
#include "webhook_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/signature.h>

#include "../host.h"

enum { METHODS_TEXT = 128 };

static void free_request(struct lt_webhook_request *request)
{
    struct lt_webhook_request **link = &request->webhook->requests;
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    if (request->response)
        MHD_destroy_response(request->response);
    lt_buffer_clear(&request->body);
    free(request->method);
    free(request->path);
    free(request);
}

static struct MHD_Response *make_response(const char *type, const char *text)
{
    struct MHD_Response *made = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    if (!made)
        return NULL;
    MHD_add_response_header(made, MHD_HTTP_HEADER_CONTENT_TYPE,
                            type ? type : "text/plain; charset=utf-8");
    MHD_add_response_header(made, "X-Content-Type-Options", "nosniff");
    return made;
}

static void add_seconds(struct MHD_Response *response, uint64_t ms)
{
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%" PRIu64, ms / 1000 + (ms % 1000 != 0));
    MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, ms ? seconds : "1");
}

static bool is_one_of(const char *text, const char *const *list)
{
    while (*list && strcmp(*list, text) != 0)
        list++;
    return *list != NULL;
}

static const char *const *methods_of(const struct lt_webhook *webhook)
{
    static const char *const post[] = {"POST", NULL};
    return webhook->config.methods ? webhook->config.methods : post;
}

static void add_methods(struct MHD_Response *response, const struct lt_webhook *webhook)
{
    char text[METHODS_TEXT] = "";
    size_t size = 0;
    for (const char *const *at = methods_of(webhook); *at && size < sizeof text; at++)
        size += (size_t)snprintf(text + size, sizeof text - size, size ? ", %s" : "%s", *at);
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, text);
}

static size_t declared(struct MHD_Connection *connection)
{
    const char *text =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return text ? (size_t)strtoull(text, NULL, 10) : 0;
}

// What can be said before the body has come.
static void judge(struct lt_webhook_request *request)
{
    struct lt_webhook *webhook = request->webhook;
    if (!is_one_of(request->path, webhook->config.paths))
        request->refused = MHD_HTTP_NOT_FOUND;
    else if (!is_one_of(request->method, methods_of(webhook)))
        request->refused = MHD_HTTP_METHOD_NOT_ALLOWED;
    else if (declared(request->connection) > webhook->config.body_max)
        request->refused = MHD_HTTP_CONTENT_TOO_LARGE;
    else if ((request->refuse_ms = lt_pace_take(&webhook->pace, 0, host_clock())))
        request->refused = MHD_HTTP_TOO_MANY_REQUESTS;
}

static enum MHD_Result refuse(struct lt_webhook_request *request)
{
    const char *text = request->refused == MHD_HTTP_NOT_FOUND            ? "nothing is here\n"
                       : request->refused == MHD_HTTP_METHOD_NOT_ALLOWED ? "not by this method\n"
                       : request->refused == MHD_HTTP_TOO_MANY_REQUESTS  ? "too many requests\n"
                                                                         : "too large\n";
    struct MHD_Response *response = make_response(NULL, text);
    if (!response)
        return MHD_NO;
    if (request->refused == MHD_HTTP_TOO_MANY_REQUESTS)
        add_seconds(response, request->refuse_ms);
    if (request->refused == MHD_HTTP_METHOD_NOT_ALLOWED)
        add_methods(response, request->webhook);
    enum MHD_Result result = MHD_queue_response(request->connection, request->refused, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result begin(struct lt_webhook *webhook, struct MHD_Connection *connection,
                             const char *url, const char *method, void **context)
{
    struct lt_webhook_request *request = calloc(1, sizeof *request);
    if (!request)
        return MHD_NO;
    request->webhook = webhook;
    request->connection = connection;
    request->next = webhook->requests;
    webhook->requests = request;
    request->body.max = webhook->config.body_max;
    request->method = strdup(method);
    request->path = strdup(url);
    if (!request->method || !request->path) {
        free_request(request);
        return MHD_NO;
    }
    *context = request;
    judge(request);
    return request->refused && declared(connection) > webhook->config.body_max + WEBHOOK_DISCARD
               ? refuse(request)
               : MHD_YES;
}

static enum MHD_Result take_piece(struct lt_webhook_request *request, const char *bytes,
                                  size_t *size)
{
    size_t max = request->webhook->config.body_max;
    request->came += *size;
    if (request->came > max && !request->refused)
        request->refused = MHD_HTTP_CONTENT_TOO_LARGE;
    if (request->came > max + WEBHOOK_DISCARD)
        return MHD_NO;
    if (!request->refused && !lt_buffer_add(&request->body, bytes, *size))
        return MHD_NO;
    *size = 0;
    return MHD_YES;
}

static enum MHD_Result queue(struct lt_webhook_request *request)
{
    if (!request->response) // there was no memory for it
        return MHD_NO;
    enum MHD_Result result =
        MHD_queue_response(request->connection, request->status, request->response);
    MHD_destroy_response(request->response);
    request->response = NULL;
    return result;
}

static enum MHD_Result hand_over(struct lt_webhook_request *request)
{
    struct lt_webhook *webhook = request->webhook;
    struct webhook_connection *place = webhook_place(webhook, request->connection);
    request->held = request->in_take = true;
    request->until = host_clock() + (uint64_t)webhook->config.answer_ms;
    if (place)
        place->waits = true;
    webhook->take(webhook->user, request);
    request->in_take = false;
    if (request->status)
        return queue(request);
    request->suspended = true;
    MHD_suspend_connection(request->connection);
    return MHD_YES;
}

enum MHD_Result webhook_request_step(void *webhook, struct MHD_Connection *connection,
                                     const char *url, const char *method, const char *version,
                                     const char *upload, size_t *upload_size, void **context)
{
    struct lt_webhook_request *request = *context;
    (void)version;
    if (!request)
        return begin(webhook, connection, url, method, context);
    if (*upload_size)
        return take_piece(request, upload, upload_size);
    if (request->refused)
        return refuse(request);
    return request->status ? queue(request) : hand_over(request);
}

void webhook_request_over(void *webhook, struct MHD_Connection *connection, void **context,
                          enum MHD_RequestTerminationCode why)
{
    struct lt_webhook_request *request = *context;
    struct webhook_connection *place = webhook_place(webhook, connection);
    (void)why;
    if (place) {
        place->since = host_clock();
        place->waits = false;
    }
    if (!request)
        return;
    *context = NULL;
    request->connection = NULL;
    if (!request->held)
        free_request(request);
}

static void resume(struct lt_webhook_request *request)
{
    if (!request->suspended)
        return;
    request->suspended = false;
    MHD_resume_connection(request->connection);
    webhook_run_soon(request->webhook);
}

static void respond(struct lt_webhook_request *request, unsigned status,
                    struct MHD_Response *response)
{
    request->status = status;
    request->response = response;
    resume(request);
}

static void answer(lt_webhook_request **request, unsigned status, struct MHD_Response *response)
{
    struct lt_webhook_request *own = *request;
    *request = NULL;
    own->held = false;
    if (own->connection && !own->status) {
        respond(own, response ? status : MHD_HTTP_INTERNAL_SERVER_ERROR, response);
        return;
    }
    if (response)
        MHD_destroy_response(response);
    if (!own->connection)
        free_request(own);
}

void lt_webhook_answer(lt_webhook_request **request, unsigned status, const char *type,
                       const char *text)
{
    answer(request, status, make_response(type, text ? text : ""));
}

void lt_webhook_answer_later(lt_webhook_request **request, int64_t ms)
{
    struct MHD_Response *response = make_response(NULL, "later\n");
    if (response)
        add_seconds(response, ms > 0 ? (uint64_t)ms : 1);
    answer(request, MHD_HTTP_SERVICE_UNAVAILABLE, response);
}

void webhook_request_look(struct lt_webhook *webhook, uint64_t now)
{
    for (struct lt_webhook_request *at = webhook->requests; at; at = at->next) {
        if (!at->suspended || at->until > now)
            continue;
        struct MHD_Response *response = make_response(NULL, "later\n");
        if (!response)
            continue;
        add_seconds(response, 1000);
        respond(at, MHD_HTTP_SERVICE_UNAVAILABLE, response);
    }
}

void webhook_request_end_all(struct lt_webhook *webhook)
{
    for (struct lt_webhook_request *at = webhook->requests; at; at = at->next) {
        at->held = false;
        at->until = 0;
    }
    webhook_request_look(webhook, 1);
}

void webhook_request_free_all(struct lt_webhook *webhook)
{
    while (webhook->requests)
        free_request(webhook->requests);
}

static struct lt_slice value_of(const lt_webhook_request *request, enum MHD_ValueKind kind,
                                const char *name)
{
    const char *value = NULL;
    size_t size = 0;
    if (!request->connection ||
        MHD_lookup_connection_value_n(request->connection, kind, name, strlen(name), &value,
                                      &size) != MHD_YES ||
        !value)
        return (struct lt_slice){0};
    return (struct lt_slice){(const uint8_t *)value, size};
}

struct lt_slice lt_webhook_header(const lt_webhook_request *request, const char *name)
{
    return value_of(request, MHD_HEADER_KIND, name);
}

struct lt_slice lt_webhook_query(const lt_webhook_request *request, const char *name)
{
    return value_of(request, MHD_GET_ARGUMENT_KIND, name);
}

const char *lt_webhook_method(const lt_webhook_request *request)
{
    return request->method;
}

const char *lt_webhook_path(const lt_webhook_request *request)
{
    return request->path;
}

struct lt_slice lt_webhook_body(const lt_webhook_request *request)
{
    struct lt_slice body = lt_buffer_slice(&request->body);
    return body.data ? body : lt_slice_of("");
}

void lt_webhook_set_user(lt_webhook_request *request, void *user)
{
    request->user = user;
}

void *lt_webhook_user(const lt_webhook_request *request)
{
    return request->user;
}

bool lt_webhook_challenge(lt_webhook_request **request, struct lt_slice token)
{
    enum { CHALLENGE_MAX = 256 };
    char text[CHALLENGE_MAX + 1];
    struct lt_slice challenge = lt_webhook_query(*request, "hub.challenge");
    if (strcmp((*request)->method, "GET") != 0 ||
        !lt_slice_is(lt_webhook_query(*request, "hub.mode"), "subscribe"))
        return false;
    bool known = lt_secret_equal(lt_webhook_query(*request, "hub.verify_token"), token);
    if (!known || !challenge.data || challenge.size > CHALLENGE_MAX ||
        memchr(challenge.data, '\0', challenge.size)) {
        lt_webhook_answer(request, MHD_HTTP_FORBIDDEN, NULL, "not the token that was agreed\n");
        return true;
    }
    memcpy(text, challenge.data, challenge.size);
    text[challenge.size] = '\0';
    lt_webhook_answer(request, MHD_HTTP_OK, NULL, text);
    return true;
}
