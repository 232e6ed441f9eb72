// The instance's health, as it is told.
#include "host.h"
#include "log.h"
#include "renewal.h"

static uint64_t count_waiting(const struct lt_bridge_host *host)
{
    uint64_t count = 0;
    for (const struct lt_delivery *at = host->deliveries; at; at = at->next)
        count++;
    for (size_t i = 0; i < host->target_count; i++)
        count += lt_client_unconfirmed(host->targets[i].client);
    return count;
}

// The first target that gets nothing, since the hub does not let it ask, or another takes it; NULL: none.
static const char *refused(const struct lt_bridge_host *host)
{
    for (size_t i = 0; i < host->target_count; i++) {
        const struct target *target = &host->targets[i];
        if (target->refused)
            return target->why_refused.text;
        // What hears again is watched, and what fails otherwise is told before that.
        bool is_watched = target->twice.calm_at > 0;
        if (target->twice.why.code != LT_DONE && !(is_watched && host->health.is_ill))
            return target->twice.why.text;
    }
    return NULL;
}

// Not yet known, as at the start.
static bool is_open(const struct target *target)
{
    return !target->subscribed && !target->refused && target->twice.why.code == LT_DONE;
}

void tell_health_now(struct lt_bridge_host *host)
{
    const char *topic = lt_bridge_topic(host, "health.v1");
    struct lt_error error = {0};
    struct lt_buffer body = {.max = 4096};
    struct health_frame frame = {
        .now = lt_bridge_now(host),
        .since = host->started,
        .every = ((uint64_t)host->instance.settings.health_every_ms + 999) / 1000,
        .waiting = count_waiting(host),
        .agent = HOST_AGENT,
        .refused = refused(host),
    };
    for (size_t i = 0; i < host->target_count; i++) {
        const struct figures *figures = &host->targets[i].figures;
        frame.done_before += figures->done_before;
        if (figures->done_at > frame.done_at)
            frame.done_at = figures->done_at;
    }
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

void tell_health(struct lt_bridge_host *host, uint64_t now)
{
    look_at_grant(host);
    for (size_t i = 0; i < host->target_count; i++)
        if (is_open(&host->targets[i]))
            return;
    if (!host->health.changed && now < host->health_at)
        return;
    host->health.changed = false;
    host->health_at = now + (uint64_t)host->instance.settings.health_every_ms;
    tell_health_now(host);
}
