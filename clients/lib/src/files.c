// Files of a state folder: whole, or as they were before.
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_ROOM = 64 };

static void write_pid(int file)
{
    char text[24];
    int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (size > 0 && ftruncate(file, 0) == 0)
        files_write_all(file, (struct lt_slice){(const uint8_t *)text, (size_t)size});
}

static enum lt_code refuse_second(int file, const char *path, struct lt_error *error)
{
    char text[24] = "";
    ssize_t size = pread(file, text, sizeof text - 1, 0);
    long pid = size > 0 ? strtol(text, NULL, 10) : 0;
    return lt_fail(error, LT_BAD_FILE,
                   "%s: another program uses this state folder (process %ld); end it, or use "
                   "another folder",
                   path, pid);
}

// The folder's own descriptor carries the lock, so that it ends with the process; `pid` only says whose.
static enum lt_code lock(int folder, const char *path, struct lt_error *error)
{
    int file = openat(folder, "pid", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return lt_fail(error, LT_IO, "%s/pid: %s", path, strerror(errno));
    enum lt_code code = LT_DONE;
    if (flock(folder, LOCK_EX | LOCK_NB) == 0)
        write_pid(file);
    else if (errno == EWOULDBLOCK)
        code = refuse_second(file, path, error);
    else
        code = lt_fail(error, LT_IO, "%s: cannot be locked: %s", path, strerror(errno));
    close(file);
    return code;
}

// The folder and what is above it; 0 or errno.
static int make_folders(const char *path)
{
    char *upto = strdup(path);
    if (!upto)
        return ENOMEM;
    int reason = 0;
    for (char *at = upto + 1; *upto && reason == 0; at++) {
        char here = *at;
        if (here != '/' && here != '\0')
            continue;
        *at = '\0';
        if (mkdir(upto, 0700) != 0 && errno != EEXIST)
            reason = errno;
        if (here == '\0')
            break;
        *at = here;
    }
    free(upto);
    return reason;
}

enum lt_code files_lock(const char *path, int *folder, struct lt_error *error)
{
    *folder = -1;
    int reason = make_folders(path);
    if (reason != 0)
        return lt_fail(error, reason == ENOMEM ? LT_NO_MEMORY : LT_IO,
                       "%s: the state folder cannot be made: %s", path, strerror(reason));
    int opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0)
        return lt_fail(error, LT_IO, "%s: the state folder cannot be opened: %s", path,
                       strerror(errno));
    enum lt_code code = lock(opened, path, error);
    if (code != LT_DONE) {
        close(opened);
        return code;
    }
    *folder = opened;
    return LT_DONE;
}

enum lt_code files_subfolder(int folder, const char *name, int *subfolder, struct lt_error *error)
{
    *subfolder = -1;
    bool made = mkdirat(folder, name, 0700) == 0;
    if (!made && errno != EEXIST)
        return lt_fail(error, LT_IO, "%s: cannot be made: %s", name, strerror(errno));
    if (made && fsync(folder) != 0)
        return lt_fail(error, LT_IO, "%s: cannot be synced: %s", name, strerror(errno));
    *subfolder = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*subfolder < 0)
        return lt_fail(error, LT_IO, "%s: cannot be opened: %s", name, strerror(errno));
    return LT_DONE;
}

static enum lt_code read_all(int file, const char *name, struct lt_buffer *out,
                             struct lt_error *error)
{
    uint8_t piece[16384];
    for (;;) {
        ssize_t got = read(file, piece, sizeof piece);
        if (got == 0)
            return LT_DONE;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return lt_fail(error, LT_IO, "%s: cannot be read: %s", name, strerror(errno));
        if (out->size + (size_t)got > out->max)
            return lt_fail(error, LT_TOO_LARGE, "%s: larger than %zu bytes", name, out->max);
        if (!lt_buffer_add(out, piece, (size_t)got))
            return lt_fail(error, LT_NO_MEMORY, "%s: no memory to read it", name);
    }
}

enum lt_code files_read(int folder, const char *name, struct lt_buffer *out, struct lt_error *error)
{
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return lt_fail(error, LT_NOT_FOUND, "%s: there is no such file", name);
    if (file < 0)
        return lt_fail(error, LT_IO, "%s: cannot be opened: %s", name, strerror(errno));
    enum lt_code code = read_all(file, name, out, error);
    close(file);
    return code;
}

enum lt_code files_fail(struct lt_error *error, const char *name, const char *doing, int reason)
{
    bool full = reason == ENOSPC || reason == EDQUOT;
    return lt_fail(error, LT_IO, "%s: cannot be %s: %s%s", name, doing, strerror(reason),
                   full ? "; make room on the disk of the state folder, then it goes on" : "");
}

bool files_write_all(int file, struct lt_slice bytes)
{
    size_t done = 0;
    while (done < bytes.size) {
        ssize_t wrote = write(file, bytes.data + done, bytes.size - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        done += (size_t)wrote;
    }
    return true;
}

enum lt_code files_replace(int folder, const char *name, struct lt_slice bytes,
                           struct lt_error *error)
{
    char beside[NAME_ROOM];
    int length = snprintf(beside, sizeof beside, "%s.new", name);
    if (length < 0 || (size_t)length >= sizeof beside)
        return lt_fail(error, LT_BAD_USE, "%s: the name is too long", name);
    int file = openat(folder, beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return files_fail(error, beside, "made", errno);
    bool written = files_write_all(file, bytes) && fsync(file) == 0;
    int reason = errno;
    close(file);
    if (written && (renameat(folder, beside, folder, name) != 0 || fsync(folder) != 0)) {
        reason = errno;
        written = false;
    }
    if (written)
        return LT_DONE;
    unlinkat(folder, beside, 0); // on a full disk it would take room from what frees some
    return files_fail(error, name, "written", reason);
}
