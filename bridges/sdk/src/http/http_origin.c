// One far side as the client sees it: how many calls run, how fast they may follow, whether it works.
#include "http_parts.h"

#include <stdlib.h>
#include <string.h>
#include <stdio.h>

static char *part_of(CURLU *parsed, CURLUPart what, unsigned flags)
{
    char *text = NULL;
    return curl_url_get(parsed, what, &text, flags) == CURLUE_OK ? text : NULL;
}

bool http_origin_name(const char *url, char name[HTTP_ORIGIN_TEXT])
{
    CURLU *parsed = curl_url();
    bool whole = false;
    if (parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK) {
        char *scheme = part_of(parsed, CURLUPART_SCHEME, 0);
        char *host = part_of(parsed, CURLUPART_HOST, 0);
        char *port = part_of(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
        char *user = part_of(parsed, CURLUPART_USER, 0);
        whole =
            scheme && host && port && !user &&
            (strcmp(scheme, "https") == 0 || strcmp(scheme, "http") == 0) &&
            snprintf(name, HTTP_ORIGIN_TEXT, "%s://%s:%s", scheme, host, port) < HTTP_ORIGIN_TEXT;
        curl_free(scheme);
        curl_free(host);
        curl_free(port);
        curl_free(user);
    }
    curl_url_cleanup(parsed);
    return whole;
}

bool lt_http_is_address(const char *url)
{
    char name[HTTP_ORIGIN_TEXT];
    return url && strlen(url) <= HTTP_ADDRESS && http_origin_name(url, name);
}

static struct http_origin *find(const lt_http *http, const char *name)
{
    struct http_origin *origin = http->origins;
    while (origin && strcmp(origin->name, name) != 0)
        origin = origin->next;
    return origin;
}

// The oldest that nobody calls makes room; there are never more that are called than calls.
static void forget_one(lt_http *http)
{
    struct http_origin **last = NULL;
    size_t count = 0;
    for (struct http_origin **link = &http->origins; *link; link = &(*link)->next) {
        count++;
        if ((*link)->calls == 0)
            last = link;
    }
    if (count < HTTP_ORIGINS || !last)
        return;
    struct http_origin *gone = *last;
    *last = gone->next;
    free(gone);
}

enum lt_code http_origin_of(lt_http *http, const char *url, struct http_origin **origin,
                            struct lt_error *error)
{
    char name[HTTP_ORIGIN_TEXT];
    if (!http_origin_name(url, name))
        return lt_fail(error, LT_BAD_USE,
                       "this is no address; allowed: https://HOST[:PORT]/PATH or http://…, without "
                       "a name and a password in it");
    *origin = find(http, name);
    if (*origin)
        return LT_DONE;
    forget_one(http);
    struct http_origin *made = calloc(1, sizeof *made);
    if (!made)
        return lt_fail(error, LT_NO_MEMORY, "no memory for an origin");
    memcpy(made->name, name, sizeof made->name);
    lt_pace_init(&made->pace, &http->config.pace);
    lt_breaker_init(&made->breaker, &http->config.breaker);
    made->next = http->origins;
    http->origins = made;
    *origin = made;
    return LT_DONE;
}

uint64_t http_origin_enter(struct http_origin *origin, unsigned priority, unsigned at_once,
                           uint64_t now)
{
    uint64_t wait = lt_pace_wait(&origin->pace, priority, now);
    if (wait)
        return wait;
    if (origin->running >= at_once)
        return 1000; // one that ends asks again
    wait = lt_breaker_ask(&origin->breaker, now);
    if (wait)
        return wait;
    lt_pace_take(&origin->pace, priority, now);
    origin->running++;
    return 0;
}

static bool is_well(const struct lt_http_answer *answer)
{
    return answer->state == LT_HTTP_ANSWERED && (answer->status < 500 || answer->status == 501);
}

void http_origin_leave(struct http_origin *origin, const struct lt_http_answer *answer,
                       uint64_t now)
{
    origin->running--;
    if (!answer)
        lt_breaker_pass(&origin->breaker);
    else if (is_well(answer))
        lt_breaker_well(&origin->breaker);
    else
        lt_breaker_ill(&origin->breaker, now);
    if (answer && answer->again_ms > 0 && (answer->status == 429 || answer->status == 503))
        lt_pace_close(&origin->pace, now + (uint64_t)answer->again_ms);
}

void http_origin_free_all(lt_http *http)
{
    while (http->origins) {
        struct http_origin *gone = http->origins;
        http->origins = gone->next;
        free(gone);
    }
}

const struct lt_breaker *lt_http_breaker(const lt_http *http, const char *url)
{
    char name[HTTP_ORIGIN_TEXT];
    const struct http_origin *origin = http_origin_name(url, name) ? find(http, name) : NULL;
    return origin ? &origin->breaker : NULL;
}
