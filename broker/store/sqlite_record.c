// Small named records: written with a version each, read by bucket in key order.
#include <string.h>

#include "sqlite.h"

enum { LIMIT = 256 };

static enum lt_code failed(struct sqlite *sqlite, struct lt_error *error)
{
    return sqlite_fail(sqlite, "the store's records", error);
}

static void bind_key(sqlite3_stmt *statement, const char *bucket, struct lt_slice key)
{
    static const uint8_t nothing[1] = {0};
    sqlite_bind_text(statement, 1, lt_slice_of(bucket));
    sqlite_bind_bytes(statement, 2, key.data == NULL ? (struct lt_slice){nothing, 0} : key);
}

static enum lt_code expected(struct sqlite *sqlite, const struct store_record *record,
                             struct lt_slice key, struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(sqlite, RECORD_GET);
    if (statement == NULL) {
        return failed(sqlite, error);
    }
    bind_key(statement, record->bucket, key);
    const int stepped = sqlite3_step(statement);
    const uint64_t version = stepped == SQLITE_ROW ? sqlite_uint(statement, 1) : 0;
    sqlite_end(statement);
    if (stepped != SQLITE_ROW && stepped != SQLITE_DONE) {
        return failed(sqlite, error);
    }
    if (version != record->expect) {
        return lt_fail(error, LT_BUSY, "a record in %s has changed meanwhile: ask again",
                       record->bucket);
    }
    return LT_DONE;
}

enum lt_code record_write(struct sqlite *sqlite, struct tally *tally,
                          const struct store_record *record, struct lt_slice key,
                          struct lt_slice value, struct lt_error *error)
{
    if (record->expect != STORE_ANY) {
        const enum lt_code code = expected(sqlite, record, key, error);
        if (code != LT_DONE) {
            return code;
        }
    }
    sqlite3_stmt *statement =
        sqlite_statement(sqlite, value.data == NULL ? RECORD_DELETE : RECORD_PUT);
    if (statement == NULL) {
        return failed(sqlite, error);
    }
    bind_key(statement, record->bucket, key);
    if (value.data != NULL) {
        sqlite_bind_bytes(statement, 3, value);
        sqlite_bind_uint(statement, 4, ++tally->version);
    }
    return sqlite_done(statement) ? LT_DONE : failed(sqlite, error);
}

enum lt_code store_record_get(struct store_reader *reader, const char *bucket, struct lt_slice key,
                              struct lt_buffer *value, uint64_t *version, struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(&reader->sqlite, RECORD_GET);
    if (statement == NULL) {
        return failed(&reader->sqlite, error);
    }
    bind_key(statement, bucket, key);
    const int stepped = sqlite3_step(statement);
    enum lt_code code = LT_DONE;
    if (stepped == SQLITE_DONE) {
        code = lt_fail(error, LT_NOT_FOUND, "there is no such record in %s", bucket);
    } else if (stepped != SQLITE_ROW) {
        code = failed(&reader->sqlite, error);
    } else {
        const struct lt_slice bytes = sqlite_bytes(statement, 0);
        if (version != NULL) {
            *version = sqlite_uint(statement, 1);
        }
        if (!lt_buffer_add(value, bytes.data, bytes.size)) {
            code = lt_fail(error, LT_NO_MEMORY, "a record of %zu bytes in %s: no room", bytes.size,
                           bucket);
        }
    }
    sqlite_end(statement);
    return code;
}

static bool begins_with(struct lt_slice key, struct lt_slice prefix)
{
    return key.size >= prefix.size &&
           (prefix.size == 0 || memcmp(key.data, prefix.data, prefix.size) == 0);
}

// Bytewise, a shorter one before what it begins.
static bool is_before(struct lt_slice a, struct lt_slice b)
{
    const size_t common = a.size < b.size ? a.size : b.size;
    const int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    return order < 0 || (order == 0 && a.size < b.size);
}

enum lt_code store_records(struct store_reader *reader, const char *bucket, struct lt_slice prefix,
                           struct lt_slice after, size_t limit, store_visit_record *visit,
                           void *self, struct lt_error *error)
{
    static const uint8_t nothing[1] = {0};
    const bool goes_on = after.data != NULL && !is_before(after, prefix);
    sqlite3_stmt *statement =
        sqlite_statement(&reader->sqlite, goes_on ? RECORD_AFTER : RECORD_FROM);
    if (statement == NULL) {
        return failed(&reader->sqlite, error);
    }
    bind_key(statement, bucket, goes_on ? after : prefix);
    sqlite_bind_uint(statement, 3, limit == 0 ? LIMIT : limit);
    int stepped = SQLITE_ROW;
    bool go_on = true;
    while (go_on && (stepped = sqlite3_step(statement)) == SQLITE_ROW) {
        struct lt_slice key = sqlite_bytes(statement, 0);
        struct lt_slice value = sqlite_bytes(statement, 1);
        // SQLite has no address for nothing, but an empty value is not a missing one.
        key.data = key.data == NULL ? nothing : key.data;
        value.data = value.data == NULL ? nothing : value.data;
        go_on = begins_with(key, prefix) && visit(self, key, value, sqlite_uint(statement, 2));
    }
    sqlite_end(statement);
    return stepped == SQLITE_ROW || stepped == SQLITE_DONE ? LT_DONE
                                                           : failed(&reader->sqlite, error);
}
