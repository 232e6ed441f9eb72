// From the hub: a POST a message. Its key is the same whenever it is sent, so a far side that remembers keys acts on it once.
#include "state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <lienthon/json.h>

enum { BEARER_MAX = LT_SECRET_TEXT_MAX + 16, SIGNATURE_MAX = 80 };

struct outgoing {
    struct lt_buffer body;
    char key[HTTP_KEY_MAX], stamp[HTTP_STAMP_MAX], signature[SIGNATURE_MAX];
    struct lt_http_header headers[4];
    size_t count;
};

// The id, and the target where one instance has several.
static void key_of(const struct lt_part *message, const char *target, char key[HTTP_KEY_MAX])
{
    char id[37];
    lt_id_print(message->id, id);
    snprintf(key, HTTP_KEY_MAX, "%s.%s", id, target);
}

static void prepare(const struct state *state, const char *key, struct outgoing *out)
{
    uint8_t digest[32];
    char hex[65];
    snprintf(out->key, sizeof out->key, "%s", key);
    snprintf(out->stamp, sizeof out->stamp, "%" PRIu64, lt_bridge_now(state->host));
    sign(state, lt_slice_of(out->stamp), lt_slice_of(out->key), lt_buffer_slice(&out->body),
         digest);
    lt_hex_encode((struct lt_slice){digest, sizeof digest}, hex);
    snprintf(out->signature, sizeof out->signature, "sha256=%s", hex);
    out->headers[out->count++] =
        (struct lt_http_header){"Content-Type", lt_slice_of("application/json")};
    out->headers[out->count++] = (struct lt_http_header){HTTP_STAMP, lt_slice_of(out->stamp)};
    out->headers[out->count++] =
        (struct lt_http_header){HTTP_SIGNATURE, lt_slice_of(out->signature)};
}

static void answered(void *user, const struct lt_http_answer *answer)
{
    lt_delivery *delivery = user;
    lt_http_conclude(&delivery, answer, "posted a message");
}

static enum lt_code post(struct state *state, lt_delivery *delivery, struct outgoing *out,
                         unsigned priority, struct lt_error *error)
{
    struct lt_slice token = lt_secret_bytes(state->token);
    char *bearer = NULL;
    if (token.data) {
        bearer = (char *)lt_secret_room(BEARER_MAX);
        if (!bearer)
            return lt_fail(error, LT_NO_MEMORY, "no locked memory for the token");
        int size =
            snprintf(bearer, BEARER_MAX, "Bearer %.*s", (int)token.size, (const char *)token.data);
        out->headers[out->count++] =
            (struct lt_http_header){"Authorization", {(const uint8_t *)bearer, (size_t)size}};
    }
    const struct lt_slice body = lt_buffer_slice(&out->body);
    const struct lt_http_request request = {
        .method = "POST",
        .url = state->url,
        .headers = out->headers,
        .header_count = out->count,
        .parts = &body,
        .part_count = 1,
        .idempotency_key = out->key,
        .deadline_ms = state->timeout_ms,
        .answer_max = 64 * 1024,
        .priority = priority,
    };
    lt_http_call *call = NULL;
    enum lt_code code = lt_http_send(state->http, &request, answered, delivery, &call, error);
    lt_delivery_set_user(delivery, call);
    lt_secret_room_free(bearer);
    return code;
}

void outward_deliver(void *user, lt_delivery *delivery, const struct lt_part *message)
{
    struct state *state = user;
    struct outgoing out = {.body.max = HTTP_TEXT_MAX};
    struct lt_error error = {0};
    char key[HTTP_KEY_MAX];
    if (!state->http) {
        lt_delivery_settle(&delivery, LT_SKIPPED, "cầu nối này chỉ nhận tin vào");
        return;
    }
    if (!lt_delivery_begin(&delivery))
        return;
    key_of(message, lt_delivery_target(delivery), key);
    enum lt_code code = lt_json_from_part(message, &out.body, false, &error);
    if (code == LT_DONE) {
        prepare(state, key, &out);
        code = post(state, delivery, &out, (unsigned)message->priority, &error);
    }
    lt_buffer_clear(&out.body);
    if (code != LT_DONE)
        lt_delivery_conclude(&delivery, code, error.text);
}

void outward_cancel(void *user, lt_delivery *delivery, const struct lt_part *by)
{
    lt_http_call *call = lt_delivery_user(delivery);
    (void)user, (void)by;
    // What may have arrived has to be seen to its end; the cancellation follows it as a message.
    if (!call || lt_http_has_begun(call))
        return;
    lt_http_cancel(&call);
    lt_delivery_settle(&delivery, LT_SKIPPED, "cancelled");
}

bool outward_describe(const void *user, const char *target, const struct lt_part *message,
                      struct lt_buffer *out)
{
    const struct state *state = user;
    char key[HTTP_KEY_MAX];
    if (!state->url)
        return lt_buffer_print(out, "nothing: there is no url\n");
    key_of(message, target, key);
    return lt_buffer_print(out, "POST %s\n" HTTP_KEY ": %s\nsigned%s\n\n", state->url, key,
                           state->token_name ? ", with a token" : "") &&
           lt_json_from_part(message, out, true, NULL) == LT_DONE;
}

enum lt_code outward_open(struct state *state, struct lt_error *error)
{
    struct lt_http_config config = {.ca_file = state->ca};
    if (state->rate && !lt_pace_parse(state->rate, &config.pace))
        return lt_fail(error, LT_BAD_USE, "rate is '%s'; allowed: as 20/s, 600/m, 5000/h",
                       state->rate);
    config.pace.reserved = 20;
    enum lt_code code = lt_http_new(state->host, &config, &state->http, error);
    if (code == LT_DONE && state->token_name)
        code = lt_secret_open(state->token_name, &state->token, error);
    return code;
}
