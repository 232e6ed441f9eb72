// One file is on its way at a time: what waits, waits in the folder, where people can see it.
#include "pickup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lienthon/pickup.h>

#include "log.h"

enum {
    FILE_MAX = 4 * 1024 * 1024,
    LOOK_MS = 30000,
    WRITTEN_MS = 1000, // it was written to while it was read: looked at again so soon
    ORIGIN_ROOM = 512,
    STATE_DIGITS = 16,
    ERROR_ROOM = 32, // for ".error", and for what it is written under until it is whole
    HASH_BYTES = 8   // of a name that has no room
};

struct pickup {
    struct pickup *next;
    lt_pickup_take *take;
    char *folder, *sent, *ending;
    int at_folder, at_sent; // descriptors
    int notify;             // readable when something changes in the folder
    bool changed;           // since the last look
    uint64_t look_at;       // monotonic ms
    struct dirent **found;  // by the last look, in the order of their names
    int count, next_found;
    char *name; // of the file that is on its way, in `found`; NULL: none
    int file;   // that file, kept open so that no other gets its number; -1: none
    char origin[ORIGIN_ROOM];
    uint64_t token;
};

static int64_t in_ns(struct timespec at)
{
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static bool ends_in(const char *name, const char *ending)
{
    size_t size = strlen(name), end = strlen(ending);
    return size > end && name[0] != '.' && strcmp(name + size - end, ending) == 0;
}

// The name, or as much of its beginning as has room and a hash of the whole: Vietnamese names are long in bytes.
static void shorten(const char *name, size_t max, char out[NAME_MAX + 1])
{
    uint8_t hash[LT_HASH_SIZE];
    size_t keep = max - 1 - 2 * HASH_BYTES;
    if (strlen(name) <= max) {
        memcpy(out, name, strlen(name) + 1);
        return;
    }
    while (keep > 0 && ((uint8_t)name[keep] & 0xC0) == 0x80)
        keep--;
    lt_hash(lt_slice_of(name), hash);
    memcpy(out, name, keep);
    out[keep] = '~';
    for (size_t i = 0; i < HASH_BYTES; i++)
        snprintf(out + keep + 1 + 2 * i, 3, "%02x", hash[i]);
}

static void error_name(const char *name, char out[PATH_MAX])
{
    char fits[NAME_MAX + 1];
    shorten(name, NAME_MAX - ERROR_ROOM, fits);
    snprintf(out, PATH_MAX, "%s.error", fits);
}

// The change time cannot be set by anybody: a file that is put there anew has another.
static void print_origin(const struct lt_bridge_host *host, const char *name,
                         const struct stat *file, char origin[ORIGIN_ROOM])
{
    char fits[NAME_MAX + 1];
    const char *bridge = host->instance.bridge->name;
    shorten(name, LT_ORIGIN_MAX - strlen(bridge) - strlen(":@") - STATE_DIGITS, fits);
    snprintf(origin, ORIGIN_ROOM, "%s:%s@%" PRIx64, bridge, fits, in_ns(file->st_ctim));
}

// false: it is not for us now.
static bool is_waiting(const struct lt_bridge_host *host, const struct pickup *pickup,
                       const char *name, char origin[ORIGIN_ROOM])
{
    char beside[PATH_MAX];
    struct stat file, error;
    error_name(name, beside);
    if (!ends_in(name, pickup->ending) ||
        fstatat(pickup->at_folder, name, &file, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(file.st_mode))
        return false;
    print_origin(host, name, &file, origin);
    return fstatat(pickup->at_folder, beside, &error, AT_SYMLINK_NOFOLLOW) != 0 ||
           in_ns(error.st_mtim) <= in_ns(file.st_ctim);
}

static enum lt_code read_whole(const struct pickup *pickup, struct lt_buffer *bytes,
                               struct lt_error *error)
{
    uint8_t piece[16384];
    ssize_t got;
    while ((got = read(pickup->file, piece, sizeof piece)) > 0)
        if (!lt_buffer_add(bytes, piece, (size_t)got))
            return lt_fail(error, LT_TOO_LARGE, "it has more than %d bytes", FILE_MAX);
    return got < 0 ? lt_fail(error, LT_IO, "it cannot be read: %s", strerror(errno)) : LT_DONE;
}

// What it is called by is of the file that is open: another may stand under its name by now. LT_NOT_DUE: somebody wrote to it
// meanwhile.
static enum lt_code read_file(const struct lt_bridge_host *host, struct pickup *pickup,
                              struct lt_buffer *bytes, struct lt_error *error)
{
    struct stat before, after;
    // Whoever puts a pipe in its place meanwhile must not hold us up.
    pickup->file =
        openat(pickup->at_folder, pickup->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (pickup->file < 0 || fstat(pickup->file, &before) != 0)
        return lt_fail(error, errno == EACCES ? LT_NOT_ALLOWED : LT_IO, "it cannot be read: %s",
                       strerror(errno));
    if (!S_ISREG(before.st_mode))
        return LT_NOT_DUE;
    print_origin(host, pickup->name, &before, pickup->origin);
    enum lt_code code = read_whole(pickup, bytes, error);
    // One that was taken away meanwhile stays whole as long as it is open.
    if (code == LT_DONE && fstat(pickup->file, &after) == 0 && after.st_nlink > 0 &&
        in_ns(after.st_ctim) != in_ns(before.st_ctim))
        return LT_NOT_DUE;
    return code;
}

static void let_go(struct pickup *pickup)
{
    if (pickup->file >= 0)
        close(pickup->file);
    pickup->file = -1;
    pickup->name = NULL;
}

static void tell(struct lt_bridge_host *host, const struct pickup *pickup, enum lt_code code,
                 const char *text)
{
    char name[PATH_MAX];
    char *path = NULL;
    struct lt_error error = {0};
    struct lt_buffer line = {.max = PATH_MAX};
    error_name(pickup->name, name);
    lt_buffer_print(&line, "%s:%s%s\n", pickup->name, code == LT_BAD_FILE ? "" : " ", text);
    log_line(LOG_WARN_LINE, "a file is not taken file=%s why=%s", pickup->name, text);
    if (lt_folder_path(pickup->folder, name, &path, &error) != LT_DONE ||
        lt_file_write(path, lt_buffer_slice(&line), 0640, &error) != LT_DONE)
        lt_bridge_ill(host, error.text);
    free(path);
    lt_buffer_clear(&line);
}

static void give_up(struct lt_bridge_host *host, struct pickup *pickup, enum lt_code code,
                    const char *text)
{
    if (lt_code_may_pass(code))
        lt_bridge_ill(host, text);
    else
        tell(host, pickup, code, text);
    let_go(pickup);
}

static void take_file(struct lt_bridge_host *host, struct pickup *pickup)
{
    struct lt_error error = {0};
    struct lt_buffer bytes = {.max = FILE_MAX};
    enum lt_code code = read_file(host, pickup, &bytes, &error);
    if (code == LT_DONE)
        code = pickup->take(host->instance.state, lt_buffer_slice(&bytes), pickup->origin,
                            &pickup->token, &error);
    lt_buffer_clear(&bytes);
    if (code == LT_NOT_DUE) {
        pickup->look_at = host_clock() + WRITTEN_MS;
        let_go(pickup);
    } else if (code != LT_DONE) {
        give_up(host, pickup, code, error.text);
    }
}

static void forget_found(struct pickup *pickup)
{
    while (pickup->count > 0)
        free(pickup->found[--pickup->count]);
    free(pickup->found);
    pickup->found = NULL;
    pickup->count = pickup->next_found = 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void look(struct lt_bridge_host *host, struct pickup *pickup)
{
    forget_found(pickup);
    pickup->changed = false;
    pickup->look_at = host_clock() + LOOK_MS;
    pickup->count = scandir(pickup->folder, &pickup->found, is_visible, alphasort);
    if (pickup->count < 0) {
        struct lt_error error = {0};
        pickup->count = 0;
        lt_fail(&error, LT_IO, "cannot read %s: %s", pickup->folder, strerror(errno));
        lt_bridge_ill(host, error.text);
    }
}

static void go_on(struct lt_bridge_host *host, struct pickup *pickup)
{
    while (!pickup->name && (pickup->next_found < pickup->count || pickup->changed)) {
        if (pickup->next_found == pickup->count) {
            look(host, pickup);
            continue;
        }
        char *name = pickup->found[pickup->next_found++]->d_name;
        if (!is_waiting(host, pickup, name, pickup->origin))
            continue;
        pickup->name = name;
        take_file(host, pickup);
    }
}

// What was moved may be another, saved in the moment before: it has not been sent, and its turn comes.
static void put_back(struct pickup *pickup, const char *as)
{
    struct stat sent, moved;
    if (fstat(pickup->file, &sent) != 0 ||
        fstatat(pickup->at_sent, as, &moved, AT_SYMLINK_NOFOLLOW) != 0 ||
        (sent.st_ino == moved.st_ino && sent.st_dev == moved.st_dev))
        return;
    // Where yet another has come, that takes its place.
    if (renameat2(pickup->at_sent, as, pickup->at_folder, pickup->name, RENAME_NOREPLACE) != 0 &&
        errno == EEXIST)
        unlinkat(pickup->at_sent, as, 0);
    pickup->changed = true;
}

// Not when it has been saved again meanwhile: then it is another, and its turn comes.
static void move_away(struct lt_bridge_host *host, struct pickup *pickup)
{
    char now[ORIGIN_ROOM], beside[PATH_MAX];
    const char *as = strchr(pickup->origin, ':') + 1;
    if (!is_waiting(host, pickup, pickup->name, now) || strcmp(now, pickup->origin) != 0) {
        pickup->changed = true;
        return;
    }
    error_name(pickup->name, beside);
    unlinkat(pickup->at_folder, beside, 0);
    if (renameat(pickup->at_folder, pickup->name, pickup->at_sent, as) == 0) {
        put_back(pickup, as);
        return;
    }
    struct lt_error error = {0};
    lt_fail(&error, LT_IO, "cannot move %s to %s: %s", pickup->name, pickup->sent, strerror(errno));
    lt_bridge_ill(host, error.text);
}

bool pickup_published(struct lt_bridge_host *host, const struct lt_event *event)
{
    struct pickup *pickup = host->pickups;
    while (pickup && (!pickup->name || pickup->token != event->token))
        pickup = pickup->next;
    if (!pickup)
        return false;
    if (event->code > LT_DONE_BEFORE) {
        give_up(host, pickup, event->code, event->text);
    } else {
        lt_bridge_well(host, "a file is with the hub");
        move_away(host, pickup);
        let_go(pickup);
    }
    go_on(host, pickup);
    return true;
}

bool pickup_wake(struct lt_bridge_host *host, int fd)
{
    struct pickup *pickup = host->pickups;
    char changes[4096];
    while (pickup && pickup->notify != fd)
        pickup = pickup->next;
    if (!pickup)
        return false;
    while (read(fd, changes, sizeof changes) > 0)
        pickup->changed = true;
    go_on(host, pickup);
    return true;
}

void pickup_turn(struct lt_bridge_host *host, uint64_t now)
{
    for (struct pickup *pickup = host->pickups; pickup; pickup = pickup->next) {
        if (now < pickup->look_at)
            continue;
        pickup->look_at = now + LOOK_MS;
        pickup->changed = true;
        go_on(host, pickup);
    }
}

static enum lt_code open_one(struct lt_bridge_host *host, struct pickup *pickup,
                             struct lt_error *error)
{
    if (!pickup->folder || !pickup->sent || !pickup->ending)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a pick-up folder");
    if (lt_folder_make(pickup->folder, 0770, error) != LT_DONE ||
        lt_folder_make(pickup->sent, 0770, error) != LT_DONE)
        return LT_IO;
    pickup->at_folder = open(pickup->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    pickup->at_sent = open(pickup->sent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    pickup->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (pickup->at_folder < 0 || pickup->at_sent < 0 || pickup->notify < 0 ||
        inotify_add_watch(pickup->notify, pickup->folder,
                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR) < 0)
        return lt_fail(error, LT_IO, "cannot watch %s: %s", pickup->folder, strerror(errno));
    return lt_bridge_watch(host, pickup->notify) == LT_DONE
               ? LT_DONE
               : lt_fail(error, LT_BUSY, "too many descriptors are watched already");
}

enum lt_code lt_pickup_open(lt_bridge_host *host, const char *folder, const char *sent,
                            const char *ending, lt_pickup_take *take, struct lt_error *error)
{
    struct pickup *pickup = calloc(1, sizeof *pickup);
    if (!pickup)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a pick-up folder");
    *pickup = (struct pickup){
        .next = host->pickups,
        .take = take,
        .folder = strdup(folder),
        .sent = strdup(sent),
        .ending = strdup(ending),
        .at_folder = -1,
        .at_sent = -1,
        .notify = -1,
        .file = -1,
    };
    host->pickups = pickup; // half open, it is the host's to close
    return open_one(host, pickup, error);
}

void pickup_close_all(struct lt_bridge_host *host)
{
    while (host->pickups) {
        struct pickup *pickup = host->pickups;
        host->pickups = pickup->next;
        forget_found(pickup);
        lt_bridge_unwatch(host, pickup->notify);
        int descriptors[] = {pickup->at_folder, pickup->at_sent, pickup->notify, pickup->file};
        for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++)
            if (descriptors[i] >= 0)
                close(descriptors[i]);
        free(pickup->folder);
        free(pickup->sent);
        free(pickup->ending);
        free(pickup);
    }
}
