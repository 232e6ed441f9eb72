// Whole files, written so that a crash leaves the old one or the new one; and where a commune's folder is.
#include "lienthon/settings/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

static enum lt_code failed(struct lt_error *error, const char *what, const char *path)
{
    return lt_fail(error, LT_IO, "cannot %s %s: %s", what, path, strerror(errno));
}

static bool write_all(int fd, struct lt_slice bytes)
{
    size_t done = 0;
    while (done < bytes.size) {
        const ssize_t wrote = write(fd, bytes.data + done, bytes.size - done);
        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return fsync(fd) == 0;
}

// So that the file's name survives a power cut too.
static bool sync_parent(const char *path)
{
    char *folder = strdup(path);
    if (folder == NULL) {
        return false;
    }
    char *slash = strrchr(folder, '/');
    const char *parent = ".";
    if (slash != NULL) {
        slash[slash == folder ? 1 : 0] = '\0';
        parent = folder;
    }
    const int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0) {
        return false;
    }
    const bool synced = fsync(fd) == 0;
    close(fd);
    return synced;
}

enum lt_code file_create(const char *path, struct lt_slice bytes, unsigned mode,
                         struct lt_error *error)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    if (fd < 0) {
        return errno == EEXIST ? lt_fail(error, LT_BAD_USE, "%s is there already", path)
                               : failed(error, "make", path);
    }
    const bool written = write_all(fd, bytes);
    const int why = errno;
    const bool closed = close(fd) == 0;
    if (!written || !closed || !sync_parent(path)) {
        errno = written ? errno : why;
        const enum lt_code code = failed(error, "write", path);
        unlink(path);
        return code;
    }
    return LT_DONE;
}

static const char unfinished[] = ".unfinished-", random_part[] = "XXXXXX";

bool lt_file_is_unfinished(const char *name, const char *of)
{
    const size_t size = strlen(of);
    if (strncmp(name, of, size) != 0 ||
        strncmp(name + size, unfinished, sizeof unfinished - 1) != 0) {
        return false;
    }
    const char *tail = name + size + sizeof unfinished - 1;
    return strlen(tail) == sizeof random_part - 1 && strpbrk(tail, "./") == NULL;
}

enum lt_code lt_file_write(const char *path, struct lt_slice bytes, unsigned mode,
                           struct lt_error *error)
{
    const size_t room = strlen(path) + sizeof unfinished + sizeof random_part;
    char *beside = malloc(room);
    if (beside == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory to write %s", path);
    }
    snprintf(beside, room, "%s%s%s", path, unfinished, random_part);
    enum lt_code code = LT_DONE;
    const int fd = mkstemp(beside);
    if (fd < 0) {
        code = failed(error, "make a file beside", path);
        free(beside);
        return code;
    }
    if (fchmod(fd, (mode_t)mode) != 0 || !write_all(fd, bytes)) {
        code = failed(error, "write", path);
    }
    if (close(fd) != 0 && code == LT_DONE) {
        code = failed(error, "write", path);
    }
    if (code == LT_DONE && (rename(beside, path) != 0 || !sync_parent(path))) {
        code = failed(error, "write", path);
    }
    if (code != LT_DONE) {
        unlink(beside);
    }
    free(beside);
    return code;
}

static enum lt_code read_all(int fd, const char *path, struct lt_buffer *out,
                             struct lt_error *error)
{
    for (;;) {
        uint8_t piece[8192];
        const ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return failed(error, "read", path);
        }
        if (got == 0) {
            return LT_DONE;
        }
        if (!lt_buffer_add(out, piece, (size_t)got)) {
            return lt_fail(error, LT_BAD_FILE, "%s is larger than %zu bytes", path, out->max);
        }
    }
}

enum lt_code lt_file_read(const char *path, struct lt_buffer *out, struct lt_error *error)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return failed(error, "open", path);
    }
    const enum lt_code code = read_all(fd, path, out, error);
    close(fd);
    return code;
}

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

enum lt_code lt_folder_make(const char *path, unsigned mode, struct lt_error *error)
{
    char *copy = strdup(path);
    if (copy == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory for %s", path);
    }
    enum lt_code code = LT_DONE;
    for (char *at = copy + 1; code == LT_DONE && copy[0] != '\0'; at++) {
        const char was = *at;
        if (was != '/' && was != '\0') {
            continue;
        }
        *at = '\0';
        if (mkdir(copy, (mode_t)mode) != 0 && !is_folder(copy)) {
            code = failed(error, "make the folder", copy);
        }
        *at = was;
        if (was == '\0') {
            break;
        }
    }
    free(copy);
    return code;
}

enum lt_code lt_folder_path(const char *folder, const char *name, char **path,
                            struct lt_error *error)
{
    const size_t room = strlen(folder) + strlen(name) + 2;
    *path = malloc(room);
    if (*path == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory for a path");
    }
    if (name[0] == '/') {
        snprintf(*path, room, "%s", name);
    } else {
        snprintf(*path, room, "%s/%s", folder, name);
    }
    return LT_DONE;
}

enum lt_code lt_folder_resolve(const char *given, char **path, struct lt_error *error)
{
    const char *from_environment = getenv("LIENTHON_DIR");
    const char *folder = ".";
    const char *where = "the current folder";
    if (given != NULL) {
        folder = given;
        where = "-C";
    } else if (from_environment != NULL && from_environment[0] != '\0') {
        folder = from_environment;
        where = "LIENTHON_DIR";
    }
    *path = realpath(folder, NULL);
    if (*path == NULL || !is_folder(*path)) {
        free(*path);
        *path = NULL;
        return lt_fail(error, LT_NOT_FOUND, "%s (from %s) is no folder", folder, where);
    }
    return LT_DONE;
}
