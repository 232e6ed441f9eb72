// Subscriptions on the wire, and deliveries: the engine's own (grants, time) are taken in here, the caller's are
// verified and handed over, and what cannot be told yet waits a while for its sender's grant.
#include "engine.h"

#include <stdio.h>
#include <string.h>

#include <lienthon/cursor.h>

enum {
    OWN_CREDIT = 1024,
    DEFAULT_CREDIT = 64,
    URGENT_BEYOND = 16, // priority 3 goes so far beyond the credit
    KEEP_MS = 5000,     // how long a grant may come later than what its holder says
};

static void send_acks(struct engine *engine, struct subscription *subscription)
{
    struct lt_buffer list = {.max = LT_FRAME_MAX};
    if (subscription->ack_count > 0 && engine_is_up(engine) &&
        subscription_take_acks(subscription, &list)) {
        struct lt_frame frame = {
            .op = LT_ACK, .sid = lt_ref_of(subscription->sid), .list = lt_buffer_slice(&list)};
        session_send(engine, &frame, NULL, 0);
    }
    lt_buffer_clear(&list);
}

static void acknowledge(struct engine *engine, struct subscription *subscription, uint64_t seq,
                        enum lt_outcome outcome, const char *detail)
{
    subscription_ack(subscription, seq, outcome, detail);
    if (subscription_acks_full(subscription))
        send_acks(engine, subscription);
}

static void tell_answer(struct engine *engine, uint64_t token, uint64_t sid,
                        const struct lt_frame *frame)
{
    struct event *event = event_new(LT_EVENT_SUBSCRIBED, (struct lt_slice){0}, frame->text);
    if (event) {
        event->told.token = token;
        event->told.sid = sid;
        event->told.code = (enum lt_code)frame->code;
        event->told.number = frame->number;
    }
    engine_tell(engine, event);
}

static void leave(struct engine *engine, struct subscription *subscription)
{
    subscription->leave_ref = engine->next_ref++;
    struct lt_frame frame = {.op = LT_UNSUBSCRIBE,
                             .ref = lt_ref_of(subscription->leave_ref),
                             .sid = lt_ref_of(subscription->sid),
                             .flag = subscription->forget};
    session_send(engine, &frame, NULL, 0);
}

static void ask(struct engine *engine, struct subscription *subscription)
{
    uint64_t most = engine->session.limits.credit;
    if (most > 0 && subscription->credit > most)
        subscription->credit = most;
    struct lt_buffer options = {.max = LT_FRAME_MAX};
    subscription->ref = engine->next_ref++;
    subscription->asked = true;
    if (subscription_options(subscription, &options)) {
        struct lt_frame frame = {.op = LT_SUBSCRIBE,
                                 .ref = lt_ref_of(subscription->ref),
                                 .sid = lt_ref_of(subscription->sid),
                                 .list = lt_buffer_slice(&subscription->patterns),
                                 .args = lt_buffer_slice(&options)};
        session_send(engine, &frame, NULL, 0);
    }
    lt_buffer_clear(&options);
}

static void append(struct engine *engine, struct subscription *subscription)
{
    struct subscription **link = &engine->subscriptions;
    while (*link)
        link = &(*link)->next;
    *link = subscription;
}

static void drop(struct engine *engine, struct subscription *subscription)
{
    struct subscription **link = &engine->subscriptions;
    while (*link != subscription)
        link = &(*link)->next;
    *link = subscription->next;
    inbox_forget(&engine->inbox, subscription->sid);
    subscription_destroy(&subscription);
}

// What was taken over and is asked for anew must not be asked for twice.
static void drop_taken(struct engine *engine, const char *durable)
{
    for (struct subscription *each = engine->subscriptions, *next; each; each = next) {
        next = each->next;
        if (each->taken && !each->leaving && strcmp(each->durable, durable) == 0)
            drop(engine, each);
    }
}

void subscriber_add(struct engine *engine, struct subscription **subscription)
{
    struct subscription *added = *subscription;
    *subscription = NULL;
    drop_taken(engine, added->durable);
    append(engine, added);
    if (engine->session.state == SESSION_LIVE || (added->own && engine_is_up(engine)))
        ask(engine, added);
}

void subscriber_ask(struct engine *engine, bool own)
{
    for (struct subscription *each = engine->subscriptions; each; each = each->next) {
        if (each->own == own && !each->asked && engine_is_up(engine))
            ask(engine, each);
    }
}

void subscriber_remove(struct engine *engine, const struct command *command)
{
    struct lt_frame answer = {.op = LT_SUBSCRIBED, .code = LT_DONE};
    struct subscription *gone = subscription_find(engine->subscriptions, command->sid);
    if (!gone || gone->own || gone->leaving) {
        answer.code = LT_NO_SUBSCRIPTION;
        answer.text = lt_slice_of("there is no such subscription");
        tell_answer(engine, command->token, command->sid, &answer);
        return;
    }
    gone->leaving = true;
    gone->forget = command->forget;
    gone->leave_token = command->token;
    if (gone->asked) {
        leave(engine, gone);
    } else if (!gone->forget || gone->durable[0] == '\0') {
        tell_answer(engine, command->token, command->sid, &answer);
        drop(engine, gone);
    } else if (gone->taken && engine->session.state == SESSION_LIVE) {
        ask(engine, gone); // only who has it can have it forgotten
    }
}

void subscriber_credit(struct engine *engine, uint64_t sid, uint64_t more)
{
    struct subscription *subscription = subscription_find(engine->subscriptions, sid);
    if (!subscription)
        return;
    uint64_t credit = subscription->credit > 0 ? subscription->credit : DEFAULT_CREDIT;
    subscription->credit = more < LT_INT_MAX - credit ? credit + more : LT_INT_MAX;
    if (!subscription->asked)
        return;
    struct lt_frame frame = {.op = LT_CREDIT, .sid = lt_ref_of(sid), .number = more};
    session_send(engine, &frame, NULL, 0);
}

// As before it was asked for.
static void reset(struct subscription *subscription)
{
    subscription->asked = subscription->counted = subscription->caught_up = false;
    subscription->ref = subscription->leave_ref = subscription->came = subscription->waiting = 0;
    lt_buffer_empty(&subscription->acks);
    subscription->ack_count = 0;
}

// A newer connection has it. To ask again at once would take it back from whoever does the same.
static void be_taken(struct engine *engine, struct subscription *subscription,
                     const struct lt_frame *frame)
{
    if (subscription->leaving && subscription->leave_ref > 0)
        return; // that answer comes too
    tell_answer(engine, subscription->token, subscription->sid, frame);
    reset(subscription);
    inbox_part(&engine->inbox, subscription->sid);
    subscription->taken = true;
    subscription->answered = false;
}

static void take_answer(struct engine *engine, struct subscription *subscription,
                        const struct lt_frame *frame)
{
    bool refused = frame->code >= LT_MALFORMED;
    if (frame->code == LT_TAKEN_OVER && subscription->durable[0] != '\0') {
        be_taken(engine, subscription, frame);
        return;
    }
    subscription->taken = false;
    subscription->counted = true;
    subscription->waiting = refused ? 0 : frame->number;
    if (subscription->own) {
        session_progress(engine);
        return;
    }
    if (!subscription->answered || refused)
        tell_answer(engine, subscription->token, subscription->sid, frame);
    subscription->answered = true;
    if (refused)
        drop(engine, subscription);
    else if (subscription->leaving && subscription->leave_ref == 0)
        leave(engine, subscription);
}

void subscriber_answer(struct engine *engine, const struct lt_frame *frame)
{
    uint64_t ref = 0;
    if (!lt_ref_number(&frame->ref, &ref))
        return;
    for (struct subscription *each = engine->subscriptions; each; each = each->next) {
        if (each->asked && each->ref == ref) {
            take_answer(engine, each, frame);
            return;
        }
        if (each->leaving && each->leave_ref == ref) {
            tell_answer(engine, each->leave_token, each->sid, frame);
            drop(engine, each);
            return;
        }
    }
}

static void refuse(struct engine *engine, struct subscription *subscription,
                   struct delivery *delivery, const struct lt_error *error)
{
    char detail[LT_TEXT_MAX + 1], why[220];
    snprintf(detail, sizeof detail, "%s: %s", lt_code_name(error->code),
             lt_shorten(error->text, why, sizeof why));
    struct event *event =
        event_new(LT_EVENT_REFUSED, (struct lt_slice){0}, lt_slice_of(error->text));
    if (event) {
        event->told.code = error->code;
        event->told.sid = delivery->sid;
        event->told.seq = delivery->seq;
        event->told.attempt = delivery->attempt;
        memcpy(event->told.id, delivery->id, LT_ID_SIZE);
    }
    acknowledge(engine, subscription, delivery->seq, LT_ACK_GAVE_UP, detail);
    inbox_settle(&engine->inbox, delivery, LT_ACK_GAVE_UP, detail);
    engine_tell(engine, event);
}

static void hand_over(struct engine *engine, struct subscription *subscription,
                      struct delivery *delivery, struct lt_slice bytes, enum lt_code verdict)
{
    struct event *event = event_new(LT_EVENT_MESSAGE, bytes, (struct lt_slice){0});
    struct lt_slice own = event ? (struct lt_slice){event->bytes, event->size} : bytes;
    if (!event || lt_sealed_decode(own, &event->sealed, NULL) != LT_DONE) {
        struct lt_event *gone = event ? &event->told : NULL;
        lt_event_destroy(&gone);
        acknowledge(engine, subscription, delivery->seq, LT_ACK_AGAIN, NULL);
        inbox_remove(&engine->inbox, delivery);
        return;
    }
    struct lt_event *told = &event->told;
    told->message = &event->sealed;
    told->verdict = verdict;
    told->sid = delivery->sid;
    told->seq = delivery->seq;
    told->attempt = delivery->attempt;
    memcpy(told->id, delivery->id, LT_ID_SIZE);
    inbox_hand(&engine->inbox, delivery);
    engine_tell(engine, event);
}

// Could a grant that is still on its way make a difference? A seal that names the very key which its sender's
// grant has, and does not hold, is simply wrong.
static bool may_improve(const struct engine *engine, const struct lt_sealed *sealed,
                        enum lt_code code)
{
    if (code == LT_UNKNOWN_PRINCIPAL || code == LT_NOT_VALID || code == LT_NOT_ALLOWED)
        return true;
    const uint8_t *key = lt_book_key(engine->keeper.book, sealed->part.from);
    uint8_t id[LT_KEY_ID_SIZE];
    if (code != LT_BAD_SEAL || !key)
        return code == LT_BAD_SEAL;
    lt_key_id(key, id);
    return !lt_slice_equal(sealed->seal.key_id, (struct lt_slice){id, sizeof id});
}

static bool is_genuine(enum lt_code verdict)
{
    return verdict < LT_MALFORMED || verdict == LT_STALE || verdict == LT_EXPIRED;
}

// `last`: it has waited long enough.
static void judge(struct engine *engine, struct subscription *subscription,
                  struct delivery *delivery, const struct lt_sealed *sealed, bool last)
{
    struct lt_error error = {0};
    uint64_t now = engine_time(engine->shared);
    enum lt_code verdict = keeper_receive(&engine->keeper, sealed, now, &error);
    if (is_genuine(verdict)) {
        hand_over(engine, subscription, delivery, sealed->bytes, verdict);
        return;
    }
    if (!last && may_improve(engine, sealed, verdict)) {
        bool kept = delivery->state == DELIVERY_KEPT ||
                    inbox_keep(&engine->inbox, delivery, sealed->bytes, engine_clock() + KEEP_MS);
        if (kept)
            return;
    }
    error.code = verdict;
    refuse(engine, subscription, delivery, &error);
}

// What the hub delivers must be what was asked for: an order for one thing is none for another, however genuine.
static bool is_wanted(const struct subscription *subscription, const struct lt_part *part)
{
    struct lt_list patterns = lt_list_of(lt_buffer_slice(&subscription->patterns));
    struct lt_slice pattern = {0};
    bool topic = false, typed = subscription->types.size == 0;
    while (!topic && lt_list_pattern(&patterns, &pattern))
        topic = lt_pattern_matches(pattern, part->topic);
    struct lt_cursor types = lt_cursor_of(lt_buffer_slice(&subscription->types));
    uint32_t count = 0;
    if (!typed && !lt_cursor_array(&types, &count))
        return false;
    for (struct lt_slice type = {0}; !typed && count > 0 && lt_cursor_str(&types, &type); count--)
        typed = lt_slice_equal(type, part->type);
    return topic && typed;
}

// A hub that keeps to the credit never comes near, also where each of two connections has had its own.
static bool is_too_much(const struct engine *engine)
{
    size_t most = 0;
    for (const struct subscription *each = engine->subscriptions; each; each = each->next) {
        uint64_t credit = each->credit > 0 ? each->credit : DEFAULT_CREDIT;
        if (!each->own)
            most += 2 * ((credit < UINT32_MAX ? (size_t)credit : UINT32_MAX) + URGENT_BEYOND);
    }
    return engine->inbox.handed >= most;
}

// One number is one message, while the caller has it and the connection lasts.
static bool is_another(const struct engine *engine, const struct subscription *subscription,
                       uint64_t seq, const uint8_t id[LT_ID_SIZE])
{
    const struct delivery *delivery = inbox_find(&engine->inbox, subscription->sid, seq);
    return delivery && delivery->state == DELIVERY_HANDED && delivery->on_link &&
           memcmp(delivery->id, id, LT_ID_SIZE) != 0;
}

static void take_delivery(struct engine *engine, struct subscription *subscription, uint64_t seq,
                          uint64_t attempt, struct lt_slice bytes)
{
    struct lt_sealed sealed = {0};
    struct lt_error error = {0};
    error.code = lt_sealed_decode(bytes, &sealed, &error);
    if (error.code == LT_DONE && !is_wanted(subscription, &sealed.part))
        lt_fail(&error, LT_NOT_ALLOWED, "%.*s is not what was subscribed to",
                (int)sealed.part.topic.size, (const char *)sealed.part.topic.data);
    if (is_another(engine, subscription, seq, sealed.part.id) ||
        (is_too_much(engine) && !inbox_find(&engine->inbox, subscription->sid, seq)))
        return; // not acknowledged: a hub that is honest delivers it again
    struct delivery *delivery =
        inbox_arrive(&engine->inbox, subscription->sid, seq, attempt, sealed.part.id);
    if (!delivery) {
        acknowledge(engine, subscription, seq, LT_ACK_AGAIN, NULL);
        return;
    }
    if (delivery->state == DELIVERY_SETTLED)
        acknowledge(engine, subscription, seq, delivery->outcome, delivery->detail);
    else if (delivery->state == DELIVERY_NEW && error.code == LT_DONE)
        judge(engine, subscription, delivery, &sealed, false);
    else if (delivery->state == DELIVERY_NEW)
        refuse(engine, subscription, delivery, &error);
}

static void take_own(struct engine *engine, struct subscription *subscription, uint64_t seq,
                     struct lt_slice bytes)
{
    if (subscription->sid == SID_GRANTS)
        keeper_learn(&engine->keeper, bytes, NULL);
    else if (keeper_hear_time(&engine->keeper, bytes, engine_time(engine->shared)))
        engine_hear_time(engine);
    acknowledge(engine, subscription, seq, LT_ACK_DONE, NULL);
}

void subscriber_deliver(struct engine *engine, const struct lt_frame *frame)
{
    uint64_t sid = 0, seq = 0, attempt = 0;
    struct subscription *subscription =
        lt_ref_number(&frame->sid, &sid) ? subscription_find(engine->subscriptions, sid) : NULL;
    if (!subscription || subscription->leaving)
        return;
    struct lt_list list = lt_list_of(frame->list);
    size_t count = link_frames(&engine->link);
    for (size_t i = 1; i < count && lt_list_delivered(&list, &seq, &attempt); i++) {
        struct lt_slice bytes = link_frame(&engine->link, i);
        subscription->came++;
        if (subscription->own)
            take_own(engine, subscription, seq, bytes);
        else
            take_delivery(engine, subscription, seq, attempt, bytes);
    }
    if (subscription->counted && subscription->came >= subscription->waiting)
        subscription->caught_up = true;
    if (sid == SID_GRANTS)
        session_progress(engine);
}

void subscriber_settle(struct engine *engine, const struct command *command)
{
    struct subscription *subscription = subscription_find(engine->subscriptions, command->sid);
    struct delivery *delivery = inbox_find(&engine->inbox, command->sid, command->seq);
    if (!subscription || !delivery || delivery->state != DELIVERY_HANDED)
        return;
    if (delivery->on_link)
        acknowledge(engine, subscription, command->seq, command->outcome, command->text);
    inbox_settle(&engine->inbox, delivery, command->outcome, command->text);
}

static void judge_kept(struct engine *engine)
{
    struct delivery *delivery = engine->inbox.kept.first;
    bool changed = engine->book_version != lt_book_version(engine->keeper.book);
    engine->book_version = lt_book_version(engine->keeper.book);
    while (delivery) {
        struct delivery *next = delivery->next;
        bool last = engine_clock() >= delivery->keep_until;
        struct subscription *subscription = subscription_find(engine->subscriptions, delivery->sid);
        struct lt_sealed sealed = {0};
        struct lt_slice bytes = {delivery->bytes, delivery->size};
        if (subscription && (last || changed) && lt_sealed_decode(bytes, &sealed, NULL) == LT_DONE)
            judge(engine, subscription, delivery, &sealed, last);
        delivery = next;
    }
}

void subscriber_turn(struct engine *engine)
{
    judge_kept(engine);
    for (struct subscription *each = engine->subscriptions; each; each = each->next)
        send_acks(engine, each);
}

int64_t subscriber_deadline(const struct engine *engine)
{
    return engine->inbox.kept.first ? engine->inbox.kept.first->keep_until : 0;
}

// What comes again on the next connection keeps its place.
static bool comes_again(void *self, uint64_t sid)
{
    const struct engine *engine = self;
    const struct subscription *subscription = subscription_find(engine->subscriptions, sid);
    return subscription && (subscription->durable[0] != '\0' || subscription->from == LT_FROM_ALL ||
                            subscription->from == LT_FROM_TIME);
}

void subscriber_lost(struct engine *engine)
{
    int64_t hub_time = engine->session.offset + engine_clock();
    int64_t own_time = (int64_t)engine_time(engine->shared);
    if (hub_time > own_time) // a hub that says it is later would have us ask for less
        hub_time = own_time;
    inbox_lost(&engine->inbox, comes_again, engine);
    for (struct subscription *each = engine->subscriptions, *next; each; each = next) {
        next = each->next;
        if (each->caught_up && hub_time > 0)
            each->caught_up_at = (uint64_t)hub_time;
        reset(each);
        if (each->leaving && (!each->forget || each->durable[0] == '\0')) {
            struct lt_frame done = {.op = LT_SUBSCRIBED, .code = LT_DONE};
            tell_answer(engine, each->leave_token, each->sid, &done);
            drop(engine, each);
        }
    }
}
