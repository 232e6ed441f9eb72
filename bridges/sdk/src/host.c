// The one loop: events of the clients, descriptors and the timer of the bridge, signals, and what is
// due by the clock.
#include "host.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include <lienthon/bundle.h>

#include "fetches.h"
#include "log.h"
#include "metrics.h"
#include "pickup.h"
#include "quarantine.h"
#include "reload.h"
#include "renewal.h"
#include "setup.h"
#include "supervisor.h"
#include "trial.h"
#include "turn.h"

static const char agent[] = "lienthon-bridge " LT_PROJECT_VERSION;

uint64_t host_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + 1;
}

// The values that hold come with each connection, so nothing of them is lost and no place is kept for them at the hub.
static enum lt_code subscribe_states(struct lt_bridge_host *host, struct target *target,
                                     struct lt_error *error)
{
    const char *const *types = host->instance.bridge->states;
    struct lt_subscription wish = {
        .patterns = (const char *const *)target->patterns.items,
        .pattern_count = target->patterns.count,
        .from = LT_FROM_RETAINED,
        .types = types,
    };
    if (!types || host->rehearses)
        return LT_DONE;
    while (types[wish.type_count])
        wish.type_count++;
    if (target->states_sid)
        lt_client_unsubscribe(target->client, target->states_sid, true, NULL, NULL);
    return lt_client_subscribe(target->client, &wish, &target->states_sid, NULL, error);
}

enum lt_code host_subscribe(struct lt_bridge_host *host, struct target *target,
                            struct lt_error *error)
{
    const struct lt_bridge *bridge = host->instance.bridge;
    const char *types[64];
    struct lt_subscription wish = {
        .patterns = (const char *const *)target->patterns.items,
        .pattern_count = target->patterns.count,
        .durable = host->rehearses ? NULL : target->name,
        .from = host->rehearse_since ? LT_FROM_TIME : LT_FROM_NEW,
        .from_time = host->rehearse_since,
        .early = host->rehearses || bridge->early,
    };
    // A dry run says of the others that they would not be given.
    for (; !host->rehearses && bridge->types && bridge->types[wish.type_count] &&
           wish.type_count < 63;
         wish.type_count++)
        types[wish.type_count] = bridge->types[wish.type_count];
    if (wish.type_count) {
        types[wish.type_count++] = "approval.v1"; // what two hands wait for is the host's to see
        wish.types = types;
    }
    if (target->sid && !target->refused)
        lt_client_unsubscribe(target->client, target->sid, false, NULL, NULL);
    target->subscribed = target->refused = false;
    enum lt_code code = lt_client_subscribe(target->client, &wish, &target->sid, NULL, error);
    return code == LT_DONE ? subscribe_states(host, target, error) : code;
}

static void learn_grants(struct lt_bridge_host *host, lt_client *client)
{
    struct lt_bundle bundle;
    struct lt_slice sealed;
    if (lt_bundle_open(lt_buffer_slice(&host->instance.own.bundle), &bundle, NULL) != LT_DONE)
        return;
    while (lt_bundle_next(&bundle, &sealed, NULL) == LT_DONE)
        lt_client_learn(client, sealed, NULL);
    if (host->instance.own.grant)
        lt_client_learn(client, lt_buffer_slice(&host->instance.own.sealed), NULL);
}

static enum lt_code connect_target(struct lt_bridge_host *host, struct target *target,
                                   const uint8_t *seed, const uint8_t *curve,
                                   struct lt_error *error)
{
    const struct lt_identity *who = &host->instance.identity;
    char state[4096];
    char *own = NULL;
    if (instance_state(&host->instance, NULL, &own, error) != LT_DONE)
        return LT_NO_MEMORY;
    int size = snprintf(state, sizeof state, "%s/link.%s", own, target->name);
    free(own);
    if (size < 0 || size >= (int)sizeof state)
        return lt_fail(error, LT_BAD_USE, "the path of the state folder is too long");
    struct lt_client_config config = {
        .url = who->hub,
        .principal = who->principal,
        .seed = seed,
        .curve_secret = curve,
        .agent = agent,
        .state_folder = host->rehearses ? NULL : state,
        .memory_folder = host->rehearses_memory ? state : NULL,
    };
    memcpy(config.hub_curve, who->hub_curve, sizeof config.hub_curve);
    memcpy(config.root, who->root, sizeof config.root);
    enum lt_code code = lt_client_new(&config, &target->client, error);
    if (code != LT_DONE)
        return code;
    learn_grants(host, target->client);
    return host_subscribe(host, target, error);
}

enum lt_code host_connect(struct lt_bridge_host *host, struct lt_error *error)
{
    uint8_t *secrets = sodium_malloc((size_t)2 * LT_SECRET_SIZE);
    if (!secrets)
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for the keys");
    enum lt_code code = lt_keys_load(host->instance.folder, &host->instance.identity, secrets,
                                     secrets + LT_SECRET_SIZE, error);
    for (size_t i = 0; code == LT_DONE && i < host->target_count; i++)
        code = connect_target(host, &host->targets[i], secrets, secrets + LT_SECRET_SIZE, error);
    sodium_free(secrets);
    return code;
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

static void free_target(struct target *target, uint64_t linger_ms)
{
    lt_client_destroy(&target->client, linger_ms);
    for (size_t i = 0; i < target->patterns.count; i++)
        free(target->patterns.items[i]);
    free(target->patterns.items);
    free(target->name);
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
        free_target(&own->targets[i], HOST_LINGER_MS / own->target_count);
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

static void take_answer(struct lt_bridge_host *host, struct target *target,
                        const struct lt_event *event)
{
    if (event->sid != target->sid)
        return;
    target->subscribed = event->code == LT_DONE;
    target->refused = !target->subscribed;
    host->health.changed = true;
    if (target->subscribed)
        log_line(LOG_INFO_LINE, "subscribed target=%s waiting=%llu", target->name,
                 (unsigned long long)event->number);
    else
        log_line(LOG_ERROR_LINE, "the subscription is refused target=%s code=%d why=%s",
                 target->name, (int)event->code, event->text);
    reload_look(host, target->subscribed ? NULL : event->text);
}

static void doubt(struct lt_bridge_host *host, const struct lt_event *event)
{
    struct lt_error what = {0};
    lt_fail(&what, event->code, "the hub hands out what is not what it says: %s", event->text);
    health_doubt(&host->health, what.text, lt_bridge_now(host));
}

static void take_event(struct lt_bridge_host *host, struct target *target,
                       const struct lt_event *event)
{
    switch (event->kind) {
    case LT_EVENT_UP:
        target->told_down = false;
        log_line(LOG_INFO_LINE, "connected target=%s hub=%s", target->name, event->text);
        break;
    case LT_EVENT_DOWN:
        if (!target->told_down)
            log_line(LOG_WARN_LINE, "not connected target=%s why=%s", target->name, event->text);
        if (!target->told_down && event->code == LT_NOT_VALID)
            lt_bridge_ill(host, event->text);
        target->told_down = true;
        break;
    case LT_EVENT_SUBSCRIBED:
        take_answer(host, target, event);
        break;
    case LT_EVENT_MESSAGE:
        if (event->sid == target->sid) // of a subscription that was taken back it comes again
            intake_message(host, target, event);
        else if (event->sid == target->states_sid)
            intake_state(host, target, event);
        break;
    case LT_EVENT_GRANT:
        if (target == host->targets)
            renewal_hear(host, event);
        break;
    case LT_EVENT_REFUSED:
        log_line(LOG_WARN_LINE,
                 "a delivery is not what it says and is refused target=%s seq=%llu code=%d why=%s",
                 target->name, (unsigned long long)event->seq, (int)event->code, event->text);
        target->figures.refused++;
        doubt(host, event);
        break;
    case LT_EVENT_PUBLISHED:
        target->told_held = false;
        if (event->code > LT_DONE_BEFORE)
            log_line(LOG_WARN_LINE, "the hub refuses what was published code=%d why=%s",
                     (int)event->code, event->text);
        if (target == host->targets)
            services_published(host, event);
        break;
    case LT_EVENT_STALE:
        log_line(LOG_WARN_LINE, "what was to be published grew too old why=%s", event->text);
        if (target == host->targets)
            services_published(host, event);
        break;
    case LT_EVENT_HELD:
        if (!target->told_held)
            log_line(
                LOG_WARN_LINE,
                "the hub cannot take what is published, it is kept and sent again code=%d why=%s",
                (int)event->code, event->text);
        target->told_held = true;
        break;
    case LT_EVENT_CLOCK:
        log_line(LOG_WARN_LINE, "a clock is wrong target=%s why=%s", target->name, event->text);
        break;
    case LT_EVENT_RESULT:
        quarantine_answer(host, target, event);
        break;
    case LT_EVENT_CHUNK:
        break;
    case LT_EVENT_BLOB:
        if (target == host->targets)
            fetches_hear(host, event);
        break;
    }
}

// Of each target so many and no more: what comes without a pause must not hold up the others, the clock, the watchdog and the
// end. true: there may be more.
static bool take_events(struct lt_bridge_host *host)
{
    bool more = false;
    for (size_t i = 0; i < host->target_count; i++) {
        struct lt_event *event = NULL;
        size_t taken = 0;
        while (taken++ < HOST_EVENTS && (event = lt_client_next(host->targets[i].client, 0))) {
            take_event(host, &host->targets[i], event);
            lt_event_destroy(&event);
        }
        more = more || taken > HOST_EVENTS;
    }
    return more;
}

static uint64_t count_waiting(const struct lt_bridge_host *host)
{
    uint64_t count = 0;
    for (const struct lt_delivery *at = host->deliveries; at; at = at->next)
        count++;
    for (size_t i = 0; i < host->target_count; i++)
        count += lt_client_unconfirmed(host->targets[i].client);
    return count;
}

static void publish_health(struct lt_bridge_host *host)
{
    const char *topic = lt_bridge_topic(host, "health.v1");
    struct lt_error error = {0};
    struct lt_buffer body = {.max = 4096};
    struct health_frame frame = {
        .now = lt_bridge_now(host),
        .since = host->started,
        .every = ((uint64_t)host->instance.settings.health_every_ms + 999) / 1000,
        .waiting = count_waiting(host),
        .agent = agent,
    };
    for (size_t i = 0; i < host->target_count; i++)
        if (host->targets[i].figures.done_at > frame.done_at)
            frame.done_at = host->targets[i].figures.done_at;
    frame.has_grant = renewal_days(host, &frame.grant_days, frame.grant_ends);
    if (!frame.grant_ends[0])
        health_ends(&host->health, frame.now, frame.grant_ends);
    if (!topic)
        return;
    enum lt_code code = LT_NO_MEMORY;
    if (health_write(&host->health, &frame, &body)) {
        struct lt_part draft = {
            .topic = lt_slice_of(topic),
            .type = lt_slice_of("health.v1"),
            .label = LT_NOI_BO,
            .flags = LT_RETAIN,
            .body = lt_buffer_slice(&body),
        };
        code = lt_client_publish(host->targets[0].client, &draft, NULL, NULL, &error);
    }
    if (code != LT_DONE)
        log_line(LOG_WARN_LINE, "health could not be published why=%s", error.text);
    lt_buffer_clear(&body);
}

static void look_at_grant(struct lt_bridge_host *host)
{
    char text[HEALTH_TEXT];
    int64_t days = 0;
    bool soon = (renewal_days(host, &days, text) && text[0]) ||
                health_ends(&host->health, lt_bridge_now(host), text);
    if (soon && !host->ends_soon)
        log_line(LOG_WARN_LINE, "%s", text);
    host->health.changed = host->health.changed || soon != host->ends_soon;
    host->ends_soon = soon;
}

// Health is told once all is subscribed, at each change, and every so often.
static void tell_health(struct lt_bridge_host *host, uint64_t now)
{
    look_at_grant(host);
    for (size_t i = 0; i < host->target_count; i++)
        if (!host->targets[i].subscribed)
            return;
    if (!host->health.changed && now < host->health_at)
        return;
    host->health.changed = false;
    host->health_at = now + (uint64_t)host->instance.settings.health_every_ms;
    publish_health(host);
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
        bool more = take_events(host);
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
    publish_health(host);
    return LT_DONE;
}
