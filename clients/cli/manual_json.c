// The tables as data. Vietnamese where the reader's language is, as the help is.
#include "manual.h"

#include "answers.h"
#include "cli.h"
#include "tongue.h"

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(tongue(text)) : json_null();
}

static json_t *flags_json(const struct flag *flags)
{
    json_t *list = json_array();
    for (; flags != NULL && flags->name != NULL; flags++) {
        json_array_append_new(list,
                              json_pack("{s:s, s:o, s:s}", "name", flags->name, "value",
                                        text_or_null(flags->value), "about", tongue(flags->help)));
    }
    return list;
}

static json_t *command_json(const struct command *command)
{
    static const char *const how[] = {"one", "lines", "list"};
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:s, s:o}", "command", command->name, "words",
                     command->words, "about", tongue(command->about), "more",
                     text_or_null(command->more), "example", command->example, "options",
                     flags_json(command->flags), "prints", how[command->answer->how], "schema",
                     shape_answer_schema(command->answer));
}

json_t *manual_json(const struct command *command)
{
    if (command != NULL) {
        return command_json(command);
    }
    json_t *commands = json_array();
    json_t *exits = json_array();
    for (command = cli_commands; command->name != NULL; command++) {
        json_array_append_new(commands, command_json(command));
    }
    for (const struct manual_exit *one = manual_exits; one->number >= 0; one++) {
        json_array_append_new(
            exits, json_pack("{s:i, s:s}", "number", one->number, "about", tongue(one->about)));
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "version", CLI_VERSION, "options",
                     flags_json(arguments_global), "commands", commands, "exit_codes", exits,
                     "error", shape_schema(shape_error));
}
