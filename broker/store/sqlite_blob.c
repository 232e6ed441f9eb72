// Blobs: content-addressed by SHA-256, put in pieces that can be resumed, kept while a stored message
// names them and a day longer.
#include <inttypes.h>
#include <sodium.h>
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

// --- whole ones ---

static enum lt_code find_whole(struct sqlite *sqlite, const uint8_t sha256[32], uint64_t *chunks,
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

static bool mark(struct sqlite *sqlite, enum statement which, const uint8_t sha256[32], uint64_t n)
{
    sqlite3_stmt *statement = sqlite_statement(sqlite, which);
    if (statement == NULL) {
        return false;
    }
    sqlite_bind_bytes(statement, 1, hash_slice(sha256));
    sqlite_bind_uint(statement, 2, n);
    return sqlite_done(statement);
}

static bool is_named(struct sqlite *sqlite, const uint8_t sha256[32], bool *named)
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
    return mark(sqlite, BLOB_NAME, sha256, seq) && mark(sqlite, BLOB_WANTED, sha256, 0);
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
        if (!mark(sqlite, BLOB_UNNAME, sha256, seq) || !is_named(sqlite, sha256, &named) ||
            (!named && !mark(sqlite, BLOB_WANTED, sha256, now))) {
            return false;
        }
    }
}

// --- those on their way ---

struct part {
    uint64_t chunks, whole, size; // chunks 0: there is none
    crypto_hash_sha256_state hashing;
};

static enum lt_code find_part(struct sqlite *sqlite, struct lt_slice principal,
                              const uint8_t sha256[32], struct part *part, struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(sqlite, PART_FIND);
    if (statement == NULL) {
        return failed(sqlite, error);
    }
    memset(part, 0, sizeof *part);
    sqlite_bind_text(statement, 1, principal);
    sqlite_bind_bytes(statement, 2, hash_slice(sha256));
    const int stepped = sqlite3_step(statement);
    if (stepped == SQLITE_ROW) {
        part->chunks = sqlite_uint(statement, 0);
        part->whole = sqlite_uint(statement, 1);
        part->size = sqlite_uint(statement, 2);
        const struct lt_slice hashing = sqlite_bytes(statement, 3);
        // Another library's state would only give another hash: then it begins again.
        const size_t size =
            hashing.size < sizeof part->hashing ? hashing.size : sizeof part->hashing;
        memcpy(&part->hashing, hashing.data, size);
    }
    sqlite_end(statement);
    return stepped == SQLITE_ROW || stepped == SQLITE_DONE ? LT_DONE : failed(sqlite, error);
}

static struct lt_slice state_slice(const crypto_hash_sha256_state *hashing)
{
    return (struct lt_slice){(const uint8_t *)hashing, sizeof *hashing};
}

static enum lt_code add_part(struct sqlite *sqlite, struct lt_slice principal,
                             const uint8_t sha256[32], uint64_t whole, uint64_t now,
                             struct part *part, struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(sqlite, PART_ADD);
    if (statement == NULL) {
        return failed(sqlite, error);
    }
    memset(part, 0, sizeof *part);
    part->whole = whole;
    (void)crypto_hash_sha256_init(&part->hashing);
    sqlite_bind_text(statement, 1, principal);
    sqlite_bind_bytes(statement, 2, hash_slice(sha256));
    sqlite_bind_uint(statement, 3, whole);
    sqlite_bind_bytes(statement, 4, state_slice(&part->hashing));
    sqlite_bind_uint(statement, 5, now);
    if (!sqlite_done(statement)) {
        return failed(sqlite, error);
    }
    part->chunks = (uint64_t)sqlite3_last_insert_rowid(sqlite->db);
    return LT_DONE;
}

static bool drop_part(struct sqlite *sqlite, uint64_t chunks)
{
    sqlite3_stmt *statement = sqlite_statement(sqlite, PART_DROP);
    if (statement == NULL) {
        return false;
    }
    sqlite_bind_uint(statement, 1, chunks);
    return sqlite_done(statement);
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

static enum lt_code grow(struct sqlite *sqlite, struct part *part, struct lt_slice bytes,
                         uint64_t now, struct lt_error *error)
{
    sqlite3_stmt *add = sqlite_statement(sqlite, CHUNK_ADD);
    sqlite3_stmt *statement = sqlite_statement(sqlite, PART_GROW);
    if (add == NULL || statement == NULL) {
        return failed(sqlite, error);
    }
    if (bytes.size > 0) {
        sqlite_bind_uint(add, 1, part->chunks);
        sqlite_bind_uint(add, 2, part->size);
        sqlite_bind_bytes(add, 3, bytes);
        if (!sqlite_done(add)) {
            return failed(sqlite, error);
        }
        (void)crypto_hash_sha256_update(&part->hashing, bytes.data, bytes.size);
        part->size += bytes.size;
    }
    sqlite_bind_uint(statement, 1, part->chunks);
    sqlite_bind_uint(statement, 2, part->size);
    sqlite_bind_bytes(statement, 3, state_slice(&part->hashing));
    sqlite_bind_uint(statement, 4, now);
    return sqlite_done(statement) ? LT_DONE : failed(sqlite, error);
}

// The last byte is in. *right: its hash is what it should be, and it is whole now; else it is gone.
static enum lt_code finish(struct sqlite *sqlite, const uint8_t sha256[32], struct part *part,
                           uint64_t now, bool *right, struct lt_error *error)
{
    uint8_t hash[32];
    (void)crypto_hash_sha256_final(&part->hashing, hash);
    *right = memcmp(hash, sha256, sizeof hash) == 0;
    if (!drop_part(sqlite, part->chunks)) {
        return failed(sqlite, error);
    }
    if (!*right) {
        return blob_drop_chunks(sqlite, part->chunks) ? LT_DONE : failed(sqlite, error);
    }
    bool named = false;
    sqlite3_stmt *statement = sqlite_statement(sqlite, BLOB_ADD);
    if (statement == NULL || !is_named(sqlite, sha256, &named)) {
        return failed(sqlite, error);
    }
    sqlite_bind_bytes(statement, 1, hash_slice(sha256));
    sqlite_bind_uint(statement, 2, part->chunks);
    sqlite_bind_uint(statement, 3, part->size);
    sqlite_bind_uint(statement, 4, named ? 0 : now);
    return sqlite_done(statement) ? LT_DONE : failed(sqlite, error);
}

// --- putting ---

struct put {
    struct lt_slice principal;
    const uint8_t *sha256;
    uint64_t whole, offset, now;
    struct lt_slice bytes;
};

// Somebody's is whole: this principal's own beginning is not needed any more.
static enum lt_code put_again(struct store *store, const struct put *put, uint64_t size,
                              struct lt_error *error)
{
    struct part part = {0};
    const enum lt_code code = find_part(&store->sqlite, put->principal, put->sha256, &part, error);
    if (code != LT_DONE) {
        return code;
    }
    if (part.chunks != 0 && (!drop_part(&store->sqlite, part.chunks) ||
                             !blob_drop_chunks(&store->sqlite, part.chunks))) {
        return failed(&store->sqlite, error);
    }
    store->blob_bytes -= part.size;
    if (!mark(&store->sqlite, BLOB_TOUCH, put->sha256, put->now)) {
        return failed(&store->sqlite, error);
    }
    return size == put->whole
               ? LT_DONE
               : lt_fail(error, LT_BODY_WRONG,
                         "size: the blob of this hash has %" PRIu64 " bytes, not %" PRIu64, size,
                         put->whole);
}

static enum lt_code put_more(struct store *store, const struct put *put, uint64_t *size,
                             struct lt_error *error)
{
    struct sqlite *sqlite = &store->sqlite;
    struct part part = {0};
    enum lt_code code = find_part(sqlite, put->principal, put->sha256, &part, error);
    if (code == LT_DONE && part.chunks != 0 && part.whole != put->whole) {
        if (!drop_part(sqlite, part.chunks) || !blob_drop_chunks(sqlite, part.chunks)) {
            return failed(sqlite, error);
        }
        store->blob_bytes -= part.size;
        memset(&part, 0, sizeof part);
    }
    *size = part.size;
    if (code != LT_DONE || put->offset != part.size || (put->bytes.size == 0 && put->whole > 0)) {
        return code;
    }
    if (part.chunks == 0) {
        code = add_part(sqlite, put->principal, put->sha256, put->whole, put->now, &part, error);
    }
    if (code == LT_DONE) {
        code = grow(sqlite, &part, put->bytes, put->now, error);
    }
    if (code != LT_DONE) {
        return code;
    }
    *size = part.size;
    store->blob_bytes += put->bytes.size;
    if (part.size < part.whole) {
        return LT_DONE;
    }
    bool right = false;
    code = finish(sqlite, put->sha256, &part, put->now, &right, error);
    if (code == LT_DONE && !right) {
        store->blob_bytes -= part.size;
        *size = 0;
        return lt_fail(error, LT_BODY_WRONG,
                       "sha256: the blob's bytes have another hash; it begins again");
    }
    return code;
}

enum lt_code store_blob_put(struct store *store, struct lt_slice principal,
                            const uint8_t sha256[32], uint64_t whole, uint64_t offset,
                            struct lt_slice bytes, uint64_t now, uint64_t *size,
                            struct lt_error *error)
{
    const struct put put = {principal, sha256, whole, offset, now, bytes};
    const uint64_t bytes_before = store->blob_bytes;
    uint64_t chunks = 0;
    *size = 0;
    if (offset > whole || bytes.size > whole - offset) {
        return lt_fail(error, LT_MALFORMED,
                       "offset: %" PRIu64 " and %zu bytes reach past the blob's size %" PRIu64,
                       offset, bytes.size, whole);
    }
    enum lt_code code = store_begin(store, error);
    if (code != LT_DONE) {
        return code;
    }
    enum lt_code outcome = find_whole(&store->sqlite, sha256, &chunks, size, NULL);
    if (outcome == LT_DONE) {
        outcome = put_again(store, &put, *size, error);
    } else if (outcome == LT_NOT_FOUND) {
        outcome = put_more(store, &put, size, error);
    } else {
        outcome = failed(&store->sqlite, error);
    }
    const bool keep = outcome == LT_DONE || outcome == LT_BODY_WRONG;
    code = keep ? store_commit(store, error) : outcome;
    if (code != LT_DONE) {
        store_roll_back(store);
        store->blob_bytes = bytes_before;
        *size = 0;
        return code;
    }
    return outcome;
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

// --- getting ---

enum lt_code store_blob_get(struct store_reader *reader, const uint8_t sha256[32], uint64_t offset,
                            size_t length, struct lt_buffer *out, uint64_t *whole,
                            struct lt_error *error)
{
    uint64_t chunks = 0;
    *whole = 0;
    const enum lt_code found = find_whole(&reader->sqlite, sha256, &chunks, whole, error);
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
