// Whose turn, who has credit? Higher priority first, then seq; at most so much in flight to one
// connection, but emergencies always.
#include "deliver.h"

#include "commit.h"
#include "desks/desks.h"
#include "log.h"
#include "rooms.h"
#include "state/ending.h"
#include "state/must.h"
#include "state/watch.h"

enum {
    BATCH = 64,
    BATCH_BYTES = 256 * 1024,
    FETCH = 64,
    FETCH_BYTES = 512 * 1024, // or one message; far less than is kept at hand
    UNACKNOWLEDGED_MS = 60000,
    ASK_AGAIN_MS = 1000,
    PROBE_FROM = SESSION_FLIGHT / 2,
};

struct message *deliver_keep(struct broker *broker, const struct reading_row *row)
{
    zmq_msg_t frame;
    struct message *message = messages_find(broker->messages, row->seq);
    if (message)
        return message;
    frames_copy(broker->frames, row->sealed.bytes, &frame);
    message = messages_put(broker->messages, row->seq, row->stored, &frame);
    message->damaged = !row->readable;
    if (message->damaged) {
        if (broker_may_log(broker))
            log_error("stored message damaged, not handed out", LOG_NUMBER("seq", row->seq),
                      LOG_SLICE("from", row->from), LOG_SLICE("topic", row->topic));
        message->readable = false;
        message->sealed.part.type = (struct lt_slice){NULL, 0};
        memcpy(message->topic, row->topic.data, row->topic.size);
        message->topic[row->topic.size] = '\0';
        message->priority = row->priority;
        message->label = row->label;
    }
    return message;
}

// --- bytes that are not at hand ---

static void strike(struct subscription *sub, uint64_t seq)
{
    for (size_t i = 0; i < sub->asked_count; i++) {
        if (sub->asked[i] == seq)
            sub->asked[i] = 0; // no message has this seq
    }
}

static void fetched(void *core, struct reading **reading)
{
    struct broker *broker = core;
    struct reading_messages *page = (struct reading_messages *)*reading;
    struct subscription *sub = subscriptions_find(broker->subscriptions, (*reading)->asker);
    for (size_t i = 0; i < page->row_count; i++) {
        deliver_keep(broker, &page->rows[i]);
        if (sub)
            strike(sub, page->rows[i].seq);
    }
    if ((*reading)->more) {
        reader_ask(broker->reader, reading);
        return;
    }
    broker->pages--;
    if (sub) {
        sub->fetching = false;
        for (size_t i = 0; (*reading)->code == LT_DONE && i < sub->asked_count; i++) {
            struct entry *entry = queue_find(&sub->queue, sub->asked[i]);
            if (entry && entry->state == ENTRY_WAITING)
                ending_note(broker, sub, entry, ROSTER_EXPIRED, "no longer kept");
        }
        struct session *session = sessions_find(&broker->sessions, sub->session);
        if (session && (*reading)->code == LT_DONE)
            sessions_make_ready(&broker->sessions, session);
        else
            sub->wake = broker->tick + ASK_AGAIN_MS;
    }
    if ((*reading)->code != LT_DONE)
        disk_unread(broker, "deliveries", sub ? sub->principal : "", &(*reading)->error);
    reading_destroy(reading);
}

static void fetch(struct broker *broker, struct subscription *sub)
{
    if (sub->fetching)
        return;
    if (broker->pages >= (size_t)broker->commune->hub.limits.pages) {
        sub->wake = broker->tick + 1; // with the next round
        return;
    }
    if (!sub->asked)
        sub->asked = must_calloc(FETCH, sizeof *sub->asked);
    size_t bytes = 0;
    sub->asked_count = 0;
    for (int class = QUEUE_CLASSES - 1; class >= 0; class --) {
        const struct queue_turn *turn = &sub->queue.turns[class];
        for (size_t i = 0; i < turn->count && sub->asked_count < FETCH && bytes < FETCH_BYTES;
             i++) {
            const struct entry *entry = turn->heap[i];
            if (entry->state != ENTRY_WAITING || messages_find(broker->messages, entry->seq))
                continue;
            sub->asked[sub->asked_count++] = entry->seq;
            bytes += entry->size;
        }
    }
    struct reading_messages *page =
        sub->asked_count ? must_have(reading_seqs_new(sub->asked, sub->asked_count)) : NULL;
    if (!page)
        return;
    struct reading *reading = &page->base;
    reading->asker = sub->number;
    reading->back = fetched;
    sub->fetching = true;
    broker->pages++;
    reader_ask(broker->reader, &reading);
}

// --- may it go out ---

// Its sender's right is asked again when the book has changed, and once a second.
static bool may_be_said(struct broker *broker, struct message *message, struct lt_error *error)
{
    uint64_t version = lt_book_version(broker->book);
    if (lt_slice_is(message->sealed.part.type, "grant.v1"))
        return true;
    if (message->asked_version != version || broker->now - message->asked_at >= ASK_AGAIN_MS ||
        !message->asked_at) {
        bool has_key = message->asked_at && message->asked_version == version;
        message->asked = lt_book_authorise(broker->book, &message->sealed, broker->now, has_key,
                                           broker->seals, error);
        message->asked_version = version;
        message->asked_at = broker->now;
    }
    return message->asked == LT_DONE || message->asked == LT_ONE_HAND;
}

static bool may_be_had(struct broker *broker, const struct subscription *sub,
                       const struct message *message)
{
    const struct lt_grant *grant = lt_book_find(broker->book, lt_slice_of(sub->principal), NULL);
    return grant && broker->now < grant->expires &&
           lt_grant_may_receive(grant, lt_slice_of(message->topic), message->label);
}

static void rest_until(struct subscription *sub, struct entry *entry, uint64_t tick)
{
    queue_rest(&sub->queue, entry, tick);
    entry->changed = entry->kept != KEPT_WAITING;
    if (!sub->wake || entry->when < sub->wake)
        sub->wake = entry->when;
}

// It has come to its end; but by a clock that has just jumped, or where that cannot be written down now, it
// waits instead, and is asked again.
static bool ends(struct broker *broker, struct subscription *sub, struct entry *entry,
                 enum roster_state state, const char *detail)
{
    if (clock_is_sure(broker) && !commit_is_behind(broker))
        ending_note(broker, sub, entry, state, detail);
    else
        rest_until(sub, entry, broker->tick + ASK_AGAIN_MS);
    return false;
}

// true: it goes out. Else it has been settled, put off, or is being fetched (*wait).
static bool is_fit(struct broker *broker, struct subscription *sub, struct entry *entry, bool *wait)
{
    struct lt_error error = {0};
    char detail[LT_TEXT_MAX + 1];
    if (entry->expires && entry->expires <= broker->now)
        return ends(broker, sub, entry, ROSTER_EXPIRED, "expired");
    struct message *message = messages_find(broker->messages, entry->seq);
    if (!message) {
        fetch(broker, sub);
        *wait = true;
        return false;
    }
    if (message->damaged) {
        ending_note(broker, sub, entry, ROSTER_GAVE_UP, ENDING_DAMAGED);
        return false;
    }
    const struct lt_part *part = &message->sealed.part;
    if (entry->taken || taken_is(&broker->taken, part, NULL)) {
        ending_note(broker, sub, entry, ROSTER_CANCELLED, "cancelled or replaced");
        return false;
    }
    if (part->deliver_at > broker->now && !subscription_is_early(sub, entry->seq)) {
        uint64_t rest = part->deliver_at - broker->now;
        rest_until(sub, entry, broker->tick + (rest < 1000 ? rest : 1000));
        return false;
    }
    if (!may_be_had(broker, sub, message))
        return ends(broker, sub, entry, ROSTER_REVOKED, "no grant of the receiver's covers it");
    if (!may_be_said(broker, message, &error)) {
        char why[180];
        snprintf(detail, sizeof detail, "20: its sender may no longer say it: %s",
                 lt_shorten(error.text, why, sizeof why));
        return ends(broker, sub, entry, ROSTER_REVOKED, detail);
    }
    return true;
}

// --- sending ---

// While too much is on its way to everybody, one at a time.
static bool may_fly(const struct broker *broker, const struct session *session, size_t bytes)
{
    if (!session_may_fly(&broker->sessions, session, bytes))
        return false;
    return !session->flight_count || !watch_is_sending_much(broker);
}

// The next entry that may go to this session now, NULL: none.
static struct entry *next_of(struct broker *broker, const struct session *session,
                             struct subscription *sub)
{
    bool wait = false;
    while (!wait && !sub->held) {
        bool has_credit = sub->queue.sent < sub->credit;
        bool is_open = has_credit && may_fly(broker, session, 0);
        if (!is_open && sub->queue.sent >= sub->credit + SUBSCRIPTION_BEYOND_CREDIT)
            return NULL;
        struct entry *entry = queue_peek(&sub->queue, is_open ? LT_THUONG : LT_HOA_TOC);
        if (!entry)
            return NULL;
        if (entry->priority < LT_HOA_TOC && !may_fly(broker, session, entry->size))
            return NULL;
        if (is_fit(broker, sub, entry, &wait))
            return entry;
    }
    return NULL;
}

struct load { // of one DELIVER
    zmq_msg_t payload[BATCH];
    struct lt_buffer list;
    size_t count, bytes;
};

static void load_one(struct broker *broker, struct session *session, struct subscription *sub,
                     struct entry *entry, struct load *load)
{
    struct message *message = messages_find(broker->messages, entry->seq);
    zmq_msg_t *frame = &load->payload[load->count++];
    zmq_msg_init(frame);
    zmq_msg_copy(frame, &message->frame);
    lt_pack_array(&load->list, 2);
    lt_pack_uint(&load->list, entry->seq);
    lt_pack_uint(&load->list, entry->attempt);
    load->bytes += zmq_msg_size(frame);
    entry->serial = session_fly(session, zmq_msg_size(frame));
    queue_sent(&sub->queue, entry, sub->durable[0] ? broker->tick + UNACKNOWLEDGED_MS : UINT64_MAX);
    if (!sub->wake || entry->when < sub->wake)
        sub->wake = entry->when;
    broker->counts.delivered++;
}

// One DELIVER of what this subscription may have now, of the priority of `entry`.
static bool send_some(struct broker *broker, struct session *session, struct subscription *sub,
                      struct entry *entry)
{
    struct load load = {.list = {.max = LT_FRAME_MAX}};
    struct lt_buffer list = {.max = LT_FRAME_MAX};
    uint8_t priority = entry->priority;
    while (entry && entry->priority == priority && load.count < BATCH &&
           (!load.count || load.bytes + entry->size <= BATCH_BYTES)) {
        load_one(broker, session, sub, entry, &load);
        entry = next_of(broker, session, sub);
    }
    lt_pack_array(&list, load.count);
    lt_pack_raw(&list, lt_buffer_slice(&load.list));
    struct lt_frame frame = {.op = LT_DELIVER, .sid = sub->sid, .list = lt_buffer_slice(&list)};
    bool sent = session_send(&broker->sessions, session, &frame, load.payload, load.count);
    lt_buffer_clear(&load.list);
    lt_buffer_clear(&list);
    return sent;
}

// What has arrived is learnt from acknowledgements, or by asking.
static void probe(struct broker *broker, struct session *session)
{
    bool is_much =
        session->flight_count >= PROBE_FROM || session->flight_bytes >= broker->sessions.flight / 2;
    if (session->probe || (!is_much && !watch_is_sending_much(broker)))
        return;
    struct lt_frame ping = {.op = LT_PING, .ref = lt_ref_of(session->serial)};
    session->probe = session->serial;
    session_send(&broker->sessions, session, &ping, NULL, 0);
}

static struct subscription *best_of(struct broker *broker, struct session *session,
                                    struct entry **best)
{
    struct subscription *found = NULL;
    *best = NULL;
    for (size_t i = 0; i < session->sub_count; i++) {
        size_t place = (session->sub_turn + i) % session->sub_count;
        struct entry *entry = next_of(broker, session, session->subs[place]);
        if (!entry || (*best && entry->priority <= (*best)->priority))
            continue;
        *best = entry;
        found = session->subs[place];
    }
    return found;
}

static void serve(struct broker *broker, struct session *session)
{
    struct entry *entry = NULL;
    struct subscription *sub = NULL;
    while (!session->lost && (sub = best_of(broker, session, &entry))) {
        session->sub_turn++;
        if (!send_some(broker, session, sub, entry))
            return;
        probe(broker, session);
    }
    for (size_t i = 0; i < session->sub_count; i++)
        subscribe_fill(broker, session->subs[i]);
}

void deliver(struct broker *broker)
{
    struct session *session = NULL;
    while ((session = sessions_take_ready(&broker->sessions))) {
        if (session->greeted && !session->lost && !session->cut_at)
            serve(broker, session);
    }
}

void deliver_wake(struct broker *broker)
{
    const struct subscriptions *all = broker->subscriptions;
    broker->is_waking = false;
    for (struct table_walk walk = {0}; table_next(&all->by_number, &walk);) {
        struct subscription *sub = walk.node->value;
        broker->is_waking |= sub->wake && sub->wake != UINT64_MAX;
        if (!sub->wake || sub->wake > broker->tick)
            continue;
        sub->wake = queue_wake(&sub->queue, broker->tick);
        struct session *session = sessions_find(&broker->sessions, sub->session);
        if (session)
            sessions_make_ready(&broker->sessions, session);
    }
}
