// What belongs together in a store of which some could not be read: names and leaves that are lost are
// taken from the messages, counts are counted anew.
#include "sqlite.h"

static bool run_with(struct sqlite *to, const char *sql, int64_t number, struct lt_slice bytes)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(to->db, sql, -1, &statement, NULL) != SQLITE_OK) {
        return false;
    }
    (void)sqlite3_bind_int64(statement, 1, number);
    if (sqlite3_bind_parameter_count(statement) > 1) {
        sqlite_bind_bytes(statement, 2, bytes);
    }
    const bool done = sqlite3_step(statement) == SQLITE_DONE;
    (void)sqlite3_finalize(statement);
    return done;
}

static bool mend_one(struct sqlite *to, sqlite3_stmt *row)
{
    const int64_t seq = sqlite3_column_int64(row, 0);
    const struct lt_slice bytes = sqlite_bytes(row, 3);
    struct lt_sealed sealed = {0};
    uint8_t leaf[LT_HASH_SIZE];
    if (lt_sealed_decode(bytes, &sealed, NULL) != LT_DONE) {
        return run_with(to, "DELETE FROM message WHERE seq = ?1", seq, bytes);
    }
    lt_tree_leaf(bytes, leaf);
    return run_with(to, "INSERT OR IGNORE INTO name (id, text) VALUES (?1, CAST(?2 AS TEXT))",
                    sqlite3_column_int64(row, 1), sealed.part.from) &&
           run_with(to, "INSERT OR IGNORE INTO name (id, text) VALUES (?1, CAST(?2 AS TEXT))",
                    sqlite3_column_int64(row, 2), sealed.part.topic) &&
           run_with(to, "INSERT OR IGNORE INTO leaf (seq, hash) VALUES (?1, ?2)", seq,
                    (struct lt_slice){leaf, sizeof leaf});
}

// A message says itself who sent it and where, and its leaf is its hash.
static bool mend_messages(struct sqlite *to)
{
    sqlite3_stmt *walk = NULL;
    if (sqlite3_prepare_v2(to->db,
                           "SELECT seq, sender, topic, sealed FROM message "
                           "WHERE sender NOT IN (SELECT id FROM name) "
                           "OR topic NOT IN (SELECT id FROM name) "
                           "OR seq NOT IN (SELECT seq FROM leaf)",
                           -1, &walk, NULL) != SQLITE_OK) {
        return false;
    }
    bool mended = true;
    int stepped = SQLITE_ROW;
    while (mended && (stepped = sqlite3_step(walk)) == SQLITE_ROW) {
        mended = mend_one(to, walk);
    }
    (void)sqlite3_finalize(walk);
    return mended && stepped == SQLITE_DONE;
}

static uint64_t number(struct sqlite *sqlite, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    uint64_t found = 0;
    if (sqlite3_prepare_v2(sqlite->db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        found = sqlite_uint(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    return found;
}

enum lt_code mend_all(struct sqlite *to, struct store_salvaged *found, struct lt_error *error)
{
    if (number(to, "SELECT count(*) FROM state") != 1) {
        return lt_fail(error, LT_BAD_FILE,
                       "the store's state cannot be read: restore the last backup");
    }
    const uint64_t kept = number(to, "SELECT messages FROM state");
    if (!mend_messages(to)) {
        return sqlite_fail(to, "salvaging the store", error);
    }
    // The number that a blob's pieces have is never given again.
    const enum lt_code code = sqlite_run(
        to,
        "DELETE FROM message WHERE sender NOT IN (SELECT id FROM name) "
        "OR topic NOT IN (SELECT id FROM name);"
        "INSERT OR IGNORE INTO hour (hour, seq) SELECT stored / 3600000, min(seq) FROM message "
        "GROUP BY stored / 3600000;"
        "UPDATE state SET messages = (SELECT count(*) FROM message);"
        "DELETE FROM sqlite_sequence WHERE name = 'blob_part';"
        "INSERT INTO sqlite_sequence (name, seq) VALUES ('blob_part', max("
        "(SELECT ifnull(max(chunks), 0) FROM blob), (SELECT ifnull(max(chunks), 0) FROM blob_part),"
        "(SELECT ifnull(max(chunks), 0) FROM blob_chunk)));",
        error);
    found->messages = number(to, "SELECT messages FROM state");
    found->lost_messages = kept > found->messages ? kept - found->messages : 0;
    return code;
}
