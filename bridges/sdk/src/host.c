// The one loop: events of the clients (events.c), descriptors and the timer of the bridge, signals, and what is due by the clock.
#include "host.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fetches.h"
#include "log.h"
#include "metrics.h"
#include "pickup.h"
#include "quarantine.h"
#include "reload.h"
#include "setup.h"
#include "supervisor.h"
#include "trial.h"
#include "turn.h"

uint64_t host_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + 1;
}

enum lt_code host_prepare(struct instance *instance, bool rehearses, struct lt_bridge_host **out,
                          struct lt_error *error)
{
    struct lt_bridge_host *host = calloc(1, sizeof *host);
    *out = NULL;
    if (!host) {
        instance_clear(instance);
        lt_fail(error, LT_NO_MEMORY, "no memory for the host");
        return LT_NO_MEMORY;
    }
    host->instance = *instance;
    *instance = (struct instance){0};
    host->signals = host->presence = host->watches.epoll = -1;
    host->ledger.folder = host->kept.folder = -1;
    host->rehearses = rehearses;
    enum lt_code code = setup_host(host, error);
    if (code != LT_DONE)
        host_destroy(&host);
    *out = host;
    return code;
}

enum lt_code host_new(struct instance *instance, struct lt_bridge_host **out,
                      struct lt_error *error)
{
    struct lt_bridge_host *host = NULL;
    enum lt_code code = host_prepare(instance, false, &host, error);
    if (code == LT_DONE)
        code = host_connect(host, error);
    if (code == LT_DONE) {
        host->started = lt_bridge_now(host);
        host->opened = true;
        host->trial_watch = trial_watch(host->trial_folder);
        host->metrics = metrics_open(host);
        code = host->instance.bridge->open(host->instance.state, host, error);
    }
    if (code == LT_DONE && host->instance.bridge->early)
        code = intake_read_kept(host, error);
    if (code != LT_DONE)
        host_destroy(&host);
    *out = host;
    return code;
}

void host_destroy(struct lt_bridge_host **host)
{
    struct lt_bridge_host *own = *host;
    if (!own)
        return;
    if (own->opened)
        own->instance.bridge->close(own->instance.state);
    trial_unwatch(&own->trial_watch);
    quarantine_close(own);
    metrics_close(&own->metrics);
    pickup_close_all(own);
    fetches_end(own);
    watches_close(&own->watches);
    while (own->deliveries) {
        struct lt_delivery *first = own->deliveries;
        delivery_free(&first);
    }
    while (own->pending) {
        struct pending *first = own->pending;
        own->pending = first->next;
        free(first);
    }
    for (size_t i = 0; i < own->target_count; i++)
        target_clear(&own->targets[i], HOST_LINGER_MS / own->target_count);
    free(own->targets);
    ledger_close(&own->ledger);
    kept_close(&own->kept);
    if (own->signals >= 0)
        close(own->signals);
    if (own->presence >= 0)
        close(own->presence);
    lt_types_destroy(&own->types);
    free(own->own_folder);
    free(own->bridge_folder);
    free(own->trial_folder);
    free(own->aside_folder);
    free(own->topic);
    free(own->hamlet);
    instance_clear(&own->instance);
    free(own);
    *host = NULL;
}

// What is due by the clock; how long until there may be more, in ms.
static int work_by_clock(struct lt_bridge_host *host)
{
    uint64_t now = host_clock();
    if (host->timer_at && host->timer_at <= now) {
        host->timer_at = 0;
        if (host->instance.bridge->wake)
            host->instance.bridge->wake(host->instance.state, -1);
    }
    reload_look(host, NULL);
    twice_turn(host, now);
    watches_tick(&host->watches, now);
    delivery_say_working(host, now);
    intake_ask_again(host, now);
    delivery_close_again(host, now);
    quarantine_turn(host, now);
    pickup_turn(host, now);
    tell_health(host, now);
    uint64_t next = turn_next(host, watches_next(&host->watches, now + 1000));
    if (host->timer_at && host->timer_at < next)
        next = host->timer_at;
    now = host_clock();
    return next > now ? (int)(next - now) : 0;
}

static void wake_bridge(struct lt_bridge_host *host, const struct pollfd *ready, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool is_watched = false; // an earlier wake may have unwatched it
        for (size_t k = 0; k < host->watch_count; k++)
            is_watched = is_watched || host->watched[k] == ready[i].fd;
        if (!ready[i].revents || !is_watched || pickup_wake(host, ready[i].fd))
            continue;
        if (host->instance.bridge->wake)
            host->instance.bridge->wake(host->instance.state, ready[i].fd);
    }
}

enum lt_code host_run(struct lt_bridge_host *host, struct lt_error *error)
{
    size_t fixed = 1 + host->target_count;
    struct pollfd *wait = calloc(fixed + HOST_WATCHES + 1, sizeof *wait);
    if (!wait)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the loop");
    supervisor_ready(host);
    while (!host->stops) {
        bool more = events_take(host);
        int timeout = work_by_clock(host);
        if (more)
            timeout = 0;
        supervisor_beat(host);
        size_t watched = host->watch_count;
        wait[0] = (struct pollfd){.fd = host->signals, .events = POLLIN};
        for (size_t i = 0; i < host->target_count; i++)
            wait[1 + i] =
                (struct pollfd){.fd = lt_client_fd(host->targets[i].client), .events = POLLIN};
        for (size_t i = 0; i < watched; i++)
            wait[fixed + i] = (struct pollfd){.fd = host->watched[i], .events = POLLIN};
        wait[fixed + watched] =
            (struct pollfd){.fd = watches_descriptor(&host->watches), .events = POLLIN};
        if (poll(wait, fixed + watched + 1, timeout) < 0 && errno != EINTR) {
            free(wait);
            return lt_fail(error, LT_IO, "cannot wait: %s", strerror(errno));
        }
        if (wait[0].revents & POLLIN)
            reload_signals(host);
        if (host->stops)
            break;
        wake_bridge(host, wait + fixed, watched);
        if (wait[fixed + watched].revents)
            watches_turn(&host->watches);
    }
    free(wait);
    if (host->begins_anew)
        return LT_DONE;
    log_line(LOG_INFO_LINE, "stopping");
    supervisor_stops();
    host->health.stopped = true;
    tell_health_now(host);
    return LT_DONE;
}
