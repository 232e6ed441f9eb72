// A backup's file opened.
#include "unpack.h"

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
#include "manifest.h"
#include "parcel.h"
#include "stop.h"

enum { MANIFEST_MAX = 64 * 1024 * 1024 };

struct unpacking {
    struct parcel_reader *reader;
    const char *to;
    int stop;
    bool store_only;
    json_t *files; // as they came
    struct lt_buffer manifest;
    bool has_manifest;
};

// folder/… or store/…, nothing that leads elsewhere.
static bool is_inside(const char *name)
{
    if (strncmp(name, "folder", 6) != 0 && strncmp(name, "store/", 6) != 0) {
        return false;
    }
    if (name[0] == 'f' && name[6] != '\0' && name[6] != '/') {
        return false;
    }
    for (const char *at = name; at != NULL; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0')) {
            return false;
        }
        if (*at == '\0') {
            break;
        }
    }
    return true;
}

static bool is_written(const struct unpacking *unpacking, const char *name)
{
    return !unpacking->store_only || strncmp(name, "store/", 6) == 0;
}

static enum lt_code failed(const char *path, struct lt_error *error)
{
    return lt_fail(error, LT_IO, "cannot write %s: %s", path, strerror(errno));
}

static enum lt_code make_file(const struct unpacking *unpacking, const struct parcel_entry *entry,
                              int *fd, struct lt_error *error)
{
    char *path = NULL;
    enum lt_code code = lt_folder_path(unpacking->to, entry->name, &path, error);
    if (code == LT_DONE) {
        *fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, entry->mode);
        code = *fd >= 0 ? LT_DONE : failed(path, error);
    }
    free(path);
    return code;
}

static enum lt_code make_folder(const struct unpacking *unpacking, const struct parcel_entry *entry,
                                struct lt_error *error)
{
    char *path = NULL;
    enum lt_code code = lt_folder_path(unpacking->to, entry->name, &path, error);
    size_t size = code == LT_DONE ? strlen(path) : 0;
    while (size > 1 && path[size - 1] == '/') {
        path[--size] = '\0';
    }
    if (code == LT_DONE && mkdir(path, entry->mode | 0700) != 0 && errno != EEXIST) {
        code = failed(path, error);
    }
    free(path);
    return code;
}

static enum lt_code write_piece(int fd, struct lt_slice piece, const char *name,
                                struct lt_error *error)
{
    while (piece.size > 0) {
        const ssize_t wrote = write(fd, piece.data, piece.size);
        if (wrote < 0 && errno != EINTR) {
            return failed(name, error);
        }
        piece.data += wrote > 0 ? wrote : 0;
        piece.size -= wrote > 0 ? (size_t)wrote : 0;
    }
    return LT_DONE;
}

// The entry's bytes: hashed, and written where fd is one.
static enum lt_code take_bytes(struct unpacking *unpacking, const char *name, int fd,
                               struct lt_error *error)
{
    crypto_hash_sha256_state hash;
    uint8_t sha256[crypto_hash_sha256_BYTES];
    struct lt_slice piece = {0};
    uint64_t size = 0;
    (void)crypto_hash_sha256_init(&hash);
    enum lt_code code = parcel_read(unpacking->reader, &piece, error);
    while (code == LT_DONE && piece.size > 0) {
        (void)crypto_hash_sha256_update(&hash, piece.data, piece.size);
        size += piece.size;
        code = fd >= 0 ? write_piece(fd, piece, name, error) : LT_DONE;
        if (code == LT_DONE && stop_asked(unpacking->stop)) {
            code = lt_fail(error, LT_CLOSED, "it was broken off");
        }
        if (code == LT_DONE) {
            code = parcel_read(unpacking->reader, &piece, error);
        }
    }
    (void)crypto_hash_sha256_final(&hash, sha256);
    if (code == LT_DONE && fd >= 0 && fsync(fd) != 0) {
        code = failed(name, error);
    }
    if (code == LT_DONE) {
        json_array_append_new(unpacking->files, parcel_line(name, size, sha256));
    }
    return code;
}

static enum lt_code take_manifest(struct unpacking *unpacking, struct lt_error *error)
{
    struct lt_slice piece = {0};
    enum lt_code code = parcel_read(unpacking->reader, &piece, error);
    while (code == LT_DONE && piece.size > 0) {
        code = lt_buffer_add(&unpacking->manifest, piece.data, piece.size)
                   ? parcel_read(unpacking->reader, &piece, error)
                   : lt_fail(error, LT_TOO_LARGE, "the backup's manifest is too large");
    }
    unpacking->has_manifest = code == LT_DONE;
    return code;
}

static enum lt_code take_entry(struct unpacking *unpacking, const struct parcel_entry *entry,
                               struct lt_error *error)
{
    if (unpacking->has_manifest) {
        return lt_fail(error, LT_BAD_FILE, "the backup goes on behind its manifest");
    }
    if (strcmp(entry->name, PARCEL_MANIFEST) == 0 && !entry->is_folder) {
        return take_manifest(unpacking, error);
    }
    if (!is_inside(entry->name)) {
        return lt_fail(error, LT_BAD_FILE, "the backup names %s, which is not inside it",
                       entry->name);
    }
    if (entry->is_folder) {
        return is_written(unpacking, entry->name) ? make_folder(unpacking, entry, error) : LT_DONE;
    }
    int fd = -1;
    char *name = cli_copy(lt_slice_of(entry->name));
    enum lt_code code =
        is_written(unpacking, name) ? make_file(unpacking, entry, &fd, error) : LT_DONE;
    if (code == LT_DONE) {
        code = take_bytes(unpacking, name, fd, error);
    }
    if (fd >= 0) {
        close(fd);
    }
    free(name);
    return code;
}

static enum lt_code check(const struct unpacking *unpacking, json_t **manifest,
                          struct lt_error *error)
{
    if (!unpacking->has_manifest) {
        return lt_fail(error, LT_BAD_FILE,
                       "the backup has no manifest: it is cut off, or no backup of lienthon");
    }
    *manifest = json_loadb((const char *)unpacking->manifest.data, unpacking->manifest.size,
                           JSON_REJECT_DUPLICATES, NULL);
    const enum lt_code code = manifest_check(*manifest, error);
    if (code != LT_DONE) {
        return code;
    }
    json_t *named = json_object_get(*manifest, "files");
    for (size_t i = 0; i < json_array_size(named) || i < json_array_size(unpacking->files); i++) {
        json_t *one = json_array_get(named, i);
        json_t *other = json_array_get(unpacking->files, i);
        if (one == NULL || other == NULL || !json_equal(one, other)) {
            const char *name =
                json_string_value(json_object_get(one != NULL ? one : other, "name"));
            return lt_fail(error, LT_BAD_FILE, "the backup's %s is not what its manifest names",
                           name != NULL ? name : "?");
        }
    }
    return LT_DONE;
}

enum lt_code unpack(int fd, const char *to, bool store_only, int stop, json_t **manifest,
                    struct lt_error *error)
{
    struct unpacking unpacking = {
        .to = to,
        .stop = stop,
        .store_only = store_only,
        .files = json_array(),
        .manifest = {.max = MANIFEST_MAX},
    };
    struct parcel_entry entry;
    *manifest = NULL;
    enum lt_code code = parcel_open(fd, &unpacking.reader, error);
    while (code == LT_DONE && (code = parcel_next(unpacking.reader, &entry, error)) == LT_DONE) {
        code = take_entry(&unpacking, &entry, error);
    }
    code = code == LT_NOT_FOUND ? check(&unpacking, manifest, error) : code;
    parcel_reader_close(&unpacking.reader);
    json_decref(unpacking.files);
    lt_buffer_clear(&unpacking.manifest);
    if (code != LT_DONE) {
        json_decref(*manifest);
        *manifest = NULL;
    }
    return code;
}

void unpack_remove(const char *folder)
{
    char *path = cli_copy(lt_slice_of(folder));
    char *const roots[] = {path, NULL};
    FTSENT *entry = NULL;
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    while (walk != NULL && (entry = fts_read(walk)) != NULL) {
        if (entry->fts_info == FTS_DP) {
            (void)rmdir(entry->fts_path);
        } else if (entry->fts_info != FTS_D) {
            (void)unlink(entry->fts_path);
        }
    }
    if (walk != NULL) {
        (void)fts_close(walk);
    }
    free(path);
}
