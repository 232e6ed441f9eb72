// ACK and CREDIT: what became of deliveries, and how many more a subscription takes.
#include <inttypes.h>

#include "desks.h"
#include "state/ending.h"

enum { BACK_OFF_FIRST_MS = 1000, BACK_OFF_MOST_MS = 300000, WORKING_MS = 60000 };

static struct subscription *find(const struct session *session, const struct lt_ref *sid)
{
    for (size_t i = 0; i < session->sub_count; i++) {
        if (lt_ref_equal(&session->subs[i]->sid, sid))
            return session->subs[i];
    }
    return NULL;
}

static uint64_t back_off(uint32_t agains)
{
    uint64_t ms = BACK_OFF_FIRST_MS;
    for (uint32_t i = 1; i < agains && ms < BACK_OFF_MOST_MS; i++)
        ms *= 2;
    return ms < BACK_OFF_MOST_MS ? ms : BACK_OFF_MOST_MS;
}

static void wake_at(struct subscription *sub, uint64_t when)
{
    if (!sub->wake || when < sub->wake)
        sub->wake = when;
}

static void again(struct broker *broker, struct subscription *sub, struct entry *entry)
{
    broker->counts.again++;
    if (entry->taken) {
        ending_note(broker, sub, entry, ROSTER_CANCELLED, "cancelled or replaced");
        return;
    }
    entry->agains++;
    if (entry->agains >= (uint32_t)broker->commune->hub.limits.attempts) {
        char detail[64];
        snprintf(detail, sizeof detail, "given up after %" PRIu32 " attempts", entry->attempt);
        ending_note(broker, sub, entry, ROSTER_GAVE_UP, detail);
        return;
    }
    entry->attempt++;
    uint64_t until = broker->tick + back_off(entry->agains);
    queue_rest(&sub->queue, entry, until);
    wake_at(sub, until);
    subscriptions_touch(broker->subscriptions, sub);
}

static void settle(struct broker *broker, struct session *session, struct subscription *sub,
                   uint64_t seq, enum lt_outcome outcome, struct lt_slice detail)
{
    struct entry *entry = queue_find(&sub->queue, seq);
    char text[LT_TEXT_MAX + 1];
    if (!entry || entry->state != ENTRY_SENT) {
        broker->counts.ignored++;
        return;
    }
    session_landed(session, entry->serial);
    broker->counts.acknowledged++;
    if (!sub->durable[0] && outcome != LT_ACK_WORKING)
        outcome = LT_ACK_DONE; // it only frees credit
    switch (outcome) {
    case LT_ACK_DONE:
        subscription_settle(broker->subscriptions, sub, entry);
        break;
    case LT_ACK_AGAIN:
        again(broker, sub, entry);
        break;
    case LT_ACK_GAVE_UP:
        snprintf(text, sizeof text, "%.*s", (int)detail.size,
                 detail.data ? (const char *)detail.data : "");
        ending_note(broker, sub, entry, ROSTER_GAVE_UP, text);
        break;
    case LT_ACK_WORKING:
        if (!sub->durable[0])
            break;
        entry->when = broker->tick + WORKING_MS;
        wake_at(sub, entry->when);
        break;
    }
}

void desk_acknowledge(struct broker *broker, struct session *session, const struct lt_frame *frame,
                      zmq_msg_t *payload, size_t count)
{
    struct subscription *sub = find(session, &frame->sid);
    struct lt_list list = lt_list_of(frame->list);
    enum lt_outcome outcome = LT_ACK_DONE;
    struct lt_slice detail = {NULL, 0};
    uint64_t seq = 0;
    (void)payload;
    (void)count;
    if (!sub) {
        broker->counts.ignored++;
        return;
    }
    while (lt_list_settled(&list, &seq, &outcome, &detail))
        settle(broker, session, sub, seq, outcome, detail);
    sessions_make_ready(&broker->sessions, session);
}

void desk_credit(struct broker *broker, struct session *session, const struct lt_frame *frame,
                 zmq_msg_t *payload, size_t count)
{
    struct subscription *sub = find(session, &frame->sid);
    (void)payload;
    (void)count;
    if (!sub) {
        broker->counts.ignored++;
        return;
    }
    uint64_t most = broker->limits.credit;
    sub->credit = frame->number >= most - sub->credit ? most : sub->credit + frame->number;
    sessions_make_ready(&broker->sessions, session);
}
