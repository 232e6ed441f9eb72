// The folder of recordings does not grow: a device has a small disk, and its programme and its alarms need some of it.
#ifndef LT_SPEAKER_RECORDINGS_ROOM_H
#define LT_SPEAKER_RECORDINGS_ROOM_H

#include <lienthon/code.h>

#include <stddef.h>
#include <stdint.h>

struct recordings_limit {
    size_t files;   // that stay
    uint64_t bytes; // of all of them together
    uint64_t spare; // bytes of the disk that are left to others
};

// Makes room for one more of that size: those that were used longest ago go. LT_TOO_LARGE: the disk has no room for it.
enum lt_code recordings_room(const char *folder, uint64_t size,
                             const struct recordings_limit *limit, struct lt_error *error);
// It is used now: others go before it.
void recordings_touch(const char *path);

#endif
