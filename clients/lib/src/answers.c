// The answers to the hub's questions, read in place.
#include <lienthon/ask.h>

#include <string.h>

#include <lienthon/cursor.h>

static const char *const states[] = {
    [LT_DELIVERY_OTHER] = "?",
    [LT_DELIVERY_WAITING] = "waiting",
    [LT_DELIVERY_DELIVERED] = "delivered",
    [LT_DELIVERY_DONE] = "done",
    [LT_DELIVERY_GAVE_UP] = "gave-up",
    [LT_DELIVERY_EXPIRED] = "expired",
    [LT_DELIVERY_CANCELLED] = "cancelled",
    [LT_DELIVERY_REVOKED] = "revoked",
};
enum { STATES = sizeof states / sizeof *states };

const char *lt_delivery_state_name(enum lt_delivery_state state)
{
    return (size_t)state < STATES ? states[state] : "?";
}

static enum lt_code malformed(struct lt_error *error, const char *what)
{
    return lt_fail(error, LT_MALFORMED, "the hub's answer is none to this question: %s", what);
}

static enum lt_code read_list(struct lt_slice value, bool map, struct lt_rows *rows,
                              struct lt_error *error)
{
    struct lt_cursor cursor = lt_cursor_of(value);
    *rows = (struct lt_rows){0};
    bool is = map ? lt_cursor_map(&cursor, &rows->left) : lt_cursor_array(&cursor, &rows->left);
    rows->at = cursor.at;
    rows->end = cursor.end;
    return is ? LT_DONE : malformed(error, map ? "it is no map" : "it is no list");
}

enum lt_code lt_rows_read(struct lt_slice value, struct lt_rows *rows, struct lt_error *error)
{
    return read_list(value, false, rows, error);
}

enum lt_code lt_stats_read(struct lt_slice value, struct lt_rows *rows, struct lt_error *error)
{
    return read_list(value, true, rows, error);
}

static bool spoil(struct lt_rows *rows)
{
    rows->wrong = true;
    rows->left = 0;
    return false;
}

// The next row whole.
static bool next(struct lt_rows *rows, struct lt_slice *row)
{
    struct lt_cursor cursor = {rows->at, rows->end};
    if (rows->left == 0)
        return false;
    if (!lt_cursor_skip(&cursor, row))
        return spoil(rows);
    rows->at = cursor.at;
    rows->left--;
    return true;
}

static bool flag_of(struct lt_slice row, const char *name)
{
    struct lt_slice value = {0};
    bool flag = false;
    if (lt_map_find(row, name, &value)) {
        struct lt_cursor cursor = lt_cursor_of(value);
        (void)lt_cursor_bool(&cursor, &flag);
    }
    return flag;
}

bool lt_rows_message(struct lt_rows *rows, struct lt_sealed *message)
{
    struct lt_slice row = {0}, bytes = {0};
    if (!next(rows, &row))
        return false;
    struct lt_cursor cursor = lt_cursor_of(row);
    if (!lt_cursor_bin(&cursor, &bytes) || lt_sealed_decode(bytes, message, NULL) != LT_DONE)
        return spoil(rows);
    return true;
}

static enum lt_delivery_state state_of(struct lt_slice name)
{
    for (int i = LT_DELIVERY_WAITING; i < (int)STATES; i++) {
        if (lt_slice_is(name, states[i]))
            return (enum lt_delivery_state)i;
    }
    return LT_DELIVERY_OTHER;
}

bool lt_rows_receiver(struct lt_rows *rows, struct lt_receiver *receiver)
{
    struct lt_slice row = {0}, state = {0};
    *receiver = (struct lt_receiver){0};
    if (!next(rows, &row))
        return false;
    if (!lt_map_str(row, "principal", &receiver->principal) ||
        !lt_map_str(row, "durable", &receiver->durable) || !lt_map_str(row, "state", &state))
        return spoil(rows);
    lt_map_str(row, "detail", &receiver->detail);
    lt_map_uint(row, "again", &receiver->again);
    receiver->state = state_of(state);
    return true;
}

// The message of a dead letter, where the hub still has it.
static bool read_kept(struct lt_slice row, struct lt_dead_letter *letter)
{
    struct lt_slice id = {0};
    letter->is_kept = lt_map_bin(row, "id", &id);
    if (!letter->is_kept)
        return true;
    if (id.size != LT_ID_SIZE || !lt_map_str(row, "from", &letter->from) ||
        !lt_map_str(row, "topic", &letter->topic) || !lt_map_str(row, "type", &letter->type) ||
        !lt_map_uint(row, "priority", &letter->priority) ||
        !lt_map_uint(row, "stored", &letter->stored) ||
        !lt_map_uint(row, "expires", &letter->expires))
        return false;
    memcpy(letter->id, id.data, LT_ID_SIZE);
    lt_map_bin(row, "sealed", &letter->sealed);
    return true;
}

bool lt_rows_dead_letter(struct lt_rows *rows, struct lt_dead_letter *letter)
{
    struct lt_slice row = {0}, state = {0};
    *letter = (struct lt_dead_letter){0};
    if (!next(rows, &row))
        return false;
    if (!lt_map_str(row, "principal", &letter->principal) ||
        !lt_map_str(row, "durable", &letter->durable) || !lt_map_uint(row, "seq", &letter->seq) ||
        !lt_map_str(row, "state", &state) || !lt_map_uint(row, "at", &letter->at) ||
        !read_kept(row, letter))
        return spoil(rows);
    lt_map_str(row, "detail", &letter->detail);
    lt_map_uint(row, "attempts", &letter->attempts);
    letter->state = state_of(state);
    letter->damaged = flag_of(row, "damaged");
    return true;
}

bool lt_rows_outcome(struct lt_rows *rows, enum lt_code *code, struct lt_slice *text)
{
    struct lt_slice row = {0};
    uint32_t count = 0;
    uint64_t number = 0;
    if (!next(rows, &row))
        return false;
    struct lt_cursor cursor = lt_cursor_of(row);
    if (!lt_cursor_array(&cursor, &count) || count < 2 || !lt_cursor_uint(&cursor, 255, &number) ||
        !lt_cursor_str(&cursor, text))
        return spoil(rows);
    *code = (enum lt_code)number;
    return true;
}

bool lt_rows_participant(struct lt_rows *rows, struct lt_participant *participant)
{
    struct lt_slice row = {0};
    *participant = (struct lt_participant){0};
    if (!next(rows, &row))
        return false;
    if (!lt_map_str(row, "principal", &participant->principal) ||
        !lt_map_str(row, "name", &participant->name) ||
        !lt_map_str(row, "role", &participant->role) ||
        !lt_map_uint(row, "expires", &participant->expires))
        return spoil(rows);
    participant->connected = flag_of(row, "connected");
    lt_map_uint(row, "seen", &participant->seen);
    return true;
}

bool lt_rows_durable(struct lt_rows *rows, struct lt_durable *durable)
{
    struct lt_slice row = {0};
    *durable = (struct lt_durable){0};
    if (!next(rows, &row))
        return false;
    if (!lt_map_str(row, "principal", &durable->principal) ||
        !lt_map_str(row, "durable", &durable->durable) ||
        !lt_map_uint(row, "waiting", &durable->waiting))
        return spoil(rows);
    durable->connected = flag_of(row, "connected");
    lt_map_uint(row, "seen", &durable->seen);
    return true;
}

bool lt_rows_number(struct lt_rows *rows, struct lt_slice *name, uint64_t *number)
{
    while (rows->left > 0) {
        struct lt_cursor cursor = {rows->at, rows->end};
        if (!lt_cursor_str(&cursor, name))
            return spoil(rows);
        bool is_number = lt_cursor_uint(&cursor, UINT64_MAX, number);
        if (!is_number && !lt_cursor_skip(&cursor, NULL))
            return spoil(rows);
        rows->at = cursor.at;
        rows->left--;
        if (is_number)
            return true;
    }
    return false;
}

enum lt_code lt_status_read(struct lt_slice value, struct lt_status *status, struct lt_error *error)
{
    struct lt_slice id = {0}, roster = {0}, receipts = {0};
    *status = (struct lt_status){0};
    if (!lt_map_bin(value, "id", &id) || id.size != LT_ID_SIZE)
        return malformed(error, "it lacks the id");
    if (!lt_map_str(value, "from", &status->from) || !lt_map_str(value, "topic", &status->topic) ||
        !lt_map_uint(value, "stored", &status->stored))
        return malformed(error, "it lacks from, topic or stored");
    if (!lt_map_find(value, "roster", &roster) || !lt_map_find(value, "receipts", &receipts))
        return malformed(error, "it lacks roster or receipts");
    memcpy(status->id, id.data, LT_ID_SIZE);
    enum lt_code code = lt_rows_read(roster, &status->roster, error);
    return code == LT_DONE ? lt_rows_read(receipts, &status->receipts, error) : code;
}

enum lt_code lt_why_read(struct lt_slice value, struct lt_slice *text, struct lt_error *error)
{
    return lt_map_str(value, "text", text) ? LT_DONE : malformed(error, "it lacks the text");
}
