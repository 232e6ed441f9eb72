// What became of a message.
#include "roster.h"

#include <stdlib.h>
#include <string.h>

#include <lienthon/cursor.h>

#include "past.h"
#include "say.h"
#include "tongue.h"
#include "when.h"

enum { ROWS_MAX = 100000 };

static char *copy_of(struct lt_slice map, const char *key)
{
    struct lt_slice text;
    return lt_map_str(map, key, &text) ? cli_copy(text) : NULL;
}

static void clear_row(struct roster_row *row)
{
    free(row->principal);
    free(row->target);
    free(row->state);
    free(row->state_detail);
    free(row->outcome);
    free(row->detail);
    free(row->seal_text);
}

void roster_clear(struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++) {
        clear_row(&roster->rows[i]);
    }
    free(roster->rows);
    free(roster->from);
    free(roster->topic);
    *roster = (struct roster){0};
}

static struct roster_row *add_row(struct roster *roster)
{
    if ((roster->count & (roster->count - 1)) == 0) { // full at each power of two
        struct roster_row *rows =
            cli_alloc((roster->count > 0 ? roster->count * 2 : 1) * sizeof *rows);
        if (roster->count > 0) {
            memcpy(rows, roster->rows, roster->count * sizeof *rows);
        }
        free(roster->rows);
        roster->rows = rows;
    }
    return &roster->rows[roster->count++];
}

static enum lt_code read_rows(struct lt_slice array, struct roster *roster, struct lt_error *error)
{
    struct lt_cursor cursor = lt_cursor_of(array);
    struct lt_slice map;
    uint32_t count = 0;
    if (!lt_cursor_array(&cursor, &count) || count > ROWS_MAX) {
        return lt_fail(error, LT_MALFORMED, "the hub's roster is no list");
    }
    while (count-- > 0 && lt_cursor_skip(&cursor, &map)) {
        struct roster_row *row = add_row(roster);
        row->expected = true;
        row->principal = copy_of(map, "principal");
        row->target = copy_of(map, "durable");
        row->state = copy_of(map, "state");
        row->state_detail = copy_of(map, "detail");
        if (row->principal == NULL || row->target == NULL || row->state == NULL) {
            return lt_fail(error, LT_MALFORMED,
                           "a row of the hub's roster lacks principal, durable or state");
        }
    }
    return LT_DONE;
}

// The row that a receipt speaks for: its own target's; else the only one that its sender has; else a new one.
static struct roster_row *row_for(struct roster *roster, struct lt_slice from,
                                  struct lt_slice target)
{
    struct roster_row *only = NULL;
    size_t theirs = 0;
    for (size_t i = 0; i < roster->count; i++) {
        struct roster_row *row = &roster->rows[i];
        if (!lt_slice_is(from, row->principal)) {
            continue;
        }
        if (lt_slice_is(target, row->target)) {
            return row;
        }
        if (row->expected && row->outcome == NULL) {
            only = row;
            theirs++;
        }
    }
    if (theirs == 1 && lt_slice_is(target, only->principal)) {
        return only;
    }
    struct roster_row *row = add_row(roster);
    row->principal = cli_copy(from);
    row->target = cli_copy(target);
    return row;
}

// A receipt whose seal holds is never put aside by one whose seal does not, nor by an older one.
static bool takes_over(const struct roster_row *row, enum lt_code seal, uint64_t created)
{
    if (row->outcome == NULL || (row->seal == LT_DONE) != (seal == LT_DONE)) {
        return row->outcome == NULL || seal == LT_DONE;
    }
    return created >= row->created;
}

static void read_receipt(struct lt_slice bytes, const lt_book *book, struct past *past,
                         const uint8_t *id, struct roster *roster)
{
    struct lt_sealed sealed;
    struct lt_error error = {0};
    struct lt_slice target;
    struct lt_slice outcome;
    if (lt_sealed_decode(bytes, &sealed, NULL) != LT_DONE ||
        !lt_slice_is(sealed.part.type, "receipt.v1") ||
        memcmp(sealed.part.re, id, LT_ID_SIZE) != 0 ||
        !lt_map_str(sealed.part.body, "outcome", &outcome) ||
        !lt_map_str(sealed.part.body, "target", &target)) {
        return; // nothing that speaks of this message
    }
    enum lt_code seal = lt_book_authorise(book, &sealed, cli_now(), false, NULL, &error);
    if (seal != LT_DONE && past != NULL && past_holds(past, &sealed)) {
        seal = LT_DONE;
    }
    struct roster_row *row = row_for(roster, sealed.part.from, target);
    if (!takes_over(row, seal, sealed.part.created)) {
        return;
    }
    free(row->outcome);
    free(row->detail);
    free(row->seal_text);
    row->outcome = cli_copy(outcome);
    row->detail = copy_of(sealed.part.body, "detail");
    row->seal_text = seal != LT_DONE ? cli_copy(lt_slice_of(error.text)) : NULL;
    row->seal = seal;
    row->created = sealed.part.created;
    row->at = row->created;
    lt_map_uint(sealed.part.body, "at", &row->at);
}

// Those who were to get it first, then by name.
static int compare_rows(const void *a, const void *b)
{
    const struct roster_row *one = a;
    const struct roster_row *other = b;
    if (one->expected != other->expected) {
        return one->expected ? -1 : 1;
    }
    const int order = strcmp(one->principal, other->principal);
    return order != 0 ? order : strcmp(one->target, other->target);
}

enum lt_code roster_read(struct lt_slice answer, const lt_book *book, struct roster *roster,
                         struct lt_error *error)
{
    return roster_read_past(answer, book, NULL, roster, error);
}

enum lt_code roster_read_past(struct lt_slice answer, const lt_book *book, struct past *past,
                              struct roster *roster, struct lt_error *error)
{
    struct lt_slice id;
    struct lt_slice rows;
    struct lt_slice receipts;
    struct lt_slice bytes;
    uint32_t count = 0;
    *roster = (struct roster){.from = copy_of(answer, "from"), .topic = copy_of(answer, "topic")};
    if (roster->from == NULL || roster->topic == NULL || !lt_map_bin(answer, "id", &id) ||
        id.size != LT_ID_SIZE || !lt_map_uint(answer, "stored", &roster->stored) ||
        !lt_map_find(answer, "roster", &rows) || !lt_map_find(answer, "receipts", &receipts)) {
        return lt_fail(error, LT_MALFORMED, "the hub's answer to status lacks a field");
    }
    lt_id_print(id.data, roster->id);
    if (read_rows(rows, roster, error) != LT_DONE) {
        return error->code;
    }
    struct lt_cursor cursor = lt_cursor_of(receipts);
    if (!lt_cursor_array(&cursor, &count)) {
        return lt_fail(error, LT_MALFORMED, "the hub's receipts are no list");
    }
    while (count-- > 0 && lt_cursor_bin(&cursor, &bytes)) {
        read_receipt(bytes, book, past, id.data, roster);
    }
    if (roster->count > 1) {
        qsort(roster->rows, roster->count, sizeof *roster->rows, compare_rows);
    }
    return LT_DONE;
}

static bool outcome_is(const struct roster_row *row, const char *outcome)
{
    return row->outcome != NULL && row->seal == LT_DONE && strcmp(row->outcome, outcome) == 0;
}

static bool state_is(const struct roster_row *row, const char *state)
{
    return row->state != NULL && strcmp(row->state, state) == 0;
}

bool roster_is_apart(const struct roster_row *row)
{
    return outcome_is(row, "skipped") && row->detail != NULL &&
           strcmp(row->detail, "not-for-us") == 0;
}

bool roster_is_done(const struct roster_row *row)
{
    return outcome_is(row, "done") || outcome_is(row, "confirmed");
}

bool roster_is_final(const struct roster_row *row)
{
    if (row->unaware) {
        return false;
    }
    return roster_is_done(row) || outcome_is(row, "skipped") || outcome_is(row, "failed") ||
           state_is(row, "gave-up") || state_is(row, "expired") || state_is(row, "cancelled") ||
           state_is(row, "revoked") || !row->expected;
}

bool roster_lacks_grants(const struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++) {
        if (roster->rows[i].outcome != NULL && roster->rows[i].seal != LT_DONE) {
            return true;
        }
    }
    return false;
}

// What a device of this kind has done when it says `done`.
static const char *done_words(const char *principal)
{
    static const struct {
        const char *kind, *words;
    } kinds[] = {
        {"loa", PHRASE("played")},  {"man-hinh", PHRASE("shown")},  {"bridge", PHRASE("posted")},
        {"zalo", PHRASE("posted")}, {"facebook", PHRASE("posted")}, {"den", PHRASE("switched")},
    };
    const size_t size = strcspn(principal, ".");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strlen(kinds[i].kind) == size && strncmp(kinds[i].kind, principal, size) == 0) {
            return kinds[i].words;
        }
    }
    return PHRASE("done");
}

static const char *outcome_words(const struct roster_row *row)
{
    static const struct {
        const char *outcome, *words;
    } known[] = {
        {"received", PHRASE("received")},   {"handed-over", PHRASE("handed over")},
        {"confirmed", PHRASE("confirmed")}, {"skipped", PHRASE("skipped")},
        {"failed", PHRASE("failed")},       {"unknown", PHRASE("not known whether it was done")},
    };
    if (strcmp(row->outcome, "done") == 0) {
        return done_words(row->principal);
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].outcome, row->outcome) == 0) {
            return known[i].words;
        }
    }
    return row->outcome;
}

const char *roster_state_words(const char *state)
{
    static const struct {
        const char *state, *words;
    } known[] = {
        {"waiting", PHRASE("not received yet, still waiting")},
        {"delivered", PHRASE("delivered, no answer yet")},
        {"done", PHRASE("received, nothing more was said")},
        {"gave-up", PHRASE("given up")},
        {"expired", PHRASE("expired before it was received")},
        {"cancelled", PHRASE("cancelled before it was received")},
        {"revoked", PHRASE("its rights were revoked")},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].state, state) == 0) {
            return known[i].words;
        }
    }
    return state;
}

// The bridge kit's own words in the receipts, as people are told them.
static void print_detail(const char *detail, struct lt_buffer *line)
{
    static const struct {
        const char *detail, *words;
    } known[] = {
        {"drill", PHRASE("drill")},
        {"cancelled", PHRASE("the message was cancelled")},
        {"replaced", PHRASE("another message has replaced it")},
        {"expired", PHRASE("the message has expired")},
        {"not-for-us", PHRASE("not meant for this place")},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].detail, detail) == 0) {
            lt_buffer_print(line, "%s", tongue(known[i].words));
            return;
        }
    }
    tongue_sentence(detail, line);
}

// What stopped it, where the hub knows better than the last receipt.
static bool hub_says_more(const struct roster_row *row)
{
    return row->outcome == NULL ||
           (!roster_is_done(row) && !outcome_is(row, "failed") && !outcome_is(row, "skipped") &&
            roster_is_final(row) && row->expected);
}

void roster_print(const struct roster_row *row, uint64_t now, struct lt_buffer *line)
{
    char at[WHEN_SIZE];
    lt_buffer_print(line, "%s", row->principal);
    if (strcmp(row->principal, row->target) != 0) {
        lt_buffer_print(line, " (%s)", row->target);
    }
    if (row->outcome != NULL && row->seal != LT_DONE) {
        lt_buffer_print(line, tongue(" … a receipt whose seal does not hold: %s"), row->seal_text);
        return;
    }
    const char *detail = row->detail;
    if (hub_says_more(row) && !(row->unaware && row->outcome != NULL)) {
        lt_buffer_print(line, " … %s", tongue(roster_state_words(row->state)));
        detail = state_is(row, "gave-up") ? row->state_detail : NULL; // the others say all
    } else {
        when_short(row->at, now, at);
        lt_buffer_print(line, " … %s %s", tongue(outcome_words(row)), at);
    }
    // `done` says itself what was done; of everything else people want to know why.
    if (detail != NULL && detail[0] != '\0' && !roster_is_done(row)) {
        lt_buffer_print(line, " (");
        print_detail(detail, line);
        lt_buffer_print(line, ")");
    }
    if (row->unaware) {
        lt_buffer_print(line, "%s", tongue(", does not know yet that it was taken back"));
    }
    if (!row->expected) {
        lt_buffer_print(line, "%s", tongue(" (not on the roster)"));
    }
}

static json_t *optional(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static json_t *row_json(const struct roster_row *row)
{
    struct lt_buffer line = {.max = 4096};
    roster_print(row, cli_now(), &line);
    json_t *json =
        json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "principal", row->principal,
                  "target", row->target, "expected", row->expected, "state", optional(row->state),
                  "state_detail", optional(row->state_detail), "outcome", optional(row->outcome),
                  "detail", optional(row->detail), "text", say_text(lt_buffer_slice(&line)),
                  "final", roster_is_final(row), "for_us", !roster_is_apart(row));
    lt_buffer_clear(&line);
    if (row->unaware) {
        json_object_set_new(json, "unaware", json_true());
    }
    if (row->outcome != NULL) {
        json_object_set_new(json, "at", json_integer((json_int_t)row->at));
        json_object_set_new(json, "seal",
                            json_string(row->seal == LT_DONE ? "holds" : row->seal_text));
    }
    return json;
}

json_t *roster_json(const struct roster *roster)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < roster->count; i++) {
        json_array_append_new(rows, row_json(&roster->rows[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:I, s:o}", "id", roster->id, "from", roster->from, "topic",
                     roster->topic, "stored", (json_int_t)roster->stored, "roster", rows);
}
