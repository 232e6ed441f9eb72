// Reads a command line by the tables of flags.
#include "arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/settings/option.h>

const struct flag arguments_global[] = {
    {"folder", "DIR",
     "the commune's or device's folder; also -C DIR, or LIENTHON_DIR, or the current folder"},
    {"as", "IDENTITY", "speak as this identity (identities/NAME.yaml) instead of identity.yaml"},
    {"wait", "SECONDS", "how long to wait for the hub (10; 30 where something is published)"},
    {"json", NULL, "print JSON for programs"},
    {"help", NULL, "this help; also -h"},
    {NULL, NULL, NULL},
};

static const struct flag *find_in(const struct flag *flags, const char *name, size_t size)
{
    for (; flags != NULL && flags->name != NULL; flags++) {
        if (strlen(flags->name) == size && memcmp(flags->name, name, size) == 0) {
            return flags;
        }
    }
    return NULL;
}

const struct flag *arguments_find_flag(const struct command *command, const char *name)
{
    const size_t size = strcspn(name, "=");
    const struct flag *flag = find_in(arguments_global, name, size);
    return flag == NULL && command != NULL ? find_in(command->flags, name, size) : flag;
}

const struct command *arguments_find_command(const struct command *commands, const char *name)
{
    for (; commands->name != NULL; commands++) {
        if (strcmp(commands->name, name) == 0) {
            return commands;
        }
    }
    return NULL;
}

static enum lt_code unknown_flag(const struct command *command, const char *typed,
                                 struct lt_error *error)
{
    char name[64]; // without the value behind a "="
    snprintf(name, sizeof name, "%.*s", (int)strcspn(typed, "="), typed);
    const char *names[ARGUMENTS_MAX];
    size_t count = 0;
    for (const struct flag *flag = arguments_global; flag->name != NULL; flag++) {
        names[count++] = flag->name;
    }
    for (const struct flag *flag = command != NULL ? command->flags : NULL;
         flag != NULL && flag->name != NULL && count < ARGUMENTS_MAX; flag++) {
        names[count++] = flag->name;
    }
    const char *near = lt_nearest(name, names, count);
    if (near != NULL) {
        return lt_fail(error, LT_BAD_USE, "there is no option --%s; did you mean --%s?", name,
                       near);
    }
    if (command == NULL) {
        return lt_fail(error, LT_BAD_USE,
                       "there is no option --%s for every command; what is one command's own "
                       "stands behind it: lienthon COMMAND --%s",
                       name, name);
    }
    return lt_fail(error, LT_BAD_USE, "there is no option --%s; `lienthon %s --help` lists them",
                   name, command->name);
}

static enum lt_code unknown_command(const struct command *commands, const char *name,
                                    struct lt_error *error)
{
    const char *names[ARGUMENTS_MAX];
    size_t count = 0;
    for (; commands->name != NULL && count < ARGUMENTS_MAX; commands++) {
        names[count++] = commands->name;
    }
    const char *near = lt_nearest(name, names, count);
    if (near != NULL) {
        return lt_fail(error, LT_BAD_USE, "there is no command '%s'; did you mean '%s'?", name,
                       near);
    }
    return lt_fail(error, LT_BAD_USE, "there is no command '%s'; `lienthon --help` lists them",
                   name);
}

// "-C" and "-h" are short names of two that have long ones.
const char *arguments_long_name(const char *argument)
{
    if (strcmp(argument, "-C") == 0) {
        return "folder";
    }
    if (strcmp(argument, "-h") == 0) {
        return "help";
    }
    return strncmp(argument, "--", 2) == 0 && argument[2] != '\0' ? argument + 2 : NULL;
}

// Takes the option at **argv, and its value; leaves *argv at the last argument used.
static enum lt_code read_flag(char ***argv, const struct command *command,
                              struct arguments *arguments, struct lt_error *error)
{
    const char *name = arguments_long_name(**argv);
    const char *equals = strchr(name, '=');
    const struct flag *flag = arguments_find_flag(command, name);
    if (flag == NULL) {
        return unknown_flag(command, name, error);
    }
    const char *value = equals != NULL ? equals + 1 : NULL;
    if (flag->value == NULL && value != NULL) {
        return lt_fail(error, LT_BAD_USE, "--%s takes no value", flag->name);
    }
    if (flag->value != NULL && value == NULL) {
        if ((*argv)[1] == NULL) {
            return lt_fail(error, LT_BAD_USE, "--%s wants a value: --%s %s", flag->name, flag->name,
                           flag->value);
        }
        (*argv)++;
        value = **argv;
    }
    if (arguments->given_count == ARGUMENTS_MAX) {
        return lt_fail(error, LT_BAD_USE, "more than %d options", ARGUMENTS_MAX);
    }
    arguments->given[arguments->given_count++] = (struct given){flag, value};
    return LT_DONE;
}

static enum lt_code check_words(const struct command *command, const struct arguments *arguments,
                                struct lt_error *error)
{
    if (arguments_has(arguments, "help")) {
        return LT_DONE;
    }
    if (arguments->word_count < command->least) {
        return lt_fail(error, LT_BAD_USE, "too few words: lienthon %s %s\n  for example: %s",
                       command->name, command->words, command->example);
    }
    if (arguments->word_count > command->most) {
        return lt_fail(error, LT_BAD_USE, "'%s' is one word too many: lienthon %s %s",
                       arguments->words[command->most], command->name, command->words);
    }
    return LT_DONE;
}

enum lt_code arguments_read(char **argv, const struct command *commands,
                            struct arguments *arguments, const struct command **command,
                            struct lt_error *error)
{
    *command = NULL;
    bool only_words = false;
    for (; *argv != NULL; argv++) {
        if (!only_words && strcmp(*argv, "--") == 0) {
            only_words = true;
        } else if (!only_words && arguments_long_name(*argv) != NULL) {
            if (read_flag(&argv, *command, arguments, error) != LT_DONE) {
                return error->code;
            }
        } else if (!only_words && (*argv)[0] == '-' && (*argv)[1] != '\0') {
            return lt_fail(
                error, LT_BAD_USE,
                "there is no option %s; options are written --name, and what stands behind -- "
                "is a word, whatever it begins with",
                *argv);
        } else if (*command == NULL) {
            *command = arguments_find_command(commands, *argv);
            if (*command == NULL) {
                return unknown_command(commands, *argv, error);
            }
        } else if (arguments->word_count == ARGUMENTS_MAX) {
            return lt_fail(error, LT_BAD_USE, "more than %d words", ARGUMENTS_MAX);
        } else {
            arguments->words[arguments->word_count++] = *argv;
        }
    }
    return *command != NULL ? check_words(*command, arguments, error) : LT_DONE;
}

bool arguments_has(const struct arguments *arguments, const char *name)
{
    for (size_t i = 0; i < arguments->given_count; i++) {
        if (strcmp(arguments->given[i].flag->name, name) == 0) {
            return true;
        }
    }
    return false;
}

const char *arguments_value(const struct arguments *arguments, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < arguments->given_count; i++) {
        if (strcmp(arguments->given[i].flag->name, name) == 0) {
            value = arguments->given[i].value;
        }
    }
    return value;
}

const char *arguments_nth(const struct arguments *arguments, const char *name, size_t index)
{
    for (size_t i = 0; i < arguments->given_count; i++) {
        if (strcmp(arguments->given[i].flag->name, name) == 0 && index-- == 0) {
            return arguments->given[i].value;
        }
    }
    return NULL;
}

enum lt_code arguments_number(const struct arguments *arguments, const char *name, long least,
                              long most, long fallback, long *number, struct lt_error *error)
{
    const char *text = arguments_value(arguments, name);
    if (text == NULL) {
        *number = fallback;
        return LT_DONE;
    }
    char *end = NULL;
    errno = 0;
    *number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *number < least || *number > most) {
        return lt_fail(error, LT_BAD_USE, "--%s %s: a whole number from %ld to %ld is allowed",
                       name, text, least, most);
    }
    return LT_DONE;
}
