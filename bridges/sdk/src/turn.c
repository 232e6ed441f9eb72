// What waits for the far side waits here and not at the hub, so that no attempt is used up; the credit bounds it, and the
// most urgent messages come beyond that.
#include "turn.h"

#include "figures.h"
#include "log.h"
#include "quarantine.h"
#include "resting.h"
#include "trial.h"

void turn_line_up(struct lt_delivery *delivery)
{
    delivery->in_line = true;
    delivery->ask_at = 0;
}

// After a death each of those that were in hand is tried alone, so that the innocent are not blamed again; but nothing urgent
// waits for that.
static bool may_go_beside(const struct lt_delivery *wanted)
{
    for (const struct lt_delivery *at = wanted->host->deliveries; at; at = at->next)
        if (at->given && !at->close_at &&
            (wanted->deaths > 0 ||
             (at->deaths > 0 && wanted->sealed.part.priority < LT_PACE_URGENT)))
            return false;
    return true;
}

static bool goes_before(const struct lt_delivery *a, const struct lt_delivery *b)
{
    return a->sealed.part.priority != b->sealed.part.priority
               ? a->sealed.part.priority > b->sealed.part.priority
               : a->failed < b->failed;
}

static struct lt_delivery *next_of(const struct target *target, const struct lt_bridge_host *host,
                                   uint64_t now)
{
    struct lt_delivery *best = NULL;
    for (struct lt_delivery *at = host->deliveries; at; at = at->next)
        if (at->target == target && at->in_line && at->not_before <= now && may_go_beside(at) &&
            (!best || goes_before(at, best)))
            best = at;
    return best;
}

// A far side that failed all night may be there again this very second: life and property is tried at once.
static uint64_t gate(struct target *target, struct lt_delivery *delivery, uint64_t now)
{
    bool is_alarm = delivery->sealed.part.priority >= LT_HOA_TOC;
    uint64_t by_breaker = is_alarm ? 0 : lt_breaker_wait(&target->breaker, now);
    uint64_t by_rate = lt_pace_wait(&target->pace, delivery->sealed.part.priority, now);
    if (by_rate && !delivery->was_slowed) {
        delivery->was_slowed = true;
        target->figures.rate_waits++;
    }
    return by_breaker > by_rate ? by_breaker : by_rate;
}

void turn_all(struct lt_bridge_host *host)
{
    for (size_t i = 0; i < host->target_count; i++) {
        struct target *target = &host->targets[i];
        struct lt_delivery *next;
        target->turn_at = 0;
        while ((next = next_of(target, host, host_clock()))) {
            uint64_t now = host_clock(), wait = gate(target, next, now);
            if (wait) {
                target->turn_at = now + wait;
                break;
            }
            intake_turn(next);
        }
    }
    host->fresh = NULL;
}

uint64_t turn_next(const struct lt_bridge_host *host, uint64_t otherwise)
{
    uint64_t now = host_clock();
    for (size_t i = 0; i < host->target_count; i++)
        if (host->targets[i].turn_at && host->targets[i].turn_at < otherwise)
            otherwise = host->targets[i].turn_at;
    for (const struct lt_delivery *at = host->deliveries; at; at = at->next)
        if (at->in_line && at->not_before > now && at->not_before < otherwise)
            otherwise = at->not_before;
    return otherwise;
}

static bool is_open(const struct lt_bridge_host *host, const struct lt_delivery *delivery)
{
    const struct lt_delivery *at = host->deliveries;
    while (at && at != delivery)
        at = at->next;
    return at != NULL;
}

static void hand_over(struct lt_delivery *delivery, bool resolves)
{
    struct lt_bridge_host *host = delivery->host;
    const struct lt_bridge *bridge = host->instance.bridge;
    const struct ledger_entry entry = delivery->entry;
    uint64_t now = host_clock();
    lt_pace_take(&delivery->target->pace, delivery->sealed.part.priority, now);
    lt_breaker_ask(&delivery->target->breaker, now);
    delivery->given = true;
    delivery->backs_off = false;
    delivery->given_at = now;
    delivery->resolves = resolves;
    trial_enter(host->trial_folder, delivery->name, delivery->deaths);
    if (resolves)
        bridge->resolve(host->instance.state, delivery, &delivery->sealed.part, entry.key,
                        entry.far_id[0] ? entry.far_id : NULL);
    else
        bridge->deliver(host->instance.state, delivery, &delivery->sealed.part);
    if (is_open(host, delivery) && delivery->given)
        trial_leave(host->trial_folder, delivery->name, delivery->deaths);
}

void turn_give(struct lt_delivery *delivery)
{
    const struct lt_bridge *bridge = delivery->host->instance.bridge;
    delivery->in_line = false;
    if (delivery->deaths >= TRIAL_DEATHS) {
        quarantine_put(delivery, ASIDE_CRASHED,
                       "the bridge has died three times with this message in hand");
        return;
    }
    switch (delivery->entry.state) {
    case LEDGER_NOTHING:
    case LEDGER_BEGUN:
        hand_over(delivery, false);
        break;
    case LEDGER_INTENDED:
        if (bridge->resolve)
            hand_over(delivery, true);
        else
            quarantine_put(delivery, ASIDE_UNKNOWN,
                           "nobody can tell whether the far side has it: the bridge ended, or got "
                           "no clear answer, in the middle");
        break;
    case LEDGER_SENT:
        if (bridge->resolve)
            hand_over(delivery, true);
        else
            delivery_close(&delivery, "done", delivery->entry.far_id, LT_ACK_DONE);
        break;
    case LEDGER_SEEN:
        delivery_close(&delivery, "done", NULL, LT_ACK_DONE);
        break;
    }
}

void turn_over(struct lt_delivery *delivery, enum turn_result result, const char *why)
{
    struct lt_breaker *breaker = &delivery->target->breaker;
    uint64_t now = host_clock(), opened = breaker->opened;
    figures_answered(&delivery->target->figures, now - delivery->given_at);
    switch (result) {
    case TURN_WELL:
        if (breaker->state != LT_BREAKER_CLOSED)
            log_line(LOG_INFO_LINE, "the far side answers again target=%s", delivery->target->name);
        if (breaker->opened)
            resting_note(delivery->host, delivery->target->name, 0, NULL);
        lt_breaker_well(breaker);
        break;
    case TURN_ILL:
        lt_breaker_ill(breaker, now);
        break;
    case TURN_SAYS_NOTHING:
        lt_breaker_pass(breaker);
        break;
    }
    if (breaker->opened == opened)
        return;
    struct lt_error what = {0};
    lt_fail(&what, LT_CLOSED, "nothing is tried at %s for %llu s, after %u failures in a row: %s",
            delivery->target->name, (unsigned long long)((breaker->until - now + 999) / 1000),
            breaker->failed, why ? why : "");
    resting_note(delivery->host, delivery->target->name,
                 lt_bridge_now(delivery->host) + (breaker->until - now), what.text);
    lt_bridge_ill(delivery->host, what.text);
}

// Its last attempt is kept for its time: what comes and goes would use them all up.
static bool may_be_tried_now(const struct lt_delivery *delivery)
{
    uint64_t attempts = (uint64_t)delivery->host->instance.settings.attempts;
    return delivery->in_line && delivery->backs_off &&
           delivery->sealed.part.priority >= LT_PACE_URGENT &&
           delivery->attempt + delivery->failed < attempts;
}

void turn_back(struct lt_bridge_host *host, struct target *target, const char *why)
{
    if (target->breaker.state != LT_BREAKER_CLOSED) {
        log_line(LOG_INFO_LINE, "the far side is there again target=%s why=%s", target->name, why);
        resting_note(host, target->name, 0, NULL);
        lt_breaker_back(&target->breaker);
    }
    for (struct lt_delivery *at = host->deliveries; at; at = at->next)
        if (at->target == target && may_be_tried_now(at))
            at->not_before = 0;
    target->turn_at = host_clock();
}

void turn_again(struct lt_delivery **delivery, uint64_t ms)
{
    struct lt_delivery *own = *delivery;
    size_t held = 0;
    for (const struct lt_delivery *at = own->host->deliveries; at; at = at->next)
        held += at != own && at->target == own->target && !at->ours &&
                (at->ask_at || (at->in_line && at->not_before));
    if (own->deaths)
        trial_count(own->host->trial_folder, own->name, own->deaths);
    else
        trial_end(own->host->trial_folder, own->name);
    if (own->entry.state < LEDGER_INTENDED) { // it ended, if not well
        if (own->begun || own->entry.state != LEDGER_NOTHING)
            ledger_end(&own->host->ledger, own->target->name, &own->sealed.part);
        own->entry = (struct ledger_entry){0};
        own->begun = false;
    }
    // What is not known stays, or another life would have to ask.
    if (held >= HOST_HOLD && own->entry.state < LEDGER_INTENDED && !own->kept && !own->ours) {
        delivery_close(delivery, NULL, NULL, LT_ACK_AGAIN);
        return;
    }
    if (own->stopped && own->entry.state < LEDGER_INTENDED) { // something took its place meanwhile
        delivery_close(delivery, "skipped", own->stopped_by, LT_ACK_DONE);
        return;
    }
    *delivery = NULL;
    own->given = own->resolves = false;
    own->user = NULL;
    own->in_line = true;
    own->not_before = ms ? host_clock() + ms : 0;
}
