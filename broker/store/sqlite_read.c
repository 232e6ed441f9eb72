// Walking stored messages: by seq, and the topics' last values, a slice at a time.
#include <string.h>

#include "sqlite.h"

enum { LIMIT = 256, HOUR_MS = 3600000 };

static enum lt_code failed(struct store_reader *reader, struct lt_error *error)
{
    return sqlite_fail(&reader->sqlite, "reading messages", error);
}

static void note_damaged(struct store_reader *reader, uint64_t seq)
{
    const uint64_t known =
        reader->damaged < DAMAGED_AT_HAND ? reader->damaged : (uint64_t)DAMAGED_AT_HAND;
    for (uint64_t i = 0; i < known; i++) {
        if (reader->damaged_seqs[i] == seq) {
            return;
        }
    }
    reader->damaged_seqs[reader->damaged % DAMAGED_AT_HAND] = seq;
    reader->damaged++;
}

// Is what is there what was stored: does its leaf in the log say so.
static enum lt_code check_leaf(struct store_reader *reader, struct store_row *row,
                               struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(&reader->sqlite, LEAF_READ);
    if (statement == NULL) {
        return failed(reader, error);
    }
    uint8_t leaf[LT_HASH_SIZE];
    lt_tree_leaf(row->sealed, leaf);
    sqlite_bind_uint(statement, 1, row->seq);
    const int stepped = sqlite3_step(statement);
    const struct lt_slice stored =
        stepped == SQLITE_ROW ? sqlite_bytes(statement, 0) : (struct lt_slice){0};
    row->damaged = !lt_slice_equal(stored, (struct lt_slice){leaf, sizeof leaf});
    sqlite_end(statement);
    if (row->damaged) {
        note_damaged(reader, row->seq);
    }
    return stepped == SQLITE_ROW || stepped == SQLITE_DONE ? LT_DONE : failed(reader, error);
}

enum lt_code row_visit(struct store_reader *reader, sqlite3_stmt *statement, store_visit *visit,
                       void *self, bool *go_on, struct lt_error *error)
{
    const struct name *sender =
        names_text(&reader->names, &reader->sqlite, sqlite3_column_int64(statement, ROW_SENDER));
    if (sender == NULL) {
        return failed(reader, error);
    }
    char from[LT_PRINCIPAL_MAX]; // the topic's look-up may take its slot
    const size_t from_size = sender->size < sizeof from ? sender->size : sizeof from;
    memcpy(from, sender->text, from_size);
    const struct name *topic =
        names_text(&reader->names, &reader->sqlite, sqlite3_column_int64(statement, ROW_TOPIC));
    if (topic == NULL) {
        return failed(reader, error);
    }
    const int grade = sqlite3_column_int(statement, ROW_GRADE);
    struct store_row row = {
        .seq = sqlite_uint(statement, ROW_SEQ),
        .stored = sqlite_uint(statement, ROW_STORED),
        .keep_until = sqlite_uint(statement, ROW_KEEP),
        .from = {(const uint8_t *)from, from_size},
        .topic = {(const uint8_t *)topic->text, topic->size},
        .priority = (uint8_t)(grade / 4 & 3),
        .label = (uint8_t)(grade & 3),
        .sealed = sqlite_bytes(statement, ROW_SEALED),
    };
    const struct lt_slice id = sqlite_bytes(statement, ROW_ID);
    if (id.size == LT_ID_SIZE) {
        memcpy(row.id, id.data, LT_ID_SIZE);
    }
    const enum lt_code code = check_leaf(reader, &row, error);
    if (code == LT_DONE) {
        *go_on = visit(self, &row);
    }
    return code;
}

enum lt_code row_matches(struct store_reader *reader, sqlite3_stmt *statement,
                         const struct lt_slice *patterns, size_t count, bool *matches,
                         struct lt_error *error)
{
    *matches = true;
    if (count == 0) {
        return LT_DONE;
    }
    struct name *topic =
        names_text(&reader->names, &reader->sqlite, sqlite3_column_int64(statement, ROW_TOPIC));
    if (topic == NULL) {
        return failed(reader, error);
    }
    if (topic->asked != reader->walks) {
        const struct lt_slice text = {(const uint8_t *)topic->text, topic->size};
        topic->asked = reader->walks;
        topic->matches = false;
        for (size_t i = 0; i < count && !topic->matches; i++) {
            topic->matches = lt_pattern_matches(patterns[i], text);
        }
    }
    *matches = topic->matches;
    return LT_DONE;
}

// Steps through what the bound statement gives; *next: the seq of the last row when there may be
// more, else 0.
static enum lt_code walk(struct store_reader *reader, sqlite3_stmt *statement,
                         const struct store_scan *scan, store_visit *visit, void *self,
                         uint64_t *next, struct lt_error *error)
{
    const size_t limit = scan->limit == 0 ? LIMIT : scan->limit;
    size_t looked_at = 0;
    bool go_on = true;
    enum lt_code code = LT_DONE;
    int stepped = SQLITE_ROW;
    reader->walks++;
    *next = 0;
    while (code == LT_DONE && go_on && looked_at < limit &&
           (stepped = sqlite3_step(statement)) == SQLITE_ROW) {
        const uint64_t stored = sqlite_uint(statement, ROW_STORED);
        bool matches = stored >= scan->since && (scan->until == 0 || stored < scan->until);
        looked_at++;
        *next = sqlite_uint(statement, ROW_SEQ);
        if (matches) {
            code = row_matches(reader, statement, scan->patterns, scan->pattern_count, &matches,
                               error);
        }
        if (code == LT_DONE && matches) {
            code = row_visit(reader, statement, visit, self, &go_on, error);
        }
    }
    sqlite_end(statement);
    if (code == LT_DONE && stepped == SQLITE_DONE) {
        *next = 0;
    } else if (code == LT_DONE && stepped != SQLITE_ROW) {
        code = failed(reader, error);
    }
    return code;
}

// No row before this seq was stored since then; 0: none was at all.
static enum lt_code first_since(struct store_reader *reader, uint64_t since, uint64_t *seq,
                                struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(&reader->sqlite, HOUR_SINCE);
    if (statement == NULL) {
        return failed(reader, error);
    }
    sqlite_bind_uint(statement, 1, since / HOUR_MS);
    const bool found = sqlite3_step(statement) == SQLITE_ROW;
    *seq = found ? sqlite_uint(statement, 0) : 0;
    sqlite_end(statement);
    return found ? LT_DONE : failed(reader, error);
}

enum lt_code store_scan(struct store_reader *reader, const struct store_scan *scan,
                        store_visit *visit, void *self, uint64_t *next, struct lt_error *error)
{
    uint64_t after = scan->after;
    *next = 0;
    if (scan->since > 0) {
        uint64_t first = 0;
        const enum lt_code code = first_since(reader, scan->since, &first, error);
        if (code != LT_DONE || first == 0) {
            return code;
        }
        after = after > first - 1 ? after : first - 1;
    }
    sqlite3_stmt *statement =
        sqlite_statement(&reader->sqlite, scan->backwards ? MESSAGE_BACKWARD : MESSAGE_FORWARD);
    if (statement == NULL) {
        return failed(reader, error);
    }
    sqlite_bind_uint(statement, 1, after);
    sqlite_bind_uint(statement, 2, scan->before == 0 ? INT64_MAX : scan->before);
    sqlite_bind_uint(statement, 3, INT64_MAX);
    return walk(reader, statement, scan, visit, self, next, error);
}

enum lt_code store_last(struct store_reader *reader, const struct lt_slice *patterns, size_t count,
                        uint64_t after, size_t limit, store_visit *visit, void *self,
                        uint64_t *next, struct lt_error *error)
{
    const struct store_scan scan = {.patterns = patterns, .pattern_count = count, .limit = limit};
    sqlite3_stmt *statement = sqlite_statement(&reader->sqlite, MESSAGE_LAST);
    *next = 0;
    if (statement == NULL) {
        return failed(reader, error);
    }
    sqlite_bind_uint(statement, 1, after);
    sqlite_bind_uint(statement, 2, INT64_MAX);
    return walk(reader, statement, &scan, visit, self, next, error);
}

enum lt_code store_find_related(struct store_reader *reader, const uint8_t re[LT_ID_SIZE],
                                uint64_t after, size_t limit, store_visit *visit, void *self,
                                uint64_t *next, struct lt_error *error)
{
    const struct store_scan scan = {.limit = limit};
    sqlite3_stmt *statement = sqlite_statement(&reader->sqlite, MESSAGE_RELATED);
    *next = 0;
    if (statement == NULL) {
        return failed(reader, error);
    }
    sqlite_bind_bytes(statement, 1, (struct lt_slice){re, LT_ID_SIZE});
    sqlite_bind_uint(statement, 2, after);
    sqlite_bind_uint(statement, 3, INT64_MAX);
    return walk(reader, statement, &scan, visit, self, next, error);
}
