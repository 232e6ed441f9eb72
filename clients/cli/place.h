// Where a store comes to lie when it is restored.
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include <lienthon/code.h>

// Takes "//", "." and ".." and a slash at the end out of an absolute path, in place, as it is written: links are not looked at.
void place_straighten(char *path);
// What is behind `folder` in the path, with its slash; "" for the folder itself; NULL: it is not inside. Both straightened.
const char *place_inside(const char *folder, const char *path);

// Moves the file `from` to to/hub.db, within one file system, over what a backup may have brought there.
enum lt_code place_own(const char *from, const char *to, struct lt_error *error);
// The same onto another file system too, and over nothing: LT_BAD_USE where a store or a piece of one is. It is there whole
// and synced, or not at all.
enum lt_code place_elsewhere(const char *from, const char *to, struct lt_error *error);

#endif
