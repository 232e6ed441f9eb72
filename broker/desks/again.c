// AGAIN: dead letters of a durable subscription are to be delivered to it again. The letters and their
// messages are read on the read thread, a page at a time; each is judged on the core as if it were
// new; what is changed is committed together, and then all are answered.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "corridor/commit.h"
#include "desks.h"
#include "log.h"
#include "state/ending.h"
#include "state/must.h"
#include "state/zap.h"

#define AGAIN_KEEP_MS (UINT64_C(365) * 86400000)

struct letter {
    uint64_t seq;
    bool is_dead, is_damaged;
    struct dead_letter dead; // its detail is below
    char detail[LT_TEXT_MAX + 1];
    struct lt_buffer notes;  // the "again" record as it is
    struct lt_buffer sealed; // empty: not kept any more
    char topic[LT_TOPIC_MAX + 1], from[LT_PRINCIPAL_MAX + 1];
    uint8_t label, priority;
};

struct again {
    struct reading base;
    struct lt_ref ref;
    uint64_t greeting, sub;
    bool is_own;
    char asker[LT_PRINCIPAL_MAX + 1];
    struct letter letters[LT_AGAIN_MAX];
    size_t count, read, judged, bytes;
    struct lt_buffer answers;
    bool has_changed; // something is to be committed
};

static void clear_letter(struct letter *letter)
{
    lt_buffer_clear(&letter->notes);
    lt_buffer_clear(&letter->sealed);
}

static void destroy_again(void *value)
{
    struct again *again = value;
    for (size_t i = 0; i < again->count; i++) {
        clear_letter(&again->letters[i]);
    }
    lt_buffer_clear(&again->answers);
    free(again);
}

static void destroy(struct reading *reading)
{
    destroy_again(reading);
}

void again_clear(struct broker *broker)
{
    table_clear(&broker->agains, destroy_again);
}

// --- on the read thread ---

static void keep_text(char *room, size_t size, struct lt_slice text)
{
    const size_t kept = text.size < size ? text.size : size - 1;
    if (kept > 0) {
        memcpy(room, text.data, kept);
    }
    room[kept] = '\0';
}

static bool take_row(void *self, const struct store_row *row)
{
    struct letter *letter = self;
    letter->is_damaged = row->damaged;
    letter->label = row->label;
    letter->priority = row->priority;
    keep_text(letter->topic, sizeof letter->topic, row->topic);
    keep_text(letter->from, sizeof letter->from, row->from);
    (void)lt_buffer_add(&letter->sealed, row->sealed.data, row->sealed.size);
    return false;
}

static enum lt_code read_letter(const struct again *again, struct letter *letter,
                                struct store_reader *store, struct lt_error *error)
{
    struct lt_buffer value = {.max = 1024};
    uint8_t bytes[16];
    const struct lt_slice key = {bytes, sizeof bytes};
    roster_number(letter->seq, bytes);
    roster_number(again->sub, bytes + 8);
    enum lt_code code = store_record_get(store, DEAD_BUCKET, key, &value, NULL, error);
    if (code == LT_DONE && dead_letter_open(lt_buffer_slice(&value), &letter->dead)) {
        letter->is_dead =
            letter->dead.state == ROSTER_GAVE_UP || letter->dead.state == ROSTER_REVOKED;
        keep_text(letter->detail, sizeof letter->detail, letter->dead.detail);
    }
    lt_buffer_clear(&value);
    letter->notes.max = LT_FRAME_MAX;
    letter->sealed.max = LT_MESSAGE_LIMIT;
    if (code == LT_DONE || code == LT_NOT_FOUND) {
        code = store_record_get(store, AGAIN_BUCKET, key, &letter->notes, NULL, error);
    }
    if (code == LT_DONE || code == LT_NOT_FOUND) {
        code = store_find_seq(store, letter->seq, take_row, letter, error);
    }
    return code == LT_NOT_FOUND ? LT_DONE : code;
}

static bool slice(struct reading *reading, struct store_reader *store)
{
    struct again *again = (struct again *)reading;
    again->bytes = reading->more ? 0 : again->bytes;
    reading->more = false;
    for (size_t i = 0; i < READER_SLICE_ROWS / 16 && again->read < again->count; i++) {
        struct letter *letter = &again->letters[again->read];
        reading->code = read_letter(again, letter, store, &reading->error);
        if (reading->code != LT_DONE) {
            return true;
        }
        again->read++;
        again->bytes += letter->sealed.size;
        if (again->bytes >= READER_PAGE) {
            break;
        }
    }
    reading->more = again->bytes >= READER_PAGE && again->read < again->count;
    return reading->more || again->read == again->count;
}

// --- on the core: may it be delivered again ---

static enum lt_code check_receiver(const struct broker *broker, const struct subscription *sub,
                                   const struct letter *letter, struct lt_error *error)
{
    const struct lt_grant *grant = lt_book_find(broker->book, lt_slice_of(sub->principal), NULL);
    if (grant == NULL || !zap_admits(grant, broker->now)) {
        return lt_fail(error, LT_NOT_VALID, "the grant of %s is gone: it is not delivered to it",
                       sub->principal);
    }
    if (!lt_grant_may_receive(grant, lt_slice_of(letter->topic), letter->label)) {
        return lt_fail(error, LT_NOT_ALLOWED, "the grant of %s does not let it receive %s",
                       sub->principal, letter->topic);
    }
    return LT_DONE;
}

static enum lt_code check_message(const struct broker *broker, const struct letter *letter,
                                  struct lt_sealed *sealed, struct lt_error *error)
{
    struct lt_error why = {0};
    const struct lt_part *part = &sealed->part;
    if (letter->is_damaged ||
        lt_sealed_decode(lt_buffer_slice(&letter->sealed), sealed, NULL) != LT_DONE) {
        return lt_fail(error, LT_STORAGE_FAILED, "the stored message is damaged");
    }
    if (clock_has_passed(broker, part->expires)) {
        return lt_fail(error, LT_EXPIRED, "the message has expired: publish a new one");
    }
    if (taken_is(&broker->taken, part, NULL)) {
        return lt_fail(error, LT_NOT_ALLOWED, "the message was cancelled or replaced");
    }
    if (lt_slice_is(part->type, "grant.v1")) {
        return LT_DONE;
    }
    const enum lt_code code =
        lt_book_authorise(broker->book, sealed, broker->now, false, broker->seals, &why);
    if (code != LT_DONE && code != LT_ONE_HAND) {
        return lt_fail(error, code, "its sender may no longer say it: %s", why.text);
    }
    return LT_DONE;
}

// What this asker may see of the letter at all.
static enum lt_code check_letter(const struct broker *broker, const struct again *again,
                                 const struct letter *letter, struct lt_error *error)
{
    const struct lt_grant *grant = lt_book_find(broker->book, lt_slice_of(again->asker), NULL);
    const bool may_see =
        again->is_own || strcmp(letter->from, again->asker) == 0 ||
        (grant != NULL && lt_grant_may_receive(grant, lt_slice_of(letter->topic), letter->label));
    if (!letter->is_dead && letter->notes.size > 0 && may_see) {
        return LT_DONE_BEFORE;
    }
    if (!letter->is_dead || (letter->sealed.size > 0 && !may_see)) {
        return lt_fail(error, LT_NOT_FOUND, "there is no dead letter %" PRIu64 " of it",
                       letter->seq);
    }
    if (letter->sealed.size == 0) {
        return lt_fail(error, LT_NOT_FOUND, "the message is no longer kept");
    }
    return LT_DONE;
}

static enum lt_code judge(struct broker *broker, const struct again *again, struct letter *letter,
                          struct lt_sealed *sealed, struct lt_error *error)
{
    const struct subscription *sub = subscriptions_find(broker->subscriptions, again->sub);
    const struct ending *ending = endings_find(&broker->endings, letter->seq, again->sub);
    if (sub == NULL) {
        return lt_fail(error, LT_NO_SUBSCRIPTION, "the subscription has been forgotten");
    }
    const struct entry *entry = queue_find(&sub->queue, letter->seq);
    if (entry != NULL && entry->state != ENTRY_SETTLED) {
        return LT_DONE_BEFORE;
    }
    if (!letter->is_dead && ending != NULL &&
        (ending->state == ROSTER_GAVE_UP || ending->state == ROSTER_REVOKED)) {
        letter->is_dead = true; // its record is on its way to the store
        letter->dead.state = ending->state;
        letter->dead.at = ending->at;
        letter->dead.attempts = ending->attempts;
        memcpy(letter->detail, ending->detail, sizeof letter->detail);
    }
    enum lt_code code = check_letter(broker, again, letter, error);
    if (code == LT_DONE) {
        code = check_message(broker, letter, sealed, error);
    }
    if (code == LT_DONE) {
        code = check_receiver(broker, sub, letter, error);
    }
    if (code == LT_DONE && subscription_is_full(sub, letter->priority)) {
        code =
            lt_fail(error, LT_BUSY, "too many messages wait there: ask again when some are taken");
    }
    return code;
}

// --- and it is ---

static void note(struct broker *broker, const struct again *again, const struct letter *letter)
{
    struct lt_buffer value = {.max = LT_FRAME_MAX};
    struct again_notes notes = {0};
    uint8_t bytes[16];
    const struct lt_slice key = {bytes, sizeof bytes};
    if (letter->notes.size > 0 && !again_notes_open(lt_buffer_slice(&letter->notes), &notes)) {
        notes.count = 0;
    }
    const struct again_note fresh = {
        .at = broker->now,
        .by = lt_slice_of(again->asker),
        .ended = letter->dead.at,
        .state = letter->dead.state,
        .detail = lt_slice_of(letter->detail),
        .attempts = letter->dead.attempts,
    };
    again_notes_add(&notes, &fresh);
    notes.keep_until = broker->now + AGAIN_KEEP_MS;
    again_notes_pack(&notes, &value);
    roster_number(letter->seq, bytes);
    roster_number(again->sub, bytes + 8);
    records_put(&broker->notes, AGAIN_BUCKET, key, lt_buffer_slice(&value));
    records_put(&broker->notes, DEAD_BUCKET, key, (struct lt_slice){NULL, 0});
    endings_forget(&broker->endings, letter->seq, again->sub);
    lt_buffer_clear(&value);
}

static void revive(struct broker *broker, struct again *again, const struct letter *letter,
                   const struct lt_part *part)
{
    struct subscription *sub = subscriptions_find(broker->subscriptions, again->sub);
    struct session *session = sessions_find(&broker->sessions, sub->session);
    struct entry *entry = queue_find(&sub->queue, letter->seq);
    if (entry != NULL) {
        queue_reopen(&sub->queue, entry, part->priority);
    } else {
        entry = must_have(queue_add(&sub->queue, letter->seq, letter->seq, part->priority));
    }
    entry->order = letter->seq;
    entry->size = (uint32_t)letter->sealed.size;
    entry->expires = part->expires;
    entry->receipt = (part->flags & LT_RECEIPT) != 0;
    entry->attempt = (uint32_t)(letter->dead.attempts % UINT32_MAX) + 1;
    entry->agains = 0;
    entry->taken = false;
    entry->changed = true;
    note(broker, again, letter);
    broker->counts.revived++;
    again->has_changed = true;
    subscriptions_touch(broker->subscriptions, sub);
    if (session != NULL) {
        sessions_make_ready(&broker->sessions, session);
    }
    if (broker_may_log(broker)) {
        log_info("dead letter delivered again", LOG_NUMBER("seq", letter->seq),
                 LOG_TEXT("principal", sub->principal), LOG_TEXT("durable", sub->durable),
                 LOG_TEXT("by", again->asker));
    }
}

static void serve_page(struct broker *broker, struct again *again)
{
    for (; again->judged < again->read; again->judged++) {
        struct letter *letter = &again->letters[again->judged];
        struct lt_error error = {0};
        struct lt_sealed sealed = {0};
        const enum lt_code code = judge(broker, again, letter, &sealed, &error);
        if (code == LT_DONE) {
            revive(broker, again, letter, &sealed.part);
        }
        lt_pack_array(&again->answers, 2);
        lt_pack_uint(&again->answers, code);
        lt_pack_text(&again->answers,
                     code == LT_DONE_BEFORE ? "it is on its way again already" : error.text);
        clear_letter(letter);
    }
}

// --- the answer ---

static void answer(struct broker *broker, const struct again *again, enum lt_code code,
                   const char *text)
{
    struct session *session = sessions_find(&broker->sessions, again->base.asker);
    struct lt_frame frame = {.op = LT_SAY_AGAIN, .ref = again->ref};
    if (session == NULL || !session->greeted || session->greeting != again->greeting) {
        return;
    }
    if (code != LT_DONE) {
        desks_refuse(broker, session, &frame, 1, code, text);
        return;
    }
    struct lt_buffer value = {.max = LT_RESULT_MAX};
    lt_pack_array(&value, again->count);
    lt_pack_raw(&value, lt_buffer_slice(&again->answers));
    frame.op = LT_RESULT;
    frame.value = lt_buffer_slice(&value);
    (void)session_send(&broker->sessions, session, &frame, NULL, 0);
    lt_buffer_clear(&value);
}

static struct lt_slice number_key(const uint64_t *number)
{
    return (struct lt_slice){(const uint8_t *)number, sizeof *number};
}

static void said(struct broker *broker, enum lt_code code, uint64_t number,
                 const struct lt_ref *ref)
{
    struct again *again = table_take(&broker->agains, number_key(&number));
    (void)ref;
    if (again != NULL) {
        answer(broker, again, code == LT_DONE ? LT_DONE : LT_STORAGE_FAILED,
               "that could not be stored");
        destroy_again(again);
    }
}

static void commit(struct broker *broker, struct again *again)
{
    struct records records = {0};
    const uint64_t number = ++broker->again_next;
    (void)table_put(&broker->agains, number_key(&number), again);
    commit_notes(broker, &records, true);
    commit_records(broker, &records, said, number, NULL);
}

// What could not be read after others were taken: each is told so by itself.
static void refuse_rest(struct again *again)
{
    for (; again->judged < again->count; again->judged++) {
        lt_pack_array(&again->answers, 2);
        lt_pack_uint(&again->answers, LT_STORAGE_FAILED);
        lt_pack_text(&again->answers, again->base.error.text);
        clear_letter(&again->letters[again->judged]);
    }
}

static void back(void *core, struct reading **reading)
{
    struct broker *broker = core;
    struct again *again = (struct again *)*reading;
    const bool failed = (*reading)->code != LT_DONE;
    struct session *session = sessions_find(&broker->sessions, (*reading)->asker);
    if (session != NULL) {
        session->asking--;
    }
    if (!failed) {
        serve_page(broker, again);
    }
    if (!failed && (*reading)->more) {
        if (session != NULL) {
            session->asking++;
        }
        reader_ask(broker->reader, reading);
        return;
    }
    *reading = NULL;
    broker->agains_read--;
    if (again->has_changed) {
        refuse_rest(again);
        commit(broker, again);
        return;
    }
    answer(broker, again, failed ? LT_STORAGE_FAILED : LT_DONE, again->base.error.text);
    destroy_again(again);
}

// --- the question ---

// One's own always; another's: who may ask, and may give that principal its grant.
static enum lt_code check_asker(const struct broker *broker, const struct session *session,
                                const struct lt_frame *frame, struct lt_error *error)
{
    const struct lt_grant *grant =
        lt_book_find(broker->book, lt_slice_of(session->principal), NULL);
    bool inside = false;
    if (grant == NULL || !zap_admits(grant, broker->now)) {
        return lt_fail(error, LT_NOT_VALID, "%s has no grant in force", session->principal);
    }
    if (lt_slice_is(frame->name, session->principal)) {
        return LT_DONE;
    }
    for (size_t i = 0; grant->has_scope && i < grant->scope_principals.count && !inside; i++) {
        inside = lt_principal_matches(grant->scope_principals.item[i], frame->name);
    }
    if (!inside || (grant->powers.rights & LT_QUERY) == 0 ||
        (grant->powers.rights & LT_GRANT) == 0) {
        return lt_fail(error, LT_NOT_ALLOWED,
                       "%s may say again only what is its own: for %.*s it needs the rights query "
                       "and grant, and that principal in its scope",
                       session->principal, (int)frame->name.size, (const char *)frame->name.data);
    }
    return LT_DONE;
}

static enum lt_code check(const struct broker *broker, const struct session *session,
                          const struct lt_frame *frame, struct lt_error *error)
{
    struct lt_list list = lt_list_of(frame->list);
    if (!lt_principal_valid(frame->name) || !lt_durable_valid(frame->text) || list.left == 0) {
        return lt_fail(error, LT_MALFORMED,
                       "AGAIN: a principal, a durable name and at least one seq are needed");
    }
    const enum lt_code code = check_asker(broker, session, frame, error);
    if (code != LT_DONE) {
        return code;
    }
    if (subscriptions_find_durable(broker->subscriptions, frame->name, frame->text) == NULL) {
        return lt_fail(error, LT_NO_SUBSCRIPTION, "%.*s has no durable subscription %.*s",
                       (int)frame->name.size, (const char *)frame->name.data, (int)frame->text.size,
                       (const char *)frame->text.data);
    }
    if (!query_is_room(broker, session) ||
        broker->agains.count + broker->agains_read >= BOUNDS_AGAINS) {
        return lt_fail(error, LT_BUSY, "too much is asked at once: ask again in a moment");
    }
    return LT_DONE;
}

void desk_again(struct broker *broker, struct session *session, const struct lt_frame *frame,
                zmq_msg_t *payload, size_t count)
{
    struct lt_error error = {0};
    struct lt_list list = lt_list_of(frame->list);
    uint64_t seq = 0;
    (void)payload;
    (void)count;
    const enum lt_code code = check(broker, session, frame, &error);
    if (code != LT_DONE) {
        desks_refuse(broker, session, frame, 1, code, error.text);
        return;
    }
    struct again *again = must_calloc(1, sizeof *again);
    struct reading *reading = &again->base;
    reading->asker = session->number;
    reading->slice = slice;
    reading->back = back;
    reading->destroy = destroy;
    again->ref = frame->ref;
    again->greeting = session->greeting;
    again->sub =
        subscriptions_find_durable(broker->subscriptions, frame->name, frame->text)->number;
    again->is_own = lt_slice_is(frame->name, session->principal);
    again->answers.max = LT_RESULT_MAX / 2;
    memcpy(again->asker, session->principal, sizeof again->asker);
    while (lt_list_seq(&list, &seq)) {
        again->letters[again->count++].seq = seq;
    }
    session->asking++;
    broker->agains_read++;
    reader_ask(broker->reader, &reading);
}
