// Help for people and the same as data for programs (manual pages are made from it), from the table of commands.
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include <jansson.h>

#include "arguments.h"

struct manual_exit {
    int number; // -1 behind the last
    const char *about;
};
extern const struct manual_exit manual_exits[];

// command NULL: the list of all commands.
void manual_help(const struct command *command);
json_t *manual_json(const struct command *command);

// The files that `lienthon help FILE` has a sample of; NULL behind the last.
const char *manual_file_name(size_t index);
// Prints the sample. false: there is no such file.
bool manual_sample(const char *name, bool as_json);

#endif
