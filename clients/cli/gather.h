// A folder's files into a backup.
#ifndef CLI_GATHER_H
#define CLI_GATHER_H

#include <sys/types.h>

#include "parcel.h"

enum { GATHER_OUT_MAX = 4 };

struct gather {
    const char *folder; // absolute
    struct {
        dev_t dev;
        ino_t ino;
    } out[GATHER_OUT_MAX]; // what is left out, however its path is written
    size_t out_count;
    bool without_root;
    bool has_root; // out: keys/root.seed is in it
};

// Leaves this file or folder out; one that is not there (or NULL) is nothing to leave out.
void gather_leave_out(struct gather *gather, const char *path);

// Adds the folder's files below "folder/". What is no file or folder (a socket) is left out; a link is what it leads to, for
// on another machine it would lead nowhere.
enum lt_code gather_folder(struct gather *gather, struct parcel *parcel, struct lt_error *error);

#endif
