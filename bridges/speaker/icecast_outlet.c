// What is urgent goes to a mount of its own, if there is one: the server then moves all listeners there and back
// (fallback-override), also those that hear another station's stream.
#include "icecast_outlet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/http.h>
#include <lienthon/message.h>

#include "icecast_mount.h"
#include "listeners.h"

// HOLD_MS: so long an announcement waits, where the mount was not there before, for somebody who pulls it, and
// SETTLE_MS more, in which a player is filled.
enum {
    HOLD_MS = 10000,
    SETTLE_MS = 1000,
    LOOK_MS = 5000,
    SAID_MAX = 300,
    PATH_LEAST = 2,
    PATH_MAX_BYTES = 200
};

struct icecast_outlet {
    struct outlet outlet;
    char *path;
    struct mount_place places[2];
    struct mount *usual, *urgent; // urgent NULL: the same
    struct mount *now;            // where the last sound went
    struct listeners *listeners;
    bool holds;  // it is to begin when somebody listens
    bool asked;  // the server was asked once more, at the end
    bool nobody; // listened to the last sound
    bool plays, was_away;
    uint64_t look_at; // when to ask again who pulls it; 0: not asked since it came back
    unsigned returns;
    char said[SAID_MAX];
};

enum lt_code icecast_check_server(const char *text, struct lt_error *error)
{
    const char *host = strncmp(text, "http://", 7) == 0    ? text + 7
                       : strncmp(text, "https://", 8) == 0 ? text + 8
                                                           : NULL;
    if (!host || !*host || strpbrk(host, "/?#@ ") || strlen(text) > PATH_MAX_BYTES ||
        !lt_http_is_address(text))
        return lt_fail(error, LT_BAD_USE,
                       "allowed: http://HOST:PORT or https://HOST:PORT and nothing behind it");
    return LT_DONE;
}

enum lt_code icecast_check_path(const char *text, struct lt_error *error)
{
    size_t size = strlen(text);
    bool plain = text[0] == '/' && size >= PATH_LEAST && size <= PATH_MAX_BYTES;
    for (size_t i = 1; plain && i < size; i++)
        plain = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.",
                       text[i]) != NULL;
    return plain ? LT_DONE
                 : lt_fail(error, LT_BAD_USE,
                           "allowed: a mount point, / and then letters, digits, - _ . only, "
                           "/thuong.mp3");
}

enum lt_code icecast_check_mounts(const char *text, struct lt_error *error)
{
    char first[PATH_MAX_BYTES + 2] = "";
    size_t size = strcspn(text, ",");
    memcpy(first, text, size < sizeof first ? size : sizeof first - 1);
    enum lt_code code = *text ? icecast_check_path(first, error) : LT_DONE;
    return code == LT_DONE && text[size] ? icecast_check_path(text + size + 1, error) : code;
}

static enum lt_code start_icecast(struct outlet *outlet, const struct sound *sound,
                                  const struct outlet_cue *cue, uint64_t now,
                                  struct lt_error *error)
{
    struct icecast_outlet *own = (struct icecast_outlet *)outlet;
    (void)error;
    // Who hears an alarm hears what goes on behind it from its first word on.
    uint64_t free_at = own->urgent ? mount_free_at(own->urgent) : 0;
    own->now = cue->priority >= LT_THUONG_KHAN && own->urgent ? own->urgent : own->usual;
    own->holds = !own->places[0].stays && !mount_is_up(own->now);
    own->asked = false;
    own->nobody = false;
    own->plays = true;
    own->look_at = 0;
    own->said[0] = '\0';
    uint64_t from = own->holds                                ? now + HOLD_MS
                    : own->now == own->usual && free_at > now ? free_at
                                                              : now;
    mount_start(own->now, sound, from);
    listeners_count(own->listeners, mount_place(own->now)->path);
    return LT_DONE;
}

static void judge(struct icecast_outlet *own)
{
    const char *path = mount_place(own->now)->path;
    uint64_t lost = mount_lost_ms(own->now);
    own->nobody = listeners_most(own->listeners) == 0;
    if (own->nobody)
        snprintf(own->said, sizeof own->said, "không ai nghe luồng %s", path);
    else if (lost > 0)
        snprintf(own->said, sizeof own->said, "luồng %s bị đứt, mất khoảng %llu giây giữa chừng",
                 path, (unsigned long long)((lost + 999) / 1000));
    else if (listeners_most(own->listeners) > 0 && !listeners_answered(own->listeners))
        snprintf(own->said, sizeof own->said,
                 "máy chủ luồng %s không trả lời lúc phát xong, có thể đã mất đoạn cuối", path);
}

// The server is asked once more at the end: who came late is counted too, and one that hangs took bytes that nobody heard.
static enum outlet_state turn_icecast(struct outlet *outlet, uint64_t now, struct lt_error *error)
{
    struct icecast_outlet *own = (struct icecast_outlet *)outlet;
    if (own->holds && listeners_most(own->listeners) > 0) {
        own->holds = false;
        mount_begin(own->now, now + SETTLE_MS);
    }
    enum outlet_state state = own->asked ? OUTLET_ENDED : mount_turn(own->now, now, error);
    if (state == OUTLET_PLAYS)
        return state;
    listeners_rest(own->listeners);
    own->plays = state != OUTLET_FAILED;
    if (!own->plays)
        return state;
    if (!own->asked)
        listeners_ask(own->listeners);
    own->asked = true;
    if (listeners_asks(own->listeners))
        return OUTLET_PLAYS;
    own->plays = false;
    judge(own);
    return OUTLET_ENDED;
}

static size_t stop_icecast(struct outlet *outlet)
{
    struct icecast_outlet *own = (struct icecast_outlet *)outlet;
    listeners_rest(own->listeners);
    own->plays = false;
    return mount_stop(own->now);
}

static enum outlet_state drain_icecast(struct outlet *outlet, uint64_t now)
{
    struct icecast_outlet *own = (struct icecast_outlet *)outlet;
    (void)now;
    return mount_is_silent(own->now) ? OUTLET_ENDED : OUTLET_PLAYS;
}

static const char *doubt_icecast(const struct outlet *outlet)
{
    const struct icecast_outlet *own = (const struct icecast_outlet *)outlet;
    return own->nobody ? own->said : NULL;
}

static const char *gap_icecast(const struct outlet *outlet)
{
    const struct icecast_outlet *own = (const struct icecast_outlet *)outlet;
    return !own->nobody && own->said[0] ? own->said : NULL;
}

static const char *fault_icecast(const struct outlet *outlet)
{
    const struct icecast_outlet *own = (const struct icecast_outlet *)outlet;
    const char *usual = mount_fault(own->usual);
    return usual || !own->urgent ? usual : mount_fault(own->urgent);
}

// The server was away and is there again: what is said before somebody pulls the stream again would be heard by nobody. A mount
// that is away between sounds waits for that itself.
static void look_icecast(struct outlet *outlet, uint64_t now)
{
    struct icecast_outlet *own = (struct icecast_outlet *)outlet;
    if (fault_icecast(outlet)) {
        own->was_away = true;
        own->look_at = 0;
    }
    if (!own->was_away || own->plays || fault_icecast(outlet))
        return;
    bool is_pulled = own->look_at > 0 && listeners_most(own->listeners) > 0;
    if (is_pulled || !own->places[0].stays) {
        own->was_away = false;
        own->returns++;
        return;
    }
    if (own->look_at == 0) {
        listeners_count(own->listeners, mount_place(own->usual)->path);
        listeners_rest(own->listeners);
    }
    if (now >= own->look_at) {
        listeners_ask(own->listeners);
        own->look_at = now + LOOK_MS;
    }
}

static unsigned returns_icecast(const struct outlet *outlet)
{
    return ((const struct icecast_outlet *)outlet)->returns;
}

static void destroy_icecast(struct outlet *outlet)
{
    struct icecast_outlet *own = (struct icecast_outlet *)outlet;
    mount_destroy(&own->usual);
    mount_destroy(&own->urgent);
    listeners_destroy(&own->listeners);
    free(own->path);
    free(own);
}

static const struct outlet_kind icecast_kind = {.start = start_icecast,
                                                .turn = turn_icecast,
                                                .stop = stop_icecast,
                                                .drain = drain_icecast,
                                                .doubt = doubt_icecast,
                                                .gap = gap_icecast,
                                                .look = look_icecast,
                                                .fault = fault_icecast,
                                                .returns = returns_icecast,
                                                .destroy = destroy_icecast};

static enum lt_code fit_mounts(const struct icecast_options *options, const char *path,
                               const char *urgent, const char **option, struct lt_error *error)
{
    *option = NULL;
    if (!options->server)
        return lt_fail(error, LT_BAD_USE,
                       "output says icecast, but the option icecast is missing: "
                       "http://HOST:PORT of the server");
    if (!options->password)
        return lt_fail(error, LT_BAD_USE,
                       "output says icecast, but the option icecast-password is missing: "
                       "file:PATH or credential:NAME");
    *option = "icecast-ca";
    if (options->ca && access(options->ca, R_OK) != 0)
        return lt_fail(error, LT_BAD_USE, "%s cannot be read: %s", options->ca, strerror(errno));
    *option = urgent == options->urgent ? "icecast-urgent" : NULL;
    if (urgent && strcmp(urgent, path) == 0)
        return lt_fail(error, LT_BAD_USE,
                       "what is urgent has the same mount %s as all else; leave "
                       "it out",
                       path);
    enum lt_code code = icecast_check_path(path, error);
    return code == LT_DONE && urgent ? icecast_check_path(urgent, error) : code;
}

enum lt_code icecast_fits(const struct icecast_options *options, const char *mounts,
                          const char **option, struct lt_error *error)
{
    char path[2 * PATH_MAX_BYTES + 2];
    int size = snprintf(path, sizeof path, "%s", mounts);
    if (size < 0 || (size_t)size >= sizeof path)
        return lt_fail(error, LT_BAD_USE, "allowed: two mount points of at most %d bytes",
                       PATH_MAX_BYTES);
    char *comma = strchr(path, ',');
    if (comma)
        *comma = '\0';
    return fit_mounts(options, path, comma ? comma + 1 : options->urgent, option, error);
}

static enum lt_code open_all(struct icecast_outlet *own, lt_bridge_host *host,
                             const struct icecast_options *options, struct lt_error *error)
{
    char *comma = strchr(own->path, ',');
    const char *urgent = comma ? comma + 1 : options->urgent;
    if (comma)
        *comma = '\0';
    const char *option = NULL;
    enum lt_code code = fit_mounts(options, own->path, urgent, &option, error);
    if (code != LT_DONE)
        return code;
    own->places[0] = (struct mount_place){.server = options->server,
                                          .ca = options->ca,
                                          .path = own->path,
                                          .user = options->user,
                                          .password = options->password,
                                          .bitrate = (unsigned)options->bitrate,
                                          .stays = options->stay};
    own->places[1] = own->places[0];
    own->places[1].path = urgent;
    own->places[1].stays = false;
    code = listeners_new(host, options->server, options->ca, &own->listeners, error);
    if (code == LT_DONE)
        code = mount_new(host, &own->places[0], &own->usual, error);
    if (code == LT_DONE && urgent)
        code = mount_new(host, &own->places[1], &own->urgent, error);
    own->now = own->usual;
    return code;
}

enum lt_code icecast_outlet_new(lt_bridge_host *host, const struct icecast_options *options,
                                const char *mounts, struct outlet **outlet, struct lt_error *error)
{
    struct icecast_outlet *own = calloc(1, sizeof *own);
    if (own) {
        own->outlet.kind = &icecast_kind;
        own->path = strdup(mounts);
    }
    enum lt_code code = own && own->path ? open_all(own, host, options, error)
                                         : lt_fail(error, LT_NO_MEMORY, "no memory for the stream");
    if (code != LT_DONE && own)
        destroy_icecast(&own->outlet);
    if (code == LT_DONE)
        *outlet = &own->outlet;
    return code;
}
