// The store's folder: made, locked against other hubs, opened for the writer and for readers; and
// the writer's transactions.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sqlite.h"

enum { RECORD_MAX = 4 * 1024 * 1024, KEY_MAX = 64 * 1024, RETRY_MS = 20 };

enum lt_code store_sync_folder(const char *folder, struct lt_error *error)
{
    const int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0 || fsync(descriptor) != 0) {
        const enum lt_code code = lt_fail(error, LT_IO, "the store: cannot sync the folder %s: %s",
                                          folder, strerror(errno));
        if (descriptor >= 0) {
            (void)close(descriptor);
        }
        return code;
    }
    (void)close(descriptor);
    return LT_DONE;
}

static enum lt_code make_one(char *folder, struct lt_error *error)
{
    char parent[PATH_MAX];
    if (mkdir(folder, S_IRWXU) != 0) {
        return errno == EEXIST ? LT_DONE
                               : lt_fail(error, LT_IO, "the store: cannot make the folder %s: %s",
                                         folder, strerror(errno));
    }
    memcpy(parent, folder, strlen(folder) + 1);
    return store_sync_folder(dirname(parent), error);
}

// The folder and those above it that are missing.
static enum lt_code make_folder(const char *folder, struct lt_error *error)
{
    char path[PATH_MAX];
    const size_t size = strlen(folder);
    if (size == 0 || size >= sizeof path) {
        return lt_fail(error, LT_IO, "the store: the folder's name is empty or too long: %s",
                       folder);
    }
    memcpy(path, folder, size + 1);
    enum lt_code code = LT_DONE;
    for (size_t i = 1; i < size && code == LT_DONE; i++) {
        if (path[i] == '/' && path[i - 1] != '/') {
            path[i] = '\0';
            code = make_one(path, error);
            path[i] = '/';
        }
    }
    return code == LT_DONE ? make_one(path, error) : code;
}

static long holder_of(int lock)
{
    char text[32] = "";
    const ssize_t size = pread(lock, text, sizeof text - 1, 0);
    return size <= 0 ? 0 : strtol(text, NULL, 10);
}

enum lt_code store_lock(const struct store_settings *settings, int *lock, struct lt_error *error)
{
    char file[PATH_MAX];
    const int size = snprintf(file, sizeof file, "%s/hub.lock", settings->folder);
    if (size < 0 || (size_t)size >= sizeof file) {
        return lt_fail(error, LT_IO, "the store: the folder's name is too long: %s",
                       settings->folder);
    }
    *lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (*lock < 0) {
        return lt_fail(error, LT_IO, "the store: cannot open %s: %s", file, strerror(errno));
    }
    for (uint64_t waited = 0; flock(*lock, LOCK_EX | LOCK_NB) != 0; waited += RETRY_MS) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return lt_fail(error, LT_IO, "the store: cannot lock %s: %s", file, strerror(errno));
        }
        if (waited >= settings->busy_ms) {
            return lt_fail(error, LT_BAD_FILE,
                           "the store in %s is in use by another hub (process %ld): stop that one, "
                           "or give this hub a data folder of its own",
                           settings->folder, holder_of(*lock));
        }
        const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};
        (void)nanosleep(&pause, NULL);
    }
    // For the sentence above only: a full disk may keep it out.
    if (ftruncate(*lock, 0) == 0) {
        (void)dprintf(*lock, "%ld\n", (long)getpid());
    }
    return LT_DONE;
}

static enum lt_code open_all(struct store *store, const struct store_settings *settings,
                             struct lt_error *error)
{
    enum lt_code code = make_folder(settings->folder, error);
    if (code == LT_DONE) {
        code = store_lock(settings, &store->lock, error);
    }
    if (code == LT_DONE) {
        wal_look(settings->folder, &store->opened);
        code = sqlite_open(&store->sqlite, settings->folder, settings->busy_ms, true, error);
    }
    if (code == LT_DONE) {
        code = sqlite_migrate(&store->sqlite, settings->folder, error);
    }
    if (code == LT_DONE) {
        code = store_sync_folder(settings->folder, error);
    }
    if (code == LT_DONE) {
        code = tally_read(&store->tally, &store->sqlite, error);
    }
    if (code == LT_DONE) {
        code = blob_count_bytes(&store->sqlite, &store->blob_bytes, error);
    }
    return code;
}

enum lt_code store_open(const struct store_settings *settings, struct store **store,
                        struct lt_error *error)
{
    *store = NULL;
    if (sodium_init() < 0) {
        return lt_fail(error, LT_IO, "the store: the system gives no random numbers");
    }
    struct store *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "the store: no memory");
    }
    made->lock = -1;
    made->key.max = KEY_MAX;
    made->value.max = RECORD_MAX;
    const enum lt_code code = names_init(&made->names)
                                  ? open_all(made, settings, error)
                                  : lt_fail(error, LT_NO_MEMORY, "the store: no memory");
    if (code != LT_DONE) {
        store_close(&made);
    }
    *store = made;
    return code;
}

void store_close(struct store **store)
{
    if (*store == NULL) {
        return;
    }
    sqlite_close(&(*store)->sqlite);
    if ((*store)->lock >= 0) {
        (void)close((*store)->lock); // after the database: nobody else may have it before
    }
    names_clear(&(*store)->names);
    lt_buffer_clear(&(*store)->key);
    lt_buffer_clear(&(*store)->value);
    free(*store);
    *store = NULL;
}

struct store_opened store_opened(const struct store *store)
{
    return store->opened;
}

struct store_position store_end(const struct store *store)
{
    return (struct store_position){store->tally.epoch, store->tally.tree.size, store->tally.stored};
}

void store_tree(const struct store *store, struct lt_tree *tree)
{
    *tree = store->tally.tree;
}

enum lt_code store_begin(struct store *store, struct lt_error *error)
{
    return sqlite_run(&store->sqlite, "BEGIN IMMEDIATE", error);
}

enum lt_code store_commit(struct store *store, struct lt_error *error)
{
    return sqlite_run(&store->sqlite, "COMMIT", error);
}

void store_roll_back(struct store *store)
{
    if (sqlite3_get_autocommit(store->sqlite.db) == 0) {
        (void)sqlite_run(&store->sqlite, "ROLLBACK", NULL);
    }
    names_forget(&store->names); // some may have been written in what is now undone
}

enum lt_code store_reader_open(const struct store_settings *settings, struct store_reader **reader,
                               struct lt_error *error)
{
    *reader = NULL;
    struct store_reader *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "the store: no memory");
    }
    made->folder = strdup(settings->folder);
    enum lt_code code = LT_DONE;
    if (made->folder == NULL || !names_init(&made->names)) {
        code = lt_fail(error, LT_NO_MEMORY, "the store: no memory");
    }
    if (code == LT_DONE) {
        code = sqlite_open(&made->sqlite, settings->folder, settings->busy_ms, false, error);
    }
    if (code == LT_DONE) {
        code = sqlite_check(&made->sqlite, settings->folder, error);
    }
    if (code != LT_DONE) {
        store_reader_close(&made);
    }
    *reader = made;
    return code;
}

void store_reader_close(struct store_reader **reader)
{
    if (*reader == NULL) {
        return;
    }
    sqlite_close(&(*reader)->sqlite);
    names_clear(&(*reader)->names);
    free((*reader)->folder);
    free(*reader);
    *reader = NULL;
}
