// Help and the manual page, from the table of commands.
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "arguments.h"

// NULL: the list of all commands.
void manual_help(const struct command *command);
// The whole manual page as Markdown, on stdout.
void manual_page(void);

#endif
