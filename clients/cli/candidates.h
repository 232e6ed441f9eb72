// What may stand for a placeholder of the tables (HAMLET, ROLE, …), from the folder and from the library's own data.
#ifndef CLI_CANDIDATES_H
#define CLI_CANDIDATES_H

#include "cli.h"

struct candidate {
    char *word, *about;
};

struct candidates {
    const char *typed; // what is there of the word: only what begins with it is kept
    size_t kept;       // bytes of it that stay before what is offered
    struct candidate *items;
    size_t count, room;
};

// Adds a copy, if it fits and is not there yet.
void candidates_add(struct candidates *out, const char *word, const char *about);
void candidates_clear(struct candidates *out);

// By a placeholder, as it stands in the tables. A list takes several with commas.
void candidates_of_value(const struct cli *cli, const char *placeholder, struct candidates *out);
// The index-th word of a command.
void candidates_of_word(const struct cli *cli, const struct command *command, size_t index,
                        struct candidates *out);

#endif
