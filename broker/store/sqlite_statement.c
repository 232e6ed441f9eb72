// Every statement of the engine, and the little that is needed to use one.
#include "sqlite.h"

#define ROW "seq, stored, keep_until, sender, topic, grade, id, sealed"
#define MESSAGE_ROW                                                                                \
    "message.seq, stored, keep_until, sender, message.topic, grade, message.id, sealed"

static const char *const texts[STATEMENTS] = {
    [STATE_READ] = "SELECT epoch, version, messages, stored, size, edge FROM state",
    [STATE_WRITE] = "UPDATE state SET version = ?1, messages = ?2, stored = ?3, size = ?4, edge = "
                    "?5",
    [PAGES_FREE] = "SELECT freelist_count * page_size "
                   "FROM pragma_freelist_count, pragma_page_size",
    [NAME_FIND] = "SELECT id FROM name WHERE text = ?1",
    [NAME_ADD] = "INSERT INTO name (text) VALUES (?1)",
    [NAME_TEXT] = "SELECT text FROM name WHERE id = ?1",

    [MESSAGE_ADD] = "INSERT INTO message (seq, stored, keep_until, sender, topic, grade, id, re, "
                    "origin, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
                    "ON CONFLICT (id, sender) DO NOTHING",
    [MESSAGE_SAME] = "SELECT seq, sealed FROM message WHERE id = ?1 AND sender = ?2",
    [MESSAGE_DELETE] = "DELETE FROM message WHERE seq = ?1",
    [MESSAGE_FORWARD] = "SELECT " ROW " FROM message WHERE seq > ?1 AND seq < ?2 "
                        "ORDER BY seq LIMIT ?3",
    [MESSAGE_BACKWARD] = "SELECT " ROW " FROM message WHERE seq > ?1 AND seq < ?2 "
                         "ORDER BY seq DESC LIMIT ?3",
    [MESSAGE_BY_ID] = "SELECT " ROW " FROM message WHERE id = ?1",
    [MESSAGE_BY_SEQ] = "SELECT " ROW " FROM message WHERE seq = ?1",
    [MESSAGE_RELATED] = "SELECT " ROW " FROM message WHERE re = ?1 AND seq > ?2 "
                        "ORDER BY seq LIMIT ?3",
    [MESSAGE_ORIGIN] = "SELECT seq, name.text FROM message JOIN name ON name.id = topic "
                       "WHERE origin = ?1 AND sender = (SELECT id FROM name WHERE text = ?2) "
                       "ORDER BY seq",
    [MESSAGE_LAST] = "SELECT " MESSAGE_ROW " FROM last JOIN message ON message.seq = last.seq "
                     "WHERE last.seq > ?1 ORDER BY last.seq LIMIT ?2",
    [MESSAGE_OLDEST] = "SELECT stored FROM message ORDER BY seq LIMIT 1",

    [LEAF_ADD] = "INSERT INTO leaf (seq, hash) VALUES (?1, ?2)",
    [LEAF_READ] = "SELECT hash FROM leaf WHERE seq = ?1",
    [HOUR_ADD] = "INSERT OR IGNORE INTO hour (hour, seq) VALUES (?1, ?2)",
    [HOUR_SINCE] = "SELECT min(seq) FROM hour WHERE hour >= ?1",

    [LAST_OFFER] = "INSERT INTO last (topic, seq, created, id, expires) "
                   "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (topic) DO UPDATE SET "
                   "seq = excluded.seq, created = excluded.created, id = excluded.id, "
                   "expires = excluded.expires WHERE excluded.created > created "
                   "OR (excluded.created = created AND excluded.id > id)",
    [LAST_SET] = "INSERT OR REPLACE INTO last (topic, seq, created, id, expires) "
                 "VALUES (?1, ?2, ?3, ?4, ?5)",
    [LAST_FROM] = "SELECT name.text FROM last JOIN message ON message.seq = last.seq "
                  "JOIN name ON name.id = message.sender WHERE last.topic = ?1 AND last.id = ?2",
    [LAST_CLEAR] = "DELETE FROM last WHERE topic = ?1",
    [LAST_GONE] = "DELETE FROM last WHERE seq = ?1",

    [RECORD_GET] = "SELECT value, version FROM record WHERE bucket = ?1 AND key = ?2",
    [RECORD_PUT] = "INSERT INTO record (bucket, key, value, version) VALUES (?1, ?2, ?3, ?4) "
                   "ON CONFLICT (bucket, key) DO UPDATE SET value = excluded.value, "
                   "version = excluded.version",
    [RECORD_DELETE] = "DELETE FROM record WHERE bucket = ?1 AND key = ?2",
    [RECORD_FROM] = "SELECT key, value, version FROM record WHERE bucket = ?1 AND key >= ?2 "
                    "ORDER BY key LIMIT ?3",
    [RECORD_AFTER] = "SELECT key, value, version FROM record WHERE bucket = ?1 AND key > ?2 "
                     "ORDER BY key LIMIT ?3",

    [BLOB_COUNT] = "SELECT count(*) FROM blob",
    [BLOB_FIND] = "SELECT chunks, size FROM blob WHERE sha256 = ?1",
    [BLOB_ADD] = "INSERT INTO blob (sha256, chunks, size, idle_since) VALUES (?1, ?2, ?3, ?4)",
    [BLOB_TOUCH] = "UPDATE blob SET idle_since = ?2 WHERE sha256 = ?1 AND idle_since > 0",
    [BLOB_WANTED] = "UPDATE blob SET idle_since = ?2 WHERE sha256 = ?1",
    [BLOB_DROP] = "DELETE FROM blob WHERE sha256 = ?1",
    [BLOB_NAME] = "INSERT OR IGNORE INTO blob_named (sha256, seq) VALUES (?1, ?2)",
    [BLOB_IS_NAMED] = "SELECT 1 FROM blob_named WHERE sha256 = ?1 LIMIT 1",
    [BLOB_NAMES_OF] = "SELECT sha256 FROM blob_named WHERE seq = ?1 LIMIT 1",
    [BLOB_UNNAME] = "DELETE FROM blob_named WHERE sha256 = ?1 AND seq = ?2",

    [PART_FIND] = "SELECT chunks, whole, size, hashing FROM blob_part "
                  "WHERE principal = ?1 AND sha256 = ?2",
    [PART_ADD] = "INSERT INTO blob_part (principal, sha256, whole, size, hashing, touched) "
                 "VALUES (?1, ?2, ?3, 0, ?4, ?5)",
    [PART_GROW] = "UPDATE blob_part SET size = ?2, hashing = ?3, touched = ?4 WHERE chunks = ?1",
    [PART_DROP] = "DELETE FROM blob_part WHERE chunks = ?1",
    [PART_USED] = "SELECT sum(max(size, 4096)) FROM blob_part WHERE principal = ?1",
    [CHUNK_ADD] = "INSERT INTO blob_chunk (chunks, at, bytes) VALUES (?1, ?2, ?3)",
    [CHUNK_FROM] = "SELECT at, bytes FROM blob_chunk WHERE chunks = ?1 AND at >= "
                   "(SELECT max(at) FROM blob_chunk WHERE chunks = ?1 AND at <= ?2) "
                   "AND at < ?3 ORDER BY at",
    [CHUNK_DROP] = "DELETE FROM blob_chunk WHERE chunks = ?1",

    [SWEEP_MESSAGES] = "SELECT seq FROM message WHERE keep_until > 0 "
                       "AND keep_until / 3600000 <= ?1 / 3600000 AND keep_until <= ?1 "
                       "AND NOT EXISTS (SELECT 1 FROM last WHERE last.seq = message.seq "
                       "AND (expires = 0 OR expires > ?1)) LIMIT ?2",
    [SWEEP_BLOBS] = "SELECT sha256, chunks, size FROM blob WHERE idle_since > 0 "
                    "AND idle_since <= ?1 LIMIT 1",
    [SWEEP_PARTS] = "SELECT chunks, size FROM blob_part WHERE touched <= ?1 LIMIT 1",
};

sqlite3_stmt *sqlite_statement(struct sqlite *sqlite, enum statement which)
{
    sqlite3_stmt **kept = &sqlite->statements[which];
    if (*kept == NULL) {
        (void)sqlite3_prepare_v3(sqlite->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, kept,
                                 NULL);
    }
    return *kept;
}

void sqlite_bind_uint(sqlite3_stmt *statement, int at, uint64_t value)
{
    (void)sqlite3_bind_int64(statement, at, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

void sqlite_bind_bytes(sqlite3_stmt *statement, int at, struct lt_slice bytes)
{
    if (bytes.data == NULL) {
        (void)sqlite3_bind_null(statement, at);
    } else {
        (void)sqlite3_bind_blob64(statement, at, bytes.data, bytes.size, SQLITE_STATIC);
    }
}

void sqlite_bind_text(sqlite3_stmt *statement, int at, struct lt_slice text)
{
    if (text.data == NULL) {
        (void)sqlite3_bind_null(statement, at);
    } else {
        (void)sqlite3_bind_text64(statement, at, (const char *)text.data, text.size, SQLITE_STATIC,
                                  SQLITE_UTF8);
    }
}

uint64_t sqlite_uint(sqlite3_stmt *statement, int column)
{
    const int64_t value = sqlite3_column_int64(statement, column);
    return value < 0 ? 0 : (uint64_t)value;
}

struct lt_slice sqlite_bytes(sqlite3_stmt *statement, int column)
{
    const uint8_t *data = sqlite3_column_blob(statement, column);
    const int size = sqlite3_column_bytes(statement, column);
    return (struct lt_slice){data, data == NULL ? 0 : (size_t)size};
}

bool sqlite_done(sqlite3_stmt *statement)
{
    const int stepped = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return stepped == SQLITE_DONE;
}

void sqlite_end(sqlite3_stmt *statement)
{
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
}
