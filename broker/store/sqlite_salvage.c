// A database of which pages are damaged: what can be read of it goes into a new one, which takes its
// place. The old file stays beside it, as evidence and for whoever can read more of it.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sqlite.h"

static const char last_name[] = "last";

// Each table is walked by its rowid; behind what cannot be read the walk goes on where it can again. Those
// without one are walked from both ends, up and down.
static const struct table {
    const char *name, *up, *down;
} tables[] = {
    {"state", NULL, NULL},
    {"name", NULL, NULL},
    {"message", NULL, NULL},
    {"leaf", NULL, NULL},
    {"hour", NULL, NULL},
    {last_name, NULL, NULL},
    {"record", "bucket, key", "bucket DESC, key DESC"},
    {"blob", "sha256", "sha256 DESC"},
    {"blob_named", "sha256, seq", "sha256 DESC, seq DESC"},
    {"blob_part", NULL, NULL},
    {"blob_chunk", NULL, NULL},
};

struct salvage {
    struct sqlite from, to;
    sqlite3_stmt *insert;
    struct store_salvaged *found;
    const char *gap_in; // the table in which something could not be read last
    bool lost_last;     // retained values
    struct lt_error *error;
    enum lt_code code; // why it cannot go on, where that is not the file
};

static sqlite3_stmt *prepare(struct sqlite *sqlite, const char *format, const char *table)
{
    char text[256];
    sqlite3_stmt *statement = NULL;
    (void)snprintf(text, sizeof text, format, table);
    (void)sqlite3_prepare_v2(sqlite->db, text, -1, &statement, NULL);
    return statement;
}

// The statement's row, its first column left out when that is the rowid.
static bool copy_row(struct salvage *salvage, sqlite3_stmt *row, int first)
{
    const int count = sqlite3_column_count(row) - first;
    for (int i = 0; i < count; i++) {
        (void)sqlite3_bind_value(salvage->insert, i + 1, sqlite3_column_value(row, first + i));
    }
    const int stepped = sqlite3_step(salvage->insert);
    (void)sqlite3_reset(salvage->insert);
    if ((stepped & 0xFF) == SQLITE_CONSTRAINT) {
        salvage->found->lost_rows++; // nothing that this program wrote
        return true;
    }
    return stepped == SQLITE_DONE;
}

static sqlite3_stmt *prepare_insert(struct salvage *salvage, const char *table)
{
    sqlite3_stmt *columns = prepare(&salvage->to, "SELECT * FROM %s", table);
    const int count = columns == NULL ? 0 : sqlite3_column_count(columns);
    char marks[64] = "?";
    (void)sqlite3_finalize(columns);
    size_t size = 1;
    for (int i = 1; i < count && size + 3 < sizeof marks; i++) {
        memcpy(marks + size, ",?", 3);
        size += 2;
    }
    char text[128];
    (void)snprintf(text, sizeof text, "INSERT OR IGNORE INTO %%s VALUES (%s)", marks);
    return prepare(&salvage->to, text, table);
}

// Can the row be read that is the first from there on (none is as good).
static bool can_read(sqlite3_stmt *probe, int64_t from)
{
    (void)sqlite3_bind_int64(probe, 1, from);
    const int stepped = sqlite3_step(probe);
    (void)sqlite3_reset(probe);
    return stepped == SQLITE_ROW || stepped == SQLITE_DONE;
}

// The lowest place above `bad` from which it can be read again; INT64_MAX: there is none.
static int64_t skip(sqlite3_stmt *probe, int64_t bad)
{
    int64_t good = bad;
    for (int64_t step = 1; !can_read(probe, good); step *= 2) {
        if (step > INT64_MAX / 4 || good > INT64_MAX - step) {
            return INT64_MAX;
        }
        bad = good;
        good += step;
    }
    while (good - bad > 1) {
        const int64_t middle = bad + (good - bad) / 2;
        if (can_read(probe, middle)) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    return good;
}

// Is it the file that is at fault: no other error goes away by leaving rows out.
static bool is_damage(struct salvage *salvage, int stepped)
{
    const int code = stepped & 0xFF;
    if (code == SQLITE_CORRUPT || code == SQLITE_IOERR || code == SQLITE_NOTADB) {
        return true;
    }
    salvage->code = sqlite_fail(&salvage->from, "salvaging the store", salvage->error);
    return false;
}

static void note_gap(struct salvage *salvage, const char *table)
{
    char *text = salvage->found->tables;
    const size_t size = strlen(text);
    salvage->found->gaps++;
    if (salvage->gap_in != table) {
        (void)snprintf(text + size, sizeof salvage->found->tables - size, "%s%s",
                       size > 0 ? " " : "", table);
    }
    salvage->gap_in = table;
}

static bool copy_by_rowid(struct salvage *salvage, const char *table)
{
    sqlite3_stmt *walk =
        prepare(&salvage->from, "SELECT rowid, * FROM %s WHERE rowid >= ?1 ORDER BY rowid", table);
    sqlite3_stmt *probe =
        prepare(&salvage->from, "SELECT * FROM %s WHERE rowid >= ?1 ORDER BY rowid LIMIT 1", table);
    int64_t next = 0, left = -1; // all up to `left` is copied, or given up
    bool copied = walk != NULL && probe != NULL;
    int stepped = SQLITE_ERROR;
    while (copied && stepped != SQLITE_DONE && next != INT64_MAX) {
        (void)sqlite3_bind_int64(walk, 1, next);
        while (copied && (stepped = sqlite3_step(walk)) == SQLITE_ROW) {
            next = sqlite3_column_int64(walk, 0) + 1;
            copied = copy_row(salvage, walk, 1);
        }
        (void)sqlite3_reset(walk);
        if (copied && stepped != SQLITE_DONE) {
            copied = is_damage(salvage, stepped);
            note_gap(salvage, table);
            // A place that can be looked up and not walked through must not hold it for ever.
            left = next > left ? next : left + 1;
            next = skip(probe, left);
            left = next > left ? next - 1 : left;
        }
    }
    (void)sqlite3_finalize(walk);
    (void)sqlite3_finalize(probe);
    return copied;
}

static bool copy_from_both_ends(struct salvage *salvage, const struct table *table)
{
    const char *const orders[] = {table->up, table->down};
    char text[128];
    bool copied = true;
    int stepped = SQLITE_ROW;
    for (size_t i = 0; copied && i < 2 && stepped != SQLITE_DONE; i++) {
        (void)snprintf(text, sizeof text, "SELECT * FROM %%s ORDER BY %s", orders[i]);
        sqlite3_stmt *walk = prepare(&salvage->from, text, table->name);
        copied = walk != NULL;
        while (copied && (stepped = sqlite3_step(walk)) == SQLITE_ROW) {
            copied = copy_row(salvage, walk, 0);
        }
        copied = copied && (stepped == SQLITE_DONE || is_damage(salvage, stepped));
        (void)sqlite3_finalize(walk);
        if (i == 0 && stepped != SQLITE_DONE) {
            note_gap(salvage, table->name);
        }
    }
    return copied;
}

static enum lt_code copy_tables(struct salvage *salvage)
{
    bool copied = true;
    for (size_t i = 0; copied && i < sizeof tables / sizeof *tables; i++) {
        salvage->insert = prepare_insert(salvage, tables[i].name);
        copied = salvage->insert != NULL &&
                 (tables[i].up == NULL ? copy_by_rowid(salvage, tables[i].name)
                                       : copy_from_both_ends(salvage, &tables[i]));
        (void)sqlite3_finalize(salvage->insert);
        salvage->insert = NULL;
        salvage->lost_last = salvage->lost_last || salvage->gap_in == last_name;
    }
    if (copied) {
        return LT_DONE;
    }
    if (salvage->code != LT_DONE) {
        return salvage->code;
    }
    const int code = sqlite3_errcode(salvage->to.db);
    if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) {
        return sqlite_fail(&salvage->to, "salvaging the store", salvage->error);
    }
    return lt_fail(salvage->error, LT_BAD_FILE,
                   "nothing can be read of the store's tables: restore the last backup");
}

// --- files ---

static bool path_of(char path[PATH_MAX], const char *folder, const char *ending)
{
    const int size = snprintf(path, PATH_MAX, "%s/" DATABASE_NAME "%s", folder, ending);
    return size > 0 && size < PATH_MAX;
}

static void remove_new(const char *folder)
{
    static const char *const endings[] = {".new", ".new-wal", ".new-shm", ".new-journal"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (path_of(path, folder, endings[i])) {
            (void)unlink(path);
        }
    }
}

// The old file keeps its bytes under another name; then the new one has its place in one step. A log that
// the old one still has must not be taken for the new one's.
static enum lt_code swap(const char *folder, struct store_salvaged *found, struct lt_error *error)
{
    char old[PATH_MAX], fresh[PATH_MAX], log[PATH_MAX], aside[PATH_MAX], aside_log[PATH_MAX];
    char ending[40];
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(ending, sizeof ending, ".damaged-%lld", (long long)now.tv_sec);
    (void)snprintf(found->aside, sizeof found->aside, DATABASE_NAME "%s", ending);
    if (!path_of(old, folder, "") || !path_of(fresh, folder, ".new") ||
        !path_of(log, folder, "-wal") || !path_of(aside, folder, ending) ||
        strlen(aside) + sizeof "-wal" > sizeof aside_log) {
        return lt_fail(error, LT_IO, "the store: the folder's name is too long: %s", folder);
    }
    (void)snprintf(aside_log, sizeof aside_log, "%.*s-wal", PATH_MAX - 8, aside);
    const bool linked = link(old, aside) == 0;
    const bool moved = linked && (rename(log, aside_log) == 0 || errno == ENOENT);
    if (!moved || rename(fresh, old) != 0) {
        return lt_fail(error, LT_IO, "the store: cannot put %s aside: %s", old, strerror(errno));
    }
    return LT_DONE;
}

static enum lt_code copy_all(struct salvage *salvage, const char *folder, uint64_t busy_ms)
{
    char path[PATH_MAX];
    remove_new(folder);
    if (!path_of(path, folder, ".new")) {
        return lt_fail(salvage->error, LT_IO, "the store: the folder's name is too long");
    }
    enum lt_code code = sqlite_make(&salvage->to, path, salvage->error);
    if (code == LT_DONE) {
        code = sqlite_open(&salvage->from, folder, busy_ms, true, salvage->error);
    }
    if (code == LT_DONE) {
        code = sqlite_run(&salvage->to, "BEGIN", salvage->error);
    }
    if (code == LT_DONE) {
        code = copy_tables(salvage);
    }
    if (code == LT_DONE) {
        code = mend_all(&salvage->to, salvage->found, salvage->error);
    }
    if (code == LT_DONE && salvage->lost_last) {
        code = mend_last(&salvage->to, salvage->error);
    }
    if (code == LT_DONE) {
        code = sqlite_run(&salvage->to, "COMMIT", salvage->error);
    }
    sqlite_close(&salvage->to);
    sqlite_close(&salvage->from);
    return code;
}

static bool is_whole(const char *folder, uint64_t busy_ms)
{
    struct sqlite sqlite = {0};
    sqlite3_stmt *statement = NULL;
    bool whole = sqlite_open(&sqlite, folder, busy_ms, true, NULL) == LT_DONE;
    if (whole) {
        whole = sqlite3_prepare_v2(sqlite.db, "PRAGMA quick_check(1)", -1, &statement, NULL) ==
                    SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW &&
                lt_slice_is(sqlite_bytes(statement, 0), "ok");
        (void)sqlite3_finalize(statement);
    }
    sqlite_close(&sqlite);
    return whole;
}

bool store_is_suspect(const struct store_settings *settings)
{
    char path[PATH_MAX];
    return path_of(path, settings->folder, SUSPECT_ENDING) && access(path, F_OK) == 0;
}

enum lt_code store_salvage(const struct store_settings *settings, struct store_salvaged *found,
                           struct lt_error *error)
{
    struct salvage salvage = {.found = found, .error = error};
    char path[PATH_MAX];
    int lock = -1;
    *found = (struct store_salvaged){0};
    enum lt_code code = store_lock(settings, &lock, error);
    if (code == LT_DONE && !is_whole(settings->folder, settings->busy_ms)) {
        found->damaged = true;
        code = copy_all(&salvage, settings->folder, settings->busy_ms);
        if (code == LT_DONE) {
            code = swap(settings->folder, found, error);
        }
        remove_new(settings->folder);
    }
    if (code == LT_DONE && path_of(path, settings->folder, SUSPECT_ENDING)) {
        (void)unlink(path);
        code = store_sync_folder(settings->folder, error);
    }
    if (lock >= 0) {
        (void)close(lock);
    }
    return code;
}
