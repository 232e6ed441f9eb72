// The files of blobs, opened and hashed in the caller's thread, written in the engine's.
#include "fetched.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"

enum { PIECE_FIRST = 32 * 1024, READ_BYTES = 64 * 1024 };

static const char part_end[] = ".part";

static struct transfer *begin(struct lt_error *error)
{
    struct transfer *made = calloc(1, sizeof *made);
    if (!made) {
        lt_fail(error, LT_NO_MEMORY, "no memory for a blob");
        return NULL;
    }
    made->file = made->folder = -1;
    made->piece = PIECE_FIRST;
    return made;
}

// The whole file into the hash; *size becomes its bytes.
static enum lt_code hash_file(int file, const char *path, crypto_hash_sha256_state *hash,
                              uint64_t *size, struct lt_error *error)
{
    uint8_t *bytes = malloc(READ_BYTES);
    if (!bytes)
        return lt_fail(error, LT_NO_MEMORY, "no memory to read %.100s", path);
    enum lt_code code = LT_DONE;
    ssize_t got = 1;
    for (*size = 0; got > 0;) {
        got = pread(file, bytes, READ_BYTES, (off_t)*size);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got < 0)
            code = files_fail(error, path, "read", errno);
        else {
            crypto_hash_sha256_update(hash, bytes, (unsigned long long)got);
            *size += (uint64_t)got;
        }
    }
    free(bytes);
    return code;
}

static enum lt_code open_to_send(struct transfer *transfer, const char *path,
                                 struct lt_error *error)
{
    crypto_hash_sha256_state hash;
    struct stat about;
    transfer->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe would block
    if (transfer->file < 0 || fstat(transfer->file, &about) != 0)
        return files_fail(error, path, "opened", errno);
    if (!S_ISREG(about.st_mode))
        return lt_fail(error, LT_IO, "%.150s is no file", path);
    crypto_hash_sha256_init(&hash);
    enum lt_code code = hash_file(transfer->file, path, &hash, &transfer->blob.size, error);
    if (code == LT_DONE)
        crypto_hash_sha256_final(&hash, transfer->blob.sha256);
    return code;
}

enum lt_code transfer_send_file(const char *path, struct transfer **transfer,
                                struct lt_error *error)
{
    *transfer = begin(error);
    if (!*transfer)
        return LT_NO_MEMORY;
    enum lt_code code = open_to_send(*transfer, path, error);
    if (code != LT_DONE)
        transfer_destroy(transfer);
    return code;
}

enum lt_code transfer_send_bytes(struct lt_slice bytes, struct transfer **transfer,
                                 struct lt_error *error)
{
    struct transfer *made = *transfer = begin(error);
    if (!made)
        return LT_NO_MEMORY;
    made->bytes.max = made->blob.size = bytes.size;
    crypto_hash_sha256(made->blob.sha256, bytes.data, bytes.size);
    if (bytes.size > 0 && !lt_buffer_add(&made->bytes, bytes.data, bytes.size)) {
        transfer_destroy(transfer);
        return lt_fail(error, LT_NO_MEMORY, "no memory for a blob of %zu bytes", bytes.size);
    }
    return LT_DONE;
}

// The folder and the two names in it.
static enum lt_code name_files(struct transfer *transfer, const char *path, struct lt_error *error)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t room = strlen(name) + sizeof part_end;
    if (*name == '\0')
        return lt_fail(error, LT_BAD_USE, "path: '%.150s' does not name a file", path);
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    transfer->name = strdup(name);
    transfer->part = malloc(room);
    if (!folder || !transfer->name || !transfer->part) {
        free(folder);
        return lt_fail(error, LT_NO_MEMORY, "no memory for a blob");
    }
    snprintf(transfer->part, room, "%s%s", name, part_end);
    transfer->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum lt_code code = transfer->folder < 0 ? files_fail(error, folder, "opened", errno) : LT_DONE;
    free(folder);
    return code;
}

// Goes on with what an earlier try has left; what is longer than the blob cannot be of it.
static enum lt_code take_up(struct transfer *transfer, struct lt_error *error)
{
    uint64_t size = 0;
    crypto_hash_sha256_init(&transfer->hash);
    enum lt_code code = hash_file(transfer->file, transfer->part, &transfer->hash, &size, error);
    if (code != LT_DONE)
        return code;
    transfer->at = size;
    bool fits = transfer->blob.size == 0 || size <= transfer->blob.size;
    return fits ? LT_DONE : fetched_begin_again(transfer, error);
}

enum lt_code fetched_begin_again(struct transfer *transfer, struct lt_error *error)
{
    crypto_hash_sha256_init(&transfer->hash);
    transfer->at = 0;
    return ftruncate(transfer->file, 0) == 0 ? LT_DONE
                                             : files_fail(error, transfer->part, "emptied", errno);
}

// Whoever had it may have given it its name between the opening and the lock.
static bool is_still_there(const struct transfer *transfer)
{
    struct stat held, there;
    return fstat(transfer->file, &held) == 0 &&
           fstatat(transfer->folder, transfer->part, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

static enum lt_code open_part(struct transfer *transfer, struct lt_error *error)
{
    struct stat about;
    transfer->file = openat(transfer->folder, transfer->part,
                            O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (transfer->file < 0 || fstat(transfer->file, &about) != 0)
        return files_fail(error, transfer->part, "opened", errno);
    if (!S_ISREG(about.st_mode))
        return lt_fail(error, LT_IO, "%.150s is no file", transfer->part);
    transfer->has_part = flock(transfer->file, LOCK_EX | LOCK_NB) == 0 && is_still_there(transfer);
    if (!transfer->has_part)
        return lt_fail(error, LT_BUSY, "%.150s is being fetched by another already",
                       transfer->part);
    return take_up(transfer, error);
}

enum lt_code transfer_fetch(const struct lt_blob *blob, const char *path,
                            struct transfer **transfer, struct lt_error *error)
{
    struct transfer *made = *transfer = begin(error);
    if (!made)
        return LT_NO_MEMORY;
    made->blob = *blob;
    made->fetches = true;
    enum lt_code code = name_files(made, path, error);
    if (code == LT_DONE)
        code = open_part(made, error);
    if (code != LT_DONE)
        transfer_destroy(transfer);
    return code;
}

enum lt_code fetched_add(struct transfer *transfer, struct lt_slice bytes, struct lt_error *error)
{
    if (lseek(transfer->file, (off_t)transfer->at, SEEK_SET) < 0 ||
        !files_write_all(transfer->file, bytes))
        return files_fail(error, transfer->part, "written", errno);
    crypto_hash_sha256_update(&transfer->hash, bytes.data, bytes.size);
    transfer->at += bytes.size;
    return LT_DONE;
}

enum lt_code fetched_finish(struct transfer *transfer, struct lt_error *error)
{
    uint8_t found[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&transfer->hash, found);
    if (memcmp(found, transfer->blob.sha256, sizeof found) != 0) {
        unlinkat(transfer->folder, transfer->part, 0);
        return lt_fail(error, LT_BODY_WRONG,
                       "what came has another hash than the blob that was asked for; its pieces "
                       "are thrown away");
    }
    if (fsync(transfer->file) != 0 ||
        renameat(transfer->folder, transfer->part, transfer->folder, transfer->name) != 0 ||
        fsync(transfer->folder) != 0)
        return files_fail(error, transfer->name, "written", errno);
    return LT_DONE;
}
