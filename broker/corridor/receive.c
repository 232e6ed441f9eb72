// What came, from which connection? Takes protocol messages from a door, serves the desks' ones, and
// sends what is published into the corridor. A malformed frame costs its sender an error. (17, 26, 29)
#include <inttypes.h>
#include <stdlib.h>

#include <meter.h>

#include "broker.h"
#include "desks/desks.h"
#include "rooms.h"
#include "state/watch.h"

struct parcel {
    zmq_msg_t route, head, payload[LT_PUBLISH_MAX];
    size_t count; // of payload frames, those that were dropped included
    size_t bytes; // of all payload
    size_t wire;  // of the whole message as it came
};

static size_t kept(const struct parcel *parcel)
{
    return parcel->count < LT_PUBLISH_MAX ? parcel->count : LT_PUBLISH_MAX;
}

static void parcel_clear(struct parcel *parcel)
{
    zmq_msg_close(&parcel->route);
    zmq_msg_close(&parcel->head);
    for (size_t i = 0; i < kept(parcel); i++)
        zmq_msg_close(&parcel->payload[i]);
}

// Reads one whole message; false: nothing is waiting.
static bool parcel_take(void *socket, struct parcel *parcel)
{
    parcel->count = parcel->bytes = parcel->wire = 0;
    zmq_msg_init(&parcel->route);
    zmq_msg_init(&parcel->head);
    if (zmq_msg_recv(&parcel->route, socket, ZMQ_DONTWAIT) < 0)
        return false;
    bool more = zmq_msg_more(&parcel->route);
    if (more && zmq_msg_recv(&parcel->head, socket, ZMQ_DONTWAIT) >= 0)
        more = zmq_msg_more(&parcel->head);
    parcel->wire = meter_frame(zmq_msg_size(&parcel->head));
    while (more) {
        zmq_msg_t extra;
        zmq_msg_t *frame =
            parcel->count < LT_PUBLISH_MAX ? &parcel->payload[parcel->count] : &extra;
        zmq_msg_init(frame);
        if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(frame);
            break;
        }
        more = zmq_msg_more(frame);
        parcel->count++;
        parcel->bytes += zmq_msg_size(frame);
        parcel->wire += meter_frame(zmq_msg_size(frame));
        if (frame == &extra)
            zmq_msg_close(&extra);
    }
    return true;
}

// --- PUBLISH ---

static void published(struct broker *broker, struct answer *answer)
{
    struct session *session = sessions_find(&broker->sessions, answer->session);
    struct lt_buffer list = {.max = LT_FRAME_MAX};
    struct lt_frame frame = {.op = LT_PUBLISHED, .ref = answer->ref};
    counts_time(&broker->counts.publish, zclock_usecs() - answer->began);
    if (!session || !session->greeted || session->greeting != answer->greeting)
        return;
    lt_pack_array(&list, answer->count);
    for (size_t i = 0; i < answer->count; i++) {
        const struct verdict *verdict = &answer->verdicts[i];
        lt_pack_array(&list, 2);
        lt_pack_uint(&list, verdict->code);
        if (verdict->code < LT_MALFORMED)
            lt_pack_uint(&list, verdict->seq);
        else
            lt_pack_text(&list, verdict->text);
    }
    frame.list = lt_buffer_slice(&list);
    session_send(&broker->sessions, session, &frame, NULL, 0);
    lt_buffer_clear(&list);
    for (size_t i = 0; i < answer->count; i++)
        desks_fault(broker, session, answer->verdicts[i].code);
}

static void publish(struct broker *broker, struct session *session, const struct lt_frame *frame,
                    struct parcel *parcel)
{
    if (!parcel->count) {
        desks_refuse(broker, session, frame, 1, LT_MALFORMED, "PUBLISH: no message in it");
        return;
    }
    if (parcel->count > LT_PUBLISH_MAX || parcel->bytes > LT_PAYLOAD_MAX ||
        parcel->count > broker->limits.batch) {
        desks_refuse(
            broker, session, frame, parcel->count < LT_BATCH_MAX ? parcel->count : LT_BATCH_MAX,
            LT_TOO_LARGE,
            "PUBLISH: too many messages, or more than 4 MiB, in one: send fewer at a time");
        return;
    }
    if (corridor_is_full(&broker->corridor)) {
        desks_refuse(broker, session, frame, parcel->count, LT_BUSY,
                     "more is published than can be stored: publish it again in a moment");
        return;
    }
    struct answer *answer = answer_new(parcel->count);
    answer->session = session->number;
    answer->greeting = session->greeting;
    answer->ref = frame->ref;
    answer->ready = published;
    answer->began = zclock_usecs();
    broker->counts.published += parcel->count;
    for (size_t i = 0; i < parcel->count; i++) {
        struct passage *passage = passage_new(&parcel->payload[i]);
        memcpy(passage->bearer, session->principal, sizeof passage->bearer);
        passage->answer = answer;
        passage->slot = i;
        decode(passage, &broker->limits);
        corridor_enter(broker, &passage);
    }
}

// --- from which connection ---

// The connection's session; NULL: it is to be heard no more.
static struct session *session_for(struct broker *broker, enum door door, struct parcel *parcel)
{
    struct session *old = NULL;
    struct sessions *sessions = &broker->sessions;
    uint64_t before = sessions->next;
    struct session *session = sessions_of(sessions, door, &parcel->route, &parcel->head, &old);
    if (old) {
        broker_end(broker, &old);
        session = sessions_of(sessions, door, &parcel->route, &parcel->head, &old);
    }
    if (!session || session->cut_at || session->lost)
        return NULL;
    session->heard = broker->tick;
    if (sessions->next == before)
        return session;
    // libzmq's own routing ids are 5 bytes and begin with 0; a chosen one could be another's.
    const uint8_t *route = zmq_msg_data(&parcel->route);
    if (zmq_msg_size(&parcel->route) != 5 || route[0] != 0)
        desks_cut(broker, session, LT_MALFORMED, "a client sets no routing id");
    else if (door == DOOR_HUB &&
             sessions->counts[door] > (size_t)broker->commune->hub.limits.sessions)
        desks_cut(broker, session, LT_BUSY,
                  "this hub has as many connections as it may: try again");
    return session->cut_at ? NULL : session;
}

// What costs work. The rest keeps a connection alive, or only ends something.
static bool costs_work(enum lt_op op)
{
    return op == LT_PUBLISH || op == LT_SUBSCRIBE || op == LT_ASK || op == LT_PUT || op == LT_GET ||
           op == LT_SAY_AGAIN;
}

static void bye(struct broker *broker, struct session *session, const char *text)
{
    desks_fault(broker, session, LT_MALFORMED);
    if (!session->cut_at)
        desks_bye(broker, session, LT_MALFORMED, text);
}

static void serve(struct broker *broker, struct session *session, struct parcel *parcel)
{
    struct lt_slice head = {zmq_msg_data(&parcel->head), zmq_msg_size(&parcel->head)};
    struct lt_frame frame = {0};
    struct lt_error error = {0};
    enum lt_code code = lt_frame_decode(head, &frame, &error);
    size_t count = parcel->count < LT_BATCH_MAX ? parcel->count : LT_BATCH_MAX;
    if (code != LT_DONE) {
        desks_refuse(broker, session, &frame, count, code, error.text);
        return;
    }
    desk *at = desks_find(frame.op);
    bool is_join = frame.op == LT_JOIN;
    if (is_join != (session->door == DOOR_JOIN)) {
        bye(broker, session,
            is_join ? "JOIN is for the other port, which the invitation names"
                    : "this port takes JOIN only");
    } else if (!session->greeted && frame.op != LT_HELLO && frame.op != LT_BYE && !is_join) {
        desks_refuse(broker, session, &frame, count, LT_HELLO_FIRST, "say HELLO first");
    } else if (costs_work(frame.op) && desks_is_slowed(broker, session)) {
        desks_refuse(broker, session, &frame, count, LT_BUSY,
                     "too much of what you sent was wrong: wait a minute before you try again");
    } else if (frame.op == LT_PUBLISH) {
        publish(broker, session, &frame, parcel);
    } else if (at) {
        at(broker, session, &frame, parcel->payload, kept(parcel));
    } else {
        char text[96];
        snprintf(text, sizeof text, "op %u is not one that a client sends", (unsigned)frame.op);
        bye(broker, session, text);
    }
}

// Who has to wait keeps what it sends, until that is too much to keep.
static bool is_open(const struct broker *broker)
{
    return !corridor_is_full(&broker->corridor) || broker->is_pressed;
}

bool receive(struct broker *broker, enum door door, size_t limit)
{
    void *socket = broker->sessions.sockets[door];
    struct parcel parcel;
    for (size_t i = 0; i < limit && is_open(broker); i++) {
        if (!parcel_take(socket, &parcel)) {
            parcel_clear(&parcel);
            return false;
        }
        watch_whole(broker, zmq_msg_get(&parcel.head, ZMQ_SRCFD), parcel.wire);
        struct session *session = session_for(broker, door, &parcel);
        if (session)
            serve(broker, session, &parcel);
        parcel_clear(&parcel);
    }
    return true;
}
