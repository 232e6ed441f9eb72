// A bridge, found by its name: a shared object NAME.so or an executable NAME (program.h), in LIENTHON_BRIDGES or in
// ../lib/lienthon/bridges beside the program. A shared object stays loaded until the process ends.
#ifndef LT_BRIDGES_MODULE_H
#define LT_BRIDGES_MODULE_H

#include <lienthon/bridge.h>

// *path is yours (free).
enum lt_code module_folder(char **path, struct lt_error *error);
// LT_NOT_FOUND names the bridges that there are; LT_BAD_FILE: it is no bridge, or of another version. A program is run for
// it, and waited for (program_load). To be released.
enum lt_code module_load(const char *name, const struct lt_bridge **bridge, struct lt_error *error);
// Before the zeroed state is used.
void module_prepare(const struct lt_bridge *bridge, void *state);
// When nothing of it is used any more: its state is cleared already. *bridge may be NULL.
void module_release(const struct lt_bridge **bridge);
// Where our module for bridges in Python lies, beside the program. Yours (free); NULL: it cannot be told.
char *module_python_folder(void);
// Appends the names of what is there, in order, comma-separated. false: there is nothing, or no memory.
bool module_names(struct lt_buffer *out);
// Appends a line each, "name  what it is", or why it cannot be used.
void module_list(struct lt_buffer *out);
// The same as JSON: an object a line, {"bridge", "about", "usable"}; about says why it is not.
void module_list_json(struct lt_buffer *out);

#endif
