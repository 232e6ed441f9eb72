// `lienthon complete`: what may stand at the end of a command line. The completion of bash, zsh and fish asks this, so
// that it knows what the tables and the folder know.
#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "candidates.h"
#include "say.h"
#include "tongue.h"

// What was typed before the word in question.
struct typed {
    const struct command *command; // NULL: none yet
    const struct flag *wants;      // the word in question is its value
    const char *folder;            // of -C
    size_t words;                  // of the command
    bool only_words;               // behind --
};

static void take(struct typed *typed, const char *word)
{
    const char *name = typed->only_words ? NULL : arguments_long_name(word);
    if (typed->wants != NULL && strcmp(word, "=") == 0) {
        return; // as bash splits --name=value
    }
    if (typed->wants != NULL) {
        if (strcmp(typed->wants->name, "folder") == 0) {
            typed->folder = word;
        }
        typed->wants = NULL;
    } else if (!typed->only_words && strcmp(word, "--") == 0) {
        typed->only_words = true;
    } else if (name != NULL) {
        const struct flag *flag = arguments_find_flag(typed->command, name);
        const bool has_value = strchr(name, '=') != NULL;
        typed->wants = flag != NULL && flag->value != NULL && !has_value ? flag : NULL;
        if (has_value && strncmp(name, "folder=", 7) == 0) {
            typed->folder = name + 7;
        }
    } else if (typed->command == NULL) {
        typed->command = arguments_find_command(cli_commands, word);
    } else {
        typed->words++;
    }
}

static void offer_flags(const struct typed *typed, struct candidates *out)
{
    const struct flag *const tables[] = {typed->command != NULL ? typed->command->flags : NULL,
                                         arguments_global};
    for (size_t i = 0; i < 2; i++) {
        for (const struct flag *flag = tables[i]; flag != NULL && flag->name != NULL; flag++) {
            char name[64];
            snprintf(name, sizeof name, "--%s", flag->name);
            candidates_add(out, name, tongue(flag->help));
        }
    }
}

static void offer_commands(struct candidates *out)
{
    for (const struct command *command = cli_commands; command->name != NULL; command++) {
        if (!command->is_hidden) {
            candidates_add(out, command->name, tongue(command->about));
        }
    }
}

// "--to=an" asks for the value behind the sign.
static bool offer_joined(const struct cli *cli, const struct typed *typed, struct candidates *out)
{
    const char *word = out->typed;
    const char *equals = strchr(word, '=');
    const char *name = equals != NULL ? arguments_long_name(word) : NULL;
    const struct flag *flag = name != NULL ? arguments_find_flag(typed->command, name) : NULL;
    if (flag == NULL || flag->value == NULL) {
        return false;
    }
    out->kept = (size_t)(equals - word) + 1;
    candidates_of_value(cli, flag->value, out);
    return true;
}

static void offer(const struct cli *cli, const struct typed *typed, struct candidates *out)
{
    if (typed->wants != NULL) {
        candidates_of_value(cli, typed->wants->value, out);
    } else if (!typed->only_words && out->typed[0] == '-') {
        if (!offer_joined(cli, typed, out)) {
            offer_flags(typed, out);
        }
    } else if (typed->command == NULL) {
        offer_commands(out);
    } else {
        candidates_of_word(cli, typed->command, typed->words, out);
    }
}

static void print(const struct cli *cli, const struct candidates *found)
{
    if (cli->json) {
        json_t *list = json_array();
        for (size_t i = 0; i < found->count; i++) {
            json_array_append_new(list, json_pack("{s:s, s:s}", "word", found->items[i].word,
                                                  "about", found->items[i].about));
        }
        say_json(list);
        return;
    }
    for (size_t i = 0; i < found->count; i++) {
        printf("%s\t", found->items[i].word);
        say_line(lt_slice_of(found->items[i].about));
        putchar('\n');
    }
}

int cli_complete(struct cli *cli)
{
    const struct arguments *arguments = &cli->arguments;
    struct typed typed = {.folder = arguments_value(arguments, "folder")};
    struct candidates found = {.typed = ""};
    for (size_t i = 0; i + 1 < arguments->word_count; i++) {
        take(&typed, arguments->words[i]);
    }
    if (arguments->word_count > 0) {
        found.typed = arguments->words[arguments->word_count - 1];
    }
    if (typed.wants != NULL && strcmp(found.typed, "=") == 0) {
        found.typed = "";
    }
    cli_resolve(cli, typed.folder, true); // a folder that is not there has nothing to offer
    offer(cli, &typed, &found);
    print(cli, &found);
    candidates_clear(&found);
    return CLI_DONE;
}
