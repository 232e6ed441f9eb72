// What the subcommands share: time, memory, paths, and how a failure is told.
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

uint64_t cli_now(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void *cli_alloc(size_t size)
{
    void *memory = calloc(1, size > 0 ? size : 1);
    if (memory == NULL) {
        fputs("lienthon: no memory\n", stderr);
        exit(CLI_FAILED);
    }
    return memory;
}

char *cli_copy(struct lt_slice text)
{
    char *copy = cli_alloc(text.size + 1);
    if (text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    return copy;
}

char *cli_path(const struct cli *cli, const char *format, ...)
{
    char name[512];
    va_list values;
    va_start(values, format);
    const int size = vsnprintf(name, sizeof name, format, values);
    va_end(values);
    char *path = NULL;
    if (size < 0 || (size_t)size >= sizeof name ||
        lt_folder_path(cli->folder, name, &path, NULL) != LT_DONE) {
        fputs("lienthon: a file name is too long\n", stderr);
        exit(CLI_FAILED);
    }
    return path;
}

static int exit_code(enum lt_code code)
{
    switch (code) {
    case LT_DONE:
        return CLI_DONE;
    case LT_BAD_USE:
        return CLI_USAGE;
    case LT_NOT_FOUND:
        return CLI_NOT_FOUND;
    case LT_TIMED_OUT:
    case LT_UNKNOWN:
        return CLI_TIMEOUT;
    default:
        return CLI_FAILED;
    }
}

int cli_failed(struct cli *cli)
{
    const struct lt_error *error = &cli->error;
    const char *text = error->text[0] != '\0' ? error->text : lt_code_name(error->code);
    fprintf(stderr, "lienthon: %s\n", text);
    if (cli->json) {
        say_json(json_pack("{s:s, s:s, s:i}", "error", text, "code", lt_code_name(error->code),
                           "number", (int)error->code));
    }
    return exit_code(error->code);
}

enum lt_code cli_resolve(struct cli *cli, const char *given, bool may_be_new)
{
    char here[4096];
    free(cli->folder);
    cli->folder = NULL;
    if (!may_be_new) {
        return lt_folder_resolve(given, &cli->folder, &cli->error);
    }
    if (given == NULL) {
        given = getenv("LIENTHON_DIR");
    }
    if (getcwd(here, sizeof here) == NULL) {
        return lt_fail(&cli->error, LT_IO, "the current folder cannot be found; name one with -C");
    }
    return lt_folder_path(here, given != NULL ? given : ".", &cli->folder, &cli->error);
}

int cli_version(struct cli *cli)
{
    if (cli->json) {
        say_json(json_pack("{s:s, s:i}", "version", CLI_VERSION, "wire", 1));
    } else {
        puts("lienthon " CLI_VERSION ", wire format 1");
    }
    return CLI_DONE;
}
