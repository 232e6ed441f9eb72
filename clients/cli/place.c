// Where a store comes to lie when it is restored.
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

// What SQLite keeps beside a store belongs to that one alone: beside another it would be read into it.
static const char *const pieces[] = {"/hub.db", "/hub.db-wal", "/hub.db-shm", "/hub.db-journal"};

enum { PIECES = sizeof pieces / sizeof pieces[0], BLOCK = 64 * 1024 };

void place_straighten(char *path)
{
    char *to = path;
    for (const char *from = path; *from != '\0';) {
        const size_t size = 1 + strcspn(from + 1, "/"); // with the slash before it
        if (size == 3 && memcmp(from, "/..", 3) == 0) {
            while (to != path && *--to != '/') {
            }
        } else if (size > 1 && !(size == 2 && from[1] == '.')) {
            memmove(to, from, size);
            to += size;
        }
        from += size;
    }
    if (to == path) {
        *to++ = '/';
    }
    *to = '\0';
}

const char *place_inside(const char *folder, const char *path)
{
    const size_t size = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
    return strncmp(folder, path, size) == 0 && (path[size] == '/' || path[size] == '\0')
               ? path + size
               : NULL;
}

static char *joined(const char *folder, const char *name)
{
    const size_t room = strlen(folder) + strlen(name) + 1;
    char *path = cli_alloc(room);
    snprintf(path, room, "%s%s", folder, name);
    return path;
}

static enum lt_code failed(const char *to, struct lt_error *error)
{
    return lt_fail(error, LT_IO, "cannot move the store to %s: %s", to, strerror(errno));
}

enum lt_code place_own(const char *from, const char *to, struct lt_error *error)
{
    enum lt_code code = lt_folder_make(to, 0700, error);
    for (size_t i = 0; code == LT_DONE && i < PIECES; i++) {
        char *old = joined(to, pieces[i]);
        (void)unlink(old);
        free(old);
    }
    char *path = joined(to, pieces[0]);
    if (code == LT_DONE && rename(from, path) != 0) {
        code = failed(path, error);
    }
    free(path);
    return code;
}

static enum lt_code check_nothing_is_there(const char *to, struct lt_error *error)
{
    struct stat about;
    enum lt_code code = LT_DONE;
    for (size_t i = 0; code == LT_DONE && i < PIECES; i++) {
        char *path = joined(to, pieces[i]);
        if (lstat(path, &about) == 0) {
            code = lt_fail(error, LT_BAD_USE,
                           "%s is there already (hub.data of commune.yaml): nothing is "
                           "overwritten; move that whole folder away",
                           path);
        }
        free(path);
    }
    return code;
}

// All of it, synced; false: see errno.
static bool copy_bytes(int from, int to)
{
    uint8_t *block = cli_alloc(BLOCK);
    ssize_t got = 0;
    bool good = true;
    while (good && (got = read(from, block, BLOCK)) != 0) {
        good = got > 0 || errno == EINTR;
        for (ssize_t done = 0; good && done < got;) {
            const ssize_t wrote = write(to, block + done, (size_t)(got - done));
            good = wrote >= 0 || errno == EINTR;
            done += wrote > 0 ? wrote : 0;
        }
    }
    free(block);
    return good && fsync(to) == 0;
}

static enum lt_code copy_beside(const char *from, const char *beside, struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    (void)unlink(beside); // what a killed one has left
    const int source = open(from, O_RDONLY | O_CLOEXEC);
    const int target = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (source < 0 || target < 0 || !copy_bytes(source, target)) {
        code = failed(beside, error);
    }
    if (source >= 0) {
        close(source);
    }
    if (target >= 0 && close(target) != 0 && code == LT_DONE) {
        code = failed(beside, error);
    }
    return code;
}

enum lt_code place_elsewhere(const char *from, const char *to, struct lt_error *error)
{
    char *beside = joined(to, "/hub.db-restore");
    char *path = joined(to, pieces[0]);
    enum lt_code code = lt_folder_make(to, 0700, error);
    if (code == LT_DONE) {
        code = check_nothing_is_there(to, error);
    }
    if (code == LT_DONE) {
        code = copy_beside(from, beside, error);
    }
    if (code == LT_DONE && rename(beside, path) != 0) {
        code = failed(path, error);
    }
    const int folder = code == LT_DONE ? open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (code == LT_DONE && (folder < 0 || fsync(folder) != 0)) {
        code = failed(path, error);
        (void)unlink(path);
    }
    if (folder >= 0) {
        close(folder);
    }
    if (code != LT_DONE) {
        (void)unlink(beside);
    }
    free(path);
    free(beside);
    return code;
}
