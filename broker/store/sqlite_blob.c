// Blobs that are whole: content-addressed by SHA-256, kept while a stored message names them and a day
// longer.
#include <string.h>

#include "sqlite.h"

static enum lt_code failed(struct sqlite *sqlite, struct lt_error *error)
{
    return sqlite_fail(sqlite, "storing a blob", error);
}

static struct lt_slice hash_slice(const uint8_t sha256[32])
{
    return (struct lt_slice){sha256, 32};
}

enum lt_code blob_find(struct sqlite *sqlite, const uint8_t sha256[32], uint64_t *chunks,
                       uint64_t *size, struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(sqlite, BLOB_FIND);
    if (statement == NULL) {
        return failed(sqlite, error);
    }
    sqlite_bind_bytes(statement, 1, hash_slice(sha256));
    const int stepped = sqlite3_step(statement);
    if (stepped == SQLITE_ROW) {
        *chunks = sqlite_uint(statement, 0);
        *size = sqlite_uint(statement, 1);
    }
    sqlite_end(statement);
    if (stepped == SQLITE_ROW) {
        return LT_DONE;
    }
    return stepped == SQLITE_DONE ? lt_fail(error, LT_NOT_FOUND, "this blob is not here")
                                  : failed(sqlite, error);
}

bool blob_mark(struct sqlite *sqlite, enum statement which, const uint8_t sha256[32], uint64_t n)
{
    sqlite3_stmt *statement = sqlite_statement(sqlite, which);
    if (statement == NULL) {
        return false;
    }
    sqlite_bind_bytes(statement, 1, hash_slice(sha256));
    sqlite_bind_uint(statement, 2, n);
    return sqlite_done(statement);
}

bool blob_is_named(struct sqlite *sqlite, const uint8_t sha256[32], bool *named)
{
    sqlite3_stmt *statement = sqlite_statement(sqlite, BLOB_IS_NAMED);
    if (statement == NULL) {
        return false;
    }
    sqlite_bind_bytes(statement, 1, hash_slice(sha256));
    const int stepped = sqlite3_step(statement);
    *named = stepped == SQLITE_ROW;
    sqlite_end(statement);
    return stepped == SQLITE_ROW || stepped == SQLITE_DONE;
}

bool blob_named(struct sqlite *sqlite, const uint8_t sha256[32], uint64_t seq)
{
    return blob_mark(sqlite, BLOB_NAME, sha256, seq) && blob_mark(sqlite, BLOB_WANTED, sha256, 0);
}

bool blob_message_gone(struct sqlite *sqlite, uint64_t seq, uint64_t now)
{
    for (;;) {
        sqlite3_stmt *statement = sqlite_statement(sqlite, BLOB_NAMES_OF);
        if (statement == NULL) {
            return false;
        }
        sqlite_bind_uint(statement, 1, seq);
        const int stepped = sqlite3_step(statement);
        uint8_t sha256[32] = {0};
        const struct lt_slice bytes =
            stepped == SQLITE_ROW ? sqlite_bytes(statement, 0) : (struct lt_slice){0};
        const bool whole = bytes.size == sizeof sha256;
        if (whole) {
            memcpy(sha256, bytes.data, sizeof sha256);
        }
        sqlite_end(statement);
        if (!whole) {
            return stepped == SQLITE_DONE;
        }
        bool named = false;
        if (!blob_mark(sqlite, BLOB_UNNAME, sha256, seq) ||
            !blob_is_named(sqlite, sha256, &named) ||
            (!named && !blob_mark(sqlite, BLOB_WANTED, sha256, now))) {
            return false;
        }
    }
}

bool blob_drop_chunks(struct sqlite *sqlite, uint64_t chunks)
{
    sqlite3_stmt *statement = sqlite_statement(sqlite, CHUNK_DROP);
    if (statement == NULL) {
        return false;
    }
    sqlite_bind_uint(statement, 1, chunks);
    return sqlite_done(statement);
}

enum lt_code store_blob_used(struct store *store, struct lt_slice principal, uint64_t *unfinished,
                             uint64_t *all)
{
    sqlite3_stmt *statement = sqlite_statement(&store->sqlite, PART_USED);
    *unfinished = 0;
    *all = store->blob_bytes;
    if (statement == NULL) {
        return LT_STORAGE_FAILED;
    }
    sqlite_bind_text(statement, 1, principal);
    const bool found = sqlite3_step(statement) == SQLITE_ROW;
    *unfinished = found ? sqlite_uint(statement, 0) : 0;
    sqlite_end(statement);
    return found ? LT_DONE : LT_STORAGE_FAILED;
}

enum lt_code blob_count_bytes(struct sqlite *sqlite, uint64_t *bytes, struct lt_error *error)
{
    sqlite3_stmt *statement = NULL;
    enum lt_code code = LT_DONE;
    if (sqlite3_prepare_v2(sqlite->db,
                           "SELECT ifnull((SELECT sum(size) FROM blob), 0) + "
                           "ifnull((SELECT sum(size) FROM blob_part), 0)",
                           -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        code = failed(sqlite, error);
    } else {
        *bytes = sqlite_uint(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    return code;
}

enum lt_code store_blob_get(struct store_reader *reader, const uint8_t sha256[32], uint64_t offset,
                            size_t length, struct lt_buffer *out, uint64_t *whole,
                            struct lt_error *error)
{
    uint64_t chunks = 0;
    *whole = 0;
    const enum lt_code found = blob_find(&reader->sqlite, sha256, &chunks, whole, error);
    if (found != LT_DONE || offset >= *whole || length == 0) {
        return found;
    }
    const uint64_t end = length > *whole - offset ? *whole : offset + length;
    sqlite3_stmt *statement = sqlite_statement(&reader->sqlite, CHUNK_FROM);
    if (statement == NULL) {
        return failed(&reader->sqlite, error);
    }
    sqlite_bind_uint(statement, 1, chunks);
    sqlite_bind_uint(statement, 2, offset);
    sqlite_bind_uint(statement, 3, end);
    uint64_t at = offset;
    bool room = true;
    while (at < end && room && sqlite3_step(statement) == SQLITE_ROW) {
        const uint64_t begin = sqlite_uint(statement, 0);
        const struct lt_slice bytes = sqlite_bytes(statement, 1);
        if (begin > at || bytes.size <= at - begin) {
            break; // a piece is missing
        }
        const size_t skip = (size_t)(at - begin);
        const uint64_t left = end - at;
        const size_t take = bytes.size - skip < left ? bytes.size - skip : (size_t)left;
        room = lt_buffer_add(out, bytes.data + skip, take);
        at += take;
    }
    sqlite_end(statement);
    if (!room) {
        return lt_fail(error, LT_NO_MEMORY, "a blob: no room for %zu bytes", length);
    }
    return at == end ? LT_DONE : failed(&reader->sqlite, error);
}
