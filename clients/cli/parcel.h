// What a backup's file holds, one after the other: a tar (libarchive) in a vault. Each file is hashed on its way, and the last
// entry, manifest.json, names all of them. backup.md has the format.
#ifndef CLI_PARCEL_H
#define CLI_PARCEL_H

#include <jansson.h>

#include <lienthon/bytes.h>

#define PARCEL_MANIFEST "manifest.json"

struct parcel;

// Into the descriptor (lent). passphrase NULL: in the open.
enum lt_code parcel_create(int fd, const char *passphrase, struct parcel **parcel,
                           struct lt_error *error);
enum lt_code parcel_add_folder(struct parcel *parcel, const char *name, unsigned mode,
                               struct lt_error *error);
enum lt_code parcel_add_bytes(struct parcel *parcel, const char *name, unsigned mode,
                              struct lt_slice bytes, struct lt_error *error);
// `size` bytes of the descriptor; LT_IO when there are fewer.
enum lt_code parcel_add_file(struct parcel *parcel, const char *name, unsigned mode, int fd,
                             uint64_t size, struct lt_error *error);
// Adds the manifest: what `about` (an object, lent) says, and the files. Then it is whole.
enum lt_code parcel_finish(struct parcel *parcel, json_t *about, struct lt_error *error);
// How many files and bytes were added.
void parcel_sum(const struct parcel *parcel, uint64_t *files, uint64_t *bytes);
void parcel_close(struct parcel **parcel);

struct parcel_entry {
    const char *name; // lent until the next one
    bool is_folder;
    unsigned mode;
    uint64_t size;
};
struct parcel_reader;
enum lt_code parcel_open(int fd, struct parcel_reader **reader, struct lt_error *error);
// LT_NOT_FOUND: there are no more, and it was whole. LT_BAD_FILE: it is not what was made.
enum lt_code parcel_next(struct parcel_reader *reader, struct parcel_entry *entry,
                         struct lt_error *error);
// The entry's next bytes, lent; size 0: its end.
enum lt_code parcel_read(struct parcel_reader *reader, struct lt_slice *piece,
                         struct lt_error *error);
void parcel_reader_close(struct parcel_reader **reader);

// One line of a manifest's files.
json_t *parcel_line(const char *name, uint64_t size, const uint8_t sha256[32]);

#endif
