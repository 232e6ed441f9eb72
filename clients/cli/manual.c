// Help: nothing is said here that the tables do not say.
#include "manual.h"

#include <stdio.h>
#include <string.h>

#include <lienthon/settings/role.h>

#include "cli.h"
#include "say.h"
#include "tongue.h"
#include "wrap.h"

enum { FLAG_COLUMN = 26, COMMAND_COLUMN = 13, SAMPLE_MAX = 256 * 1024 };

const struct manual_exit manual_exits[] = {
    {CLI_DONE, "done"},
    {CLI_FAILED, "refused, failed, or the answer is no"},
    {CLI_USAGE, "the command line is wrong"},
    {CLI_NOT_FOUND, "what was asked for is not there"},
    {CLI_TIMEOUT, "no answer in time; what was to be published is kept and leaves later"},
    {-1, NULL},
};

static void print_flags(const struct flag *flags)
{
    for (; flags != NULL && flags->name != NULL; flags++) {
        char left[80];
        snprintf(left, sizeof left, "  --%s%s%s", flags->name, flags->value != NULL ? " " : "",
                 flags->value != NULL ? flags->value : "");
        wrap_print(left, FLAG_COLUMN, tongue(flags->help));
    }
}

static void print_exits(void)
{
    printf("\n%s\n", tongue("exit codes:"));
    for (const struct manual_exit *one = manual_exits; one->number >= 0; one++) {
        char left[16];
        snprintf(left, sizeof left, "  %d", one->number);
        wrap_print(left, 5, tongue(one->about));
    }
}

static void all_commands(void)
{
    wrap_print("", 0, tongue("lienthon: a commune's message hub, from the command line"));
    printf("\n%s lienthon COMMAND …\n\n", tongue("usage:"));
    for (const struct command *command = cli_commands; command->name != NULL; command++) {
        char left[32];
        snprintf(left, sizeof left, "  %s", command->name);
        if (!command->is_hidden) {
            wrap_print(left, COMMAND_COLUMN, tongue(command->about));
        }
    }
    printf("\n%s\n", tongue("every command takes:"));
    print_flags(arguments_global);
    puts("");
    wrap_print("", 0, tongue("`lienthon COMMAND --help` says more, with an example."));
    print_exits();
}

void manual_help(const struct command *command)
{
    if (command == NULL) {
        all_commands();
        return;
    }
    printf("lienthon %s: ", command->name);
    wrap_print("", 0, tongue(command->about));
    printf("\n%s lienthon %s %s\n", tongue("usage:"), command->name, command->words);
    if (command->more != NULL) {
        puts("");
        wrap_print("", 0, tongue(command->more));
    }
    puts("");
    print_flags(command->flags);
    print_flags(arguments_global);
    printf("\n%s\n  %s\n", tongue("example:"), command->example);
    print_exits();
}

static bool sample_commune(struct lt_buffer *out)
{
    return lt_options_sample(lt_commune_options, out);
}

static bool sample_identity(struct lt_buffer *out)
{
    return lt_options_sample(lt_identity_options, out);
}

static const struct {
    const char *name;
    bool (*sample)(struct lt_buffer *out);
} files[] = {{"commune.yaml", sample_commune},
             {"identity.yaml", sample_identity},
             {"role.yaml", lt_role_sample},
             {NULL, NULL}};

const char *manual_file_name(size_t index)
{
    return files[index].name;
}

bool manual_sample(const char *name, bool as_json)
{
    for (size_t i = 0; files[i].name != NULL; i++) {
        struct lt_buffer text = {.max = SAMPLE_MAX};
        if (strcmp(files[i].name, name) != 0) {
            continue;
        }
        files[i].sample(&text);
        if (as_json) {
            say_json(
                json_pack("{s:s, s:o}", "file", name, "sample", say_text(lt_buffer_slice(&text))));
        } else {
            printf("%.*s", (int)text.size, (const char *)text.data);
        }
        lt_buffer_clear(&text);
        return true;
    }
    return false;
}

static void show(const struct cli *cli, const struct command *command)
{
    if (cli->json) {
        say_json(manual_json(command));
    } else {
        manual_help(command);
    }
}

int cli_help(struct cli *cli)
{
    const struct arguments *arguments = &cli->arguments;
    const char *name = arguments->word_count > 0 ? arguments->words[0] : NULL;
    const struct command *command =
        name != NULL ? arguments_find_command(cli_commands, name) : NULL;
    if (name == NULL || command != NULL) {
        show(cli, command);
        return CLI_DONE;
    }
    if (manual_sample(name, cli->json)) {
        return CLI_DONE;
    }
    lt_fail(&cli->error, LT_BAD_USE, "there is no command '%s'; `lienthon --help` lists them",
            name);
    return cli_failed(cli);
}
