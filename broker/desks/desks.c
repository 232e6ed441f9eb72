// The table of desks, and how each op is refused.
#include "desks.h"

#include "state/refused.h"

desk *desks_find(enum lt_op op)
{
    static const struct {
        enum lt_op op;
        desk *serve;
    } table[] = {
        {LT_HELLO, desk_hello},
        {LT_SUBSCRIBE, desk_subscribe},
        {LT_ACK, desk_acknowledge},
        {LT_CREDIT, desk_credit},
        {LT_UNSUBSCRIBE, desk_unsubscribe},
        {LT_ASK, desk_query},
        {LT_PUT, desk_put},
        {LT_GET, desk_get},
        {LT_PING, desk_ping},
        {LT_PONG, desk_pong},
        {LT_BYE, desk_bye},
        {LT_JOIN, desk_join},
        {LT_SAY_AGAIN, desk_again},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].op == op)
            return table[i].serve;
    }
    return NULL;
}

// --- whoever sends rubbish ---

enum { CUT_AFTER_MS = 300 };

void desks_cut(struct broker *broker, struct session *session, enum lt_code code, const char *text)
{
    desks_bye(broker, session, code, text);
    session->cut_at = broker->tick + CUT_AFTER_MS;
    broker->counts.cut++;
}

// Where nobody has to say who he is, whoever comes from there answers for it.
static struct lt_slice name_of(const struct session *session)
{
    return lt_slice_of(session->door == DOOR_HUB ? session->principal : session->address);
}

static void punish(struct broker *broker, struct session *session, enum offence offence)
{
    if (offence != OFFENCE_CUT || session->cut_at)
        return;
    if (broker_may_log(broker))
        log_warning("offender cut", LOG_TEXT("principal", session->principal),
                    LOG_TEXT("address", session->address));
    desks_cut(broker, session, LT_BUSY,
              "too much of what you sent was wrong: see the refusals before this, and come back "
              "later");
}

void desks_fault(struct broker *broker, struct session *session, enum lt_code code)
{
    unsigned faults = offenders_faults(code);
    if (faults && !session->cut_at)
        punish(broker, session,
               offenders_add(&broker->offenders, name_of(session), faults, broker->tick));
}

bool desks_is_slowed(struct broker *broker, struct session *session)
{
    enum offence offence = offenders_ask(&broker->offenders, name_of(session), broker->tick);
    punish(broker, session, offence);
    return offence != OFFENCE_NONE;
}

static void refuse_publish(struct broker *broker, struct session *session,
                           const struct lt_frame *frame, size_t count, enum lt_code code,
                           const char *text)
{
    struct lt_buffer list = {.max = LT_FRAME_MAX};
    struct lt_frame answer = {.op = LT_PUBLISHED, .ref = frame->ref};
    if (count < 1)
        count = 1;
    lt_pack_array(&list, count);
    for (size_t i = 0; i < count; i++) {
        lt_pack_array(&list, 2);
        lt_pack_uint(&list, code);
        lt_pack_text(&list, text);
    }
    answer.list = lt_buffer_slice(&list);
    session_send(&broker->sessions, session, &answer, NULL, 0);
    lt_buffer_clear(&list);
}

static void refuse_query(struct broker *broker, struct session *session,
                         const struct lt_frame *frame, enum lt_code code, const char *text)
{
    struct lt_buffer value = {.max = 1024};
    struct lt_frame answer = {.op = LT_RESULT, .ref = frame->ref, .code = code};
    lt_pack_text(&value, text);
    answer.value = lt_buffer_slice(&value);
    session_send(&broker->sessions, session, &answer, NULL, 0);
    lt_buffer_clear(&value);
}

void desks_bye(struct broker *broker, struct session *session, enum lt_code code, const char *text)
{
    refused_request(broker, session->principal, LT_BYE, 1, code, text);
    session_bye(&broker->sessions, session, code, text, (struct lt_slice){0});
}

void desks_refuse(struct broker *broker, struct session *session, const struct lt_frame *frame,
                  size_t count, enum lt_code code, const char *text)
{
    struct lt_frame answer = {
        .ref = frame->ref, .code = code, .text = lt_slice_of(text), .now = broker->now};
    enum lt_op op = frame->ref.size ? frame->op : LT_BYE;
    if (op != LT_BYE)
        refused_request(broker, session->principal, (unsigned)frame->op,
                        op == LT_PUBLISH && count ? count : 1, code, text);
    desks_fault(broker, session, code);
    if (session->cut_at)
        return;
    switch (op) {
    case LT_PUBLISH:
        refuse_publish(broker, session, frame, count, code, text);
        return;
    case LT_ASK:
    case LT_SAY_AGAIN:
        refuse_query(broker, session, frame, code, text);
        return;
    case LT_SUBSCRIBE:
    case LT_UNSUBSCRIBE:
        answer.op = LT_SUBSCRIBED;
        break;
    case LT_PUT:
    case LT_GET:
        answer.op = LT_CHUNK;
        break;
    case LT_JOIN:
        answer.op = LT_JOINED;
        break;
    default:
        desks_bye(broker, session, code, text);
        return;
    }
    session_send(&broker->sessions, session, &answer, NULL, 0);
}
