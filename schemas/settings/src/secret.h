// Key files as text; the caller's memory is locked and wiped by it.
#ifndef LT_SECRET_H
#define LT_SECRET_H

#include <lienthon/settings/folder.h>

enum {
    SECRET_FILE_MAX = 1024,
    SECRET_OTHERS = 077,     // what others may not do with a key file
    CREDENTIAL_OTHERS = 037, // its reader's ACL shows as the group's bit, in a folder of its own
};

// sodium_malloc, with libsodium started; NULL: no locked memory. sodium_free it.
void *secret_room(size_t size);
// Reads a file with none of the mode bits `forbidden`, at most room - 1 bytes. LT_NOT_FOUND, LT_IO, LT_BAD_FILE.
enum lt_code secret_read(const char *path, unsigned forbidden, char *text, size_t room,
                         size_t *size, struct lt_error *error);
bool secret_decode(const char *text, size_t size, uint8_t *secret);

#endif
