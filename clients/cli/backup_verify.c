// `lienthon backup --verify`: looking through one.
#include "backup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest.h"
#include "stop.h"
#include "tongue.h"
#include "unpack.h"

// A folder of one's own beside FILE, or where temporary files go when that cannot be written.
static enum lt_code make_room(struct backup *backup, char **room)
{
    const char *other = getenv("TMPDIR");
    *room = backup_path(backup->file, ".XXXXXX");
    if (mkdtemp(*room) != NULL) {
        return LT_DONE;
    }
    free(*room);
    *room = backup_path(other != NULL ? other : "/tmp", "/lienthon-backup-XXXXXX");
    return mkdtemp(*room) != NULL
               ? LT_DONE
               : lt_fail(&backup->cli->error, LT_IO, "no room to look through the backup: %s: %s",
                         *room, strerror(errno));
}

static enum lt_code compare_store(struct backup *backup, const char *room)
{
    struct lt_error *error = &backup->cli->error;
    struct lt_error damage = {0};
    json_t *counted = json_object_get(backup->manifest, "store");
    if (counted == NULL) {
        return LT_DONE;
    }
    char *data = backup_path(room, "/store");
    enum lt_code code = manifest_account(data, &backup->account, &damage);
    free(data);
    if (code == LT_STORAGE_FAILED && backup->account != NULL) {
        backup->damaged = true; // was it when the backup was made?
        *error = damage;
        code = LT_DONE;
    }
    return code == LT_DONE ? manifest_compare(backup->manifest, backup->account, error)
                           : lt_fail(error, code, "%s", damage.text);
}

enum lt_code backup_verify(struct backup *backup)
{
    struct lt_error *error = &backup->cli->error;
    struct stat about;
    char *room = NULL;
    backup->fd = open(backup->file, O_RDONLY | O_CLOEXEC);
    if (backup->fd < 0 || fstat(backup->fd, &about) != 0) {
        return lt_fail(error, errno == ENOENT ? LT_NOT_FOUND : LT_IO, "cannot open %s: %s",
                       backup->file, strerror(errno));
    }
    backup->size = (uint64_t)about.st_size;
    const int stop = stop_begin();
    enum lt_code code = make_room(backup, &room);
    if (code == LT_DONE) {
        code = unpack(backup->fd, room, true, stop, &backup->manifest, error);
        if (code == LT_DONE) {
            code = compare_store(backup, room);
        }
        unpack_remove(room);
    }
    stop_end(stop);
    free(room);
    if (code == LT_DONE) {
        backup_report(backup,
                      backup->damaged
                          ? tongue("%s is what was made, of a damaged store (%s, %llu bytes)\n")
                          : tongue("%s is whole (%s, %llu bytes)\n"));
    }
    return code;
}
