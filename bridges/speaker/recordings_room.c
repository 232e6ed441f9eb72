// By the files' times: one is set anew whenever it is used.
#include "recordings_room.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct found {
    size_t files;
    uint64_t bytes;
    char oldest[256]; // its name; empty: there is none
};

static bool is_older(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

static struct found look(const char *folder)
{
    DIR *dir = opendir(folder);
    struct found found = {0};
    struct timespec first = {0};
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct stat about;
        if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &about, 0) != 0)
            continue;
        if (found.files++ == 0 || is_older(&about.st_mtim, &first)) {
            first = about.st_mtim;
            snprintf(found.oldest, sizeof found.oldest, "%s", entry->d_name);
        }
        found.bytes += (uint64_t)about.st_size;
    }
    if (dir)
        closedir(dir);
    return found;
}

static bool remove_file(const char *folder, const char *name)
{
    char path[4096 + 300];
    return snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path &&
           unlink(path) == 0;
}

// What cannot be asked is taken to have room.
static bool has_room(const char *folder, uint64_t size)
{
    struct statvfs disk;
    return statvfs(folder, &disk) != 0 || (uint64_t)disk.f_bavail * disk.f_frsize >= size;
}

enum lt_code recordings_room(const char *folder, uint64_t size,
                             const struct recordings_limit *limit, struct lt_error *error)
{
    struct found found = look(folder);
    uint64_t wanted = size + limit->spare;
    // Were all of them gone, and it had none, they stay.
    bool may_fit = has_room(folder, wanted > found.bytes ? wanted - found.bytes : 0);
    while (may_fit && found.files &&
           (found.files >= limit->files || found.bytes + size > limit->bytes ||
            !has_room(folder, wanted))) {
        if (!remove_file(folder, found.oldest))
            break;
        found = look(folder);
    }
    return has_room(folder, wanted) ? LT_DONE
                                    : lt_fail(error, LT_TOO_LARGE, "the disk has no room for it");
}

void recordings_touch(const char *path)
{
    (void)utimensat(AT_FDCWD, path, NULL, 0);
}
