// Looking after the store: how it is, and a copy of it.
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sqlite.h"

static uint64_t file_size(const char *folder, const char *name)
{
    char file[PATH_MAX];
    struct stat about;
    const int size = snprintf(file, sizeof file, "%s/%s", folder, name);
    if (size < 0 || (size_t)size >= sizeof file || stat(file, &about) != 0 || about.st_size < 0) {
        return 0;
    }
    return (uint64_t)about.st_size;
}

// size may be NULL.
static enum lt_code disk_free(const struct store_reader *reader, uint64_t *bytes, uint64_t *size,
                              struct lt_error *error)
{
    struct statvfs disk;
    if (statvfs(reader->folder, &disk) != 0) {
        return lt_fail(error, LT_IO, "the store's folder %s: %s", reader->folder, strerror(errno));
    }
    *bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (size != NULL) {
        *size = (uint64_t)disk.f_blocks * disk.f_frsize;
    }
    return LT_DONE;
}

static enum lt_code look_at_blobs(struct sqlite *sqlite, struct store_health *health,
                                  struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(sqlite, BLOB_COUNT);
    if (statement == NULL || sqlite3_step(statement) != SQLITE_ROW) {
        return sqlite_fail(sqlite, "the store's blobs", error);
    }
    health->blobs = sqlite_uint(statement, 0);
    sqlite_end(statement);
    return blob_count_bytes(sqlite, &health->blob_bytes, error);
}

enum lt_code store_health(struct store_reader *reader, struct store_health *health,
                          struct lt_error *error)
{
    struct tally tally;
    const enum lt_code code = tally_read(&tally, &reader->sqlite, error);
    sqlite3_stmt *statement = sqlite_statement(&reader->sqlite, MESSAGE_OLDEST);
    if (code != LT_DONE || statement == NULL) {
        return code != LT_DONE ? code : sqlite_fail(&reader->sqlite, "the store's health", error);
    }
    *health = (struct store_health){
        .messages = tally.messages,
        .bytes = file_size(reader->folder, "hub.db") + file_size(reader->folder, "hub.db-wal"),
        .damaged = reader->damaged,
        .version = (uint64_t)sqlite_version,
    };
    if (sqlite3_step(statement) == SQLITE_ROW) {
        health->oldest = sqlite_uint(statement, 0);
    }
    sqlite_end(statement);
    const enum lt_code blobs = look_at_blobs(&reader->sqlite, health, error);
    return blobs == LT_DONE ? disk_free(reader, &health->disk_free, &health->disk_size, error)
                            : blobs;
}

enum lt_code store_room(struct store_reader *reader, uint64_t *room, struct lt_error *error)
{
    const enum lt_code code = disk_free(reader, room, NULL, error);
    sqlite3_stmt *statement = sqlite_statement(&reader->sqlite, PAGES_FREE);
    if (code != LT_DONE || statement == NULL) {
        return code != LT_DONE ? code : sqlite_fail(&reader->sqlite, "the store's room", error);
    }
    const bool read = sqlite3_step(statement) == SQLITE_ROW;
    *room += read ? sqlite_uint(statement, 0) : 0;
    sqlite_end(statement);
    return read ? LT_DONE : sqlite_fail(&reader->sqlite, "the store's room", error);
}

static enum lt_code sync_path(const char *path, int flags, struct lt_error *error)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | flags);
    const bool synced = descriptor >= 0 && fsync(descriptor) == 0;
    const int why = errno;
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return synced ? LT_DONE : lt_fail(error, LT_IO, "cannot sync %s: %s", path, strerror(why));
}

static enum lt_code copy_into(struct store_reader *reader, const char *to, struct lt_error *error)
{
    sqlite3_stmt *statement = NULL;
    // The source is only read, but the copy is written through the same connection.
    enum lt_code code = sqlite_run(&reader->sqlite, "PRAGMA query_only = OFF", error);
    if (code == LT_DONE && sqlite3_prepare_v2(reader->sqlite.db, "VACUUM INTO ?1", -1, &statement,
                                              NULL) != SQLITE_OK) {
        code = sqlite_fail(&reader->sqlite, "copying the store", error);
    }
    if (code == LT_DONE) {
        sqlite_bind_text(statement, 1, lt_slice_of(to));
        if (sqlite3_step(statement) != SQLITE_DONE) {
            code = sqlite_fail(&reader->sqlite, "copying the store", error);
        }
    }
    (void)sqlite3_finalize(statement);
    const enum lt_code back = sqlite_run(&reader->sqlite, "PRAGMA query_only = ON", NULL);
    return code != LT_DONE ? code : back;
}

enum lt_code store_copy(struct store_reader *reader, const char *to, struct lt_error *error)
{
    char parent[PATH_MAX];
    const size_t size = strlen(to);
    if (size >= sizeof parent) {
        return lt_fail(error, LT_IO, "copying the store: the name is too long: %s", to);
    }
    memcpy(parent, to, size + 1);
    const int made = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (made < 0) {
        return lt_fail(error, LT_IO, "copying the store: cannot make %s: %s", to, strerror(errno));
    }
    (void)close(made);
    enum lt_code code = copy_into(reader, to, error);
    if (code == LT_DONE) {
        code = sync_path(to, 0, error);
    }
    if (code == LT_DONE) {
        code = sync_path(dirname(parent), O_DIRECTORY, error);
    }
    if (code != LT_DONE) {
        (void)unlink(to);
    }
    return code;
}
