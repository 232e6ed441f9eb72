// A request as its caller gave it, copied and looked at.
#include "http_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "../host.h"

enum {
    DEADLINE_MS = 30000,
    TRY_MS = 10000,
    TRIES = 3,
    ANSWER_MAX = 1024 * 1024,
    HEADERS_MAX = 64,
    HEADER_MAX = 8192,
};

static bool is_token(const char *text)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return *text && strlen(text) < 64 && strspn(text, token) == strlen(text);
}

static bool is_value(struct lt_slice value)
{
    for (size_t i = 0; i < value.size; i++)
        if (value.data[i] < 0x20 ? value.data[i] != '\t' : value.data[i] == 0x7F)
            return false;
    return value.size <= HEADER_MAX;
}

static enum lt_code add_header(struct lt_http_call *call, const char *name, struct lt_slice value,
                               struct lt_error *error)
{
    char line[HEADER_MAX + 80];
    if (!is_token(name) || !is_value(value))
        return lt_fail(error, LT_BAD_USE, "the header %.64s cannot be sent as it is", name);
    // curl leaves a header without a value out, unless it ends with a semicolon.
    snprintf(line, sizeof line, value.size ? "%s: %.*s" : "%s;%.*s", name, (int)value.size,
             value.size ? (const char *)value.data : "");
    struct curl_slist *longer = curl_slist_append(call->headers, line);
    sodium_memzero(line, sizeof line); // it may be a credential
    if (!longer)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a header");
    call->headers = longer;
    return LT_DONE;
}

static bool has_type(const struct lt_http_request *request)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, "Content-Type") == 0)
            return true;
    return false;
}

// What curl would add by itself.
static enum lt_code suppress(struct lt_http_call *call, const char *line, struct lt_error *error)
{
    struct curl_slist *longer = curl_slist_append(call->headers, line);
    if (!longer)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a header");
    call->headers = longer;
    return LT_DONE;
}

static enum lt_code copy_headers(struct lt_http_call *call, const struct lt_http_request *request,
                                 struct lt_error *error)
{
    if (request->header_count > HEADERS_MAX)
        return lt_fail(error, LT_BAD_USE, "more than %d headers", HEADERS_MAX);
    enum lt_code code = add_header(call, "User-Agent", lt_slice_of(call->http->agent), error);
    if (code == LT_DONE && request->idempotency_key)
        code = add_header(call, "Idempotency-Key", lt_slice_of(request->idempotency_key), error);
    for (size_t i = 0; code == LT_DONE && i < request->header_count; i++)
        code = add_header(call, request->headers[i].name, request->headers[i].value, error);
    // Nothing is waited for before the body leaves: it would be one more way to be left hanging.
    if (code == LT_DONE)
        code = suppress(call, "Expect:", error);
    if (code == LT_DONE && !has_type(request))
        code = suppress(call, "Content-Type:", error);
    return code;
}

static enum lt_code copy_body(struct lt_http_call *call, const struct lt_http_request *request,
                              struct lt_error *error)
{
    call->body.max = LT_HTTP_BODY_MAX;
    for (size_t i = 0; i < request->part_count; i++)
        if (request->parts[i].size > LT_HTTP_BODY_MAX - call->body.size)
            return lt_fail(error, LT_TOO_LARGE, "the body has more than %d bytes",
                           LT_HTTP_BODY_MAX);
        else if (request->parts[i].size &&
                 !lt_buffer_add(&call->body, request->parts[i].data, request->parts[i].size))
            return lt_fail(error, LT_NO_MEMORY, "no memory for a body");
    return LT_DONE;
}

static bool is_idempotent(const char *method)
{
    static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(method, methods[i]) == 0)
            return true;
    return false;
}

static uint64_t or_else(int64_t given, uint64_t otherwise)
{
    return given > 0 ? (uint64_t)given : otherwise;
}

static void set_limits(struct lt_http_call *call, const struct lt_http_request *request)
{
    call->not_before = host_clock();
    call->until = call->not_before + or_else(request->deadline_ms, DEADLINE_MS);
    call->try_ms = or_else(request->try_ms, TRY_MS);
    call->tries_left = request->tries ? request->tries : TRIES;
    call->answer_max = request->answer_max ? request->answer_max : ANSWER_MAX;
    call->priority = request->priority;
    call->repeatable = request->idempotency_key || is_idempotent(request->method);
    call->text.max = call->answer_max;
    call->fields.lines.max = HTTP_FIELDS_MAX;
}

enum lt_code http_call_new(lt_http *http, const struct lt_http_request *request,
                           struct lt_http_call **out, struct lt_error *error)
{
    struct http_origin *origin = NULL;
    *out = NULL;
    if (!request->method || !is_token(request->method))
        return lt_fail(error, LT_BAD_USE, "no method of a request");
    if (!request->url || strlen(request->url) > HTTP_ADDRESS)
        return lt_fail(error, LT_BAD_USE, "no address, or one longer than %d bytes", HTTP_ADDRESS);
    enum lt_code code = http_origin_of(http, request->url, &origin, error);
    if (code != LT_DONE)
        return code;
    struct lt_http_call *call = calloc(1, sizeof *call);
    if (!call)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a request");
    call->http = http;
    call->origin = origin;
    origin->calls++;
    set_limits(call, request);
    call->method = strdup(request->method);
    call->url = strdup(request->url);
    if (!call->method || !call->url)
        code = lt_fail(error, LT_NO_MEMORY, "no memory for a request");
    if (code == LT_DONE)
        code = copy_headers(call, request, error);
    if (code == LT_DONE)
        code = copy_body(call, request, error);
    if (code != LT_DONE)
        http_call_free(&call);
    *out = call;
    return code;
}

void http_wipe(char *text)
{
    if (text)
        sodium_memzero(text, strlen(text));
    free(text);
}

void http_call_free(struct lt_http_call **call)
{
    struct lt_http_call *own = *call;
    http_try_drop(own);
    own->origin->calls--;
    http_wipe(own->url); // some far sides have the token in it
    free(own->method);
    for (struct curl_slist *at = own->headers; at; at = at->next)
        sodium_memzero(at->data, strlen(at->data));
    curl_slist_free_all(own->headers);
    if (own->body.data)
        sodium_memzero(own->body.data, own->body.size);
    lt_buffer_clear(&own->body);
    if (own->text.data)
        sodium_memzero(own->text.data, own->text.size);
    lt_buffer_clear(&own->text);
    lt_buffer_clear(&own->fields.lines);
    free(own);
    *call = NULL;
}
