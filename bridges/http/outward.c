// From the hub: a POST a message, noted in the ledger before it leaves. Where nobody knows whether it arrived the far side is
// asked: by `ask-url`, or, if it remembers keys, by the same POST again. Else nobody guesses: a person decides.
#include "state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/json.h>

enum { BEARER_MAX = LT_SECRET_TEXT_MAX + 16, SIGNATURE_MAX = 80 };

struct outgoing {
    struct lt_buffer body;
    char key[HTTP_KEY_MAX], stamp[HTTP_STAMP_MAX], signature[SIGNATURE_MAX];
    struct lt_http_header headers[5];
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

static bool is_taken(const struct lt_http_answer *answer)
{
    return answer->state == LT_HTTP_ANSWERED && answer->status >= 200 && answer->status < 300;
}

static void answered(void *user, const struct lt_http_answer *answer)
{
    lt_delivery *delivery = user;
    if (is_taken(answer))
        lt_delivery_sent(delivery, lt_delivery_key(delivery));
    lt_http_conclude(&delivery, answer, "posted a message");
}

// What the far side says of an earlier POST.
static void told(void *user, const struct lt_http_answer *answer)
{
    lt_delivery *delivery = user;
    const struct state *state = lt_delivery_user(delivery);
    struct lt_error why = {0};
    if (is_taken(answer)) {
        lt_delivery_sent(delivery, lt_delivery_key(delivery));
        lt_http_conclude(&delivery, answer, "asked, and heard that a message had come");
        return;
    }
    if (answer->state == LT_HTTP_ANSWERED && (answer->status == 404 || answer->status == 410)) {
        lt_delivery_undone(&delivery, "bên kia nói chưa nhận");
        return;
    }
    if (answer->state == LT_HTTP_ANSWERED)
        lt_fail(&why, LT_IO, "asked whether a message had come, %s answers %d", answer->origin,
                answer->status);
    lt_bridge_ill(state->host, why.text[0] ? why.text : answer->why);
    lt_fail(&why, LT_IO, "chưa hỏi được %s đã nhận hay chưa", answer->origin);
    if (answer->again_ms > 0)
        lt_delivery_again_in(&delivery, answer->again_ms, why.text);
    else
        lt_delivery_settle(&delivery, LT_AGAIN, why.text);
}

// Fills in the token and sends it. The token's room is the caller's to free.
static enum lt_code add_token(const struct state *state, struct outgoing *out, char **bearer,
                              struct lt_error *error)
{
    struct lt_slice token = lt_secret_bytes(state->token);
    if (!token.data)
        return LT_DONE;
    *bearer = (char *)lt_secret_room(BEARER_MAX);
    if (!*bearer)
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for the token");
    int size =
        snprintf(*bearer, BEARER_MAX, "Bearer %.*s", (int)token.size, (const char *)token.data);
    out->headers[out->count++] =
        (struct lt_http_header){"Authorization", {(const uint8_t *)*bearer, (size_t)size}};
    return LT_DONE;
}

static enum lt_code post(struct state *state, lt_delivery *delivery, struct outgoing *out,
                         unsigned priority, lt_http_call **call, struct lt_error *error)
{
    char *bearer = NULL;
    const struct lt_slice body = lt_buffer_slice(&out->body);
    enum lt_code code = add_token(state, out, &bearer, error);
    // A key of the request's own lets it be sent again by itself.
    if (!state->remembers)
        out->headers[out->count++] = (struct lt_http_header){HTTP_KEY, lt_slice_of(out->key)};
    const struct lt_http_request request = {
        .method = "POST",
        .url = state->url,
        .headers = out->headers,
        .header_count = out->count,
        .parts = &body,
        .part_count = 1,
        .idempotency_key = state->remembers ? out->key : NULL,
        .deadline_ms = state->timeout_ms,
        .answer_max = 64 * 1024,
        .priority = priority,
    };
    if (code == LT_DONE)
        code = lt_http_send(state->http, &request, answered, delivery, call, error);
    lt_secret_room_free(bearer);
    return code;
}

static enum lt_code write_and_post(struct state *state, lt_delivery *delivery,
                                   const struct lt_part *message, const char *key,
                                   lt_http_call **call, struct lt_error *error)
{
    struct outgoing out = {.body.max = HTTP_TEXT_MAX};
    enum lt_code code = lt_json_from_part(message, &out.body, false, error);
    if (code == LT_DONE) {
        prepare(state, key, &out);
        code = post(state, delivery, &out, (unsigned)message->priority, call, error);
    }
    lt_buffer_clear(&out.body);
    return code;
}

void outward_deliver(void *user, lt_delivery *delivery, const struct lt_part *message)
{
    struct state *state = user;
    struct lt_error error = {0};
    lt_http_call *call = NULL;
    char key[HTTP_KEY_MAX];
    if (!state->http) {
        lt_delivery_settle(&delivery, LT_SKIPPED, "cầu nối này chỉ nhận tin vào");
        return;
    }
    key_of(message, lt_delivery_target(delivery), key);
    if (!lt_delivery_intend(&delivery, key))
        return;
    enum lt_code code = write_and_post(state, delivery, message, key, &call, &error);
    if (code == LT_DONE)
        lt_delivery_set_user(delivery, call);
    else if (lt_code_may_pass(code))
        lt_delivery_undone(&delivery, error.text);
    else
        lt_delivery_conclude(&delivery, code, error.text);
}

// ask-url with the key in it, which needs no escapes: an id, a full stop and a target's name. false: it is too long.
static bool ask_url(const struct state *state, const char *key, char *url, size_t room)
{
    const char *place = strstr(state->ask_url, HTTP_PLACE);
    int size = snprintf(url, room, "%.*s%s%s", (int)(place - state->ask_url), state->ask_url, key,
                        place + strlen(HTTP_PLACE));
    return size > 0 && (size_t)size < room;
}

static enum lt_code ask(struct state *state, lt_delivery *delivery, const struct lt_part *message,
                        const char *key, struct lt_error *error)
{
    struct outgoing out = {.count = 0};
    char *bearer = NULL;
    char url[HTTP_URL_MAX];
    if (!ask_url(state, key, url, sizeof url))
        return lt_fail(error, LT_BAD_USE, "ask-url is too long");
    prepare(state, key, &out);
    out.headers[0] = (struct lt_http_header){HTTP_KEY, lt_slice_of(out.key)}; // no body, no type
    enum lt_code code = add_token(state, &out, &bearer, error);
    const struct lt_http_request request = {
        .method = "GET",
        .url = url,
        .headers = out.headers,
        .header_count = out.count,
        .deadline_ms = state->timeout_ms,
        .answer_max = 64 * 1024,
        .priority = (unsigned)message->priority,
    };
    if (code == LT_DONE)
        code = lt_http_send(state->http, &request, told, delivery, NULL, error);
    lt_secret_room_free(bearer);
    return code;
}

void outward_resolve(void *user, lt_delivery *delivery, const struct lt_part *message,
                     const char *key, const char *far_id)
{
    struct state *state = user;
    struct lt_error error = {0};
    char own[HTTP_KEY_MAX];
    enum lt_code code = LT_DONE;
    key_of(message, lt_delivery_target(delivery), own);
    if (!key[0])
        key = own; // the note was damaged; it can have been no other
    lt_delivery_set_user(delivery, state);
    if (far_id) {
        lt_delivery_settle(&delivery, LT_DELIVERED, NULL);
        return;
    }
    if (state->http && state->ask_url)
        code = ask(state, delivery, message, key, &error);
    else if (state->http && state->remembers &&
             (!message->expires || message->expires > lt_bridge_now(state->host)))
        code = write_and_post(state, delivery, message, key, NULL, &error);
    else
        lt_delivery_unknown(&delivery, "the message was posted, no answer came, and the far side "
                                       "cannot be asked: there is no ask-url");
    if (code != LT_DONE)
        lt_delivery_settle(&delivery, LT_AGAIN, error.text);
}

void outward_cancel(void *user, lt_delivery *delivery, const struct lt_part *by)
{
    void *known = lt_delivery_user(delivery);
    (void)by;
    // What may have arrived has to be seen to its end.
    if (!known || known == user)
        return;
    lt_http_call *call = known;
    if (lt_http_has_begun(call))
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

// With a wrong one each message would be given up.
enum lt_code outward_fits(const struct state *state, const char **option, struct lt_error *error)
{
    struct lt_pace_limit pace;
    static const char allowed[] =
        "allowed: https://HOST[:PORT]/PATH or http://…, without a name and a password in it";
    char key[HTTP_KEY_MAX], url[HTTP_URL_MAX];
    memset(key, 'k', sizeof key - 1); // as long as one can be
    key[sizeof key - 1] = '\0';
    *option = "rate";
    if (state->rate && !lt_pace_parse(state->rate, &pace))
        return lt_fail(error, LT_BAD_USE, "'%s'; allowed: as 20/s, 600/m, 5000/h", state->rate);
    *option = "ca";
    if (state->ca && access(state->ca, R_OK) != 0)
        return lt_fail(error, LT_BAD_USE, "%s cannot be read: %s", state->ca, strerror(errno));
    *option = "url";
    if (!lt_http_is_address(state->url))
        return lt_fail(error, LT_BAD_USE, "it is no address; %s", allowed);
    *option = "ask-url";
    if (!state->ask_url)
        return LT_DONE;
    if (!strstr(state->ask_url, HTTP_PLACE))
        return lt_fail(error, LT_BAD_USE,
                       "there must be " HTTP_PLACE " in it, for the message's key");
    if (!ask_url(state, key, url, sizeof url))
        return lt_fail(error, LT_BAD_USE, "it is longer than %zu bytes, the key included",
                       sizeof url - 1);
    return lt_http_is_address(url) ? LT_DONE
                                   : lt_fail(error, LT_BAD_USE, "it is no address; %s", allowed);
}

// Else each message would be given up, by a header that cannot be sent.
static enum lt_code open_token(struct state *state, struct lt_error *error)
{
    enum lt_code code = lt_secret_open(state->token_name, &state->token, error);
    struct lt_slice token = lt_secret_bytes(state->token);
    for (size_t i = 0; i < token.size; i++)
        if (token.data[i] < ' ' || token.data[i] == 0x7F)
            return lt_fail(error, LT_BAD_FILE,
                           "token: %s has more than one line, or a control character in it",
                           state->token_name);
    return code;
}

enum lt_code outward_open(struct state *state, struct lt_error *error)
{
    struct lt_http_config config = {.ca_file = state->ca};
    if (state->rate)
        (void)lt_pace_parse(state->rate, &config.pace); // that it is right was told by outward_fits
    config.pace.reserved = 20;
    enum lt_code code = lt_http_new(state->host, &config, &state->http, error);
    if (code == LT_DONE && state->token_name)
        code = open_token(state, error);
    return code;
}
