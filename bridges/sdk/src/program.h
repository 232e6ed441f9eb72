// A bridge that is a program in any language: the host runs it as a child and talks to it in lines of JSON (PROGRAMS.md).
// For the rest of the host it is a `struct lt_bridge` like any other, made of what the program says of itself.
#ifndef LT_BRIDGES_PROGRAM_H
#define LT_BRIDGES_PROGRAM_H

#include <lienthon/bridge.h>

// Runs the file once and asks what it is; blocks until it has answered, for ten seconds at most. The bridge is yours
// (program_free). LT_BAD_FILE: it describes itself wrongly, LT_TIMED_OUT, LT_IO: it cannot be run, or ended before; the
// sentence has its last line on standard error.
enum lt_code program_load(const char *path, const char *name, const struct lt_bridge **bridge,
                          struct lt_error *error);
// Whether program_load has made it.
bool program_is(const struct lt_bridge *bridge);
// Before its state is used for anything but options.
void program_prepare(const struct lt_bridge *bridge, void *state);
// Its state must be cleared before.
void program_free(const struct lt_bridge **bridge);

#endif
