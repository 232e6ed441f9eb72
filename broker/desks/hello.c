// HELLO, PING, PONG, BYE: beginning a session, keeping it alive, ending it.
#include "desks.h"

#include "log.h"

static void leave_all(struct broker *broker, struct session *session)
{
    while (session->sub_count)
        subscribe_leave(broker, session->subs[session->sub_count - 1]);
}

void desk_hello(struct broker *broker, struct session *session, const struct lt_frame *frame,
                zmq_msg_t *payload, size_t count)
{
    struct lt_frame answer = {
        .op = LT_WELCOME,
        .version = 1,
        .hub = lt_slice_of(broker->principal),
        .now = broker->now,
        .limits = broker->limits,
    };
    (void)payload;
    (void)count;
    leave_all(broker, session);
    if (frame->version < 1) {
        desks_bye(broker, session, LT_VERSION, "this hub speaks version 1");
        return;
    }
    size_t most = (size_t)broker->commune->hub.limits.own_sessions;
    if (!session->greeted && sessions_own(&broker->sessions, session->principal) >= most) {
        desks_cut(broker, session, LT_BUSY,
                  "this participant has as many connections as it may: close one, or wait until "
                  "one that is dead is noticed");
        return;
    }
    session->greeted = true;
    presence_mark(&broker->presence, session->principal, broker->now, false, NULL);
    session->greeting++;
    session->ask = 0; // its answer may have come between
    session_landed(session, session->serial);
    session_send(&broker->sessions, session, &answer, NULL, 0);
    broker->tell_time = true;
    if (broker_may_log(broker))
        log_info("session begun", LOG_TEXT("principal", session->principal),
                 LOG_TEXT("address", session->address));
}

void desk_ping(struct broker *broker, struct session *session, const struct lt_frame *frame,
               zmq_msg_t *payload, size_t count)
{
    struct lt_frame answer = {.op = LT_PONG, .ref = frame->ref, .now = broker->now};
    (void)payload;
    (void)count;
    session_send(&broker->sessions, session, &answer, NULL, 0);
}

void desk_pong(struct broker *broker, struct session *session, const struct lt_frame *frame,
               zmq_msg_t *payload, size_t count)
{
    uint64_t serial = 0;
    (void)payload;
    (void)count;
    if (lt_ref_number(&frame->ref, &serial) && session_has_read(session, serial)) {
        query_go_on(broker, session);
        return;
    }
    // The answer to a probe: what was delivered before it has arrived.
    if (lt_ref_number(&frame->ref, &serial) && serial && serial <= session->serial) {
        session_landed(session, serial);
        sessions_make_ready(&broker->sessions, session);
    }
}

void desk_bye(struct broker *broker, struct session *session, const struct lt_frame *frame,
              zmq_msg_t *payload, size_t count)
{
    (void)frame;
    (void)payload;
    (void)count;
    leave_all(broker, session);
    session->greeted = false;
    if (broker_may_log(broker))
        log_info("session ended", LOG_TEXT("principal", session->principal));
}
