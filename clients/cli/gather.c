// A folder's files, in the order of their names.
#include "gather.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

enum {
    SMALL = 64 * 1024, // read whole first: what may change meanwhile is then whole or gone
    NAME_SIZE = 4096 + 16,
};

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool ends_with(const char *name, const char *ending)
{
    const size_t size = strlen(name);
    return size >= strlen(ending) && strcmp(name + size - strlen(ending), ending) == 0;
}

void gather_leave_out(struct gather *gather, const char *path)
{
    struct stat about;
    if (path != NULL && gather->out_count < GATHER_OUT_MAX && stat(path, &about) == 0) {
        gather->out[gather->out_count].dev = about.st_dev;
        gather->out[gather->out_count++].ino = about.st_ino;
    }
}

static bool is_left_out(const struct gather *gather, const FTSENT *entry)
{
    const char *name = entry->fts_name;
    for (size_t i = 0; i < gather->out_count; i++) {
        if (entry->fts_statp->st_dev == gather->out[i].dev &&
            entry->fts_statp->st_ino == gather->out[i].ino) {
            return true;
        }
    }
    return ends_with(name, ".ltbackup") || ends_with(name, ".ltbackup.part") ||
           ends_with(name, ".ltbackup.store");
}

// Up to `size` bytes: a log that grows meanwhile is taken as long as it was.
static enum lt_code add_small(struct parcel *parcel, const char *name, const struct stat *about,
                              int fd, struct lt_error *error)
{
    uint8_t *bytes = sodium_malloc((size_t)about->st_size + 1); // it may be a key
    size_t got = 0;
    if (bytes == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for %s", name);
    }
    ssize_t now = 1;
    while (now > 0 && got < (size_t)about->st_size) {
        now = read(fd, bytes + got, (size_t)about->st_size - got);
        got += now > 0 ? (size_t)now : 0;
        now = now < 0 && errno == EINTR ? 1 : now;
    }
    const enum lt_code code =
        now < 0
            ? lt_fail(error, LT_IO, "cannot read %s: %s", name, strerror(errno))
            : parcel_add_bytes(parcel, name, about->st_mode, (struct lt_slice){bytes, got}, error);
    sodium_free(bytes);
    return code;
}

static enum lt_code add_file(struct parcel *parcel, const char *path, const char *name,
                             struct lt_error *error)
{
    struct stat about;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT ? LT_DONE // a segment of an outbox that has gone meanwhile
                               : lt_fail(error, LT_IO, "cannot read %s: %s", path, strerror(errno));
    }
    enum lt_code code = LT_DONE;
    if (fstat(fd, &about) != 0) {
        code = lt_fail(error, LT_IO, "cannot read %s: %s", path, strerror(errno));
    } else if (S_ISREG(about.st_mode)) {
        code = about.st_size <= SMALL ? add_small(parcel, name, &about, fd, error)
                                      : parcel_add_file(parcel, name, about.st_mode, fd,
                                                        (uint64_t)about.st_size, error);
    }
    close(fd);
    return code;
}

static enum lt_code take(struct gather *gather, struct parcel *parcel, FTS *walk, FTSENT *entry,
                         struct lt_error *error)
{
    char name[NAME_SIZE];
    const char *inside = entry->fts_path + strlen(gather->folder);
    const int size = snprintf(name, sizeof name, "folder%s", inside);
    if (size < 0 || (size_t)size >= sizeof name) {
        return lt_fail(error, LT_IO, "the name is too long: %s", entry->fts_path);
    }
    if (entry->fts_level > 0 && is_left_out(gather, entry)) {
        (void)fts_set(walk, entry, FTS_SKIP);
        return LT_DONE;
    }
    switch (entry->fts_info) {
    case FTS_D:
        return parcel_add_folder(parcel, name, entry->fts_statp->st_mode, error);
    case FTS_F:
        if (strcmp(inside, "/keys/root.seed") == 0) {
            gather->has_root = !gather->without_root;
            if (gather->without_root) {
                return LT_DONE;
            }
        }
        return add_file(parcel, entry->fts_path, name, error);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        return entry->fts_errno == ENOENT ? LT_DONE
                                          : lt_fail(error, LT_IO, "cannot read %s: %s",
                                                    entry->fts_path, strerror(entry->fts_errno));
    default: // behind a folder, a socket, a link that leads nowhere or back
        return LT_DONE;
    }
}

enum lt_code gather_folder(struct gather *gather, struct parcel *parcel, struct lt_error *error)
{
    char *folder = cli_copy(lt_slice_of(gather->folder));
    char *const roots[] = {folder, NULL};
    enum lt_code code = LT_DONE;
    FTSENT *entry = NULL;
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    if (walk == NULL) {
        code = lt_fail(error, LT_IO, "cannot read %s: %s", folder, strerror(errno));
    }
    while (code == LT_DONE && (entry = fts_read(walk)) != NULL) {
        code = take(gather, parcel, walk, entry, error);
    }
    if (walk != NULL) {
        (void)fts_close(walk);
    }
    free(folder);
    return code;
}
