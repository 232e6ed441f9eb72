// HTTP to a far side, beside everything else on the host's one thread: requests are taken, and answers come by callback.
// Each origin (scheme, host, port) has a limit of calls at once, a pace with a share reserved for what is urgent, and a
// circuit breaker; what failed and may be repeated is tried again with back-off and jitter, not before the far side wishes
// (Retry-After). It tells what was surely not sent from what may have arrived.
//
// TLS 1.2 or newer, always verified. Proxies come from the environment (https_proxy, no_proxy), as curl has it. A redirect
// is followed for GET and HEAD within the same origin only, at most three times. Neither addresses' paths nor headers nor
// bodies are ever logged.
//
// Threads: the host's one thread (libcurl may look up names on one of its own). Ownership: what goes in is copied.
// Errors: `enum lt_code` and a sentence. Times in ms.
#ifndef LIENTHON_HTTP_H
#define LIENTHON_HTTP_H

#include <lienthon/bridge.h>
#include <lienthon/breaker.h>
#include <lienthon/pace.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lt_http lt_http;           // a client
typedef struct lt_http_call lt_http_call; // one request that is under way

enum { LT_HTTP_BODY_MAX = 16 * 1024 * 1024, LT_HTTP_WAITING_MAX = 1024 };

struct lt_http_config {        // zeroed: the defaults in brackets
    const char *ca_file;       // PEM, instead of the system's; NULL: the system's
    const char *agent;         // the User-Agent header ["lienthon-bridge"]
    unsigned at_once;          // calls under way to one origin [4], at most 64
    struct lt_pace_limit pace; // of one origin [none]
    struct lt_breaker_limit
        breaker; // of one origin [5 failures, rests 5 s to 5 min]; failures 0: the default
    uint64_t first_ms, most_ms; // of the waits between tries [500, 30000]
};

struct lt_http_header {
    const char *name;
    struct lt_slice value; // no CR, LF or NUL
};

struct lt_http_request {
    const char *method; // "GET", "POST", …
    const char *url;    // http:// or https://, no name and password in it
    const struct lt_http_header *headers;
    size_t header_count;
    const struct lt_slice
        *parts; // the body, one after the other; together at most LT_HTTP_BODY_MAX
    size_t part_count;
    // Sent as Idempotency-Key (NULL: none). The far side is then trusted to do the same only once, so the request may be
    // repeated even where its first outcome is not known. So may GET, HEAD, PUT, DELETE and OPTIONS.
    const char *idempotency_key;
    int64_t deadline_ms; // for all of it, waits and tries included; 0: 30 s
    int64_t try_ms;      // for one try; 0: 10 s
    unsigned tries;      // at most; 0: 3
    size_t answer_max;   // bytes of the answer's body; 0: 1 MiB
    unsigned priority;   // of the message: from LT_PACE_URGENT on, the reserved share counts too
};

enum lt_http_state {
    LT_HTTP_ANSWERED, // the far side has answered: `status`
    LT_HTTP_NOT_SENT, // nothing of it can have been acted on
    LT_HTTP_UNKNOWN, // it left, wholly or in part, and no whole answer came: it may have been acted on
};

struct lt_http_answer { // lent for the callback
    enum lt_http_state state;
    int status; // ANSWERED: 200, 404, …; else of what began to come, or 0
    struct lt_slice body;
    bool cut;        // the body was larger than answer_max: its beginning
    bool repeatable; // the request may be made again whatever became of this one
    bool
        may_have_arrived; // some try of it may have been acted on, though the last was refused or not sent
    int64_t
        again_ms; // when it makes sense to ask again, as the far side, the pace or the breaker want it; -1: unsaid
    int64_t took_ms;    // of the last try
    unsigned tries;     // that were made
    const char *why;    // not ANSWERED, or a redirect that is not followed: a sentence; else ""
    const char *origin; // "https://host:port"
    const struct lt_http_fields *fields;
};

// Once for each call, on the host's thread, never within lt_http_send. It may send and cancel others; it may not destroy
// the client.
typedef void lt_http_done(void *user, const struct lt_http_answer *answer);

// config is lent for the call; NULL: the defaults. LT_NO_MEMORY, LT_BAD_USE.
enum lt_code lt_http_new(lt_bridge_host *host, const struct lt_http_config *config, lt_http **http,
                         struct lt_error *error);
// What is under way is cut off; no callback is called any more.
void lt_http_destroy(lt_http **http);

// Whether that is an address for lt_http_send: to be asked at the start of what a person has written.
bool lt_http_is_address(const char *url);
// *call (may be NULL) is for lt_http_cancel and good until `done` is called. LT_BAD_USE (an address, a method or a header that
// is none), LT_TOO_LARGE, LT_BUSY (LT_HTTP_WAITING_MAX wait already), LT_NO_MEMORY; then `done` is not called.
enum lt_code lt_http_send(lt_http *http, const struct lt_http_request *request, lt_http_done *done,
                          void *user, lt_http_call **call, struct lt_error *error);
// Whether a try of it is under way, or an earlier one may have been acted on. Else nothing has come of it: it has not left, or
// every try was refused.
bool lt_http_has_begun(const lt_http_call *call);
// Its callback is not called any more. What has left has left.
void lt_http_cancel(lt_http_call **call);

// The value of the answer's header of that name, whatever the case, without blanks around it; the last, if there are
// several; data NULL: there is none. Bytes as the far side sent them.
struct lt_slice lt_http_header(const struct lt_http_answer *answer, const char *name);
// Of an origin that was called before, for figures and health; NULL: it is not known. Lent until the next call.
const struct lt_breaker *lt_http_breaker(const lt_http *http, const char *url);

// Settles the delivery by what the answer says, tells health, and has the receipt say it in Vietnamese:
//   2xx                                done
//   408, 425, 429, 5xx (not 501, 505)  again, not before `again_ms`
//   409 of a repeatable request        again: the first is still being worked on
//   401, 407                           again, and health is ill: the credential is to be put right
//   other 3xx, 4xx, 501, 505           given up
//   not sent                           again
//   unknown, repeatable                again
//   unknown, after lt_delivery_intend  again, that is: asked (`resolve`)
//   unknown, else                      given up after a receipt `unknown`: it is not known and it is not said twice
// 401, 407, 425, 429, 503 and what was not sent are certain to have had no effect: what was intended is undone
// (lt_delivery_undone), but from `resolve` and after a try of another end (may_have_arrived), where an earlier one may have had.
// what (lent): what was tried, in a few words, "posted the notice". Takes *delivery.
void lt_http_conclude(lt_delivery **delivery, const struct lt_http_answer *answer,
                      const char *what);

#ifdef __cplusplus
}
#endif
#endif
