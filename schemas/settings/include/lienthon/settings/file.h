// Files and folders, written so that a crash leaves the old one or the new one. For bridges too. Any thread.
#ifndef LIENTHON_SETTINGS_FILE_H
#define LIENTHON_SETTINGS_FILE_H

#include <lienthon/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

// A whole file: written beside (NAME.unfinished-XXXXXX), synced, renamed, and the folder synced. mode as 0600 or 0644. LT_IO
// with errno's text, LT_NO_MEMORY; then what was there before is still there.
enum lt_code lt_file_write(const char *path, struct lt_slice bytes, unsigned mode,
                           struct lt_error *error);
// Is `name` what a crash leaves beside `of` while that is written? Both without a folder. A person's own copy has no such name.
bool lt_file_is_unfinished(const char *name, const char *of);
// Appends the whole file; at most out->max. LT_IO; LT_BAD_FILE: it is larger.
enum lt_code lt_file_read(const char *path, struct lt_buffer *out, struct lt_error *error);
// With parents; there already is fine. LT_IO, LT_NO_MEMORY.
enum lt_code lt_folder_make(const char *path, unsigned mode, struct lt_error *error);
// folder/name; *path is yours (free). An absolute name is taken as it is. LT_NO_MEMORY.
enum lt_code lt_folder_path(const char *folder, const char *name, char **path,
                            struct lt_error *error);

#ifdef __cplusplus
}
#endif
#endif
