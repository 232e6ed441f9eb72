// A secret that a settings file names and never holds: `file:PATH`, readable by its owner alone, or `credential:NAME`, which
// systemd lays into $CREDENTIALS_DIRECTORY (LoadCredential=, LoadCredentialEncrypted=). An option of it is LT_OPTION_SECRET:
// the field is a text, that name; a value in its place is refused, and is not told in the error. Any thread.
#ifndef LIENTHON_SETTINGS_SECRET_H
#define LIENTHON_SETTINGS_SECRET_H

#include <lienthon/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LT_SECRET_TEXT_MAX = 4096 };

typedef struct lt_secret lt_secret; // in locked memory, wiped at its end

// Whether that is a name of the two kinds.
bool lt_secret_is_name(const char *name);
// Reads it: the whole file without line ends behind it, 1 to LT_SECRET_TEXT_MAX bytes. A relative PATH is relative to the
// current folder, which in a bridge is the instance's. LT_BAD_USE (no such name), LT_NOT_FOUND, LT_IO, LT_BAD_FILE (others
// may read it, it is empty or too large), LT_NO_MEMORY.
enum lt_code lt_secret_open(const char *name, lt_secret **secret, struct lt_error *error);
// Lent until it is closed. data NULL: secret is NULL.
struct lt_slice lt_secret_bytes(const lt_secret *secret);
void lt_secret_close(lt_secret **secret);
// Locked memory for what is put together with a secret, size bytes; NULL: there is none. Wiped and freed by the second.
void *lt_secret_room(size_t size);
void lt_secret_room_free(void *room);

#ifdef __cplusplus
}
#endif
#endif
