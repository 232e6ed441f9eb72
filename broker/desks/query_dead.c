// dead, on the read thread: what was given up, oldest message first, a slice of letters at a time.
#include <string.h>

#include "queries.h"
#include "state/must.h"

enum { LETTERS_AT_ONCE = 64 };

struct query_letter {
    uint64_t seq, sub;
    struct dead_letter dead; // its texts are below
    char principal[LT_PRINCIPAL_MAX + 1], durable[LT_DURABLE_MAX + 1], detail[LT_TEXT_MAX + 1];
};

static void keep_text(char *room, size_t size, struct lt_slice text)
{
    const size_t kept = text.size < size ? text.size : size - 1;
    if (kept > 0) {
        memcpy(room, text.data, kept);
    }
    room[kept] = '\0';
}

static bool is_asked_for(const struct query *query, const struct dead_letter *dead)
{
    const struct query_args *args = &query->args;
    if (dead->state != ROSTER_GAVE_UP && dead->state != ROSTER_REVOKED) {
        return false;
    }
    if (!query->sees_others && !lt_slice_is(dead->principal, query->asker)) {
        return false;
    }
    return (args->principal[0] == '\0' || lt_slice_is(dead->principal, args->principal)) &&
           (args->durable[0] == '\0' || lt_slice_is(dead->durable, args->durable));
}

static bool take_letter(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    struct query *query = self;
    struct dead_letter dead;
    (void)version;
    query->page++;
    if (key.size != 16) {
        return true;
    }
    query->place = roster_number_of(key.data);
    query->place_sub = roster_number_of(key.data + 8);
    if (!dead_letter_open(value, &dead) || !is_asked_for(query, &dead)) {
        return true;
    }
    struct query_letter *letter = &query->letter[query->letter_count++];
    *letter = (struct query_letter){.seq = query->place, .sub = query->place_sub, .dead = dead};
    keep_text(letter->principal, sizeof letter->principal, dead.principal);
    keep_text(letter->durable, sizeof letter->durable, dead.durable);
    keep_text(letter->detail, sizeof letter->detail, dead.detail);
    return query->letter_count < LETTERS_AT_ONCE;
}

// One letter, whole: only then its message comes with it.
static bool is_one(const struct query_args *args)
{
    return args->seq > 0 && args->principal[0] != '\0' && args->durable[0] != '\0';
}

static void pack_number(struct lt_buffer *out, const char *name, uint64_t value)
{
    lt_pack_text(out, name);
    lt_pack_uint(out, value);
}

static void pack_string(struct lt_buffer *out, const char *name, struct lt_slice value)
{
    lt_pack_text(out, name);
    lt_pack_str(out, value);
}

enum { LETTER_KEYS = 7, MESSAGE_KEYS = 8 };

static void pack_letter(const struct query_letter *letter, struct lt_buffer *out)
{
    pack_string(out, "principal", lt_slice_of(letter->principal));
    pack_string(out, "durable", lt_slice_of(letter->durable));
    pack_number(out, "seq", letter->seq);
    pack_string(out, "state", lt_slice_of(roster_state_name(letter->dead.state)));
    pack_string(out, "detail", lt_slice_of(letter->detail));
    pack_number(out, "at", letter->dead.at);
    pack_number(out, "attempts", letter->dead.attempts);
}

static void pack_message(const struct store_row *row, struct lt_buffer *out)
{
    struct lt_sealed sealed;
    const bool readable = !row->damaged && lt_sealed_decode(row->sealed, &sealed, NULL) == LT_DONE;
    lt_pack_text(out, "id");
    lt_pack_bin(out, row->id, LT_ID_SIZE);
    pack_string(out, "from", row->from);
    pack_string(out, "topic", row->topic);
    pack_string(out, "type", readable ? sealed.part.type : lt_slice_of(""));
    pack_number(out, "priority", row->priority);
    pack_number(out, "stored", row->stored);
    pack_number(out, "expires", readable ? sealed.part.expires : 0);
    lt_pack_text(out, "damaged");
    lt_pack_bool(out, row->damaged);
}

struct finding {
    struct query *query;
    const struct query_letter *letter;
    struct lt_slice
        again; // what was said before, as MessagePack; empty: the letter alone is not asked for
    bool found;
};

static bool take_message(void *self, const struct store_row *row)
{
    struct finding *finding = self;
    struct query *query = finding->query;
    const bool is_whole = is_one(&query->args);
    finding->found = true;
    if (strcmp(finding->letter->principal, query->asker) != 0 && !query_may_see(query, row)) {
        return false;
    }
    lt_pack_map(&query->items, LETTER_KEYS + MESSAGE_KEYS + (is_whole ? 2 : 0));
    pack_letter(finding->letter, &query->items);
    pack_message(row, &query->items);
    if (is_whole) {
        lt_pack_text(&query->items, "again");
        lt_pack_raw(&query->items, finding->again);
        lt_pack_text(&query->items, "sealed");
        // What the disk has changed is handed out to nobody.
        lt_pack_bin(&query->items, row->sealed.data, row->damaged ? 0 : row->sealed.size);
    }
    query->item_count++;
    query->left -= query->left > 0;
    return false;
}

// How it had ended before, when it was sent on its way again.
static enum lt_code pack_history(struct query *query, struct store_reader *store,
                                 const struct query_letter *letter, struct lt_buffer *out)
{
    struct lt_buffer value = {.max = LT_RESULT_MAX};
    struct again_notes notes = {0};
    uint8_t key[16];
    roster_number(letter->seq, key);
    roster_number(letter->sub, key + 8);
    const enum lt_code code = store_record_get(
        store, AGAIN_BUCKET, (struct lt_slice){key, sizeof key}, &value, NULL, &query->base.error);
    if (code == LT_DONE && !again_notes_open(lt_buffer_slice(&value), &notes)) {
        notes.count = 0;
    }
    lt_pack_array(out, notes.count);
    for (size_t i = 0; i < notes.count; i++) {
        const struct again_note *note = &notes.notes[i];
        lt_pack_map(out, 6);
        pack_number(out, "at", note->at);
        pack_string(out, "by", note->by);
        pack_number(out, "ended", note->ended);
        pack_string(out, "state", lt_slice_of(roster_state_name(note->state)));
        pack_string(out, "detail", note->detail);
        pack_number(out, "attempts", note->attempts);
    }
    lt_buffer_clear(&value);
    return code == LT_NOT_FOUND ? LT_DONE : code;
}

// A letter whose message is not kept any more is told to its own receiver only: who else may see it
// cannot be asked.
static void take_bare(struct query *query, const struct query_letter *letter)
{
    if (strcmp(letter->principal, query->asker) != 0) {
        return;
    }
    lt_pack_map(&query->items, LETTER_KEYS);
    pack_letter(letter, &query->items);
    query->item_count++;
    query->left -= query->left > 0;
}

static enum lt_code take_one(struct query *query, struct store_reader *store,
                             const struct query_letter *letter)
{
    struct lt_error *error = &query->base.error;
    struct lt_buffer again = {.max = LT_RESULT_MAX};
    enum lt_code code = LT_DONE;
    if (is_one(&query->args)) {
        code = pack_history(query, store, letter, &again);
    }
    struct finding finding = {query, letter, lt_buffer_slice(&again), false};
    if (code == LT_DONE) {
        code = store_find_seq(store, letter->seq, take_message, &finding, error);
    }
    if (code == LT_NOT_FOUND || (code == LT_DONE && !finding.found)) {
        take_bare(query, letter);
        code = LT_DONE;
    }
    lt_buffer_clear(&again);
    return code;
}

static enum lt_code read_letters(struct query *query, struct store_reader *store)
{
    uint8_t prefix[8];
    uint8_t after[16];
    const struct lt_slice only = {query->args.seq > 0 ? prefix : NULL,
                                  query->args.seq > 0 ? sizeof prefix : 0};
    if (query->letter == NULL) {
        query->letter = must_calloc(LETTERS_AT_ONCE, sizeof *query->letter);
        query->place = query->args.after;
        query->place_sub = UINT64_MAX;
    }
    roster_number(query->args.seq, prefix);
    roster_number(query->place, after);
    roster_number(query->place_sub, after + 8);
    query->letter_count = 0;
    query->page = 0;
    return store_records(store, DEAD_BUCKET, only, (struct lt_slice){after, sizeof after},
                         READER_SLICE_ROWS, take_letter, query, &query->base.error);
}

bool query_walk_dead(struct reading *reading, struct store_reader *store)
{
    struct query *query = (struct query *)reading;
    if (reading->more) {
        query_empty_items(query);
    }
    const uint64_t before = query->place;
    enum lt_code code = read_letters(query, store);
    bool at_end = query->letter_count < LETTERS_AT_ONCE && query->page < READER_SLICE_ROWS;
    uint64_t last = before;
    for (size_t i = 0; code == LT_DONE && i < query->letter_count; i++) {
        const struct query_letter *letter = &query->letter[i];
        // Where the limit is reached the letters of that message still come: `after` names a message.
        if (query->left == 0 && letter->seq != last) {
            at_end = true;
            break;
        }
        last = letter->seq;
        code = take_one(query, store, letter);
    }
    if (code == LT_DONE && query->items.failed) {
        code = lt_fail(&reading->error, LT_NO_MEMORY, "no memory for a page of dead letters");
    }
    reading->code = code;
    reading->more = code == LT_DONE && !at_end && query->items.size >= READER_PAGE;
    return code != LT_DONE || at_end || reading->more;
}
