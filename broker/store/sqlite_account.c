// Looking at everything that a store holds: its pages, each message against its leaf, the leaves
// against the log's tree, each blob against its name.
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "sqlite.h"

static enum lt_code failed(struct store_reader *reader, struct lt_error *error)
{
    return sqlite_fail(&reader->sqlite, "looking the store through", error);
}

static sqlite3_stmt *prepare(struct store_reader *reader, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    (void)sqlite3_prepare_v2(reader->sqlite.db, sql, -1, &statement, NULL);
    return statement;
}

static enum lt_code check_pages(struct store_reader *reader, struct store_account *account,
                                struct lt_error *error)
{
    sqlite3_stmt *statement = prepare(reader, "PRAGMA integrity_check(1)");
    if (statement == NULL || sqlite3_step(statement) != SQLITE_ROW) {
        (void)sqlite3_finalize(statement);
        return failed(reader, error);
    }
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    account->pages_hold = text != NULL && strcmp(text, "ok") == 0;
    (void)snprintf(account->pages, sizeof account->pages, "%s", text == NULL ? "" : text);
    (void)sqlite3_finalize(statement);
    return LT_DONE;
}

static bool count_row(void *self, const struct store_row *row)
{
    struct store_account *account = self;
    account->messages++;
    account->damaged += row->damaged;
    return true;
}

static enum lt_code check_messages(struct store_reader *reader, struct store_account *account,
                                   struct lt_error *error)
{
    struct store_scan scan = {.limit = 4096};
    uint64_t next = 0;
    do {
        const enum lt_code code = store_scan(reader, &scan, count_row, account, &next, error);
        if (code != LT_DONE) {
            return code;
        }
        scan.after = next;
    } while (next != 0);
    return LT_DONE;
}

static enum lt_code check_tree(struct store_reader *reader, struct store_account *account,
                               struct lt_error *error)
{
    struct tally tally;
    struct lt_tree tree = {0};
    bool whole = true;
    enum lt_code code = tally_read(&tally, &reader->sqlite, error);
    sqlite3_stmt *statement =
        code == LT_DONE ? prepare(reader, "SELECT seq, hash FROM leaf ORDER BY seq") : NULL;
    if (code != LT_DONE || statement == NULL) {
        return code != LT_DONE ? code : failed(reader, error);
    }
    int stepped = SQLITE_ROW;
    while (whole && (stepped = sqlite3_step(statement)) == SQLITE_ROW) {
        const struct lt_slice leaf = sqlite_bytes(statement, 1);
        whole = leaf.size == 32 && sqlite_uint(statement, 0) == tree.size + 1;
        if (whole) {
            lt_tree_add(&tree, leaf.data);
        }
    }
    (void)sqlite3_finalize(statement);
    if (whole && stepped != SQLITE_DONE) {
        return failed(reader, error);
    }
    uint8_t root[32];
    lt_tree_root(&tree, root);
    lt_tree_root(&tally.tree, account->root);
    account->epoch = tally.epoch;
    account->log_size = tally.tree.size;
    account->tree_holds =
        whole && tree.size == tally.tree.size && memcmp(root, account->root, sizeof root) == 0;
    return LT_DONE;
}

static enum lt_code check_blob(struct store_reader *reader, struct lt_slice sha256, uint64_t chunks,
                               uint64_t size, struct store_account *account, struct lt_error *error)
{
    crypto_hash_sha256_state state;
    uint8_t hash[crypto_hash_sha256_BYTES];
    uint64_t found = 0;
    int stepped = SQLITE_ROW;
    sqlite3_stmt *statement =
        prepare(reader, "SELECT at, bytes FROM blob_chunk WHERE chunks = ?1 ORDER BY at");
    if (statement == NULL) {
        return failed(reader, error);
    }
    sqlite_bind_uint(statement, 1, chunks);
    (void)crypto_hash_sha256_init(&state);
    while ((stepped = sqlite3_step(statement)) == SQLITE_ROW) {
        const struct lt_slice bytes = sqlite_bytes(statement, 1);
        if (bytes.size > 0) {
            (void)crypto_hash_sha256_update(&state, bytes.data, bytes.size);
        }
        found += bytes.size;
    }
    (void)sqlite3_finalize(statement);
    if (stepped != SQLITE_DONE) {
        return failed(reader, error);
    }
    (void)crypto_hash_sha256_final(&state, hash);
    account->blobs++;
    account->blob_bytes += size;
    account->blobs_damaged +=
        found != size || sha256.size != sizeof hash || memcmp(hash, sha256.data, sizeof hash) != 0;
    return LT_DONE;
}

static enum lt_code check_blobs(struct store_reader *reader, struct store_account *account,
                                struct lt_error *error)
{
    sqlite3_stmt *statement =
        prepare(reader, "SELECT sha256, chunks, size FROM blob ORDER BY sha256");
    enum lt_code code = statement == NULL ? failed(reader, error) : LT_DONE;
    int stepped = SQLITE_ROW;
    while (code == LT_DONE && (stepped = sqlite3_step(statement)) == SQLITE_ROW) {
        code = check_blob(reader, sqlite_bytes(statement, 0), sqlite_uint(statement, 1),
                          sqlite_uint(statement, 2), account, error);
    }
    (void)sqlite3_finalize(statement);
    return code == LT_DONE && stepped != SQLITE_DONE ? failed(reader, error) : code;
}

enum lt_code store_account(struct store_reader *reader, struct store_account *account,
                           struct lt_error *error)
{
    *account = (struct store_account){0};
    enum lt_code code = check_pages(reader, account, error);
    if (code == LT_DONE) {
        code = check_messages(reader, account, error);
    }
    if (code == LT_DONE) {
        code = check_tree(reader, account, error);
    }
    if (code == LT_DONE) {
        code = check_blobs(reader, account, error);
    }
    return code;
}

enum lt_code store_renew(const struct store_settings *settings, struct lt_error *error)
{
    char sql[96];
    uint64_t epoch = 0;
    struct store *store = NULL;
    enum lt_code code = store_open(settings, &store, error);
    if (code != LT_DONE) {
        return code;
    }
    do {
        randombytes_buf(&epoch, sizeof epoch);
        epoch >>= 11; // below 2^53
    } while (epoch == 0 || epoch == store->tally.epoch);
    (void)snprintf(sql, sizeof sql, "UPDATE state SET epoch = %" PRIu64, epoch);
    code = sqlite_run(&store->sqlite, sql, error);
    store_close(&store);
    return code;
}
