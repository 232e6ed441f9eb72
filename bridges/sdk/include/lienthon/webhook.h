// A door for requests that a far side makes (webhooks), in the host's loop. It is for what a reverse proxy hands on, who
// also does TLS; so it listens on one address in numbers, best a loopback one.
//
// A request is whole when `take` gets it, its body as it came, byte by byte, so that a signature can be checked
// (signature.h). What is too large, too often, too slow, at another path or by another method is refused before, with 413,
// 429 and Retry-After, a cut, 404 and 405.
//
// Threads: everything on the host's one thread. Bodies and headers are never logged.
#ifndef LIENTHON_WEBHOOK_H
#define LIENTHON_WEBHOOK_H

#include <lienthon/bridge.h>
#include <lienthon/pace.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lt_webhook lt_webhook;
typedef struct lt_webhook_request lt_webhook_request;

struct lt_webhook_config {      // zeroed: the defaults in brackets
    const char *listen;         // "127.0.0.1:8081", "[::1]:8081": an address in numbers, and a port
    const char *const *paths;   // "/hook", exactly; ends with NULL
    const char *const *methods; // ends with NULL; NULL: POST alone
    size_t body_max;            // bytes [256 KiB], at most 16 MiB
    unsigned connections;       // at once [32], at most 128
    struct lt_pace_limit pace;  // of all requests together [600 a minute, 60 at once]
    int64_t read_ms;   // from the connection, or the answer before, to the end of a request [10 s]
    int64_t answer_ms; // for the bridge to answer; then the door says 503 for it [10 s]
};

// The request is the bridge's until it answers it, now or later.
typedef void lt_webhook_take(void *user, lt_webhook_request *request);

// Whether that is an address for `listen`: to be asked at the start of what a person has written.
bool lt_webhook_is_address(const char *listen);
// config is lent for the call, but for its paths and methods, which must live as long as the door. LT_BAD_USE (an address
// that is none), LT_IO (it cannot be listened on), LT_NO_MEMORY.
enum lt_code lt_webhook_open(lt_bridge_host *host, const struct lt_webhook_config *config,
                             lt_webhook_take *take, void *user, lt_webhook **webhook,
                             struct lt_error *error);
// Requests that are not answered get 503 and are gone.
void lt_webhook_close(lt_webhook **webhook);

// Lent until the request is answered. NULL, or data NULL: there is none, or the other end has gone meanwhile.
const char *lt_webhook_method(const lt_webhook_request *request);
const char *lt_webhook_path(const lt_webhook_request *request);
struct lt_slice lt_webhook_body(const lt_webhook_request *request); // raw
struct lt_slice lt_webhook_header(const lt_webhook_request *request, const char *name);
struct lt_slice lt_webhook_query(const lt_webhook_request *request, const char *name); // decoded
// A pointer of the bridge's own; NULL at first.
void lt_webhook_set_user(lt_webhook_request *request, void *user);
void *lt_webhook_user(const lt_webhook_request *request);

// Takes the request. text (may be NULL) is copied; type NULL: "text/plain; charset=utf-8".
void lt_webhook_answer(lt_webhook_request **request, unsigned status, const char *type,
                       const char *text);
// 503, and when to come again (Retry-After, whole seconds, at least 1).
void lt_webhook_answer_later(lt_webhook_request **request, int64_t ms);
// The question by which some far sides see whose door it is: GET with hub.mode=subscribe, hub.verify_token and hub.challenge.
// With the right token it is answered with the challenge, with another one by 403; then *request is NULL and this is true.
bool lt_webhook_challenge(lt_webhook_request **request, struct lt_slice token);

#ifdef __cplusplus
}
#endif
#endif
