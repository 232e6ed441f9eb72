// Files that are made once.
#ifndef LT_FILE_H
#define LT_FILE_H

#include <lienthon/settings/folder.h>

// LT_BAD_USE: it is there already. Synced, with its folder.
enum lt_code file_create(const char *path, struct lt_slice bytes, unsigned mode,
                         struct lt_error *error);

#endif
