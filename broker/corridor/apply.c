// What a committed message changes: the memory, the queues, whose place it takes.
#include "apply.h"

#include "broker.h"
#include "commit.h"
#include "deliver.h"
#include "desks/late.h"
#include "log.h"
#include "state/ending.h"
#include "state/must.h"
#include "state/zap.h"

enum { CUT_AFTER_MS = 300 };

// What is due was stored long ago. Where the queue reads the store on from before it, it is read there;
// where the queue is full, it is late.
static void offer_due(struct broker *broker, struct subscription *sub, struct offer *offer)
{
    uint8_t class = offer->priority;
    offer->force = true;
    if (sub->behind[class] && offer->seq > sub->read[class])
        sub->beyond++;
    else if (subscription_is_full(sub, class))
        late_keep(broker, sub, offer);
    else
        subscription_offer(sub, offer);
}

static void offer_to(struct broker *broker, struct subscription *sub,
                     const struct lt_sealed *sealed, uint64_t seq, bool is_due)
{
    const struct lt_part *part = &sealed->part;
    struct offer offer = {
        .seq = seq,
        .order = sub->place_of == seq ? sub->place : seq,
        .expires = part->expires,
        .size = (uint32_t)sealed->bytes.size,
        .priority = part->priority,
        .receipt = part->flags & LT_RECEIPT,
    };
    if (is_due)
        offer_due(broker, sub, &offer);
    else
        subscription_offer(sub, &offer);
    subscriptions_touch(broker->subscriptions, sub);
    struct session *session = sessions_find(&broker->sessions, sub->session);
    if (session)
        sessions_make_ready(&broker->sessions, session);
}

// --- replacing and cancelling ---

struct taking {
    struct broker *broker;
    const struct lt_part *old;
    uint64_t old_seq, new_seq;
};

static void take_place(void *self, struct subscription *sub)
{
    const struct taking *taking = self;
    struct entry *entry = queue_find(&sub->queue, taking->old_seq);
    if (!entry) {
        if (taking->old->deliver_at > taking->broker->now)
            ending_pass(taking->broker, sub, taking->old_seq, taking->old->flags & LT_RECEIPT,
                        ROSTER_CANCELLED, "cancelled or replaced");
        return;
    }
    if (entry->state == ENTRY_SENT) {
        entry->taken = true;
    } else if (entry->state != ENTRY_SETTLED) {
        sub->place = entry->order;
        sub->place_of = taking->new_seq;
        ending_note(taking->broker, sub, entry, ROSTER_CANCELLED, "cancelled or replaced");
    }
}

static void take_places(struct broker *broker, struct passage *passage)
{
    const struct lt_part *part = &passage->sealed.part;
    taken_add(&broker->taken, part, passage->taken_until);
    for (size_t i = 0; i < passage->other_count; i++) {
        struct passage_other *other = &passage->others[i];
        const struct lt_part *old = &other->sealed.part;
        uint8_t hash[LT_HASH_SIZE];
        lt_hash(old->bytes, hash);
        if (!other->seq)
            memory_find(broker->memory, old, hash, &other->seq);
        if (!other->seq || !lt_part_takes_place(part, old))
            continue;
        struct taking taking = {broker, old, other->seq, passage->seq};
        subscriptions_match(broker->subscriptions, old, other->seq, take_place, &taking);
    }
}

// --- one message ---

static void deliver_to(struct broker *broker, struct passage *passage, struct subscription *sub)
{
    const struct lt_part *part = &passage->sealed.part;
    if (passage->is_gone) {
        ending_pass(broker, sub, passage->seq, part->flags & LT_RECEIPT, ROSTER_CANCELLED,
                    "cancelled or replaced");
    } else if (!passage->is_deferred || subscription_is_early(sub, passage->seq)) {
        offer_to(broker, sub, &passage->sealed, passage->seq, false);
    } else {
        sub->deferred++;
    }
}

struct late {
    struct broker *broker;
    struct passage *passage;
};

static void deliver_late(void *self, struct subscription *sub)
{
    const struct late *late = self;
    struct passage *passage = late->passage;
    const struct lt_part *part = &passage->sealed.part;
    const struct lt_grant *grant =
        lt_book_find(late->broker->book, lt_slice_of(sub->principal), NULL);
    for (size_t i = 0; i < passage->target_count; i++) {
        if (passage->targets[i] == sub->number)
            return;
    }
    if (grant && lt_grant_may_receive(grant, part->topic, part->label))
        deliver_to(late->broker, passage, sub);
}

// Whoever subscribed while it was on its way to the store has not read it there.
static void deliver_to_late(struct broker *broker, struct passage *passage)
{
    struct late late = {broker, passage};
    if (passage->changes != broker->subscriptions->changes)
        subscriptions_match(broker->subscriptions, &passage->sealed.part, passage->seq,
                            deliver_late, &late);
}

static void tell_grant(struct broker *broker, const struct passage *passage)
{
    const struct lt_part *part = &passage->sealed.part;
    struct lt_grant *grant = NULL;
    if (!broker_may_log(broker) || lt_grant_open(part, &grant, NULL) != LT_DONE)
        return;
    log_line(LOG_IS_INFO, grant->revoked ? "grant revoked" : "grant taken",
             LOG_FIELDS(LOG_SLICE("principal", grant->principal), LOG_SLICE("role", grant->role),
                        LOG_SLICE("issuer", part->from), LOG_NUMBER("expires", grant->expires),
                        LOG_NUMBER("seq", passage->seq)));
    lt_grant_destroy(&grant);
}

void apply(struct broker *broker, struct passage *passage)
{
    const struct lt_part *part = &passage->sealed.part;
    zmq_msg_t frame;
    broker->counts.stored++;
    if (passage->seq > broker->subscriptions->end)
        broker->subscriptions->end = passage->seq;
    memory_add(broker->memory, part, passage->hash, passage->seq);
    // A copy: what libzmq has received into is often larger, and not counted.
    frames_copy(broker->frames, passage->sealed.bytes, &frame);
    struct message *message = messages_put(broker->messages, passage->seq, passage->stored, &frame);
    message->asked_version = lt_book_version(broker->book);
    message->asked_at = broker->now;
    if (part->relation >= LT_REPLACES)
        take_places(broker, passage);
    passage->is_gone = passage->is_gone || taken_is(&broker->taken, part, NULL);
    if (passage->is_deferred && !passage->is_gone)
        due_add(&broker->due, part->deliver_at, passage->seq);
    for (size_t i = 0; i < passage->target_count; i++) {
        struct subscription *sub = subscriptions_find(broker->subscriptions, passage->targets[i]);
        if (sub)
            deliver_to(broker, passage, sub);
    }
    deliver_to_late(broker, passage);
    bool is_grant = lt_slice_is(part->type, "grant.v1");
    if (is_grant)
        tell_grant(broker, passage);
    const struct lt_grant *issuer = is_grant ? lt_book_find(broker->book, part->from, NULL) : NULL;
    if (issuer && (issuer->powers.rights & LT_ENROL) && !(issuer->powers.rights & LT_GRANT)) {
        uint8_t *hash = must_calloc(1, LT_HASH_SIZE);
        memcpy(hash, passage->hash, LT_HASH_SIZE);
        free(table_put(&broker->invitations, part->from, hash));
    }
}

// --- grants ---

void apply_grants(struct broker *broker)
{
    bool is_new = broker->book_asked != lt_book_version(broker->book);
    broker->book_asked = lt_book_version(broker->book);
    for (struct table_walk walk = {0}; table_next(&broker->sessions.by_number, &walk);) {
        struct session *session = walk.node->value;
        if (session->door != DOOR_HUB || session->cut_at)
            continue;
        const struct lt_grant *grant =
            lt_book_find(broker->book, lt_slice_of(session->principal), NULL);
        if (zap_admits(grant, broker->now) &&
            memcmp(grant->curve, session->curve, sizeof session->curve) == 0) {
            if (is_new)
                sessions_make_ready(&broker->sessions, session);
            continue;
        }
        if (broker_may_log(broker))
            log_info("grant ended, connection cut", LOG_TEXT("principal", session->principal));
        struct lt_slice name = lt_slice_of(session->principal);
        struct lt_slice proof = lt_book_revocation(broker->book, name);
        session_bye(&broker->sessions, session, LT_NOT_VALID,
                    "the grant of this connection has ended, was revoked, or has another key",
                    proof.data ? proof : lt_book_sealed(broker->book, name));
        session->cut_at = broker->tick + CUT_AFTER_MS;
        broker->counts.cut++;
        while (session->sub_count)
            subscribe_leave(broker, session->subs[session->sub_count - 1]);
    }
}

// --- the clock ---

struct release {
    struct broker *broker;
    const struct message *message;
    const struct lt_sealed *sealed;
    bool is_taken;
};

static void release_to(void *self, struct subscription *sub)
{
    const struct release *release = self;
    if (subscription_is_early(sub, release->message->seq))
        return;
    if (sub->deferred)
        sub->deferred--;
    if (!release->is_taken)
        offer_to(release->broker, sub, release->sealed, release->message->seq, true);
}

static void release(struct broker *broker, struct message *message)
{
    // Of a damaged one this is left; whoever was to get it has it in the queue to be told so.
    struct lt_sealed outside = {.bytes = message->sealed.bytes};
    outside.part = (struct lt_part){.topic = lt_slice_of(message->topic),
                                    .priority = message->priority,
                                    .label = message->label};
    const struct lt_sealed *sealed = message->readable ? &message->sealed : &outside;
    struct release release = {broker, message, sealed, false};
    release.is_taken = message->readable && taken_is(&broker->taken, &sealed->part, NULL);
    subscriptions_match(broker->subscriptions, &sealed->part, message->seq, release_to, &release);
    due_forget(message->seq, &broker->notes);
    broker->has_released = true;
}

enum { READ_AGAIN_MS = 1000, WRITINGS_MOST = 8 };

static void strike(struct broker *broker, uint64_t seq)
{
    for (size_t i = 0; i < broker->releasing_count; i++) {
        if (broker->releasing[i] == seq)
            broker->releasing[i] = 0; // no message has this seq
    }
}

// What the reading has not brought: not kept any more, or to be read once more.
static void leave_over(struct broker *broker, bool is_whole)
{
    for (size_t i = 0; i < broker->releasing_count; i++) {
        if (!broker->releasing[i])
            continue;
        if (is_whole)
            due_forget(broker->releasing[i], &broker->notes);
        else
            due_add(&broker->due, broker->now + READ_AGAIN_MS, broker->releasing[i]);
    }
}

static void due_read(void *core, struct reading **reading)
{
    struct broker *broker = core;
    struct reading_messages *page = (struct reading_messages *)*reading;
    bool is_whole = (*reading)->code == LT_DONE;
    if (!is_whole)
        disk_unread(broker, "deferred messages", "", &(*reading)->error);
    for (size_t i = 0; i < page->row_count; i++) {
        strike(broker, page->rows[i].seq);
        release(broker, deliver_keep(broker, &page->rows[i]));
    }
    if (is_whole && (*reading)->more) {
        reader_ask(broker->reader, reading);
        return;
    }
    broker->is_releasing = false;
    leave_over(broker, is_whole);
    reading_destroy(reading);
    apply_due(broker);
}

bool apply_due_waits(const struct broker *broker)
{
    return commit_is_behind(broker) || writer_count(broker->writer) >= WRITINGS_MOST;
}

void apply_due(struct broker *broker)
{
    uint64_t *seqs = broker->releasing;
    size_t count = 0;
    struct due_row row;
    if (broker->is_releasing || apply_due_waits(broker))
        return;
    for (size_t i = 0; i < BROKER_RELEASING && due_take(&broker->due, broker->now, &row); i++) {
        struct message *message = messages_find(broker->messages, row.seq);
        if (message)
            release(broker, message);
        else
            seqs[count++] = row.seq;
    }
    broker->releasing_count = count;
    struct reading_messages *page = count ? must_have(reading_seqs_new(seqs, count)) : NULL;
    if (!page) {
        leave_over(broker, false);
        return;
    }
    struct reading *reading = &page->base;
    reading->back = due_read;
    broker->is_releasing = true;
    reader_ask(broker->reader, &reading);
}
