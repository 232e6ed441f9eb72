// A backup's entries, in and out of its file.
#include "parcel.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "vault.h"

enum { PIECE = 64 * 1024 };

struct parcel {
    struct archive *archive;
    struct vault *vault;
    json_t *files;
    uint64_t count, bytes;
    struct lt_error why; // of the vault, while libarchive calls it
    uint8_t piece[PIECE];
};

json_t *parcel_line(const char *name, uint64_t size, const uint8_t sha256[32])
{
    char hex[65];
    const struct lt_slice bytes = lt_slice_of(name);
    json_t *said = json_string(name);
    if (!lt_utf8_valid(bytes)) { // JSON cannot say it as it is
        char *digits = cli_alloc(bytes.size * 2 + 1);
        lt_hex_encode(bytes, digits);
        said = json_sprintf("hex:%s", digits);
        free(digits);
    }
    lt_hex_encode((struct lt_slice){sha256, 32}, hex);
    return json_pack("{s:o, s:I, s:s}", "name", said, "size", (json_int_t)size, "sha256", hex);
}

static la_ssize_t put(struct archive *archive, void *self, const void *bytes, size_t size)
{
    struct parcel *parcel = self;
    if (vault_write(parcel->vault, bytes, size, &parcel->why) != LT_DONE) {
        archive_set_error(archive, EIO, "%s", parcel->why.text);
        return -1;
    }
    return (la_ssize_t)size;
}

static enum lt_code failed(const struct parcel *parcel, struct lt_error *error)
{
    if (parcel->why.code != LT_DONE) {
        return lt_fail(error, parcel->why.code, "%s", parcel->why.text);
    }
    const char *text = archive_error_string(parcel->archive);
    return lt_fail(error, LT_IO, "the backup cannot be written: %s", text != NULL ? text : "?");
}

enum lt_code parcel_create(int fd, const char *passphrase, struct parcel **parcel,
                           struct lt_error *error)
{
    struct parcel *made = cli_alloc(sizeof *made);
    *parcel = made;
    made->files = json_array();
    made->archive = archive_write_new();
    enum lt_code code = made->archive == NULL || made->files == NULL
                            ? lt_fail(error, LT_NO_MEMORY, "no memory for a backup")
                            : vault_write_begin(fd, passphrase, &made->vault, error);
    // Names are bytes to us, whatever the locale.
    if (code == LT_DONE &&
        (archive_write_set_format_pax_restricted(made->archive) != ARCHIVE_OK ||
         archive_write_set_options(made->archive, "hdrcharset=BINARY") != ARCHIVE_OK ||
         archive_write_add_filter_zstd(made->archive) != ARCHIVE_OK ||
         archive_write_set_bytes_in_last_block(made->archive, 1) != ARCHIVE_OK ||
         archive_write_open(made->archive, made, NULL, put, NULL) != ARCHIVE_OK)) {
        code = failed(made, error);
    }
    if (code != LT_DONE) {
        parcel_close(parcel);
    }
    return code;
}

void parcel_close(struct parcel **parcel)
{
    if (*parcel == NULL) {
        return;
    }
    archive_write_free((*parcel)->archive);
    vault_close(&(*parcel)->vault);
    json_decref((*parcel)->files);
    sodium_memzero((*parcel)->piece, sizeof(*parcel)->piece);
    free(*parcel);
    *parcel = NULL;
}

static enum lt_code begin_entry(struct parcel *parcel, const char *name, unsigned type,
                                unsigned mode, uint64_t size, struct lt_error *error)
{
    struct archive_entry *entry = archive_entry_new();
    if (entry == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory for a backup");
    }
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, mode & 0777);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_mtime(entry, (time_t)(cli_now() / 1000), 0);
    const int done = archive_write_header(parcel->archive, entry);
    archive_entry_free(entry);
    return done == ARCHIVE_OK ? LT_DONE : failed(parcel, error);
}

enum lt_code parcel_add_folder(struct parcel *parcel, const char *name, unsigned mode,
                               struct lt_error *error)
{
    return begin_entry(parcel, name, AE_IFDIR, mode, 0, error);
}

static enum lt_code put_piece(struct parcel *parcel, crypto_hash_sha256_state *hash,
                              const uint8_t *bytes, size_t size, struct lt_error *error)
{
    (void)crypto_hash_sha256_update(hash, bytes, size);
    return size == 0 || archive_write_data(parcel->archive, bytes, size) == (la_ssize_t)size
               ? LT_DONE
               : failed(parcel, error);
}

static void end_entry(struct parcel *parcel, const char *name, uint64_t size,
                      crypto_hash_sha256_state *hash)
{
    uint8_t sha256[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256_final(hash, sha256);
    json_array_append_new(parcel->files, parcel_line(name, size, sha256));
    parcel->count++;
    parcel->bytes += size;
}

enum lt_code parcel_add_bytes(struct parcel *parcel, const char *name, unsigned mode,
                              struct lt_slice bytes, struct lt_error *error)
{
    crypto_hash_sha256_state hash;
    (void)crypto_hash_sha256_init(&hash);
    enum lt_code code = begin_entry(parcel, name, AE_IFREG, mode, bytes.size, error);
    if (code == LT_DONE && bytes.size > 0) {
        code = put_piece(parcel, &hash, bytes.data, bytes.size, error);
    }
    if (code == LT_DONE) {
        end_entry(parcel, name, bytes.size, &hash);
    }
    return code;
}

enum lt_code parcel_add_file(struct parcel *parcel, const char *name, unsigned mode, int fd,
                             uint64_t size, struct lt_error *error)
{
    crypto_hash_sha256_state hash;
    uint64_t done = 0;
    (void)crypto_hash_sha256_init(&hash);
    enum lt_code code = begin_entry(parcel, name, AE_IFREG, mode, size, error);
    while (code == LT_DONE && done < size) {
        const uint64_t left = size - done;
        const ssize_t got = read(fd, parcel->piece, left < PIECE ? (size_t)left : PIECE);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return lt_fail(error, LT_IO, "%s became shorter while it was read: try again (%s)",
                           name, got < 0 ? strerror(errno) : "its end came early");
        }
        code = put_piece(parcel, &hash, parcel->piece, (size_t)got, error);
        done += (uint64_t)got;
    }
    if (code == LT_DONE) {
        end_entry(parcel, name, size, &hash);
    }
    return code;
}

enum lt_code parcel_finish(struct parcel *parcel, json_t *about, struct lt_error *error)
{
    if (json_object_set(about, "files", parcel->files) != 0) {
        return lt_fail(error, LT_NO_MEMORY, "no memory for the backup's manifest");
    }
    char *text = json_dumps(about, JSON_INDENT(1));
    if (text == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory for the backup's manifest");
    }
    const size_t size = strlen(text);
    enum lt_code code = begin_entry(parcel, PARCEL_MANIFEST, AE_IFREG, 0600, size, error);
    if (code == LT_DONE && archive_write_data(parcel->archive, text, size) != (la_ssize_t)size) {
        code = failed(parcel, error);
    }
    free(text);
    if (code == LT_DONE && archive_write_close(parcel->archive) != ARCHIVE_OK) {
        code = failed(parcel, error);
    }
    return code == LT_DONE ? vault_write_end(parcel->vault, error) : code;
}

void parcel_sum(const struct parcel *parcel, uint64_t *files, uint64_t *bytes)
{
    *files = parcel->count;
    *bytes = parcel->bytes;
}

// --- reading ---

struct parcel_reader {
    struct archive *archive;
    struct vault *vault;
    struct lt_error why;
    uint8_t piece[PIECE];
};

static la_ssize_t get(struct archive *archive, void *self, const void **bytes)
{
    struct parcel_reader *reader = self;
    struct lt_slice piece = {0};
    if (vault_read(reader->vault, &piece, &reader->why) != LT_DONE) {
        archive_set_error(archive, EIO, "%s", reader->why.text);
        return -1;
    }
    *bytes = piece.data;
    return (la_ssize_t)piece.size;
}

static enum lt_code bad(const struct parcel_reader *reader, struct lt_error *error)
{
    if (reader->why.code != LT_DONE) {
        return lt_fail(error, reader->why.code, "%s", reader->why.text);
    }
    const char *text = archive_error_string(reader->archive);
    return lt_fail(error, LT_BAD_FILE,
                   "this is no backup of lienthon, or one that is cut off or was changed (%s)",
                   text != NULL ? text : "?");
}

enum lt_code parcel_open(int fd, struct parcel_reader **reader, struct lt_error *error)
{
    struct parcel_reader *made = cli_alloc(sizeof *made);
    *reader = made;
    made->archive = archive_read_new();
    enum lt_code code = made->archive == NULL
                            ? lt_fail(error, LT_NO_MEMORY, "no memory for a backup")
                            : vault_read_begin(fd, &made->vault, error);
    if (code == LT_DONE &&
        (archive_read_support_format_tar(made->archive) != ARCHIVE_OK ||
         archive_read_support_filter_zstd(made->archive) != ARCHIVE_OK ||
         archive_read_open(made->archive, made, NULL, get, NULL) != ARCHIVE_OK)) {
        code = bad(made, error);
    }
    if (code != LT_DONE) {
        parcel_reader_close(reader);
    }
    return code;
}

void parcel_reader_close(struct parcel_reader **reader)
{
    if (*reader == NULL) {
        return;
    }
    archive_read_free((*reader)->archive);
    vault_close(&(*reader)->vault);
    sodium_memzero((*reader)->piece, sizeof(*reader)->piece);
    free(*reader);
    *reader = NULL;
}

enum lt_code parcel_next(struct parcel_reader *reader, struct parcel_entry *entry,
                         struct lt_error *error)
{
    struct archive_entry *found = NULL;
    const int done = archive_read_next_header(reader->archive, &found);
    if (done == ARCHIVE_EOF) {
        return LT_NOT_FOUND;
    }
    if (done != ARCHIVE_OK) {
        return bad(reader, error);
    }
    const char *name = archive_entry_pathname(found);
    const unsigned type = archive_entry_filetype(found);
    if (name == NULL || (type != AE_IFREG && type != AE_IFDIR) ||
        archive_entry_hardlink(found) != NULL || archive_entry_size(found) < 0) {
        return lt_fail(error, LT_BAD_FILE,
                       "the backup has an entry that is neither a file nor a "
                       "folder: lienthon has not made it");
    }
    *entry = (struct parcel_entry){
        .name = name,
        .is_folder = type == AE_IFDIR,
        .mode = archive_entry_perm(found) & 0777,
        .size = (uint64_t)archive_entry_size(found),
    };
    return LT_DONE;
}

enum lt_code parcel_read(struct parcel_reader *reader, struct lt_slice *piece,
                         struct lt_error *error)
{
    const la_ssize_t got = archive_read_data(reader->archive, reader->piece, PIECE);
    if (got < 0) {
        return bad(reader, error);
    }
    *piece = (struct lt_slice){reader->piece, (size_t)got};
    return LT_DONE;
}
