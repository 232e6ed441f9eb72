// One try of a call: a curl handle, and what its end means. What counts is whether anything can have reached the far side.
#include "http_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../host.h"

enum { CONNECT_MS = 10000 };

static size_t take_line(char *line, size_t size, size_t count, void *user)
{
    struct lt_http_call *call = user;
    return http_fields_add(&call->fields, line, size * count) ? size * count : 0;
}

// Less than all is told to curl as an error, and the transfer ends.
static size_t take_body(char *bytes, size_t size, size_t count, void *user)
{
    struct lt_http_call *call = user;
    size_t all = size * count, room = call->answer_max - call->text.size;
    if (!lt_buffer_add(&call->text, bytes, all < room ? all : room))
        return 0;
    call->answer.cut = all > room;
    return call->answer.cut ? 0 : all;
}

static void set_method(CURL *easy, const struct lt_http_call *call)
{
    bool has_body = call->body.size > 0 || strcmp(call->method, "POST") == 0 ||
                    strcmp(call->method, "PUT") == 0;
    if (has_body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body.data ? (char *)call->body.data : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.size);
    }
    if (strcmp(call->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
}

static void set_options(CURL *easy, struct lt_http_call *call, uint64_t timeout)
{
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    // A look-up of a name that is not answered is left behind: waited for, it would hold the host's thread.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (call->http->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, call->http->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_line);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    // On a connection that was used before, curl repeats by itself a request that got no byte of an answer: one that
    // may have been acted on.
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, call->repeatable ? 0L : 1L);
    set_method(easy, call);
}

enum lt_code http_try_begin(struct lt_http_call *call, uint64_t now, struct lt_error *error)
{
    uint64_t left = call->until > now ? call->until - now : 1;
    CURL *easy = curl_easy_init();
    if (!easy)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a request");
    lt_buffer_empty(&call->text);
    lt_buffer_empty(&call->fields.lines);
    call->answer = (struct lt_http_answer){.tries = call->answer.tries};
    call->began = now;
    call->why[0] = '\0';
    set_options(easy, call, left < call->try_ms ? left : call->try_ms);
    if (curl_easy_setopt(easy, CURLOPT_URL, call->url) != CURLE_OK ||
        curl_multi_add_handle(call->http->multi, easy) != CURLM_OK) {
        curl_easy_cleanup(easy);
        return lt_fail(error, LT_NO_MEMORY, "a request could not be begun");
    }
    call->easy = easy;
    call->answer.tries++;
    return LT_DONE;
}

void http_try_drop(struct lt_http_call *call)
{
    if (!call->easy)
        return;
    curl_multi_remove_handle(call->http->multi, call->easy);
    curl_easy_cleanup(call->easy);
    call->easy = NULL;
}

static bool left_us(CURL *easy)
{
    long sent = 0;
    return curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent) != CURLE_OK || sent > 0;
}

static enum lt_http_state state_of(const struct lt_http_call *call, CURLcode result)
{
    if (result == CURLE_OK || (result == CURLE_WRITE_ERROR && call->answer.cut))
        return LT_HTTP_ANSWERED;
    if (!left_us(call->easy))
        return LT_HTTP_NOT_SENT;
    return LT_HTTP_UNKNOWN;
}

// curl_easy_strerror: a constant, without addresses.
static void explain(struct lt_http_call *call, CURLcode result)
{
    const char *what = curl_easy_strerror(result);
    if (call->answer.state == LT_HTTP_NOT_SENT)
        snprintf(call->why, sizeof call->why, "%s was not reached: %s", call->origin->name, what);
    else if (call->answer.state == LT_HTTP_UNKNOWN)
        snprintf(call->why, sizeof call->why,
                 "%s did not answer to the end, so what became of the request is not known: %s",
                 call->origin->name, what);
}

static bool is_read(const struct lt_http_call *call)
{
    return strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0;
}

// Whether the call goes on at the place that a redirect names.
static bool follow(struct lt_http_call *call)
{
    char *to = NULL;
    char origin[HTTP_ORIGIN_TEXT];
    if (call->answer.state != LT_HTTP_ANSWERED || call->answer.status < 300 ||
        call->answer.status > 399 ||
        curl_easy_getinfo(call->easy, CURLINFO_REDIRECT_URL, &to) != CURLE_OK || !to)
        return false;
    if (!http_origin_name(to, origin) || strcmp(origin, call->origin->name) != 0)
        snprintf(call->why, sizeof call->why,
                 "%s redirects to another origin, which is not followed", call->origin->name);
    else if (!is_read(call) || call->redirects == HTTP_REDIRECTS)
        snprintf(call->why, sizeof call->why, "%s redirects, which is not followed",
                 call->origin->name);
    else {
        char *copy = strdup(to);
        if (!copy)
            return false;
        http_wipe(call->url);
        call->url = copy;
        call->redirects++;
        return true;
    }
    return false;
}

bool http_try_end(struct lt_http_call *call, CURLcode result, uint64_t now)
{
    struct lt_http_answer *answer = &call->answer;
    long status = 0;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    answer->state = state_of(call, result);
    answer->status = (int)status;
    answer->took_ms = (int64_t)(now - call->began);
    answer->repeatable = call->repeatable;
    answer->again_ms = http_fields_retry_after(&call->fields, (int64_t)time(NULL));
    explain(call, result);
    bool goes_on = follow(call);
    http_try_drop(call);
    return goes_on;
}
