// Command lines as tables: what a subcommand takes stands in one place, and `--help`, the manual page and the parser
// all read it there.
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include <lienthon/code.h>

struct answer;
struct cli;

struct flag {
    const char *name;  // without the two dashes
    const char *value; // what stands behind it in the help; NULL: a switch
    const char *help;
};

struct command {
    const char *name;
    const char *words; // the words it takes, as the help shows them
    const char *about; // one line
    const char *more;  // further lines of help, or NULL
    const char *example;
    const struct flag *flags; // ends with a name of NULL; NULL: none of its own
    size_t least, most;       // how many words
    int (*run)(struct cli *cli);
    const struct answer *answer; // what it prints with --json
    bool makes_folder;           // the folder need not be there yet
    bool is_hidden;              // not in the list of commands
};

enum { ARGUMENTS_MAX = 128 };

struct given {
    const struct flag *flag;
    const char *value; // NULL: a switch
};

struct arguments {
    const char *words[ARGUMENTS_MAX];
    size_t word_count;
    struct given given[ARGUMENTS_MAX];
    size_t given_count;
};

extern const struct flag arguments_global[]; // what every command takes

// Reads what stands behind the program's name: the command is the first word that is no option. LT_BAD_USE says what
// is wrong and what is allowed. *command is NULL when no word was given. Everything is lent from argv.
enum lt_code arguments_read(char **argv, const struct command *commands,
                            struct arguments *arguments, const struct command **command,
                            struct lt_error *error);

// By a command's table and arguments_global, "name" or "name=value"; NULL: there is none.
const struct flag *arguments_find_flag(const struct command *command, const char *name);
const struct command *arguments_find_command(const struct command *commands, const char *name);
// The name of an option as it was typed ("--json", "-C"), or NULL for a word.
const char *arguments_long_name(const char *argument);

bool arguments_has(const struct arguments *arguments, const char *name);
// The last value given, or NULL.
const char *arguments_value(const struct arguments *arguments, const char *name);
// The index-th value of an option that may be given several times, or NULL behind the last.
const char *arguments_nth(const struct arguments *arguments, const char *name, size_t index);
// A whole number within the bounds; `fallback` when it is not given.
enum lt_code arguments_number(const struct arguments *arguments, const char *name, long least,
                              long most, long fallback, long *number, struct lt_error *error);

#endif
