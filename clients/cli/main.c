// The `lienthon` command: a table of subcommands, a file each.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "manual.h"

static int run(struct cli *cli)
{
    const char *folder = arguments_value(&cli->arguments, "folder");
    cli->as = arguments_value(&cli->arguments, "as");
    cli->json = arguments_has(&cli->arguments, "json");
    if (cli->command == NULL || arguments_has(&cli->arguments, "help")) {
        manual_help(cli->command);
        return CLI_DONE;
    }
    if (cli_resolve(cli, folder, cli->command->makes_folder) != LT_DONE) {
        return cli_failed(cli);
    }
    return cli->command->run(cli);
}

int main(int count, char **argv)
{
    struct cli cli = {0};
    if (sodium_init() < 0) {
        fputs("lienthon: libsodium does not start\n", stderr);
        return CLI_FAILED;
    }
    if (count < 2) {
        manual_help(NULL);
        return CLI_USAGE;
    }
    int status = CLI_USAGE;
    if (arguments_read(argv + 1, cli_commands, &cli.arguments, &cli.command, &cli.error) !=
        LT_DONE) {
        cli.json = arguments_has(&cli.arguments, "json");
        status = cli_failed(&cli);
    } else if (cli.command == NULL && !arguments_has(&cli.arguments, "help")) {
        lt_fail(&cli.error, LT_BAD_USE, "no command; `lienthon --help` lists them");
        status = cli_failed(&cli);
    } else {
        status = run(&cli);
    }
    free(cli.folder);
    if (fflush(stdout) != 0) {
        fputs("lienthon: standard output cannot be written\n", stderr);
        return CLI_FAILED;
    }
    return status;
}
