// status: who was to get a message, where it stands with each, and the receipts. A long answer goes
// on with further maps of the same keys, whose roster is empty.
#include <stdio.h>
#include <string.h>

#include "queries.h"
#include "state/zap.h"

const struct query_dead *query_find_dead(const struct query *query, uint64_t sub)
{
    size_t low = 0;
    size_t high = query->dead_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (query->dead[middle].sub == sub) {
            return &query->dead[middle];
        }
        if (query->dead[middle].sub < sub) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct query_again *query_find_again(const struct query *query, uint64_t sub)
{
    for (size_t i = 0; i < query->again_count; i++) {
        if (query->again[i].sub == sub) {
            return &query->again[i];
        }
    }
    return NULL;
}

// The core's state, and that of a subscription that waits and may not have it any more.
enum roster_state query_state_of(const struct broker *broker, const struct query *query,
                                 uint64_t sub, struct lt_slice principal)
{
    const struct lt_part *part = &query->message.part;
    enum roster_state state = broker_state_of(broker, sub, part, query->seq);
    const struct subscription *of = subscriptions_find(broker->subscriptions, sub);
    const bool has_late = of != NULL && subscription_late(of) > 0;
    for (size_t i = 0; has_late && i < query->late_count && state == ROSTER_DONE; i++) {
        state = query->late[i] == sub ? ROSTER_WAITING : state;
    }
    if (state != ROSTER_WAITING) {
        return state;
    }
    bool revoked = false;
    const struct lt_grant *grant = lt_book_find(broker->book, principal, &revoked);
    return grant != NULL && zap_admits(grant, broker->now) &&
                   lt_grant_may_receive(grant, part->topic, part->label)
               ? ROSTER_WAITING
               : ROSTER_REVOKED;
}

static void pack_row(const struct broker *broker, const struct query *query,
                     const struct roster_row *row, struct lt_buffer *out)
{
    const struct query_dead *dead = query_find_dead(query, row->sub);
    const enum roster_state state =
        dead != NULL ? dead->state : query_state_of(broker, query, row->sub, row->principal);
    const struct query_again *again = query_find_again(query, row->sub);
    char said[LT_PRINCIPAL_MAX + 64];
    const char *detail =
        dead != NULL ? dead->detail : broker_detail_of(broker, row->sub, query->seq);
    if (again != NULL && detail[0] == '\0') {
        (void)snprintf(said, sizeof said, "a dead letter, delivered again as %s said", again->by);
        detail = said;
    }
    lt_pack_map(out, again != NULL ? 5 : 4);
    lt_pack_text(out, "principal");
    lt_pack_str(out, row->principal);
    lt_pack_text(out, "durable");
    lt_pack_str(out, row->durable);
    lt_pack_text(out, "state");
    lt_pack_text(out, roster_state_name(state));
    lt_pack_text(out, "detail");
    lt_pack_text(out, detail);
    if (again != NULL) {
        lt_pack_text(out, "again");
        lt_pack_uint(out, again->times);
    }
}

static void pack_roster(const struct broker *broker, const struct query *query,
                        struct lt_buffer *out)
{
    struct roster roster;
    struct roster_row row;
    struct lt_buffer rows = {.max = LT_RESULT_MAX};
    size_t count = 0;
    if (query->roster.size > 0 && roster_open(lt_buffer_slice(&query->roster), &roster)) {
        while (roster_next(&roster, &row)) {
            pack_row(broker, query, &row, &rows);
            count++;
        }
    }
    lt_pack_array(out, count);
    lt_pack_raw(out, lt_buffer_slice(&rows));
    out->failed = out->failed || rows.failed;
    lt_buffer_clear(&rows);
}

void query_answer_status(struct broker *broker, struct session *session, struct query *query)
{
    struct lt_buffer value = {.max = LT_RESULT_MAX};
    const struct lt_part *part = &query->message.part;
    lt_pack_map(&value, 6);
    lt_pack_text(&value, "id");
    lt_pack_bin(&value, part->id, LT_ID_SIZE);
    lt_pack_text(&value, "from");
    lt_pack_str(&value, part->from);
    lt_pack_text(&value, "topic");
    lt_pack_str(&value, part->topic);
    lt_pack_text(&value, "stored");
    lt_pack_uint(&value, query->stored);
    lt_pack_text(&value, "roster");
    pack_roster(broker, query, &value);
    lt_pack_text(&value, "receipts");
    lt_pack_array(&value, query->item_count);
    lt_pack_raw(&value, lt_buffer_slice(&query->items));
    lt_buffer_empty(&query->roster); // told once
    if (value.failed) {
        const struct lt_frame frame = {.op = LT_ASK, .ref = query->ref};
        query->base.more = false;
        desks_refuse(broker, session, &frame, 0, LT_TOO_LARGE,
                     "the roster of this message is too long for one answer");
    } else {
        query_send(broker, session, &query->ref, lt_buffer_slice(&value), query->base.more);
    }
    lt_buffer_clear(&value);
}
