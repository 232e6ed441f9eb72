// The inside of lienthon/http.h: a client, its origins, its calls.
#ifndef LT_BRIDGES_HTTP_PARTS_H
#define LT_BRIDGES_HTTP_PARTS_H

#include <curl/curl.h>

#include <lienthon/http.h>
#include <lienthon/watch.h>

enum {
    HTTP_ORIGINS = 64,           // that are remembered
    HTTP_ORIGIN_TEXT = 300,      // "https://" and a host's name of 253 at most
    HTTP_FIELDS_MAX = 64 * 1024, // bytes of an answer's headers
    HTTP_ADDRESS = 8192,         // bytes of an address
    HTTP_REDIRECTS = 3,
    HTTP_WHY = 512,
};

struct http_origin {
    struct http_origin *next;
    char name[HTTP_ORIGIN_TEXT]; // "https://host:port"
    unsigned running;
    size_t calls;
    struct lt_pace pace;
    struct lt_breaker breaker;
};

// The headers of an answer, as they came: lines.
struct lt_http_fields {
    struct lt_buffer lines;
};

struct lt_http_call {
    struct lt_http_call *next;
    struct lt_http *http;
    struct http_origin *origin;
    lt_http_done *done;
    void *user;
    char *method, *url;
    struct curl_slist *headers;
    struct lt_buffer body;
    uint64_t not_before, until, try_ms; // monotonic ms; the last in ms
    size_t answer_max;
    unsigned tries_left, priority, redirects;
    bool repeatable, may_have_arrived;
    CURL *easy; // while it runs
    uint64_t began;
    struct lt_buffer text; // the answer's body
    struct lt_http_fields fields;
    char why[HTTP_WHY];
    struct lt_http_answer answer;
};

struct lt_http {
    lt_bridge_host *host;
    CURLM *multi;
    lt_timer *curl_timer, *turn;
    char *ca_file, *agent;
    struct lt_http_config config;
    struct lt_http_call *calls; // in the order in which they came
    size_t count;
    struct http_origin *origins;
};

// http_origin.c. The origin of an address; made where it is new. LT_BAD_USE: no http(s) address.
enum lt_code http_origin_of(lt_http *http, const char *url, struct http_origin **origin,
                            struct lt_error *error);
// "https://host:port" of an address. false: it is none, or has a name and a password in it.
bool http_origin_name(const char *url, char name[HTTP_ORIGIN_TEXT]);
// 0: one more may run now, and is counted; else ask again in so many ms.
uint64_t http_origin_enter(struct http_origin *origin, unsigned priority, unsigned at_once,
                           uint64_t now);
// What became of one that ran.
void http_origin_leave(struct http_origin *origin, const struct lt_http_answer *answer,
                       uint64_t now);
void http_origin_free_all(lt_http *http);

// http_call.c. A copy of the request, as a call that waits.
enum lt_code http_call_new(lt_http *http, const struct lt_http_request *request,
                           struct lt_http_call **call, struct lt_error *error);
void http_call_free(struct lt_http_call **call);
// Zeroed and freed; NULL: nothing.
void http_wipe(char *text);

// http_try.c. Begins one try; LT_NO_MEMORY, LT_IO.
enum lt_code http_try_begin(struct lt_http_call *call, uint64_t now, struct lt_error *error);
// It has ended with that: fills in call->answer. true: it is to go on at once (a redirect within the origin).
bool http_try_end(struct lt_http_call *call, CURLcode result, uint64_t now);
void http_try_drop(struct lt_http_call *call); // cut it off

// http_answer.c. false: the headers are too large, or there is no memory.
bool http_fields_add(struct lt_http_fields *fields, const char *line, size_t size);
struct lt_slice http_fields_find(const struct lt_http_fields *fields, const char *name);
// The far side's wish in ms from now: seconds, or a date measured by the answer's own Date (without one by `now_s`, seconds
// since 1970); at most a day. -1: none.
int64_t http_fields_retry_after(const struct lt_http_fields *fields, int64_t now_s);
// Whether it says that nothing was done of this try.
bool http_answer_did_nothing(const struct lt_http_answer *answer);
// Whether another try may help, and may be made.
bool http_answer_may_try(const struct lt_http_answer *answer);

#endif
