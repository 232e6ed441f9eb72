// A backup's file opened: each entry against its hash, all of them against the manifest.
#ifndef CLI_UNPACK_H
#define CLI_UNPACK_H

#include <jansson.h>

#include <lienthon/bytes.h>

// Into the folder `to`, which is there and empty: to/folder and to/store. store_only: only the store is written, the
// rest is looked through. `stop` (stop.h): LT_CLOSED once it is asked for. *manifest is yours. LT_BAD_FILE: it is not what was
// made.
enum lt_code unpack(int fd, const char *to, bool store_only, int stop, json_t **manifest,
                    struct lt_error *error);

// Removes a folder and all in it.
void unpack_remove(const char *folder);

#endif
