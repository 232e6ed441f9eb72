// What an early bridge (bridge.h) has been given or waits for: one file each, the sealed message as it came, so that a later
// life has it without the hub.
#ifndef LT_BRIDGES_KEPT_H
#define LT_BRIDGES_KEPT_H

#include <time.h>

#include <lienthon/seal.h>

enum { KEPT_MOST = 4096 }; // files; beyond it the hub keeps what is not due

struct kept {
    int folder;             // a descriptor; -1: nothing is kept
    size_t count;           // files, as far as is known
    struct timespec newest; // the time that the newest of them bears
};

enum lt_code kept_open(const char *path, struct kept *kept, struct lt_error *error);
void kept_close(struct kept *kept);
// On stable storage when it returns LT_DONE. LT_BUSY: there are KEPT_MOST; LT_IO.
enum lt_code kept_add(struct kept *kept, const char *target, const struct lt_sealed *message,
                      struct lt_error *error);
void kept_drop(struct kept *kept, const char *target, const struct lt_part *message);
// Calls `found` for each file that can be read, the one kept first first, whatever the clock did; all is lent. A file that cannot is left alone and
// told in the log.
typedef void kept_found(void *user, struct lt_slice target, const struct lt_sealed *message);
enum lt_code kept_read(struct kept *kept, kept_found *found, void *user, struct lt_error *error);

#endif
