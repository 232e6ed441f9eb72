// A folder's files into a backup.
#ifndef CLI_GATHER_H
#define CLI_GATHER_H

#include "parcel.h"

struct gather {
    const char *folder; // absolute
    const char *data;   // the hub's, absolute: left out, its store is copied; NULL: none
    const char *file;   // the backup itself, absolute: left out with what is beside it
    bool without_root;
    bool has_root; // out: keys/root.seed is in it
};

// Adds the folder's files below "folder/". What is no file or folder (a socket) is left out.
enum lt_code gather_folder(struct gather *gather, struct parcel *parcel, struct lt_error *error);

#endif
