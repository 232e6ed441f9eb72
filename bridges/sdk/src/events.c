// What the clients say: the hub is there or not, takes or refuses, hands out messages.
#include "host.h"

#include "fetches.h"
#include "log.h"
#include "quarantine.h"
#include "reload.h"
#include "renewal.h"

static void refuse(struct target *target, const struct lt_event *event)
{
    lt_fail(&target->why_refused, event->code, "the hub refuses the subscription of %s: %s",
            target->name, event->text);
    log_line(LOG_ERROR_LINE, "the subscription is refused target=%s code=%d why=%s", target->name,
             (int)event->code, event->text);
}

static void take_answer(struct lt_bridge_host *host, struct target *target,
                        const struct lt_event *event)
{
    if (event->sid != target->sid)
        return;
    target->subscribed = event->code == LT_DONE;
    target->refused = !target->subscribed;
    host->health.changed = true;
    if (target->subscribed) {
        log_line(LOG_INFO_LINE, "subscribed target=%s waiting=%llu", target->name,
                 (unsigned long long)event->number);
        twice_back(host, target);
    } else if (event->code == LT_TAKEN_OVER) {
        twice_taken(host, target, event->text);
    } else {
        refuse(target, event);
    }
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

// What comes to one without a pause must not hold up the others, the clock, the watchdog and the end.
bool events_take(struct lt_bridge_host *host)
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
