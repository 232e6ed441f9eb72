// What comes from the hub: which of it the bridge is given, and what the host answers itself.
#include "host.h"

#include <string.h>

#include "log.h"
#include "ruling.h"

static bool same_message(const struct lt_part *a, const struct lt_part *b)
{
    return lt_slice_equal(a->from, b->from) && memcmp(a->id, b->id, LT_ID_SIZE) == 0;
}

static struct lt_delivery *find_replaced(struct lt_bridge_host *host, const struct target *target,
                                         const struct lt_part *fresh)
{
    for (struct lt_delivery *at = host->deliveries; at; at = at->next)
        if (at->target == target && !at->stopped && lt_part_takes_place(fresh, &at->sealed.part))
            return at;
    return NULL;
}

// Those of the same target that `fresh` takes the place of: the bridge stops what it has, the others
// are closed here. Each stop may close others, so the list is searched anew.
static void stop_others(struct lt_bridge_host *host, const struct target *target,
                        const struct lt_part *fresh)
{
    const char *why = fresh->relation == LT_CANCELS ? "cancelled" : "replaced";
    struct lt_delivery *old;
    while ((old = find_replaced(host, target, fresh))) {
        old->stopped = true;
        if (!old->given)
            delivery_close(&old, "skipped", why, LT_ACK_DONE);
        else if (host->instance.bridge->cancel)
            host->instance.bridge->cancel(host->instance.state, old, fresh);
    }
}

// An approval may be what others of this target wait for.
static void ask_all_again(struct lt_bridge_host *host, const struct target *target)
{
    for (struct lt_delivery *at = host->deliveries; at; at = at->next)
        if (at->target == target && at->ask_at)
            at->ask_at = 1;
}

// What waits for the clock, or for a second hand that may never come, must not use up the target's credit.
static void hold(struct lt_delivery *delivery)
{
    size_t held = 0;
    for (const struct lt_delivery *at = delivery->host->deliveries; at; at = at->next)
        if (at != delivery && at->target == delivery->target && at->ask_at)
            held++;
    if (held < HOST_HOLD)
        delivery->ask_at = host_clock() + HOST_ASK_MS;
    else
        delivery_close(&delivery, NULL, NULL, LT_ACK_AGAIN);
}

// It takes effect before it is closed: what it stops is stopped whatever is cut off here.
static void take_effect(struct lt_bridge_host *host, const struct target *target,
                        const struct lt_part *part)
{
    if (lt_slice_is(part->type, "approval.v1"))
        ask_all_again(host, target);
    else if (part->relation == LT_CANCELS || part->relation == LT_REPLACES)
        stop_others(host, target, part);
}

static void take(struct lt_delivery *delivery, enum lt_code verdict, const char *text)
{
    struct lt_bridge_host *host = delivery->host;
    const struct lt_part *part = &delivery->sealed.part;
    bool has_time = false;
    delivery->ask_at = 0;
    if (host->out_of_force) {
        delivery_close(&delivery, NULL, NULL, LT_ACK_AGAIN);
        return;
    }
    (void)lt_client_time(delivery->target->client, &has_time);
    struct ruling ruling = ruling_of(host, part, verdict, text, has_time);
    if (ruling.obeyed)
        take_effect(host, delivery->target, part);
    switch (ruling.kind) {
    case RULING_GIVE:
        delivery->given = true;
        host->instance.bridge->deliver(host->instance.state, delivery, part);
        break;
    case RULING_WAIT:
        hold(delivery);
        break;
    case RULING_CLOSE:
        delivery_close(&delivery, ruling.outcome, ruling.detail, LT_ACK_DONE);
        break;
    case RULING_REFUSE:
        log_line(LOG_WARN_LINE, "a message is not obeyed seq=%llu code=%d why=%s",
                 (unsigned long long)delivery->seq, (int)ruling.error.code, ruling.error.text);
        delivery_close(&delivery, NULL, ruling.error.text, LT_ACK_GAVE_UP);
        break;
    }
}

void intake_message(struct lt_bridge_host *host, struct target *target,
                    const struct lt_event *event)
{
    for (struct lt_delivery *at = host->deliveries; at; at = at->next)
        if (at->target == target && same_message(&at->sealed.part, &event->message->part)) {
            if (at->seq != event->seq) // the hub counts anew: the old number is done with
                lt_client_settle(target->client, target->sid, at->seq, LT_ACK_DONE, NULL, NULL);
            at->seq = event->seq;
            at->attempt = event->attempt;
            return;
        }
    struct lt_delivery *delivery = delivery_new(host, target, event);
    if (delivery)
        take(delivery, event->verdict, event->text);
    else
        lt_client_settle(target->client, target->sid, event->seq, LT_ACK_AGAIN, NULL, NULL);
}

void intake_ask_again(struct lt_bridge_host *host, uint64_t now)
{
    // Taking one may close others, so the walk begins anew after each.
    for (struct lt_delivery *at = host->deliveries; at;) {
        if (!at->ask_at || at->ask_at > now) {
            at = at->next;
            continue;
        }
        struct lt_error error = {0};
        enum lt_code verdict = lt_client_look(at->target->client, at->sealed.bytes, &error);
        take(at, verdict, error.text);
        at = host->deliveries;
    }
}
