// `lienthon bridge`: what there is to say of bridges is said by the programs that know them; this finds and runs them.
#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "bridge_new.h"
#include "program.h"
#include "say.h"

enum { PASSED_MAX = 40, SAID_MAX = 16 * 1024 * 1024 };

static const struct verb {
    const char *name, *program; // NULL: none
    const char *option;         // of that program; NULL: it has only this purpose
    size_t least, most;         // words behind the verb
    const char *as_words;       // for the sentence of a wrong line
} verbs[] = {
    {"new", NULL, NULL, 1, 2, " NAME [--in c|python] [DIR]"},
    {"list", "lienthon-bridge", "--list", 0, 0, ""},
    {"show", "lienthon-bridge", "--show", 1, 1, " NAME"},
    {"explain", "lienthon-bridge", "--explain", 2, 2, " NAME MESSAGE"},
    {"test", "lienthon-bridge-test", NULL, 1, 1, " NAME [--only CHECK]"},
    {"quarantine", "lienthon-bridge", "--quarantine", 1, 3,
     " NAME [list|show ID|release ID|done ID]"},
    {"reload", "lienthon-bridge", "--reload", 1, 1, " NAME"},
};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, name) == 0) {
            return &verbs[i];
        }
    }
    return NULL;
}

// The other program's command line. Words of people stand behind "--", so that none of them is taken for an option.
static void pass_on(const struct cli *cli, const struct verb *verb, const char **passed)
{
    const struct arguments *arguments = &cli->arguments;
    const char *only = NULL;
    size_t count = 0, next = 1;
    passed[count++] = "-C";
    passed[count++] = cli->folder;
    if (cli->json) {
        passed[count++] = "--json";
    }
    for (size_t i = 0;
         count < PASSED_MAX - 8 && (only = arguments_nth(arguments, "only", i)) != NULL; i++) {
        passed[count++] = "--only";
        passed[count++] = only;
    }
    if (verb->option != NULL) {
        passed[count++] = verb->option;
        if (next < arguments->word_count) {
            passed[count++] = arguments->words[next++];
        }
    }
    if (next < arguments->word_count) {
        passed[count++] = "--";
    }
    while (next < arguments->word_count) {
        passed[count++] = arguments->words[next++];
    }
}

// Whatever lines it took for it: one value a line. How many there were.
static size_t pass_values(const struct lt_buffer *out)
{
    size_t at = 0, count = 0;
    while (at < out->size) {
        json_error_t end;
        json_t *value = json_loadb((const char *)out->data + at, out->size - at,
                                   JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY, &end);
        if (value == NULL || end.position <= 0) {
            json_decref(value);
            break;
        }
        say_json(value);
        at += (size_t)end.position;
        count++;
    }
    return count;
}

// A program that has answered in JSON has said what it found, whatever its exit status; one that has not has failed.
static int ask(struct cli *cli, const struct verb *verb, const char *const *passed)
{
    struct lt_buffer out = {.max = SAID_MAX};
    int status = 0;
    const enum lt_code code = program_ask(verb->program, passed, &out, &status, &cli->error);
    const bool answered = pass_values(&out) > 0;
    lt_buffer_clear(&out);
    if (code == LT_DONE && (status == 0 || answered)) {
        return status;
    }
    static const enum lt_code codes[] = {
        [CLI_USAGE] = LT_BAD_USE, [CLI_NOT_FOUND] = LT_NOT_FOUND, [CLI_TIMEOUT] = LT_TIMED_OUT};
    const bool is_known = status > CLI_FAILED && (size_t)status < sizeof codes / sizeof *codes;
    cli->error.code = is_known ? codes[status] : LT_IO;
    if (cli->error.text[0] == '\0') {
        lt_fail(&cli->error, cli->error.code, "%s ended with status %d and said nothing",
                verb->program, status);
    }
    return cli_failed(cli);
}

static enum lt_code check(struct cli *cli, const struct verb *verb)
{
    const size_t words = cli->arguments.word_count - 1;
    if (verb == NULL) {
        return lt_fail(
            &cli->error, LT_BAD_USE,
            "bridge %s: new, list, show, explain, test, quarantine and reload are allowed",
            cli->arguments.words[0]);
    }
    if (words < verb->least || words > verb->most) {
        return lt_fail(&cli->error, LT_BAD_USE, "lienthon bridge %s%s", verb->name, verb->as_words);
    }
    if (arguments_has(&cli->arguments, "only") && strcmp(verb->name, "test") != 0) {
        return lt_fail(&cli->error, LT_BAD_USE, "--only goes with lienthon bridge test");
    }
    if (arguments_has(&cli->arguments, "in") && verb->program != NULL) {
        return lt_fail(&cli->error, LT_BAD_USE, "--in goes with lienthon bridge new");
    }
    return LT_DONE;
}

int cli_bridge(struct cli *cli)
{
    const char *passed[PASSED_MAX] = {NULL};
    const struct verb *verb = find_verb(cli->arguments.words[0]);
    if (check(cli, verb) != LT_DONE) {
        return cli_failed(cli);
    }
    if (verb->program == NULL) {
        return bridge_new(cli);
    }
    pass_on(cli, verb, passed);
    if (cli->json) {
        return ask(cli, verb, passed);
    }
    program_become(verb->program, passed, &cli->error);
    return cli_failed(cli);
}
