// SUBSCRIBE and UNSUBSCRIBE.
#include <inttypes.h>

#include "corridor/commit.h"
#include "fill.h"
#include "late.h"
#include "log.h"
#include "state/ending.h"
#include "state/must.h"
#include "wish.h"

static void answer(struct broker *broker, struct session *session, const struct lt_ref *ref,
                   enum lt_code code, uint64_t waiting)
{
    struct lt_frame frame = {.op = LT_SUBSCRIBED, .ref = *ref, .code = code, .number = waiting};
    session_send(&broker->sessions, session, &frame, NULL, 0);
}

static struct subscription *find(const struct session *session, const struct lt_ref *sid)
{
    for (size_t i = 0; i < session->sub_count; i++) {
        if (lt_ref_equal(&session->subs[i]->sid, sid))
            return session->subs[i];
    }
    return NULL;
}

void subscribe_leave(struct broker *broker, struct subscription *sub)
{
    struct session *session = sessions_find(&broker->sessions, sub->session);
    for (size_t i = 0; session && i < session->sub_count; i++) {
        if (session->subs[i] == sub) {
            session->subs[i] = session->subs[--session->sub_count];
            break;
        }
    }
    sub->session = 0;
    sub->seen = broker->now;
    sub->new_seen = true;
    subscriptions_touch(broker->subscriptions, sub);
    for (size_t i = 0; sub->queue.sent && i < sub->queue.count; i++) {
        struct entry *entry = sub->queue.all[i];
        if (entry->taken && entry->state == ENTRY_SENT)
            ending_note(broker, sub, entry, ROSTER_CANCELLED, "cancelled or replaced");
    }
    if (sub->durable[0]) {
        queue_return(&sub->queue);
        return;
    }
    late_forget(broker, sub);
    subscriptions_remove(broker->subscriptions, &sub);
}

static void attach(struct session *session, struct subscription *sub, const struct lt_frame *frame,
                   uint64_t credit)
{
    session->subs = must_hold(session->subs, &session->sub_room, session->sub_count + 1,
                              sizeof(struct subscription *));
    session->subs[session->sub_count++] = sub;
    sub->session = session->number;
    sub->sid = frame->sid;
    sub->ref = frame->ref;
    sub->credit = credit;
    sub->held = true;
}

// Everything that it begins with is stored: say so, and let it flow.
static void begin(struct broker *broker, struct subscription *sub)
{
    struct session *session = sessions_find(&broker->sessions, sub->session);
    if (!session || !sub->held)
        return;
    sub->held = false;
    answer(broker, session, &sub->ref, LT_DONE, subscription_waiting(sub));
    sessions_make_ready(&broker->sessions, session);
}

static void saved(struct broker *broker, enum lt_code code, uint64_t asker,
                  const struct lt_ref *ref)
{
    struct subscription *sub = subscriptions_find(broker->subscriptions, asker);
    struct session *session = sub ? sessions_find(&broker->sessions, sub->session) : NULL;
    (void)ref;
    if (!sub)
        return;
    sub->saving--;
    if (code == LT_DONE) {
        if (!sub->saving)
            begin(broker, sub);
        return;
    }
    struct lt_frame frame = {.op = LT_SUBSCRIBE, .ref = sub->ref};
    sub->new_settings = true;
    subscriptions_touch(broker->subscriptions, sub);
    subscribe_leave(broker, sub);
    if (session)
        desks_refuse(broker, session, &frame, 1, LT_STORAGE_FAILED,
                     "the subscription could not be stored: the hub's log says why; try again");
}

// A durable one is there for what comes after SUBSCRIBED, whatever happens: so it is stored before.
static void save(struct broker *broker, struct subscription *sub)
{
    struct records records = {0};
    subscriptions_touch(broker->subscriptions, sub);
    sub->saving++;
    commit_notes(broker, &records, true);
    commit_records(broker, &records, saved, sub->number, NULL);
}

static void refuse_new(struct broker *broker, struct subscription *sub)
{
    struct session *session = sessions_find(&broker->sessions, sub->session);
    struct lt_frame frame = {.op = LT_SUBSCRIBE, .ref = sub->ref};
    bool is_durable = sub->durable[0];
    subscribe_leave(broker, sub);
    if (is_durable)
        subscriptions_remove(broker->subscriptions, &sub);
    if (session)
        desks_refuse(broker, session, &frame, 1, LT_STORAGE_FAILED, "the store could not be read");
}

void fill_done(struct broker *broker, struct subscription *sub, enum lt_code code)
{
    sub->counting = false;
    if (code != LT_DONE) {
        refuse_new(broker, sub);
        return;
    }
    sub->begin_is_open = false;
    if (sub->durable[0])
        save(broker, sub);
    else
        begin(broker, sub);
}

static size_t durables_of(const struct subscriptions *subscriptions, const char *principal)
{
    size_t count = 0;
    for (struct table_walk walk = {0}; table_next(&subscriptions->by_name, &walk);)
        count += strcmp(((struct subscription *)walk.node->value)->principal, principal) == 0;
    return count;
}

static void make(struct broker *broker, struct session *session, const struct lt_frame *frame,
                 const struct wish *wish)
{
    bool reads_all = wish->from == WISH_ALL || wish->from == WISH_TIME;
    uint64_t begins = reads_all ? 0 : broker->subscriptions->end;
    struct subscription *sub = subscriptions_add(
        broker->subscriptions, lt_slice_of(session->principal), wish->durable, &wish->era, begins);
    attach(session, sub, frame, wish->credit);
    if (reads_all) {
        sub->begin_is_open = wish->from == WISH_TIME;
        fill_count(broker, sub, wish->since);
    } else if (wish->from == WISH_RETAINED) {
        fill_last(broker, sub);
    } else {
        fill_done(broker, sub, LT_DONE);
    }
}

static void drop_expired(struct broker *broker, struct subscription *sub)
{
    for (size_t i = 0; i < sub->queue.count; i++) {
        struct entry *entry = sub->queue.all[i];
        if (entry->state != ENTRY_SETTLED && clock_has_passed(broker, entry->expires))
            ending_note(broker, sub, entry, ROSTER_EXPIRED, "expired");
    }
}

// Whoever has it until now is told: it would wait for ever, and think that all is well.
static void tell_older(struct broker *broker, const struct session *newer,
                       const struct subscription *sub)
{
    struct session *older = sessions_find(&broker->sessions, sub->session);
    struct lt_error why = {0};
    if (!older || older == newer || older->gone || older->cut_at)
        return;
    struct lt_frame frame = {.op = LT_SUBSCRIBED, .ref = sub->ref};
    frame.code = (uint64_t)lt_fail(
        &why, LT_TAKEN_OVER,
        "this identity runs twice: a newer connection, from %s, has its durable subscription now "
        "(a copied folder or device?); stop one of the two, or invite it under a name of its own",
        newer->address);
    frame.text = lt_slice_of(why.text);
    session_send(&broker->sessions, older, &frame, NULL, 0);
    if (broker_may_log(broker))
        log_warning("durable subscription taken over", LOG_TEXT("principal", sub->principal),
                    LOG_TEXT("durable", sub->durable), LOG_TEXT("address", newer->address),
                    LOG_TEXT("older", older->address));
}

// A durable one that is there already: it goes on, on this connection.
static void resume(struct broker *broker, struct session *session, const struct lt_frame *frame,
                   const struct wish *wish, struct subscription *sub)
{
    if (!subscriptions_change(broker->subscriptions, sub, &wish->era)) {
        desks_refuse(broker, session, frame, 1, LT_BUSY,
                     "its patterns were changed too often while messages wait: take those first");
        return;
    }
    tell_older(broker, session, sub);
    subscribe_leave(broker, sub);
    attach(session, sub, frame, wish->credit);
    drop_expired(broker, sub);
    if (sub->counting)
        return; // answered when that is done
    if (sub->new_settings || sub->saving)
        save(broker, sub);
    else
        begin(broker, sub);
}

// Is there room for one more, or for more patterns of one that is there.
static enum lt_code ask_room(const struct broker *broker, const struct session *session,
                             const struct wish *wish, const struct subscription *old,
                             const struct subscription *named, struct lt_error *error)
{
    const struct lt_commune_limits *limits = &broker->commune->hub.limits;
    const struct subscriptions *all = broker->subscriptions;
    if (!old && session->sub_count >= (size_t)limits->subscriptions)
        return lt_fail(error, LT_BUSY, "a connection has at most %" PRId64 " subscriptions",
                       limits->subscriptions);
    if (wish->durable.size && !named &&
        durables_of(all, session->principal) >= (size_t)limits->durables)
        return lt_fail(error, LT_BUSY,
                       "there are %" PRId64 " durable subscriptions of yours: forget some",
                       limits->durables);
    if (!named && !old && all->by_number.count >= (size_t)limits->all_subscriptions)
        return lt_fail(error, LT_BUSY, "this hub has as many subscriptions as it may: try again");
    bool is_as_before = named && era_equal(&wish->era, &named->eras[named->era_count - 1]);
    if (!is_as_before && all->levels + era_levels(&wish->era) > (size_t)limits->levels)
        return lt_fail(error, LT_BUSY, "this hub has as many patterns as it may: try again");
    return LT_DONE;
}

void desk_subscribe(struct broker *broker, struct session *session, const struct lt_frame *frame,
                    zmq_msg_t *payload, size_t count)
{
    const struct lt_grant *grant =
        lt_book_find(broker->book, lt_slice_of(session->principal), NULL);
    struct lt_error error = {0};
    struct wish wish;
    (void)payload;
    (void)count;
    enum lt_code code = wish_open(frame, grant, &broker->commune->hub.limits, &wish, &error);
    struct subscription *old = find(session, &frame->sid), *named = NULL;
    if (code == LT_DONE && wish.durable.size)
        named = subscriptions_find_durable(broker->subscriptions, lt_slice_of(session->principal),
                                           wish.durable);
    if (code == LT_DONE)
        code = ask_room(broker, session, &wish, old, named, &error);
    if (code != LT_DONE) {
        desks_refuse(broker, session, frame, 1, code, error.text);
    } else {
        if (old && old != named)
            subscribe_leave(broker, old);
        if (named)
            resume(broker, session, frame, &wish, named);
        else
            make(broker, session, frame, &wish);
    }
    wish_clear(&wish);
}

static void forgotten(struct broker *broker, enum lt_code code, uint64_t asker,
                      const struct lt_ref *ref)
{
    struct session *session = sessions_find(&broker->sessions, asker);
    struct lt_frame frame = {.op = LT_UNSUBSCRIBE, .ref = *ref};
    if (session && code == LT_DONE)
        answer(broker, session, ref, LT_DONE, 0);
    else if (session)
        desks_refuse(broker, session, &frame, 1, LT_STORAGE_FAILED,
                     "that could not be stored: the hub's log says why; try again");
}

static void forget(struct broker *broker, struct session *session, const struct lt_ref *ref,
                   struct subscription *sub)
{
    struct records records = {0};
    for (size_t i = 0; i < sub->queue.count; i++) {
        const struct entry *entry = sub->queue.all[i];
        if (entry->state != ENTRY_SETTLED)
            ending_pass(broker, sub, entry->seq, entry->receipt, ROSTER_GAVE_UP,
                        "its subscription was forgotten");
    }
    commit_notes(broker, &records, true);
    subscription_forget(sub, &records);
    subscribe_leave(broker, sub);
    late_forget(broker, sub);
    subscriptions_remove(broker->subscriptions, &sub);
    commit_records(broker, &records, forgotten, session->number, ref);
}

void desk_unsubscribe(struct broker *broker, struct session *session, const struct lt_frame *frame,
                      zmq_msg_t *payload, size_t count)
{
    struct subscription *sub = find(session, &frame->sid);
    (void)payload;
    (void)count;
    if (!sub) {
        desks_refuse(broker, session, frame, 1, LT_NO_SUBSCRIPTION,
                     "there is no subscription of that sid on this connection");
        return;
    }
    if (frame->flag && sub->durable[0]) {
        forget(broker, session, &frame->ref, sub);
        return;
    }
    uint64_t waiting = sub->durable[0] ? subscription_waiting(sub) : 0;
    subscribe_leave(broker, sub);
    answer(broker, session, &frame->ref, LT_DONE, waiting);
}
