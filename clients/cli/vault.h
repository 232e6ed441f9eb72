// A stream of bytes in a file, in the open or under a passphrase (argon2id for the key, libsodium's secretstream, which is
// XChaCha20-Poly1305, around pieces of 64 KiB). backup.md has the format.
#ifndef CLI_VAULT_H
#define CLI_VAULT_H

#include <lienthon/bytes.h>

struct vault; // one direction, one thread

// Writes to the descriptor (lent). passphrase NULL: in the open.
enum lt_code vault_write_begin(int fd, const char *passphrase, struct vault **vault,
                               struct lt_error *error);
enum lt_code vault_write(struct vault *vault, const void *bytes, size_t size,
                         struct lt_error *error);
// The end belongs to it: what has none was cut off.
enum lt_code vault_write_end(struct vault *vault, struct lt_error *error);

// Reads from the descriptor (lent), which stands at its beginning; asks for the passphrase where it needs one.
// LT_NOT_ALLOWED: it is not the passphrase, or the file was changed.
enum lt_code vault_read_begin(int fd, struct vault **vault, struct lt_error *error);
// The next piece, lent until the next call; size 0: the end, and it was whole. LT_BAD_FILE: cut off or changed.
enum lt_code vault_read(struct vault *vault, struct lt_slice *piece, struct lt_error *error);

void vault_close(struct vault **vault);

#endif
