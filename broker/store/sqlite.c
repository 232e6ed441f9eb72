// A connection to the database file: how it is opened and set up, brought to the newest version, and
// what is said when it fails.
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { APPLICATION = 0x4C547374, PAGE_CACHE_KIB = 16 * 1024, WAL_KEPT = 64 * 1024 * 1024 };

// For the next start, when nobody has the file open.
static void suspect(const char *file)
{
    char path[PATH_MAX];
    const int size = snprintf(path, sizeof path, "%s" SUSPECT_ENDING, file);
    const int made = size > 0 && (size_t)size < sizeof path
                         ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)
                         : -1;
    if (made >= 0) {
        (void)close(made);
    }
}

enum lt_code sqlite_fail(struct sqlite *sqlite, const char *doing, struct lt_error *error)
{
    const int code = sqlite->db == NULL ? SQLITE_NOMEM : sqlite3_extended_errcode(sqlite->db);
    const char *file = sqlite->db == NULL ? NULL : sqlite3_db_filename(sqlite->db, "main");
    const char *name = file == NULL ? DATABASE_NAME : file;
    const int system = sqlite->db == NULL ? 0 : sqlite3_system_errno(sqlite->db);
    const bool full = (code & 0xFF) == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT);
    switch (full ? SQLITE_FULL : code & 0xFF) {
    case SQLITE_FULL:
        return lt_fail(error, LT_STORAGE_FAILED, "%s: the disk is full: make room for %s", doing,
                       name);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        suspect(name);
        return lt_fail(error, LT_STORAGE_FAILED,
                       "%s: %s is damaged: restart the hub, which sets aside what cannot be read; "
                       "or restore its last backup",
                       doing, name);
    case SQLITE_BUSY:
        return lt_fail(error, LT_STORAGE_FAILED, "%s: another program keeps %s locked: stop it",
                       doing, name);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return lt_fail(error, LT_STORAGE_FAILED,
                       "%s: %s cannot be written: give this user the right to its folder", doing,
                       name);
    default:
        if (code == SQLITE_IOERR_READ || code == SQLITE_IOERR_SHORT_READ) {
            suspect(name);
        }
        return lt_fail(error, LT_STORAGE_FAILED, "%s: %s: %s", doing, name,
                       sqlite->db == NULL ? "no memory" : sqlite3_errmsg(sqlite->db));
    }
}

enum lt_code sqlite_run(struct sqlite *sqlite, const char *sql, struct lt_error *error)
{
    if (sqlite3_exec(sqlite->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        return sqlite_fail(sqlite, "the store", error);
    }
    return LT_DONE;
}

static enum lt_code configure(struct sqlite *sqlite, bool writes, struct lt_error *error)
{
    char text[256];
    // FULL: a commit has returned only after fsync has. The checkpoint is the commit's that fills
    // the log; what it leaves of the log's file is bounded.
    (void)snprintf(text, sizeof text,
                   "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"
                   "PRAGMA cache_size = -%d; PRAGMA temp_store = MEMORY;"
                   "PRAGMA journal_size_limit = %d; PRAGMA cell_size_check = ON;"
                   "PRAGMA secure_delete = FAST; PRAGMA query_only = %s;",
                   PAGE_CACHE_KIB, WAL_KEPT, writes ? "OFF" : "ON");
    enum lt_code code = sqlite_run(sqlite, text, error);
    if (code == LT_DONE && writes) {
        code = sqlite_run(sqlite, "PRAGMA journal_mode = WAL;", error);
    }
    return code;
}

// SQLite would make the file readable for everybody.
static enum lt_code make_file(const char *file, struct lt_error *error)
{
    const int descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        return lt_fail(error, LT_IO, "the store: cannot open %s: %s", file, strerror(errno));
    }
    (void)close(descriptor);
    return LT_DONE;
}

enum lt_code sqlite_open(struct sqlite *sqlite, const char *folder, uint64_t busy_ms, bool writes,
                         struct lt_error *error)
{
    char file[PATH_MAX];
    const int size = snprintf(file, sizeof file, "%s/" DATABASE_NAME, folder);
    if (size < 0 || (size_t)size >= sizeof file) {
        return lt_fail(error, LT_IO, "the store: the folder's name is too long: %s", folder);
    }
    enum lt_code code = LT_DONE;
    if (writes) {
        code = make_file(file, error);
    } else if (access(file, F_OK) != 0) {
        code = lt_fail(error, LT_NOT_FOUND, "there is no store in %s: start the hub once", folder);
    }
    if (code != LT_DONE) {
        return code;
    }
    if (sqlite3_open_v2(file, &sqlite->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        return sqlite_fail(sqlite, "the store", error);
    }
    (void)sqlite3_extended_result_codes(sqlite->db, 1);
    (void)sqlite3_busy_timeout(sqlite->db, busy_ms > INT_MAX ? INT_MAX : (int)busy_ms);
    return LT_DONE;
}

void sqlite_close(struct sqlite *sqlite)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        (void)sqlite3_finalize(sqlite->statements[i]);
        sqlite->statements[i] = NULL;
    }
    (void)sqlite3_close(sqlite->db);
    sqlite->db = NULL;
}

// A number that a pragma tells.
static enum lt_code pragma(struct sqlite *sqlite, const char *sql, int *value,
                           struct lt_error *error)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(sqlite->db, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        const enum lt_code code = sqlite_fail(sqlite, "the store", error);
        (void)sqlite3_finalize(statement);
        return code;
    }
    *value = sqlite3_column_int(statement, 0);
    (void)sqlite3_finalize(statement);
    return LT_DONE;
}

// Its version; 0: it is empty. A file that is none of ours is left alone.
static enum lt_code version_of(struct sqlite *sqlite, const char *folder, int *version,
                               struct lt_error *error)
{
    int application = 0;
    int tables = 0;
    enum lt_code code = pragma(sqlite, "PRAGMA user_version", version, error);
    if (code == LT_DONE) {
        code = pragma(sqlite, "PRAGMA application_id", &application, error);
    }
    if (code == LT_DONE) {
        code = pragma(sqlite, "SELECT count(*) FROM sqlite_schema", &tables, error);
    }
    if (code != LT_DONE) {
        if ((sqlite3_errcode(sqlite->db) & 0xFF) == SQLITE_NOTADB) {
            return lt_fail(error, LT_BAD_FILE,
                           "%s/" DATABASE_NAME
                           " is not a store: move it away, or restore a backup in its place",
                           folder);
        }
        return code;
    }
    if (tables > 0 && application != APPLICATION) {
        return lt_fail(
            error, LT_BAD_FILE,
            "%s/" DATABASE_NAME " is another program's: give the hub another data folder", folder);
    }
    if (*version > sqlite_version || *version < 0) {
        return lt_fail(error, LT_BAD_FILE,
                       "the store in %s has version %d and this program knows up to %d: start the "
                       "newer lienthond that wrote it, or restore a backup made before",
                       folder, *version, sqlite_version);
    }
    return LT_DONE;
}

enum lt_code sqlite_check(struct sqlite *sqlite, const char *folder, struct lt_error *error)
{
    int version = 0;
    enum lt_code code = version_of(sqlite, folder, &version, error);
    if (code == LT_DONE && version != sqlite_version) {
        code = lt_fail(error, LT_BAD_FILE,
                       "the store in %s has version %d, this program reads %d: start the hub once",
                       folder, version, sqlite_version);
    }
    return code == LT_DONE ? configure(sqlite, false, error) : code;
}

static enum lt_code migrate_one(struct sqlite *sqlite, int to, struct lt_error *error)
{
    char text[256];
    (void)snprintf(text, sizeof text, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
                   APPLICATION, to);
    enum lt_code code = sqlite_run(sqlite, "BEGIN IMMEDIATE", error);
    if (code == LT_DONE) {
        code = sqlite_run(sqlite, sqlite_migrations[to - 1], error);
    }
    if (code == LT_DONE) {
        code = sqlite_run(sqlite, text, error);
    }
    if (code == LT_DONE && to == 1) {
        uint64_t epoch = 0;
        randombytes_buf(&epoch, sizeof epoch);
        (void)snprintf(text, sizeof text, "INSERT INTO state VALUES (1, %llu, 0, 0, 0, 0, x'')",
                       (unsigned long long)(epoch % LT_INT_MAX + 1));
        code = sqlite_run(sqlite, text, error);
    }
    if (code == LT_DONE) {
        code = sqlite_run(sqlite, "COMMIT", error);
    }
    if (code != LT_DONE) {
        (void)sqlite_run(sqlite, "ROLLBACK", NULL);
    }
    return code;
}

enum lt_code sqlite_make(struct sqlite *sqlite, const char *file, struct lt_error *error)
{
    enum lt_code code = make_file(file, error);
    if (code == LT_DONE &&
        sqlite3_open_v2(file, &sqlite->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
            SQLITE_OK) {
        code = sqlite_fail(sqlite, "the new store", error);
    }
    if (code == LT_DONE) {
        (void)sqlite3_extended_result_codes(sqlite->db, 1);
        code = sqlite_run(sqlite, "PRAGMA synchronous = FULL", error);
    }
    for (int version = 1; code == LT_DONE && version <= sqlite_version; version++) {
        code = migrate_one(sqlite, version, error);
    }
    return code == LT_DONE ? sqlite_run(sqlite, "DELETE FROM state", error) : code;
}

enum lt_code sqlite_migrate(struct sqlite *sqlite, const char *folder, struct lt_error *error)
{
    int version = 0;
    enum lt_code code = version_of(sqlite, folder, &version, error);
    if (code == LT_DONE) {
        code = configure(sqlite, true, error);
    }
    while (code == LT_DONE && version < sqlite_version) {
        code = migrate_one(sqlite, ++version, error);
    }
    return code;
}
