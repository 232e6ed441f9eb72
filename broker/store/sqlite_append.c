// Appending a group: its messages, their leaves in the log, last values and blobs, and its records,
// in one commit.
#include <string.h>

#include <lienthon/cursor.h>

#include "sqlite.h"

enum { HOUR_MS = 3600000 };

static enum lt_code failed(struct store *store, struct lt_error *error)
{
    return sqlite_fail(&store->sqlite, "storing a message", error);
}

// The part's bytes inside sealed ones.
static struct lt_slice part_of(struct lt_slice sealed)
{
    struct lt_cursor cursor = lt_cursor_of(sealed);
    uint32_t count = 0;
    struct lt_slice part = {0};
    if (!lt_cursor_array(&cursor, &count) || count != 2 || !lt_cursor_bin(&cursor, &part)) {
        return (struct lt_slice){0};
    }
    return part;
}

static bool is_leaf(struct store *store, uint64_t seq, const uint8_t leaf[LT_HASH_SIZE])
{
    sqlite3_stmt *statement = sqlite_statement(&store->sqlite, LEAF_READ);
    if (statement == NULL) {
        return false;
    }
    sqlite_bind_uint(statement, 1, seq);
    const bool is =
        sqlite3_step(statement) == SQLITE_ROW &&
        lt_slice_equal(sqlite_bytes(statement, 0), (struct lt_slice){leaf, LT_HASH_SIZE});
    sqlite_end(statement);
    return is;
}

// One with this sender and id is there: is it the same.
static enum lt_code compare(struct store *store, struct store_put *put, int64_t sender,
                            struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(&store->sqlite, MESSAGE_SAME);
    if (statement == NULL) {
        return failed(store, error);
    }
    const struct lt_part *part = &put->sealed->part;
    sqlite_bind_bytes(statement, 1, (struct lt_slice){part->id, LT_ID_SIZE});
    (void)sqlite3_bind_int64(statement, 2, sender);
    enum lt_code code = LT_DONE;
    uint8_t leaf[LT_HASH_SIZE];
    if (sqlite3_step(statement) != SQLITE_ROW) {
        code = failed(store, error);
    } else {
        put->seq = sqlite_uint(statement, 0);
        const struct lt_slice old = part_of(sqlite_bytes(statement, 1));
        put->outcome = lt_slice_equal(old, part->bytes) ? LT_DONE_BEFORE : LT_ID_TAKEN;
        lt_tree_leaf(sqlite_bytes(statement, 1), leaf);
    }
    sqlite_end(statement);
    // Of a damaged one only its id is left, and its sender took that for one message.
    if (code == LT_DONE && put->outcome == LT_ID_TAKEN && !is_leaf(store, put->seq, leaf)) {
        put->outcome = LT_DONE_BEFORE;
    }
    return code;
}

// LT_DONE with *added false: one with this sender and id is there.
static enum lt_code add_row(struct store *store, const struct store_put *put, uint64_t seq,
                            int64_t sender, int64_t topic, bool *added, struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(&store->sqlite, MESSAGE_ADD);
    if (statement == NULL) {
        return failed(store, error);
    }
    const struct lt_part *part = &put->sealed->part;
    sqlite_bind_uint(statement, 1, seq);
    sqlite_bind_uint(statement, 2, put->stored);
    sqlite_bind_uint(statement, 3, put->keep_until);
    (void)sqlite3_bind_int64(statement, 4, sender);
    (void)sqlite3_bind_int64(statement, 5, topic);
    (void)sqlite3_bind_int(statement, 6, part->priority * 4 + part->label);
    sqlite_bind_bytes(statement, 7, (struct lt_slice){part->id, LT_ID_SIZE});
    if (part->relation != LT_NOTHING) {
        sqlite_bind_bytes(statement, 8, (struct lt_slice){part->re, LT_ID_SIZE});
    }
    sqlite_bind_text(statement, 9, part->origin);
    sqlite_bind_bytes(statement, 10, put->sealed->bytes);
    if (!sqlite_done(statement)) {
        return failed(store, error);
    }
    *added = sqlite3_changes(store->sqlite.db) == 1;
    return LT_DONE;
}

static enum lt_code add_leaf(struct store *store, struct tally *next, const struct store_put *put,
                             uint64_t seq, struct lt_error *error)
{
    uint8_t leaf[LT_HASH_SIZE];
    lt_tree_leaf(put->sealed->bytes, leaf);
    sqlite3_stmt *statement = sqlite_statement(&store->sqlite, LEAF_ADD);
    if (statement == NULL) {
        return failed(store, error);
    }
    sqlite_bind_uint(statement, 1, seq);
    sqlite_bind_bytes(statement, 2, (struct lt_slice){leaf, sizeof leaf});
    if (!sqlite_done(statement)) {
        return failed(store, error);
    }
    lt_tree_add(&next->tree, leaf);
    return LT_DONE;
}

static enum lt_code add_hour(struct store *store, struct tally *next, const struct store_put *put,
                             uint64_t seq, struct lt_error *error)
{
    const uint64_t hour = put->stored / HOUR_MS;
    if (hour == next->hour) {
        return LT_DONE;
    }
    sqlite3_stmt *statement = sqlite_statement(&store->sqlite, HOUR_ADD);
    if (statement == NULL) {
        return failed(store, error);
    }
    sqlite_bind_uint(statement, 1, hour);
    sqlite_bind_uint(statement, 2, seq);
    next->hour = hour;
    return sqlite_done(statement) ? LT_DONE : failed(store, error);
}

// Is the topic's last value one whose place this message takes.
static bool is_last(struct store *store, const struct store_put *put, int64_t topic, bool *is)
{
    sqlite3_stmt *statement = sqlite_statement(&store->sqlite, LAST_FROM);
    if (statement == NULL) {
        return false;
    }
    (void)sqlite3_bind_int64(statement, 1, topic);
    sqlite_bind_bytes(statement, 2, (struct lt_slice){put->sealed->part.re, LT_ID_SIZE});
    const int stepped = sqlite3_step(statement);
    const struct lt_slice from =
        stepped == SQLITE_ROW ? sqlite_bytes(statement, 0) : (struct lt_slice){0};
    *is = false;
    for (size_t i = 0; stepped == SQLITE_ROW && i < put->last_from_count && !*is; i++) {
        *is = lt_slice_equal(put->last_from[i], from);
    }
    sqlite_end(statement);
    return stepped == SQLITE_ROW || stepped == SQLITE_DONE;
}

static enum lt_code set_last(struct store *store, const struct store_put *put, uint64_t seq,
                             int64_t topic, struct lt_error *error)
{
    bool clear = put->clear_last;
    bool retain = put->retain;
    if (clear && put->last_from_count > 0) {
        if (!is_last(store, put, topic, &clear)) {
            return failed(store, error);
        }
        retain = retain && (clear || (put->sealed->part.flags & LT_RETAIN) != 0);
    }
    if (!retain && !clear) {
        return LT_DONE;
    }
    const enum statement which = !retain ? LAST_CLEAR : clear ? LAST_SET : LAST_OFFER;
    sqlite3_stmt *statement = sqlite_statement(&store->sqlite, which);
    if (statement == NULL) {
        return failed(store, error);
    }
    const struct lt_part *part = &put->sealed->part;
    (void)sqlite3_bind_int64(statement, 1, topic);
    if (retain) {
        sqlite_bind_uint(statement, 2, seq);
        sqlite_bind_uint(statement, 3, part->created);
        sqlite_bind_bytes(statement, 4, (struct lt_slice){part->id, LT_ID_SIZE});
        sqlite_bind_uint(statement, 5, part->expires);
    }
    return sqlite_done(statement) ? LT_DONE : failed(store, error);
}

static enum lt_code put_message(struct store *store, struct tally *next, struct store_put *put,
                                struct lt_error *error)
{
    const struct lt_part *part = &put->sealed->part;
    const int64_t sender = names_intern(&store->names, &store->sqlite, part->from);
    const int64_t topic = names_intern(&store->names, &store->sqlite, part->topic);
    if (sender == 0 || topic == 0) {
        return failed(store, error);
    }
    const uint64_t seq = next->tree.size + 1;
    bool added = false;
    enum lt_code code = add_row(store, put, seq, sender, topic, &added, error);
    if (code == LT_DONE && !added) {
        return compare(store, put, sender, error);
    }
    if (code == LT_DONE) {
        code = add_leaf(store, next, put, seq, error);
    }
    if (code == LT_DONE) {
        code = add_hour(store, next, put, seq, error);
    }
    if (code == LT_DONE) {
        code = set_last(store, put, seq, topic, error);
    }
    for (size_t i = 0; i < put->blob_count && code == LT_DONE; i++) {
        code = blob_named(&store->sqlite, put->blobs[i], seq) ? LT_DONE : failed(store, error);
    }
    if (code == LT_DONE) {
        next->messages++;
        next->stored = put->stored;
        put->outcome = LT_DONE;
        put->seq = seq;
    }
    return code;
}

// A copy of the bytes, its first 8 the seq where it is asked for.
static bool with_seq(struct lt_buffer *room, struct lt_slice *bytes, bool wanted, uint64_t seq)
{
    if (!wanted) {
        return true;
    }
    lt_buffer_empty(room);
    if (bytes->size < sizeof seq || !lt_buffer_add(room, bytes->data, bytes->size)) {
        return false;
    }
    for (size_t i = 0; i < sizeof seq; i++) {
        room->data[i] = (uint8_t)(seq >> (56 - 8 * i));
    }
    *bytes = lt_buffer_slice(room);
    return true;
}

static enum lt_code write_seq_record(struct store *store, struct tally *next,
                                     const struct store_group *group,
                                     const struct store_seq_record *record, struct lt_error *error)
{
    if (record->of >= group->put_count) {
        return lt_fail(error, LT_BAD_USE, "record %s: there is no message %zu in the group",
                       record->record.bucket, record->of);
    }
    const struct store_put *put = &group->puts[record->of];
    struct lt_slice key = record->record.key;
    struct lt_slice value = record->record.value;
    if (put->outcome != LT_DONE) {
        return LT_DONE;
    }
    if (!with_seq(&store->key, &key, record->seq_in_key, put->seq) ||
        !with_seq(&store->value, &value, record->seq_in_value, put->seq)) {
        return lt_fail(error, LT_BAD_USE, "record %s: no room for a seq", record->record.bucket);
    }
    return record_write(&store->sqlite, next, &record->record, key, value, error);
}

static enum lt_code write_all(struct store *store, struct tally *next, struct store_group *group,
                              struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    for (size_t i = 0; i < group->put_count && code == LT_DONE; i++) {
        code = put_message(store, next, &group->puts[i], error);
    }
    for (size_t i = 0; i < group->record_count && code == LT_DONE; i++) {
        const struct store_record *record = &group->records[i];
        code = record_write(&store->sqlite, next, record, record->key, record->value, error);
    }
    for (size_t i = 0; i < group->seq_record_count && code == LT_DONE; i++) {
        code = write_seq_record(store, next, group, &group->seq_records[i], error);
    }
    if (code == LT_DONE && !tally_write(next, &store->sqlite)) {
        code = sqlite_fail(&store->sqlite, "storing a group", error);
    }
    return code;
}

enum lt_code store_append(struct store *store, struct store_group *group, struct lt_error *error)
{
    struct tally next = store->tally;
    enum lt_code code = store_begin(store, error);
    if (code == LT_DONE) {
        code = write_all(store, &next, group, error);
    }
    if (code == LT_DONE) {
        code = store_commit(store, error);
    }
    if (code == LT_DONE) {
        store->tally = next;
        return LT_DONE;
    }
    store_roll_back(store);
    for (size_t i = 0; i < group->put_count; i++) {
        group->puts[i].outcome = LT_STORAGE_FAILED;
        group->puts[i].seq = 0;
    }
    return code;
}
