// A bridge's shared object, found by its name: in LIENTHON_BRIDGES, or in ../lib/lienthon/bridges
// beside the program. It stays loaded until the process ends.
#ifndef LT_BRIDGES_MODULE_H
#define LT_BRIDGES_MODULE_H

#include <lienthon/bridge.h>

// *path is yours (free).
enum lt_code module_folder(char **path, struct lt_error *error);
// LT_NOT_FOUND names the bridges that there are; LT_BAD_FILE: it is no bridge, or of another version.
enum lt_code module_load(const char *name, const struct lt_bridge **bridge, struct lt_error *error);
// Appends the names of what is there, in order, comma-separated. false: there is nothing, or no memory.
bool module_names(struct lt_buffer *out);
// Appends a line each, "name  what it is", or why it cannot be used.
void module_list(struct lt_buffer *out);

#endif
