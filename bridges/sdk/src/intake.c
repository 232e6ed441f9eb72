// What comes from the hub: which of it the bridge is given, and what the host answers itself.
#include "host.h"

#include <string.h>
#include <time.h>

#include "log.h"
#include "quarantine.h"
#include "ruling.h"
#include "turn.h"

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
        old->stopped_by = why;
        if (old->entry.state >= LEDGER_INTENDED && !old->given)
            continue; // whether it happened is still to be found out
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
        if (at != delivery && at->target == delivery->target && at->ask_at && !at->ours)
            held++;
    if (delivery->ours || held < HOST_HOLD)
        delivery->ask_at = host_clock() + HOST_ASK_MS;
    else
        delivery_close(&delivery, NULL, NULL, LT_ACK_AGAIN);
}

static void say_kept(struct lt_delivery *delivery)
{
    struct lt_error text = {0};
    char at[32] = "";
    time_t due = (time_t)(delivery->sealed.part.deliver_at / 1000);
    struct tm when;
    if (localtime_r(&due, &when))
        strftime(at, sizeof at, "%H:%M ngày %d/%m/%Y", &when);
    lt_fail(&text, LT_DONE, "đã giữ tại thiết bị, chờ đến %s", at);
    lt_delivery_report(delivery, LT_SEEN_RECEIVED, text.text);
}

// On our own disk before the hub hears that it is done with. Of two that wait for a second person or for the time the hub
// sends again what is not acknowledged. false: it is closed, and comes again.
static bool keep(struct lt_delivery **delivery, const struct ruling *ruling)
{
    struct lt_bridge_host *host = (*delivery)->host;
    struct lt_error error = {0};
    bool waits = ruling->kind == RULING_WAIT;
    if (!host->instance.bridge->early || (ruling->kind != RULING_GIVE && !waits))
        return true;
    bool is_early = waits && (*delivery)->sealed.part.deliver_at > lt_bridge_now(host);
    if (waits && !is_early)
        return true;
    if (!(*delivery)->kept &&
        kept_add(&host->kept, (*delivery)->target->name, &(*delivery)->sealed, &error) != LT_DONE) {
        log_line(LOG_ERROR_LINE, "a message cannot be kept why=%s", error.text);
        if (is_early) {
            delivery_close(delivery, NULL, NULL, LT_ACK_AGAIN);
            return false;
        }
        return true; // it is due: it is acted on as long as there is power
    }
    (*delivery)->kept = true;
    if (is_early && !(*delivery)->ours) {
        say_kept(*delivery);
        lt_delivery_keep(*delivery);
    }
    return true;
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

// On a disk that can no longer be read an alarm would wait for ever: what is very urgent is rather done twice than not at all,
// unless its bridge can ask the far side.
static bool goes_unknown(const struct lt_delivery *delivery)
{
    return delivery->sealed.part.priority >= LT_THUONG_KHAN &&
           !delivery->host->instance.bridge->resolve;
}

// What an earlier life has noted of it; false: that cannot be read now, it waits.
static bool recall(struct lt_delivery *delivery)
{
    struct lt_error error = {0};
    if (delivery->is_known)
        return true;
    delivery->is_known = ledger_read(&delivery->host->ledger, delivery->target->name,
                                     &delivery->sealed.part, &delivery->entry, &error) == LT_DONE;
    if (!delivery->is_known && goes_unknown(delivery)) {
        log_line(LOG_ERROR_LINE, "the ledger cannot be read, an urgent message goes on why=%s",
                 error.text);
        lt_bridge_ill(delivery->host, error.text);
        delivery->is_known = true;
    } else if (!delivery->is_known) {
        log_line(LOG_ERROR_LINE, "the ledger cannot be read, a message waits why=%s", error.text);
        delivery->ask_at = host_clock() + HOST_ASK_MS;
    }
    return delivery->is_known;
}

// Whether it happened is to be found out also where it would not be done any more.
static bool is_open_question(const struct lt_delivery *delivery, enum lt_code verdict)
{
    return delivery->entry.state >= LEDGER_INTENDED &&
           (verdict == LT_DONE || verdict == LT_EXPIRED || verdict == LT_CANCELLED ||
            verdict == LT_STALE);
}

static void act(struct lt_delivery *delivery, struct ruling *ruling, bool its_turn)
{
    switch (ruling->kind) {
    case RULING_GIVE:
        if (its_turn)
            turn_give(delivery);
        else
            turn_line_up(delivery);
        break;
    case RULING_WAIT:
        hold(delivery);
        break;
    case RULING_CLOSE:
        delivery_close(&delivery, ruling->outcome, ruling->detail, LT_ACK_DONE);
        break;
    case RULING_REFUSE:
        log_line(LOG_WARN_LINE, "a message is not obeyed seq=%llu code=%d why=%s",
                 (unsigned long long)delivery->seq, (int)ruling->error.code, ruling->error.text);
        delivery->target->figures.refused++;
        if (delivery->entry.state >= LEDGER_INTENDED) { // obeyed later, it might happen twice
            quarantine_put(delivery, ASIDE_UNKNOWN, ruling->error.text);
            break;
        }
        delivery_close(&delivery, delivery->ours ? "failed" : NULL, ruling->error.text,
                       LT_ACK_GAVE_UP);
        break;
    }
}

// The hub has not heard that it is done, or it replays: an honest hub may too, after a cut, so it is told and nobody is ill.
static void tell_repeated(struct lt_bridge_host *host, struct target *target,
                          const struct lt_part *part, uint64_t seq)
{
    char id[37];
    lt_id_print(part->id, id);
    log_line(LOG_WARN_LINE,
             "a message that was done came again, it is not done again target=%s seq=%llu id=%s "
             "from=%.*s",
             target->name, (unsigned long long)seq, id, (int)part->from.size,
             (const char *)part->from.data);
    host->health.changed = host->health.changed || !target->figures.done_before;
    target->figures.done_before++;
}

static void take(struct lt_delivery *delivery, enum lt_code verdict, const char *text,
                 bool its_turn)
{
    struct lt_bridge_host *host = delivery->host;
    const struct lt_part *part = &delivery->sealed.part;
    bool has_time = false;
    delivery->ask_at = 0;
    if (host->out_of_force) {
        delivery_close(&delivery, NULL, NULL, LT_ACK_AGAIN);
        return;
    }
    if (!recall(delivery))
        return;
    (void)lt_client_time(delivery->target->client, &has_time);
    struct ruling ruling = ruling_of(host, delivery->target, part, verdict, text, has_time);
    if (ruling.obeyed)
        take_effect(host, delivery->target, part);
    if (is_open_question(delivery, verdict))
        ruling.kind = RULING_GIVE;
    if (ruling.kind == RULING_GIVE && quarantine_holds(delivery))
        return;
    if (verdict == LT_DONE_BEFORE && !delivery->ours)
        tell_repeated(host, delivery->target, part, delivery->seq);
    if (keep(&delivery, &ruling))
        act(delivery, &ruling, its_turn);
}

void intake_turn(struct lt_delivery *delivery)
{
    struct lt_error error = {0};
    enum lt_code verdict = LT_DONE;
    delivery->in_line = false;
    if (delivery == delivery->host->fresh)
        delivery->host->fresh = NULL;
    else
        verdict = delivery_look(delivery, &error);
    take(delivery, verdict, error.text, true);
}

static void hear_again(struct lt_delivery *own, const struct lt_event *event)
{
    struct target *target = own->target;
    if (own->put_by) { // it was acknowledged
        tell_repeated(own->host, target, &own->sealed.part, event->seq);
        lt_client_settle(target->client, target->sid, event->seq, LT_ACK_DONE, NULL, NULL);
        return;
    }
    if (own->seq && own->seq != event->seq) // the hub counts anew: the old number is done with
        lt_client_settle(target->client, target->sid, own->seq, LT_ACK_DONE, NULL, NULL);
    own->seq = event->seq;
    own->ours = false;
    own->said_at = host_clock();
    if (!own->kept)
        own->attempt = event->attempt;
}

void intake_message(struct lt_bridge_host *host, struct target *target,
                    const struct lt_event *event)
{
    for (struct lt_delivery *at = host->deliveries; at; at = at->next)
        if (at->target == target && same_message(&at->sealed.part, &event->message->part)) {
            hear_again(at, event);
            return;
        }
    struct lt_delivery *delivery =
        delivery_new(host, target, event->message, event->seq, event->attempt);
    if (delivery) {
        host->fresh = event->verdict == LT_DONE ? delivery : NULL;
        take(delivery, event->verdict, event->text, false);
        turn_all(host);
    } else {
        lt_client_settle(target->client, target->sid, event->seq, LT_ACK_AGAIN, NULL, NULL);
    }
}

// A value that holds is not new to whoever has been told it before, and does not grow old.
void intake_state(struct lt_bridge_host *host, struct target *target, const struct lt_event *event)
{
    const struct lt_part *part = &event->message->part;
    struct lt_error error = {0};
    const struct lt_type *type = lt_types_find(host->types, part->type);
    lt_client_settle(target->client, target->states_sid, event->seq, LT_ACK_DONE, NULL, NULL);
    if ((event->verdict != LT_DONE && event->verdict != LT_DONE_BEFORE) ||
        !(part->flags & LT_RETAIN) || (part->flags & LT_DRILL) || part->relation == LT_CANCELS)
        return;
    if (type && lt_type_check(type, part, &error) != LT_DONE)
        log_line(LOG_WARN_LINE, "a value is not kept to why=%s", error.text);
    else if (host->instance.bridge->told)
        host->instance.bridge->told(host->instance.state, part);
}

void intake_release(struct lt_bridge_host *host, struct target *target,
                    const struct lt_sealed *message)
{
    struct lt_delivery *delivery = delivery_new(host, target, message, 0, 1);
    if (!delivery)
        return; // asked again
    delivery->is_released = true;
    delivery->ask_at = 1;
}

static void restore(void *user, struct lt_slice name, const struct lt_sealed *message)
{
    struct lt_bridge_host *host = user;
    for (size_t i = 0; i < host->target_count; i++) {
        if (!lt_slice_is(name, host->targets[i].name))
            continue;
        struct lt_delivery *delivery = delivery_new(host, &host->targets[i], message, 0, 1);
        if (delivery) {
            delivery->kept = true;
            delivery->put_by = message->part.deliver_at > lt_bridge_now(host);
            delivery->ask_at = 1;
            return;
        }
    }
    log_line(LOG_WARN_LINE, "what is kept is for a target that is not there target=%.*s",
             (int)name.size, (const char *)name.data);
}

enum lt_code intake_read_kept(struct lt_bridge_host *host, struct lt_error *error)
{
    return kept_read(&host->kept, restore, host, error);
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
        if (at->ours && at->sealed.part.deliver_at > lt_bridge_now(host)) {
            at->ask_at = now + HOST_ASK_MS; // no need to judge it a thousand times before it is due
            continue;
        }
        enum lt_code verdict = delivery_look(at, &error);
        take(at, verdict, error.text, false);
        at = host->deliveries;
    }
    turn_all(host);
}
