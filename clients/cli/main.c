// The `lienthon` command: a table of subcommands, a file each.
#include "cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "manual.h"
#include "say.h"

static int run(struct cli *cli)
{
    const char *folder = arguments_value(&cli->arguments, "folder");
    cli->as = arguments_value(&cli->arguments, "as");
    cli->json = arguments_has(&cli->arguments, "json");
    if (cli->command == NULL || arguments_has(&cli->arguments, "help")) {
        if (cli->json) {
            say_json(manual_json(cli->command));
        } else {
            manual_help(cli->command);
        }
        return CLI_DONE;
    }
    if (cli_resolve(cli, folder, cli->command->makes_folder) != LT_DONE) {
        return cli_failed(cli);
    }
    return cli->command->run(cli);
}

// A command line that cannot be read may still ask for JSON, before or behind what is wrong.
static bool asks_for_json(char **argv)
{
    for (; *argv != NULL && strcmp(*argv, "--") != 0; argv++) {
        if (strcmp(*argv, "--json") == 0) {
            return true;
        }
    }
    return false;
}

// Where one of the three is closed, the next file to be opened would be it, and what is said would stand in that file.
static bool hold_standard_places(void)
{
    int fd = 0;
    while (fd <= STDERR_FILENO) {
        fd = open("/dev/null", O_RDONLY); // to be written to it is closed still, and told as such
        if (fd < 0) {
            return false;
        }
    }
    close(fd);
    return true;
}

int main(int count, char **argv)
{
    struct cli cli = {0};
    if (!hold_standard_places()) {
        return CLI_FAILED;
    }
    if (sodium_init() < 0) {
        say_aside("libsodium does not start");
        return CLI_FAILED;
    }
    if (count < 2) {
        manual_help(NULL);
        return CLI_USAGE;
    }
    int status = CLI_USAGE;
    if (arguments_read(argv + 1, cli_commands, &cli.arguments, &cli.command, &cli.error) !=
        LT_DONE) {
        cli.json = asks_for_json(argv + 1);
        status = cli_failed(&cli);
    } else if (cli.command == NULL && !arguments_has(&cli.arguments, "help")) {
        lt_fail(&cli.error, LT_BAD_USE, "no command; `lienthon --help` lists them");
        cli.json = asks_for_json(argv + 1);
        status = cli_failed(&cli);
    } else {
        status = run(&cli);
    }
    free(cli.folder);
    // A line that could not be written was perhaps flushed before: the stream remembers it.
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        say_aside("standard output cannot be written");
        return CLI_FAILED;
    }
    return status;
}
