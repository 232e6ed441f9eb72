// Files of a state folder, all by a descriptor of the folder: whole, or as they were before.
#ifndef LT_FILES_H
#define LT_FILES_H

#include <lienthon/bytes.h>

// Opens the folder, making it (mode 0700) if it is not there, and locks it for this process. *folder is
// closed by the caller, which ends the lock. LT_BAD_FILE: another has it; LT_IO.
enum lt_code files_lock(const char *path, int *folder, struct lt_error *error);

// A folder inside, made if it is not there.
enum lt_code files_subfolder(int folder, const char *name, int *subfolder, struct lt_error *error);

// Appends the whole file to out. LT_NOT_FOUND: there is none; LT_TOO_LARGE: above out->max; LT_IO.
enum lt_code files_read(int folder, const char *name, struct lt_buffer *out,
                        struct lt_error *error);

// Replaces the file: written beside it, synced, renamed.
enum lt_code files_replace(int folder, const char *name, struct lt_slice bytes,
                           struct lt_error *error);

// LT_IO: what was being done to a file, why it failed (errno), and what to do where the disk is full.
enum lt_code files_fail(struct lt_error *error, const char *name, const char *doing, int reason);
// All of it, whatever the kernel takes at once; false: errno says why.
bool files_write_all(int file, struct lt_slice bytes);

#endif
