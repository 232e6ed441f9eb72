// Help and the manual page: nothing is said here that the table does not say.
#include "manual.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"

static const char exit_codes[] = "0 done · 1 refused, failed, or the answer is no · 2 the command "
                                 "line is wrong · 3 not found · 4 no answer in time "
                                 "(what was to be published is kept and leaves later)";

static void print_flags(const struct flag *flags, const char *before, const char *between,
                        const char *after)
{
    for (; flags != NULL && flags->name != NULL; flags++) {
        char left[80];
        snprintf(left, sizeof left, "--%s%s%s", flags->name, flags->value != NULL ? " " : "",
                 flags->value != NULL ? flags->value : "");
        printf("%s%s%s%s%s", before, left, between, flags->help, after);
    }
}

static void print_flags_for_terminal(const struct flag *flags)
{
    for (; flags != NULL && flags->name != NULL; flags++) {
        char left[80];
        snprintf(left, sizeof left, "--%s%s%s", flags->name, flags->value != NULL ? " " : "",
                 flags->value != NULL ? flags->value : "");
        printf("  %-22s %s\n", left, flags->help);
    }
}

static void all_commands(void)
{
    puts("lienthon: a commune's message hub, from the command line\n\nusage: lienthon COMMAND …\n");
    for (const struct command *command = cli_commands; command->name != NULL; command++) {
        printf("  %-9s %s\n", command->name, command->about);
    }
    puts("\nevery command takes");
    print_flags_for_terminal(arguments_global);
    printf("\n`lienthon COMMAND --help` says more, with an example.\nexit codes: %s\n", exit_codes);
}

void manual_help(const struct command *command)
{
    if (command == NULL) {
        all_commands();
        return;
    }
    printf("lienthon %s: %s\n\nusage: lienthon %s %s\n", command->name, command->about,
           command->name, command->words);
    if (command->more != NULL) {
        printf("\n%s\n", command->more);
    }
    puts("");
    print_flags_for_terminal(command->flags);
    print_flags_for_terminal(arguments_global);
    printf("\nexample:\n  %s\n\nexit codes: %s\n", command->example, exit_codes);
}

static void page_command(const struct command *command)
{
    printf("## lienthon %s %s\n\n%s.\n\n", command->name, command->words, command->about);
    if (command->more != NULL) {
        printf("%s\n\n", command->more);
    }
    print_flags(command->flags, "**", "**\n: ", "\n\n");
    printf("Example:\n\n    %s\n\n", command->example);
}

void manual_page(void)
{
    puts("% LIENTHON(1) Liên Thôn " CLI_VERSION
         "\n\n# NAME\n\nlienthon - a commune's message hub, from the command "
         "line\n\n# SYNOPSIS\n\n**lienthon** *COMMAND* [*OPTIONS*] [*WORDS*]\n\n# OPTIONS OF EVERY "
         "COMMAND\n");
    print_flags(arguments_global, "**", "**\n: ", "\n\n");
    puts("# COMMANDS\n");
    for (const struct command *command = cli_commands; command->name != NULL; command++) {
        page_command(command);
    }
    printf("# EXIT CODES\n\n%s\n\n", exit_codes);
    puts("# ENVIRONMENT\n\n**LIENTHON_DIR**\n: the folder, where -C is not "
         "given\n\n**LIENTHON_PASSPHRASE_FILE**\n: "
         "a file with the passphrase of the root key, for programs\n");
}

int cli_help(struct cli *cli)
{
    const struct arguments *arguments = &cli->arguments;
    if (arguments_has(arguments, "manual")) {
        manual_page();
        return CLI_DONE;
    }
    if (arguments->word_count == 0) {
        manual_help(NULL);
        return CLI_DONE;
    }
    for (const struct command *command = cli_commands; command->name != NULL; command++) {
        if (strcmp(command->name, arguments->words[0]) == 0) {
            manual_help(command);
            return CLI_DONE;
        }
    }
    lt_fail(&cli->error, LT_BAD_USE, "there is no command '%s'; `lienthon --help` lists them",
            arguments->words[0]);
    return cli_failed(cli);
}
