// What has been kept long enough goes: messages (their leaves in the log stay), blobs that nobody
// names any more, blobs that nobody went on with.
#include <stdlib.h>

#include "sqlite.h"

enum { DAY_MS = 86400000, MOST = 4096 };

static enum lt_code failed(struct store *store, struct lt_error *error)
{
    return sqlite_fail(&store->sqlite, "sweeping the store", error);
}

static bool delete_by_seq(struct store *store, enum statement which, uint64_t seq)
{
    sqlite3_stmt *statement = sqlite_statement(&store->sqlite, which);
    if (statement == NULL) {
        return false;
    }
    sqlite_bind_uint(statement, 1, seq);
    return sqlite_done(statement);
}

static enum lt_code find_messages(struct store *store, uint64_t now, size_t limit, uint64_t *seqs,
                                  size_t *count, struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(&store->sqlite, SWEEP_MESSAGES);
    if (statement == NULL) {
        return failed(store, error);
    }
    sqlite_bind_uint(statement, 1, now);
    sqlite_bind_uint(statement, 2, limit);
    int stepped = SQLITE_ROW;
    *count = 0;
    while (*count < limit && (stepped = sqlite3_step(statement)) == SQLITE_ROW) {
        seqs[(*count)++] = sqlite_uint(statement, 0);
    }
    sqlite_end(statement);
    return stepped == SQLITE_ROW || stepped == SQLITE_DONE ? LT_DONE : failed(store, error);
}

static enum lt_code sweep_messages(struct store *store, struct tally *next, uint64_t now,
                                   size_t limit, size_t *swept, struct lt_error *error)
{
    uint64_t *seqs = calloc(limit, sizeof *seqs);
    size_t count = 0;
    if (seqs == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "sweeping the store: no memory");
    }
    enum lt_code code = find_messages(store, now, limit, seqs, &count, error);
    for (size_t i = 0; i < count && code == LT_DONE; i++) {
        if (!blob_message_gone(&store->sqlite, seqs[i], now) ||
            !delete_by_seq(store, LAST_GONE, seqs[i]) ||
            !delete_by_seq(store, MESSAGE_DELETE, seqs[i])) {
            code = failed(store, error);
        }
    }
    free(seqs);
    next->messages -= count < next->messages ? count : next->messages;
    *swept += count;
    return code;
}

// The next blob or part of one that is to go: its number and size; chunks 0: none is.
static bool find_stale(struct store *store, enum statement which, uint64_t before, int first,
                       uint8_t sha256[32], uint64_t *chunks, uint64_t *size)
{
    sqlite3_stmt *statement = sqlite_statement(&store->sqlite, which);
    if (statement == NULL) {
        return false;
    }
    sqlite_bind_uint(statement, 1, before);
    const int stepped = sqlite3_step(statement);
    *chunks = 0;
    if (stepped == SQLITE_ROW) {
        const struct lt_slice hash = sqlite_bytes(statement, 0);
        for (size_t i = 0; first == 1 && i < 32 && i < hash.size; i++) {
            sha256[i] = hash.data[i];
        }
        *chunks = sqlite_uint(statement, first);
        *size = sqlite_uint(statement, first + 1);
    }
    sqlite_end(statement);
    return stepped == SQLITE_ROW || stepped == SQLITE_DONE;
}

static bool drop_whole(struct store *store, const uint8_t sha256[32])
{
    sqlite3_stmt *statement = sqlite_statement(&store->sqlite, BLOB_DROP);
    if (statement == NULL) {
        return false;
    }
    sqlite_bind_bytes(statement, 1, (struct lt_slice){sha256, 32});
    return sqlite_done(statement);
}

static enum lt_code sweep_blobs(struct store *store, enum statement which, uint64_t now,
                                size_t limit, uint64_t *bytes, size_t *swept,
                                struct lt_error *error)
{
    const bool whole = which == SWEEP_BLOBS;
    const uint64_t before = now < DAY_MS ? 0 : now - DAY_MS;
    while (*swept < limit) {
        uint8_t sha256[32] = {0};
        uint64_t chunks = 0;
        uint64_t size = 0;
        if (!find_stale(store, which, before, whole ? 1 : 0, sha256, &chunks, &size)) {
            return failed(store, error);
        }
        if (chunks == 0) {
            return LT_DONE;
        }
        const bool dropped =
            whole ? drop_whole(store, sha256) : delete_by_seq(store, PART_DROP, chunks);
        if (!dropped || !blob_drop_chunks(&store->sqlite, chunks)) {
            return failed(store, error);
        }
        *bytes += size;
        (*swept)++;
    }
    return LT_DONE;
}

enum lt_code store_sweep(struct store *store, uint64_t now, size_t limit, size_t *swept,
                         struct lt_error *error)
{
    struct tally next = store->tally;
    const size_t most = limit > MOST ? MOST : limit;
    uint64_t bytes = 0;
    *swept = 0;
    if (limit == 0) {
        return LT_DONE;
    }
    enum lt_code code = store_begin(store, error);
    if (code == LT_DONE) {
        code = sweep_messages(store, &next, now, most, swept, error);
    }
    if (code == LT_DONE) {
        code = sweep_blobs(store, SWEEP_BLOBS, now, most, &bytes, swept, error);
    }
    if (code == LT_DONE) {
        code = sweep_blobs(store, SWEEP_PARTS, now, most, &bytes, swept, error);
    }
    if (code == LT_DONE && *swept > 0 && !tally_write(&next, &store->sqlite)) {
        code = failed(store, error);
    }
    if (code == LT_DONE) {
        code = store_commit(store, error);
    }
    if (code != LT_DONE) {
        store_roll_back(store);
        *swept = 0;
        return code;
    }
    store->tally = next;
    store->blob_bytes -= bytes;
    return LT_DONE;
}
