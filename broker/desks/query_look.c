// status and why, on the read thread: the message, its roster, how it ended for whom, its receipts.
// Step by step, a slice each.
#include <string.h>

#include <lienthon/cursor.h>

#include "queries.h"
#include "metrics/figures.h"
#include "state/must.h"

enum { FIND, ROSTER, DEAD, AGAIN, RECEIPTS };

#define RECEIPTS_PREFIX "$lt/receipts/"
#define RECEIPT_TYPE    "receipt.v1"

static bool take_message(void *self, const struct store_row *row)
{
    struct query *query = self;
    if (!query_may_see(query, row)) {
        return true; // another sender's of that id may be seen
    }
    query->seq = row->seq;
    query->stored = row->stored;
    query->damaged = row->damaged;
    if (!row->damaged) {
        (void)lt_buffer_add(&query->sealed, row->sealed.data, row->sealed.size);
        return false;
    }
    // What is told of a damaged one stands beside its bytes.
    (void)(lt_buffer_add(&query->sealed, row->from.data, row->from.size) &&
           lt_buffer_add(&query->sealed, row->topic.data, row->topic.size));
    struct lt_part *part = &query->message.part;
    *part = (struct lt_part){.from = {query->sealed.data, row->from.size},
                             .topic = {query->sealed.data + row->from.size, row->topic.size},
                             .priority = row->priority,
                             .label = row->label};
    memcpy(part->id, row->id, LT_ID_SIZE);
    return false;
}

static enum lt_code find_message(struct query *query, struct store_reader *store)
{
    struct lt_error *error = &query->base.error;
    enum lt_code code = store_find(store, lt_slice_of(query->args.from), query->args.id,
                                   take_message, query, error);
    if (code == LT_NOT_FOUND || (code == LT_DONE && query->seq == 0)) {
        char id[37];
        lt_id_print(query->args.id, id);
        return lt_fail(error, LT_NOT_FOUND, "there is no message %s that you may see", id);
    }
    if (code == LT_DONE && query->sealed.failed) {
        return lt_fail(error, LT_NO_MEMORY, "no memory for a message");
    }
    if (code == LT_DONE && !query->damaged) {
        code = lt_sealed_decode(lt_buffer_slice(&query->sealed), &query->message, NULL);
    }
    if (code == LT_DONE) {
        (void)lt_principal_topic(RECEIPTS_PREFIX, query->message.part.from, query->topic);
    }
    return code;
}

// For whom of its roster it became due when there was no room: the core has it in no queue then.
static enum lt_code read_late(struct query *query, struct store_reader *store)
{
    struct roster roster;
    struct roster_row row;
    enum lt_code code = LT_DONE;
    const struct lt_part *part = &query->message.part;
    if (query->damaged || part->deliver_at == 0 ||
        !roster_open(lt_buffer_slice(&query->roster), &roster)) {
        return LT_DONE;
    }
    while (code == LT_DONE && roster_next(&roster, &row)) {
        uint8_t key[LATE_KEY];
        struct lt_buffer value = {.max = 64};
        roster_late_key(row.sub, part->priority, query->seq, key);
        code = store_record_get(store, LATE_BUCKET, (struct lt_slice){key, sizeof key}, &value,
                                NULL, &query->base.error);
        lt_buffer_clear(&value);
        if (code == LT_DONE) {
            query->late = must_hold(query->late, &query->late_room, query->late_count + 1,
                                    sizeof *query->late);
            query->late[query->late_count++] = row.sub;
        }
        code = code == LT_NOT_FOUND ? LT_DONE : code;
    }
    return code;
}

static enum lt_code read_roster(struct query *query, struct store_reader *store)
{
    uint8_t key[8];
    roster_number(query->seq, key);
    const enum lt_code code =
        store_record_get(store, ROSTER_BUCKET, (struct lt_slice){key, sizeof key}, &query->roster,
                         NULL, &query->base.error);
    return code == LT_DONE ? read_late(query, store) : code == LT_NOT_FOUND ? LT_DONE : code;
}

static bool take_dead(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    struct query *query = self;
    struct dead_letter letter;
    (void)version;
    query->page++;
    if (key.size != 16) {
        return true;
    }
    query->dead =
        must_hold(query->dead, &query->dead_room, query->dead_count + 1, sizeof *query->dead);
    struct query_dead *dead = &query->dead[query->dead_count++];
    memset(dead, 0, sizeof *dead);
    dead->sub = roster_number_of(key.data + 8);
    if (dead_letter_open(value, &letter)) {
        const size_t size =
            letter.detail.size < sizeof dead->detail ? letter.detail.size : sizeof dead->detail - 1;
        dead->state = letter.state;
        dead->at = letter.at;
        if (size > 0) {
            memcpy(dead->detail, letter.detail.data, size);
        }
    }
    return true;
}

static bool take_again(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    struct query *query = self;
    struct again_notes notes;
    (void)version;
    query->page++;
    if (key.size != 16) {
        return true;
    }
    query->again =
        must_hold(query->again, &query->again_room, query->again_count + 1, sizeof *query->again);
    struct query_again *again = &query->again[query->again_count++];
    memset(again, 0, sizeof *again);
    again->sub = roster_number_of(key.data + 8);
    if (again_notes_open(value, &notes) && notes.count > 0) {
        const struct again_note *last = &notes.notes[notes.count - 1];
        again->times = notes.count;
        again->at = last->at;
        if (last->by.size < sizeof again->by) {
            memcpy(again->by, last->by.data, last->by.size);
        }
    }
    return true;
}

// *at_end: there are no more.
static enum lt_code read_ends(struct query *query, struct store_reader *store, bool *at_end)
{
    const bool of_dead = query->step == DEAD;
    const size_t count = of_dead ? query->dead_count : query->again_count;
    uint64_t last = 0;
    if (count > 0) {
        last = of_dead ? query->dead[count - 1].sub : query->again[count - 1].sub;
    }
    uint8_t prefix[8];
    uint8_t after[16];
    const bool goes_on = count > 0;
    roster_number(query->seq, prefix);
    memcpy(after, prefix, sizeof prefix);
    roster_number(last, after + 8);
    query->page = 0;
    const enum lt_code code = store_records(
        store, of_dead ? DEAD_BUCKET : AGAIN_BUCKET, (struct lt_slice){prefix, sizeof prefix},
        (struct lt_slice){goes_on ? after : NULL, goes_on ? sizeof after : 0}, READER_SLICE_ROWS,
        of_dead ? take_dead : take_again, query, &query->base.error);
    *at_end = query->page < READER_SLICE_ROWS;
    return code;
}

// A receipt for this very message: an id alone does not name one.
static bool is_receipt(const struct query *query, const struct store_row *row,
                       struct lt_sealed *sealed)
{
    return !row->damaged && lt_slice_is(row->topic, query->topic) &&
           lt_sealed_decode(row->sealed, sealed, NULL) == LT_DONE &&
           sealed->part.relation == LT_ANSWERS && lt_slice_is(sealed->part.type, RECEIPT_TYPE);
}

static bool take_receipt(void *self, const struct store_row *row)
{
    struct query *query = self;
    struct lt_sealed sealed;
    if (is_receipt(query, row, &sealed)) {
        lt_pack_bin(&query->items, row->sealed.data, row->sealed.size);
        query->item_count++;
    }
    return query->items.size < READER_PAGE;
}

static void copy_text(struct lt_slice body, const char *key, char *out, size_t room)
{
    struct lt_slice text = {0};
    out[0] = '\0';
    if (lt_map_str(body, key, &text)) {
        const size_t size = text.size < room ? text.size : room - 1;
        memcpy(out, text.data, size);
        out[size] = '\0';
    }
}

// For why: only the latest of the one who is asked about.
static bool note_receipt(void *self, const struct store_row *row)
{
    struct query *query = self;
    struct lt_sealed sealed;
    char target[sizeof query->receipt.target];
    if (!lt_slice_is(row->from, query->args.principal) || !is_receipt(query, row, &sealed)) {
        return true;
    }
    const struct lt_slice body = sealed.part.body;
    copy_text(body, "target", target, sizeof target);
    if (sealed.part.created >= query->receipt.created && strcmp(target, query->args.target) == 0) {
        query->receipt.created = sealed.part.created;
        memcpy(query->receipt.target, target, sizeof target);
        copy_text(body, "outcome", query->receipt.outcome, sizeof query->receipt.outcome);
        copy_text(body, "detail", query->receipt.detail, sizeof query->receipt.detail);
        if (!lt_map_uint(body, "at", &query->receipt.at)) {
            query->receipt.at = sealed.part.created;
        }
    }
    return true;
}

static bool look(struct query *query, struct store_reader *store, store_visit *take_or_note)
{
    struct reading *reading = &query->base;
    bool at_end = true;
    if (reading->more) {
        query_empty_items(query);
    }
    switch (query->step) {
    case FIND:
        reading->code = find_message(query, store);
        break;
    case ROSTER:
        reading->code = read_roster(query, store);
        break;
    case DEAD:
    case AGAIN:
        reading->code = read_ends(query, store, &at_end);
        break;
    default:
        reading->code =
            store_find_related(store, query->message.part.id, query->place, READER_SLICE_ROWS,
                               take_or_note, query, &query->place, &reading->error);
        if (reading->code == LT_DONE && query->items.failed) {
            reading->code = lt_fail(&reading->error, LT_NO_MEMORY, "no memory for the receipts");
        }
        reading->more =
            reading->code == LT_DONE && query->place != 0 && query->items.size >= READER_PAGE;
        return reading->code != LT_DONE || query->place == 0 || reading->more;
    }
    query->step += at_end;
    return reading->code != LT_DONE;
}

bool query_look(struct reading *reading, struct store_reader *store)
{
    return look((struct query *)reading, store, take_receipt);
}

bool query_look_why(struct reading *reading, struct store_reader *store)
{
    return look((struct query *)reading, store, note_receipt);
}

bool query_look_health(struct reading *reading, struct store_reader *store)
{
    struct query *query = (struct query *)reading;
    reading->code = store_health(store, &query->health, &reading->error);
    figures_descriptors(&query->descriptors, &query->descriptors_most);
    return true;
}
