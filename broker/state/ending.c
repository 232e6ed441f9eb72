// How a delivery ended otherwise than done.
#include "ending.h"

#include "broker.h"
#include "log.h"

#define ENDING_KEEP_MS (UINT64_C(365) * 86400000)

const struct ending *endings_find(const struct endings *endings, uint64_t seq, uint64_t sub)
{
    for (size_t i = 0; i < ENDINGS_AT_HAND; i++) {
        const struct ending *ending = &endings->latest[i];
        if (ending->seq == seq && ending->sub == sub && seq)
            return ending;
    }
    return NULL;
}

void endings_forget(struct endings *endings, uint64_t seq, uint64_t sub)
{
    for (size_t i = 0; i < ENDINGS_AT_HAND; i++) {
        struct ending *ending = &endings->latest[i];
        if (ending->seq == seq && ending->sub == sub)
            ending->seq = 0;
    }
}

static void count(struct broker *broker, struct subscription *sub, enum roster_state state)
{
    struct subscription_counts *counts = subscription_counts_of(broker->subscriptions, sub);
    counts->gave_up += state == ROSTER_GAVE_UP;
    counts->expired += state == ROSTER_EXPIRED;
    counts->cancelled += state == ROSTER_CANCELLED;
    counts->revoked += state == ROSTER_REVOKED;
}

static void record(struct broker *broker, const struct subscription *sub, uint64_t seq,
                   uint64_t attempts, enum roster_state state, const char *detail)
{
    struct lt_buffer value = {.max = 1024};
    struct dead_letter dead = {
        .state = state,
        .at = broker->now,
        .keep_until = broker->now + ENDING_KEEP_MS,
        .attempts = attempts,
        .detail = lt_slice_of(detail),
        .principal = lt_slice_of(sub->principal),
        .durable = lt_slice_of(sub->durable),
    };
    uint8_t key[16];
    if (!sub->durable[0])
        return;
    struct ending *ending = &broker->endings.latest[broker->endings.next++ % ENDINGS_AT_HAND];
    *ending = (struct ending){
        .seq = seq, .sub = sub->number, .at = broker->now, .attempts = attempts, .state = state};
    snprintf(ending->detail, sizeof ending->detail, "%s", detail);
    roster_number(seq, key);
    roster_number(sub->number, key + 8);
    dead_letter_pack(&dead, &value);
    records_put(&broker->notes, DEAD_BUCKET, (struct lt_slice){key, sizeof key},
                lt_buffer_slice(&value));
    lt_buffer_clear(&value);
    if (state != ROSTER_GAVE_UP && state != ROSTER_REVOKED)
        return;
    broker->counts.dead++;
    if (!broker_may_log(broker))
        return;
    log_warning("delivery given up", LOG_NUMBER("seq", seq), LOG_TEXT("principal", sub->principal),
                LOG_TEXT("durable", sub->durable), LOG_TEXT("state", roster_state_name(state)),
                LOG_TEXT("detail", detail));
}

void ending_pass(struct broker *broker, struct subscription *sub, uint64_t seq, bool has_receipt,
                 enum roster_state state, const char *detail)
{
    count(broker, sub, state);
    if (has_receipt)
        record(broker, sub, seq, 0, state, detail);
}

void ending_note(struct broker *broker, struct subscription *sub, struct entry *entry,
                 enum roster_state state, const char *detail)
{
    uint64_t seq = entry->seq, attempts = entry->attempt - (entry->state != ENTRY_SENT);
    bool is_noted = entry->receipt || state == ROSTER_GAVE_UP || state == ROSTER_REVOKED;
    if (state == ROSTER_GAVE_UP)
        broker->counts.gave_up++;
    count(broker, sub, state);
    subscription_settle(broker->subscriptions, sub, entry);
    if (is_noted)
        record(broker, sub, seq, attempts, state, detail);
}
