// A backup's manifest, and the counts of the store in it.
#ifndef CLI_MANIFEST_H
#define CLI_MANIFEST_H

#include <jansson.h>

#include "cli.h"

// What `lienthond --verify DATA` says of the store in the folder, as an object; *json is yours. LT_STORAGE_FAILED: the
// store is damaged, the object is there all the same.
enum lt_code manifest_account(const char *data, json_t **json, struct lt_error *error);

// What is said of the backup beside its files. account NULL: there is no store in it. NULL: no memory.
json_t *manifest_make(const struct lt_commune *commune, bool has_root, json_t *account);

// Is it one that this program knows; LT_BAD_FILE.
enum lt_code manifest_check(json_t *manifest, struct lt_error *error);
// Does the store that is there now have what the manifest counts; LT_BAD_FILE names the first difference.
enum lt_code manifest_compare(json_t *manifest, json_t *account, struct lt_error *error);

// "N messages, N grants, …" to the buffer.
void manifest_print(json_t *manifest, struct lt_buffer *out);

#endif
