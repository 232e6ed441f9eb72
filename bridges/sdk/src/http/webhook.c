// The door: its socket in the host's loop, who is there, and who has been there too long.
#include "webhook_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../host.h"

enum {
    BODY_MAX = 256 * 1024,
    BODY_MOST = 16 * 1024 * 1024,
    CONNECTIONS = 32,
    READ_MS = 10000,
    ANSWER_MS = 10000,
    ADDRESS_MAX = 64,
};

struct webhook_connection *webhook_place(struct lt_webhook *webhook,
                                         const struct MHD_Connection *connection)
{
    for (size_t i = 0; i < WEBHOOK_CONNECTIONS; i++)
        if (webhook->connections[i].connection == connection)
            return &webhook->connections[i];
    return NULL;
}

static void connected(void *self, struct MHD_Connection *connection, void **context,
                      enum MHD_ConnectionNotificationCode code)
{
    struct lt_webhook *webhook = self;
    bool begins = code == MHD_CONNECTION_NOTIFY_STARTED;
    struct webhook_connection *place = webhook_place(webhook, begins ? NULL : connection);
    (void)context;
    if (!place)
        return;
    *place = (struct webhook_connection){.connection = begins ? connection : NULL,
                                         .since = host_clock()};
    webhook->count = begins ? webhook->count + 1 : webhook->count - 1;
    webhook->opened += begins;
}

// Who sends a byte now and then is not idle, and has had its time all the same.
static void cut_slow(struct lt_webhook *webhook, uint64_t now)
{
    for (size_t i = 0; i < WEBHOOK_CONNECTIONS; i++) {
        const struct webhook_connection *place = &webhook->connections[i];
        if (!place->connection || place->waits ||
            now - place->since < (uint64_t)webhook->config.read_ms)
            continue;
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(place->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (info)
            shutdown(info->connect_fd, SHUT_RDWR);
    }
}

// What is due by the clock, and what libmicrohttpd can do now. true: it can go on at once.
static bool serve(struct lt_webhook *webhook)
{
    MHD_UNSIGNED_LONG_LONG wait = WEBHOOK_LOOK_MS;
    uint64_t now = host_clock();
    cut_slow(webhook, now);
    webhook_request_look(webhook, now);
    MHD_run(webhook->daemon);
    return MHD_get_timeout(webhook->daemon, &wait) == MHD_YES && wait == 0;
}

static void ready(void *self, int fd, unsigned what)
{
    struct lt_webhook *webhook = self;
    size_t before = webhook->opened;
    bool was_empty = !webhook->count;
    (void)fd, (void)what;
    bool at_once = serve(webhook);
    if (was_empty && webhook->opened == before && !at_once) {
        webhook->rests = true;
        lt_watch_end(webhook->host, webhook->descriptor);
        lt_timer_set(webhook->timer, WEBHOOK_REST_MS);
        return;
    }
    lt_timer_set(webhook->timer, at_once ? 0 : WEBHOOK_LOOK_MS);
}

static void look(void *self)
{
    struct lt_webhook *webhook = self;
    if (webhook->rests) {
        webhook->rests = false;
        (void)lt_watch(webhook->host, webhook->descriptor, LT_WATCH_READ, ready, webhook);
    }
    // Full, the door has left the next in the queue, and libmicrohttpd looks there again in the turn after the last has gone.
    bool had_any = webhook->count > 0;
    bool at_once = serve(webhook);
    if (had_any || webhook->count || at_once)
        lt_timer_set(webhook->timer, at_once ? 0 : WEBHOOK_LOOK_MS);
}

void webhook_run_soon(struct lt_webhook *webhook)
{
    lt_timer_set(webhook->timer, 0);
}

// getaddrinfo takes 80810 for a port too, and listens on another.
static bool is_port(const char *text)
{
    char *end = NULL;
    return *text >= '1' && *text <= '9' && strtoul(text, &end, 10) <= UINT16_MAX && !*end;
}

// "127.0.0.1:8081", "[::1]:8081".
static bool read_address(const char *text, struct sockaddr_storage *address, socklen_t *size)
{
    char host[ADDRESS_MAX];
    const char *colon = text ? strrchr(text, ':') : NULL;
    bool is_six = text && text[0] == '[';
    size_t length = colon ? (size_t)(colon - text) : 0;
    if (!colon || !is_port(colon + 1) || length >= sizeof host || length == 0 ||
        (is_six && colon[-1] != ']'))
        return false;
    memcpy(host, text + is_six, length - 2 * (size_t)is_six);
    host[length - 2 * (size_t)is_six] = '\0';
    struct addrinfo wanted = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                              .ai_family = is_six ? AF_INET6 : AF_INET,
                              .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, colon + 1, &wanted, &found) != 0)
        return false;
    memcpy(address, found->ai_addr, found->ai_addrlen);
    *size = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

bool lt_webhook_is_address(const char *listen)
{
    struct sockaddr_storage address = {0};
    socklen_t size = 0;
    return read_address(listen, &address, &size);
}

static struct MHD_Daemon *start(struct lt_webhook *webhook, const struct sockaddr_storage *address)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
                     (address->ss_family == AF_INET6 ? MHD_USE_IPv6 : 0U);
    // The door's own limit of time cuts; libmicrohttpd's is for those who do nothing at all.
    unsigned idle_s = (unsigned)(webhook->config.read_ms / 1000) + 1;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, webhook_request_step, webhook, MHD_OPTION_SOCK_ADDR, address,
        MHD_OPTION_CONNECTION_LIMIT, webhook->config.connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)WEBHOOK_CONNECTION_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_s, MHD_OPTION_NOTIFY_CONNECTION, connected, webhook,
        MHD_OPTION_NOTIFY_COMPLETED, webhook_request_over, webhook, MHD_OPTION_END);
}

static enum lt_code set_defaults(struct lt_webhook *webhook, const struct lt_webhook_config *config,
                                 struct lt_error *error)
{
    static const struct lt_pace_limit pace = {.count = 600, .period_ms = 60000, .burst = 60};
    webhook->config = *config;
    if (!webhook->config.body_max)
        webhook->config.body_max = BODY_MAX;
    if (!webhook->config.connections)
        webhook->config.connections = CONNECTIONS;
    if (!webhook->config.pace.count)
        webhook->config.pace = pace;
    if (webhook->config.read_ms <= 0)
        webhook->config.read_ms = READ_MS;
    if (webhook->config.answer_ms <= 0)
        webhook->config.answer_ms = ANSWER_MS;
    if (webhook->config.body_max > BODY_MOST || webhook->config.connections > WEBHOOK_CONNECTIONS)
        return lt_fail(error, LT_BAD_USE, "at most 16 MiB a body and %d connections",
                       WEBHOOK_CONNECTIONS);
    lt_pace_init(&webhook->pace, &webhook->config.pace);
    return LT_DONE;
}

static enum lt_code open_door(struct lt_webhook *webhook, struct lt_error *error)
{
    const char *listen = webhook->config.listen;
    struct sockaddr_storage address = {0};
    socklen_t size = 0;
    if (!read_address(listen, &address, &size))
        return lt_fail(error, LT_BAD_USE,
                       "'%.80s' is no address to listen on; allowed: numbers and a port, as "
                       "127.0.0.1:8081 or [::1]:8081",
                       listen ? listen : "");
    webhook->timer = lt_timer_new(webhook->host, look, webhook);
    if (!webhook->timer)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a door");
    errno = 0;
    webhook->daemon = start(webhook, &address);
    const union MHD_DaemonInfo *info =
        webhook->daemon ? MHD_get_daemon_info(webhook->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info)
        return lt_fail(error, LT_IO, "cannot listen on %s: %s", listen,
                       errno ? strerror(errno) : "libmicrohttpd did not start");
    webhook->descriptor = info->epoll_fd;
    return lt_watch(webhook->host, webhook->descriptor, LT_WATCH_READ, ready, webhook) == LT_DONE
               ? LT_DONE
               : lt_fail(error, LT_BUSY, "too many descriptors are watched already");
}

enum lt_code lt_webhook_open(lt_bridge_host *host, const struct lt_webhook_config *config,
                             lt_webhook_take *take, void *user, lt_webhook **out,
                             struct lt_error *error)
{
    *out = NULL;
    struct lt_webhook *webhook = calloc(1, sizeof *webhook);
    if (!webhook)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a door");
    webhook->host = host;
    webhook->take = take;
    webhook->user = user;
    webhook->descriptor = -1;
    enum lt_code code = set_defaults(webhook, config, error);
    if (code == LT_DONE)
        code = open_door(webhook, error);
    if (code != LT_DONE)
        lt_webhook_close(&webhook);
    *out = webhook;
    return code;
}

void lt_webhook_close(lt_webhook **webhook)
{
    struct lt_webhook *own = *webhook;
    if (!own)
        return;
    if (own->descriptor >= 0)
        lt_watch_end(own->host, own->descriptor);
    if (own->daemon) {
        webhook_request_end_all(own);
        MHD_run(own->daemon);
        MHD_stop_daemon(own->daemon);
    }
    webhook_request_free_all(own); // those whose other end had gone
    lt_timer_destroy(&own->timer);
    free(own);
    *webhook = NULL;
}
