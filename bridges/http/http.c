// Messages to an address as signed POSTs, and from signed POSTs. The one to copy for a far side that speaks HTTP.
#include "state.h"

static const struct lt_option options[] = {
    LT_OPTION_TEXT("url", struct state, url, NULL,
                   "Where messages are posted; without it none go out"),
    LT_OPTION_TEXT("ask-url", struct state, ask_url, NULL,
                   "Where it is asked, by GET, whether a message came of which that is not known; "
                   "{key} becomes its key"),
    LT_OPTION_BOOL("remembers-keys", struct state, remembers, "no",
                   "The far side does once what comes twice under one key, so what may have "
                   "arrived is posted again"),
    LT_OPTION_SECRET("secret", struct state, secret_name, LT_REQUIRED,
                     "What both sides sign with (HMAC-SHA256)"),
    LT_OPTION_SECRET("token", struct state, token_name, NULL,
                     "Sent as Authorization: Bearer, where the far side wants one"),
    LT_OPTION_TEXT("ca", struct state, ca, NULL,
                   "A PEM file of who vouches for the far side, in place of the system's"),
    LT_OPTION_TEXT("rate", struct state, rate, NULL,
                   "How many are posted at most, as 20/s or 600/m; a fifth is kept for what is "
                   "urgent"),
    LT_OPTION_DURATION("timeout", struct state, timeout_ms, "30s", 1000, 600000,
                       "How long a message is tried before it waits for its next attempt"),
    LT_OPTION_TEXT("listen", struct state, listen, NULL,
                   "Where POSTs are taken, as 127.0.0.1:8081, behind a reverse proxy that does "
                   "TLS; without it none come in"),
    LT_OPTION_TEXT("path", struct state, path, "/lienthon", "The path at which they are taken"),
    LT_OPTION_DURATION("window", struct state, window_ms, "10m", 60000, 86400000,
                       "How old a POST may be, and how long its key is remembered"),
    LT_OPTION_END};

static enum lt_code fits(const void *user, const char *const *targets, size_t count,
                         const char **option, struct lt_error *error)
{
    const struct state *state = user;
    (void)targets, (void)count;
    *option = "url";
    if (!state->url && !state->listen)
        return lt_fail(error, LT_BAD_USE,
                       "neither url nor listen is given: nothing would go out or come in");
    enum lt_code code = state->url ? outward_fits(state, option, error) : LT_DONE;
    return code == LT_DONE && state->listen ? inward_fits(state, option, error) : code;
}

static enum lt_code open_both(void *user, lt_bridge_host *host, struct lt_error *error)
{
    struct state *state = user;
    state->host = host;
    enum lt_code code = lt_secret_open(state->secret_name, &state->secret, error);
    if (code == LT_DONE && state->url)
        code = outward_open(state, error);
    if (code == LT_DONE && state->listen)
        code = inward_open(state, error);
    return code;
}

static void close_both(void *user)
{
    struct state *state = user;
    lt_http_destroy(&state->http);
    inward_close(state);
    lt_secret_close(&state->secret);
    lt_secret_close(&state->token);
}

static const struct lt_bridge http = {
    .abi = LT_BRIDGE_ABI,
    .name = "http",
    .about = "Messages to and from a web address, as signed POSTs",
    .options = options,
    .state_size = sizeof(struct state),
    .open = open_both,
    .deliver = outward_deliver,
    .cancel = outward_cancel,
    .resolve = outward_resolve,
    .published = inward_published,
    .describe = outward_describe,
    .fits = fits,
    .close = close_both,
};

const struct lt_bridge *lt_bridge_entry(void)
{
    return &http;
}
