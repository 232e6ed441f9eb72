// What the subcommands share: time, memory, paths, and how a failure is told.
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "say.h"
#include "tongue.h"
#include "when.h"

enum { WORDS_MAX = 8192 };

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
        say_aside("no memory");
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
        say_aside("a file name is too long");
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

// What a code means for whoever reads it, and what to do. NULL: the sentence alone must do.
static const char *advice_for(enum lt_code code)
{
    static const struct {
        enum lt_code code;
        const char *text;
    } known[] = {
        {LT_MALFORMED,
         PHRASE("the hub could not read what was sent; is lienthon here as new as the hub?")},
        {LT_TOO_LARGE,
         PHRASE("this is too large for the hub; make it smaller or send less at once")},
        {LT_BAD_SEAL,
         PHRASE("the seal does not hold: the key here is not the one that the hub knows")},
        {LT_UNKNOWN_PRINCIPAL,
         PHRASE("the hub does not know this name or this invitation; ask the office")},
        {LT_NOT_VALID,
         PHRASE("the rights have been revoked, have ended or do not hold yet; ask the "
                "office for a new invitation")},
        {LT_NOT_ALLOWED,
         PHRASE("this is not allowed here; `lienthon may` says what is, and the office "
                "gives rights")},
        {LT_BODY_WRONG, PHRASE("the content does not fit its type")},
        {LT_UNKNOWN_TYPE, PHRASE("the hub does not know this type of message")},
        {LT_STALE,
         PHRASE("this message is too old or comes from the future: is the clock right here?")},
        {LT_EXPIRED, PHRASE("this message has expired already: is the clock right here?")},
        {LT_BUSY, PHRASE("there is too much to do just now; try again in a moment")},
        {LT_NOT_FOUND, PHRASE("it is not there")},
        {LT_NO_SUBSCRIPTION, PHRASE("there is no such subscription")},
        {LT_VERSION,
         PHRASE("the hub speaks another version of the format; install the same version")},
        {LT_INVITATION_USED,
         PHRASE("this invitation has been used already; ask the office for a new one")},
        {LT_STORAGE_FAILED, PHRASE("the hub cannot store it: is its disk full?")},
        {LT_SECRET, PHRASE("secret matter is not carried here")},
        {LT_ID_TAKEN, PHRASE("another message has this id already")},
        {LT_TAKEN_OVER,
         PHRASE("the same identity runs elsewhere and has this durable subscription now")},
        {LT_NO_MEMORY, PHRASE("there is not enough memory on this machine")},
        {LT_IO, PHRASE("a file or the network cannot be used")},
        {LT_BAD_FILE, PHRASE("a file is written wrongly")},
        {LT_BAD_USE, PHRASE("the command line is wrong; --help shows how it is written")},
        {LT_TIMED_OUT, PHRASE("nobody has answered in time; is the hub running (lienthon up)?")},
        {LT_CLOSED, PHRASE("the connection was closed; try again")},
        {LT_UNKNOWN, PHRASE("it is not known whether it happened; look with lienthon status")},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].code == code) {
            return known[i].text;
        }
    }
    return NULL;
}

int cli_failed(struct cli *cli)
{
    const struct lt_error *error = &cli->error;
    const char *text = error->text[0] != '\0' ? error->text : lt_code_name(error->code);
    const char *advice = advice_for(error->code);
    struct lt_buffer words = {.max = WORDS_MAX};
    if (!tongue_sentence(text, &words) && advice != NULL) {
        // A sentence from elsewhere that has no translation: what its code means, and itself behind.
        lt_buffer_empty(&words);
        lt_buffer_print(&words, "%s (%s)", tongue(advice), text);
    }
    say_behind_name(lt_buffer_slice(&words));
    lt_buffer_clear(&words);
    if (cli->json) {
        say_json(json_pack("{s:o, s:s, s:i}", "error", say_string(text), "code",
                           lt_code_name(error->code), "number", (int)error->code));
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

void cli_zone(const struct cli *cli)
{
    struct lt_commune commune;
    if (lt_commune_load(cli->folder, &commune, NULL) == LT_DONE) {
        when_zone(commune.timezone);
        lt_commune_clear(&commune);
    } else {
        when_zone("Asia/Ho_Chi_Minh");
    }
}

int cli_version(struct cli *cli)
{
    if (cli->json) {
        say_json(json_pack("{s:s, s:i}", "version", CLI_VERSION, "wire", 1));
    } else {
        printf(tongue("lienthon %s, wire format %d\n"), CLI_VERSION, 1);
    }
    return CLI_DONE;
}
