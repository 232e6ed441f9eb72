// Putting blobs: in pieces that can be resumed, each principal's own until the last byte is in and the
// hash is right.
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
    if (statement == NULL || !blob_is_named(sqlite, sha256, &named)) {
        return failed(sqlite, error);
    }
    sqlite_bind_bytes(statement, 1, hash_slice(sha256));
    sqlite_bind_uint(statement, 2, part->chunks);
    sqlite_bind_uint(statement, 3, part->size);
    sqlite_bind_uint(statement, 4, named ? 0 : now);
    return sqlite_done(statement) ? LT_DONE : failed(sqlite, error);
}

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
    if (!blob_mark(&store->sqlite, BLOB_TOUCH, put->sha256, put->now)) {
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
    enum lt_code outcome = blob_find(&store->sqlite, sha256, &chunks, size, NULL);
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
