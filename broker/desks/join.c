// JOIN: somebody with an invitation, on the door for joining. Who is not known buys no disk write,
// and a signature check only for an invitation that is in force and unused.
#include <stdlib.h>

#include "corridor/rooms.h"
#include "desks.h"
#include "log.h"
#include "state/must.h"
#include "state/zap.h"

enum { MINUTE_MS = 60000, ISSUERS_MOST = 4 };

struct asks { // of one address
    uint64_t since;
    int64_t count;
};

// As many a minute as are configured, for an address.
static bool may_ask(struct broker *broker, const struct session *session)
{
    struct lt_slice key = lt_slice_of(session->address);
    struct asks *asks = table_find(&broker->addresses, key);
    if (!asks && broker->addresses.count >= BOUNDS_ADDRESSES)
        table_clear(&broker->addresses, free); // a flood from everywhere: begin to count anew
    if (!asks) {
        asks = must_calloc(1, sizeof *asks);
        asks->since = broker->tick;
        table_put(&broker->addresses, key, asks);
    }
    if (broker->tick - asks->since >= MINUTE_MS)
        *asks = (struct asks){.since = broker->tick};
    return ++asks->count <= broker->commune->hub.limits.joins;
}

// --- what a joiner is shown: the grants of the hub, of the invitation, and of its issuers ---

struct shown {
    zmq_msg_t frames[2 + ISSUERS_MOST];
    size_t count;
};

static void show(struct broker *broker, struct lt_slice principal, struct shown *shown)
{
    struct lt_slice sealed = lt_book_sealed(broker->book, principal);
    zmq_msg_t *frame = &shown->frames[shown->count];
    if (!sealed.data || zmq_msg_init_size(frame, sealed.size) != 0)
        return;
    memcpy(zmq_msg_data(frame), sealed.data, sealed.size);
    shown->count++;
}

static void answer_joined(struct broker *broker, struct session *session, const struct lt_ref *ref,
                          struct lt_slice invitation)
{
    struct shown shown = {.count = 0};
    struct lt_error error = {0};
    char *url = NULL;
    if (lt_commune_url(broker->commune, false, &url, &error) != LT_DONE) {
        struct lt_frame refused = {.op = LT_JOIN, .ref = *ref};
        desks_refuse(broker, session, &refused, 0, LT_STORAGE_FAILED, error.text);
        return;
    }
    show(broker, lt_slice_of(broker->principal), &shown);
    show(broker, invitation, &shown);
    struct lt_slice issuer = lt_book_issuer(broker->book, invitation);
    for (int i = 0; i < ISSUERS_MOST && issuer.data && !lt_slice_is(issuer, "root"); i++) {
        show(broker, issuer, &shown);
        issuer = lt_book_issuer(broker->book, issuer);
    }
    struct lt_frame frame = {
        .op = LT_JOINED, .ref = *ref, .text = lt_slice_of(url), .now = broker->now};
    session_send(&broker->sessions, session, &frame, shown.frames, shown.count);
    free(url);
}

// --- handing in ---

static void handed_in(struct broker *broker, struct answer *answer)
{
    struct session *session = sessions_find(&broker->sessions, answer->session);
    const struct verdict *verdict = &answer->verdicts[0];
    struct lt_frame frame = {.op = LT_JOIN, .ref = answer->ref};
    struct lt_slice invitation = lt_slice_of(answer->self);
    if (verdict->code < LT_MALFORMED) {
        broker->counts.joined++;
        if (broker_may_log(broker))
            log_info("device joined", LOG_SLICE("invitation", invitation),
                     LOG_TEXT("address", session ? session->address : ""),
                     LOG_NUMBER("seq", verdict->seq));
    }
    if (session && verdict->code < LT_MALFORMED)
        answer_joined(broker, session, &answer->ref, invitation);
    else if (session)
        desks_refuse(broker, session, &frame, 0, verdict->code, verdict->text);
    free(answer->self);
}

// What it hands in must be its own grant, for the connection that it comes on.
static bool is_its_own(struct passage *passage, const struct session *session,
                       struct lt_slice invitation)
{
    const struct lt_part *part = &passage->sealed.part;
    struct lt_grant *grant = NULL;
    struct lt_error error = {0};
    if (!lt_slice_equal(part->from, invitation) || !lt_slice_is(part->type, "grant.v1"))
        return passage_refuse(passage, LT_NOT_ALLOWED,
                              "only a grant that the invitation has sealed is taken here");
    enum lt_code code = lt_grant_open(part, &grant, &error);
    if (code != LT_DONE)
        return passage_refuse(passage, code, "%s", error.text);
    bool is_own = memcmp(grant->curve, session->curve, LT_KEY_SIZE) == 0;
    lt_grant_destroy(&grant);
    if (is_own)
        return true;
    return passage_refuse(passage, LT_NOT_ALLOWED,
                          "connect with the key pair that the grant names as `curve`");
}

static void hand_in(struct broker *broker, struct session *session, const struct lt_frame *frame,
                    zmq_msg_t *sealed, const uint8_t *used)
{
    struct passage *passage = passage_new(sealed);
    struct answer *answer = answer_new(1);
    answer->session = session->number;
    answer->ref = frame->ref;
    answer->ready = handed_in;
    answer->self = must_copy(frame->name.data, frame->name.size);
    passage->answer = answer;
    passage->is_joining = true;
    memcpy(passage->bearer, frame->name.data, frame->name.size);
    if (decode(passage, &broker->limits) && is_its_own(passage, session, frame->name) && used &&
        memcmp(used, passage->hash, LT_HASH_SIZE) != 0)
        passage_refuse(passage, LT_INVITATION_USED,
                       "this invitation has been used: ask for another one");
    corridor_enter(broker, &passage);
}

void desk_join(struct broker *broker, struct session *session, const struct lt_frame *frame,
               zmq_msg_t *payload, size_t count)
{
    bool revoked = false;
    if (corridor_is_full(&broker->corridor)) {
        desks_refuse(broker, session, frame, count, LT_BUSY,
                     "the hub has much to do: try again in a moment");
        return;
    }
    if (!may_ask(broker, session)) {
        desks_refuse(broker, session, frame, count, LT_BUSY,
                     "too many asks to join from this address: try again in a minute");
        return;
    }
    if (!lt_principal_valid(frame->name)) {
        desks_refuse(broker, session, frame, count, LT_MALFORMED, "JOIN: that is no principal");
        return;
    }
    const struct lt_grant *grant = lt_book_find(broker->book, frame->name, &revoked);
    const uint8_t *used = table_find(&broker->invitations, frame->name);
    if (!grant && !revoked) {
        desks_refuse(broker, session, frame, count, LT_UNKNOWN_PRINCIPAL,
                     "this invitation is not known here");
    } else if (!grant || !zap_admits(grant, broker->now)) {
        desks_refuse(
            broker, session, frame, count, LT_NOT_VALID,
            "this invitation has ended, was revoked, or is not valid yet: ask for another");
    } else if (!(grant->powers.rights & LT_ENROL)) {
        desks_refuse(broker, session, frame, count, LT_UNKNOWN_PRINCIPAL, "that is no invitation");
    } else if (count > 1) {
        desks_refuse(broker, session, frame, count, LT_MALFORMED,
                     "JOIN: one grant is handed in, or none");
    } else if (count == 1) {
        hand_in(broker, session, frame, &payload[0], used);
    } else if (used) {
        desks_refuse(broker, session, frame, count, LT_INVITATION_USED,
                     "this invitation has been used: ask for another one");
    } else {
        answer_joined(broker, session, &frame->ref, frame->name);
    }
}
