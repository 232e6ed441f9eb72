// What every subcommand is given, and how each of them ends.
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <lienthon/settings/folder.h>

#include "arguments.h"

#define CLI_VERSION "0.1.0"

enum cli_exit {
    CLI_DONE = 0,
    CLI_FAILED = 1,    // refused, failed, or the answer is no
    CLI_USAGE = 2,     // the command line is wrong
    CLI_NOT_FOUND = 3, // what was asked for is not there
    CLI_TIMEOUT = 4,   // no answer in time
};

struct cli {
    struct arguments arguments;
    const struct command *command;
    char *folder;   // absolute; owned by main
    const char *as; // NULL: identity.yaml
    bool json;
    struct lt_error error; // of what failed last
};

extern const struct command cli_commands[]; // ends with a name of NULL

// cli->folder from what was given (NULL: LIENTHON_DIR, else the current folder). A command that makes its folder takes
// one that is not there yet.
enum lt_code cli_resolve(struct cli *cli, const char *given, bool may_be_new);
// Says cli->error on stderr (and, with --json, on stdout as {"error", "code", "number"}) and gives the exit code for it.
int cli_failed(struct cli *cli);
// All further times are in the zone of the folder's commune (Vietnam's where there is none), for commands without a session.
void cli_zone(const struct cli *cli);
// Milliseconds since 1970 by this machine's clock.
uint64_t cli_now(void);
// A path below the folder, never NULL; ends the program when there is no memory. free it.
char *cli_path(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Memory or the end of the program, with a line.
void *cli_alloc(size_t size);
char *cli_copy(struct lt_slice text); // as a C string

int cli_init(struct cli *cli);
int cli_up(struct cli *cli);
int cli_invite(struct cli *cli);
int cli_join(struct cli *cli);
int cli_grants(struct cli *cli);
int cli_may(struct cli *cli);
int cli_revoke(struct cli *cli);
int cli_renew(struct cli *cli);
int cli_hours(struct cli *cli);
int cli_rekey(struct cli *cli);
int cli_notice(struct cli *cli);
int cli_status(struct cli *cli);
int cli_cancel(struct cli *cli);
int cli_replace(struct cli *cli);
int cli_approve(struct cli *cli);
int cli_pub(struct cli *cli);
int cli_sub(struct cli *cli);
int cli_history(struct cli *cli);
int cli_last(struct cli *cli);
int cli_why(struct cli *cli);
int cli_backup(struct cli *cli);
int cli_restore(struct cli *cli);
int cli_doctor(struct cli *cli);
int cli_dead(struct cli *cli);
int cli_bridge(struct cli *cli);
int cli_export(struct cli *cli);
int cli_import(struct cli *cli);
int cli_help(struct cli *cli);
int cli_version(struct cli *cli);
int cli_complete(struct cli *cli);

#endif
