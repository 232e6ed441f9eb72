// What the bridge is made of: its options, the way out, the way in.
#ifndef LT_BRIDGES_HTTP_STATE_H
#define LT_BRIDGES_HTTP_STATE_H

#include <lienthon/bridge.h>
#include <lienthon/http.h>
#include <lienthon/replay.h>
#include <lienthon/settings/secret.h>
#include <lienthon/webhook.h>

enum {
    HTTP_TEXT_MAX = 4 * 1024 * 1024,
    HTTP_KEY_MAX = 110,
    HTTP_STAMP_MAX = 24,
    HTTP_URL_MAX = 4096
};

#define HTTP_STAMP     "X-LienThon-Timestamp"
#define HTTP_SIGNATURE "X-LienThon-Signature"
#define HTTP_KEY       "Idempotency-Key"
#define HTTP_PLACE     "{key}" // in ask-url

struct state {
    // options
    char *url, *ask_url, *token_name, *secret_name, *ca, *rate, *listen, *path;
    bool remembers;
    int64_t timeout_ms, window_ms;
    // open
    lt_bridge_host *host;
    lt_secret *secret, *token;
    lt_http *http;
    lt_webhook *webhook;
    lt_replay *replay;
    const char *paths[2];
    struct coming *coming; // what came in and the hub has not answered
    size_t coming_count;
    unsigned strangers; // requests refused since that was told
    uint64_t told_at;
};

// sign.c: the HMAC over TIMESTAMP "." KEY "." BODY.
void sign(const struct state *state, struct lt_slice stamp, struct lt_slice key,
          struct lt_slice body, uint8_t digest[32]);

// outward.c
// Whether its options are right, and go together: as lt_bridge's fits.
enum lt_code outward_fits(const struct state *state, const char **option, struct lt_error *error);
enum lt_code outward_open(struct state *state, struct lt_error *error);
void outward_deliver(void *state, lt_delivery *delivery, const struct lt_part *message);
void outward_resolve(void *state, lt_delivery *delivery, const struct lt_part *message,
                     const char *key, const char *far_id);
void outward_cancel(void *state, lt_delivery *delivery, const struct lt_part *by);
bool outward_describe(const void *state, const char *target, const struct lt_part *message,
                      struct lt_buffer *out);

// inward.c
// As outward_fits.
enum lt_code inward_fits(const struct state *state, const char **option, struct lt_error *error);
enum lt_code inward_open(struct state *state, struct lt_error *error);
void inward_published(void *state, uint64_t token, enum lt_code code, const char *text);
void inward_close(struct state *state);

#endif
