// A file is the target's name, a zero byte, and the sealed message. It is written beside its name and moved there whole.
#include "kept.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lienthon/settings/folder.h>

#include "ledger.h"
#include "log.h"

enum { FILE_MOST = 2 * 1024 * 1024 };

static const char unfinished[] = "unfinished"; // no hash has this name

enum lt_code kept_open(const char *path, struct kept *kept, struct lt_error *error)
{
    enum lt_code code = lt_folder_make(path, 0700, error);
    if (code != LT_DONE)
        return code;
    kept->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return kept->folder < 0 ? lt_fail(error, LT_IO, "cannot open %s: %s", path, strerror(errno))
                            : LT_DONE;
}

void kept_close(struct kept *kept)
{
    if (kept->folder >= 0)
        close(kept->folder);
    kept->folder = -1;
}

static bool write_all(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t wrote = write(fd, at, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        at += wrote;
        size -= (size_t)wrote;
    }
    return true;
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

// Each bears a later time than those before it: the kernel's own are the same for some ms, and a clock may be put back.
static bool put_in_order(struct kept *kept, int fd)
{
    struct timespec times[2], after = kept->newest;
    if (++after.tv_nsec >= 1000000000)
        after = (struct timespec){after.tv_sec + 1, 0};
    if (clock_gettime(CLOCK_REALTIME, &times[1]) != 0 || !is_later(&times[1], &after))
        times[1] = after;
    times[0] = times[1];
    if (futimens(fd, times) != 0)
        return false;
    kept->newest = times[1];
    return true;
}

static bool write_file(struct kept *kept, const char *target, struct lt_slice sealed,
                       const char *name)
{
    int fd = openat(kept->folder, unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool whole = write_all(fd, target, strlen(target) + 1) &&
                 write_all(fd, sealed.data, sealed.size) && put_in_order(kept, fd) &&
                 fsync(fd) == 0;
    int why = whole ? 0 : errno;
    close(fd);
    whole = whole && renameat(kept->folder, unfinished, kept->folder, name) == 0 &&
            fsync(kept->folder) == 0;
    if (!whole) {
        why = why ? why : errno;
        unlinkat(kept->folder, unfinished, 0); // of a full disk it would be a part
        errno = why;
    }
    return whole;
}

enum lt_code kept_add(struct kept *kept, const char *target, const struct lt_sealed *message,
                      struct lt_error *error)
{
    char name[LEDGER_NAME_SIZE];
    if (kept->count >= KEPT_MOST)
        return lt_fail(error, LT_BUSY, "%d messages are kept already", KEPT_MOST);
    if (!ledger_name(target, &message->part, name))
        return lt_fail(error, LT_NO_MEMORY, "no memory to keep a message");
    errno = 0;
    if (!write_file(kept, target, message->bytes, name))
        return lt_fail(error, LT_IO, "cannot keep a message: %s", strerror(errno));
    kept->count++;
    return LT_DONE;
}

void kept_drop(struct kept *kept, const char *target, const struct lt_part *message)
{
    char name[LEDGER_NAME_SIZE];
    if (kept->folder >= 0 && ledger_name(target, message, name) &&
        unlinkat(kept->folder, name, 0) == 0 && kept->count > 0)
        kept->count--;
}

struct found { // a file, to be sorted by when it was made
    char name[LEDGER_NAME_SIZE];
    struct timespec made;
};

static int by_made(const void *left, const void *right)
{
    const struct timespec *a = &((const struct found *)left)->made;
    const struct timespec *b = &((const struct found *)right)->made;
    return is_later(a, b) - is_later(b, a);
}

static size_t list(DIR *folder, int at, struct found *files)
{
    size_t count = 0;
    for (const struct dirent *entry; count < KEPT_MOST && (entry = readdir(folder));) {
        struct stat state;
        if (strlen(entry->d_name) != LEDGER_NAME_SIZE - 1 ||
            fstatat(at, entry->d_name, &state, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(state.st_mode))
            continue;
        memcpy(files[count].name, entry->d_name, LEDGER_NAME_SIZE);
        files[count++].made = state.st_mtim;
    }
    return count;
}

static bool read_file(int folder, const char *name, struct lt_buffer *into)
{
    char piece[16384];
    ssize_t got = -1;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    while ((got = read(fd, piece, sizeof piece)) > 0)
        if (!lt_buffer_add(into, piece, (size_t)got))
            break;
    close(fd);
    return got == 0 && !into->failed;
}

static void read_one(const struct kept *kept, const char *name, kept_found *found, void *user)
{
    struct lt_buffer file = {.max = FILE_MOST};
    struct lt_sealed message;
    const uint8_t *end = read_file(kept->folder, name, &file) && file.data
                             ? memchr(file.data, '\0', file.size)
                             : NULL;
    if (end) {
        size_t head = (size_t)(end - file.data);
        struct lt_slice sealed = {end + 1, file.size - head - 1};
        if (lt_sealed_decode(sealed, &message, NULL) == LT_DONE)
            found(user, (struct lt_slice){file.data, head}, &message);
        else
            end = NULL;
    }
    if (!end)
        log_line(LOG_ERROR_LINE, "a kept message cannot be read, it is left as it is file=%s",
                 name);
    lt_buffer_clear(&file);
}

enum lt_code kept_read(struct kept *kept, kept_found *found, void *user, struct lt_error *error)
{
    int at = openat(kept->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = at < 0 ? NULL : fdopendir(at);
    struct found *files = calloc(KEPT_MOST, sizeof *files);
    if (!folder || !files) {
        if (folder)
            closedir(folder);
        else if (at >= 0)
            close(at);
        enum lt_code code = files ? LT_IO : LT_NO_MEMORY;
        free(files);
        return lt_fail(error, code, "cannot read what is kept");
    }
    kept->count = list(folder, kept->folder, files);
    closedir(folder);
    qsort(files, kept->count, sizeof *files, by_made);
    if (kept->count > 0)
        kept->newest = files[kept->count - 1].made;
    for (size_t i = 0, count = kept->count; i < count; i++)
        read_one(kept, files[i].name, found, user);
    free(files);
    return LT_DONE;
}
