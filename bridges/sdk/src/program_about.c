// Whoever writes a bridge reads these sentences: each has the field's path and what is allowed there.
#include "program_about.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/message.h>

enum {
    SLOT = 32, // each option's field: a key is the largest
    SETTLE_MS = 10 * 60 * 1000,
    SILENCE_MS = 30 * 1000,
    SHORTEST_MS = 1000,
    LONGEST_MS = 24 * 3600 * 1000,
};

static const char names_allowed[] = "a-z 0-9 -, at most 40 of them";

static const struct {
    const char *name;
    enum lt_option_kind kind;
} kinds[] = {
    {"text", LT_OPTION_KIND_TEXT},     {"secret", LT_OPTION_KIND_SECRET},
    {"number", LT_OPTION_KIND_NUMBER}, {"bool", LT_OPTION_KIND_BOOL},
    {"choice", LT_OPTION_KIND_CHOICE}, {"duration", LT_OPTION_KIND_DURATION},
    {"key", LT_OPTION_KIND_KEY},       {"list", LT_OPTION_KIND_LIST},
    {"map", LT_OPTION_KIND_MAP},
};

static enum lt_code wrong(struct lt_error *error, const char *path, const char *allowed)
{
    return lt_fail(error, LT_BAD_FILE, "%s: allowed: %s", path, allowed);
}

// A copy, or NULL where it is not there. false: it is there and no text, or too long, or there is no memory.
static bool take_text(const json_t *from, const char *key, char **text)
{
    const json_t *value = json_object_get(from, key);
    *text = NULL;
    if (!value || json_is_null(value))
        return true;
    if (!json_is_string(value) || json_string_length(value) > ABOUT_TEXT)
        return false;
    *text = strdup(json_string_value(value));
    return *text != NULL;
}

static bool is_name(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size > 0 && size <= 40 && !name[size];
}

// As it would stand in the file.
static char *as_text(const json_t *value)
{
    char text[32];
    if (json_is_string(value) && json_string_length(value) <= ABOUT_TEXT)
        return strdup(json_string_value(value));
    if (json_is_boolean(value))
        return strdup(json_is_true(value) ? "yes" : "no");
    if (!json_is_integer(value))
        return NULL;
    snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return strdup(text);
}

// A whole number, or a duration as text; what is not there leaves *number as it is.
static bool take_bound(const json_t *from, const char *key, int64_t *number)
{
    const json_t *value = json_object_get(from, key);
    if (!value || json_is_null(value))
        return true;
    if (json_is_string(value))
        return lt_duration_parse(json_string_value(value), number);
    *number = json_integer_value(value);
    return json_is_integer(value);
}

static bool take_texts(const json_t *list, size_t most, char ***out)
{
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count > most)
        return false;
    *out = calloc(count + 1, sizeof **out);
    for (size_t i = 0; *out && i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!text || !*text || strlen(text) > ABOUT_TEXT || !((*out)[i] = strdup(text)))
            return false;
    }
    return *out != NULL;
}

static void free_texts(char ***texts)
{
    for (size_t i = 0; *texts && (*texts)[i]; i++)
        free((*texts)[i]);
    free(*texts);
    *texts = NULL;
}

static bool find_kind(const char *name, enum lt_option_kind *kind)
{
    for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0) {
            *kind = kinds[i].kind;
            return true;
        }
    return false;
}

static enum lt_code read_default(const json_t *from, struct lt_option *option, const char *at,
                                 struct lt_error *error)
{
    const json_t *value = json_object_get(from, "default");
    const json_t *required = json_object_get(from, "required");
    char path[64];
    snprintf(path, sizeof path, "%s.default", at);
    if (json_is_true(required))
        option->fallback = LT_REQUIRED;
    if (!value || json_is_null(value))
        return LT_DONE;
    if (option->fallback || option->kind == LT_OPTION_KIND_LIST ||
        option->kind == LT_OPTION_KIND_MAP)
        return wrong(error, path, "nothing: it is required, or a list, or a map");
    option->fallback = as_text(value);
    return option->fallback ? LT_DONE : wrong(error, path, "a text, a whole number, true or false");
}

static enum lt_code read_bounds(const json_t *from, struct lt_option *option, const char *at,
                                struct lt_error *error)
{
    static const int64_t exact = INT64_C(1) << 53; // what every language's JSON can carry
    bool is_duration = option->kind == LT_OPTION_KIND_DURATION;
    char path[64];
    option->min = is_duration ? 0 : -exact;
    option->max = is_duration ? INT64_C(10) * 365 * LONGEST_MS : exact;
    snprintf(path, sizeof path, "%s.min, max", at);
    if (!take_bound(from, "min", &option->min) || !take_bound(from, "max", &option->max) ||
        option->min > option->max)
        return wrong(error, path,
                     "whole numbers, or durations as 500ms 10s 5m 2h 7d, the smaller "
                     "one first");
    return LT_DONE;
}

static enum lt_code read_choices(const json_t *from, struct lt_option *option, const char *at,
                                 struct lt_error *error)
{
    char **choices = NULL, path[64];
    snprintf(path, sizeof path, "%s.choices", at);
    bool whole = take_texts(json_object_get(from, "choices"), ABOUT_CHOICES, &choices);
    option->choices = (const char *const *)choices; // freed with the table, whole or not
    return whole && choices[0] ? LT_DONE : wrong(error, path, "a list of texts, at least one");
}

static enum lt_code read_option(const json_t *from, struct lt_option *options, size_t at,
                                struct lt_error *error)
{
    struct lt_option *option = &options[at];
    char *name = NULL, *help = NULL, path[48];
    snprintf(path, sizeof path, "options[%zu].name", at);
    bool has_name = take_text(from, "name", &name), has_help = take_text(from, "help", &help);
    option->name = name;
    option->help = help ? help : strdup("");
    if (!has_name || !name || !is_name(name))
        return wrong(error, path, names_allowed);
    for (size_t i = 0; i < at; i++)
        if (strcmp(options[i].name, name) == 0)
            return wrong(error, path, "a name that no other option has");
    snprintf(path, sizeof path, "options[%zu].help", at);
    if (!has_help || !option->help)
        return wrong(error, path, "a text of at most 1000 bytes");
    snprintf(path, sizeof path, "options[%zu].kind", at);
    if (!find_kind(json_string_value(json_object_get(from, "kind")), &option->kind))
        return wrong(error, path, "text, secret, number, bool, choice, duration, key, list, map");
    path[strlen(path) - strlen(".kind")] = '\0';
    enum lt_code code = read_default(from, option, path, error);
    if (code == LT_DONE)
        code = read_bounds(from, option, path, error);
    if (code == LT_DONE && option->kind == LT_OPTION_KIND_CHOICE)
        code = read_choices(from, option, path, error);
    return code;
}

// The defaults are read as a file's would be, so that a wrong one is told here and to nobody else.
static enum lt_code try_defaults(const struct program_about *about, struct lt_error *error)
{
    void *state = calloc(1, about->state_size);
    if (!state)
        return lt_fail(error, LT_NO_MEMORY, "no memory for options");
    struct lt_error why = {0};
    enum lt_code code = lt_options_defaults(about->options, state, &why);
    lt_options_clear(about->options, state);
    free(state);
    return code == LT_DONE ? LT_DONE : lt_fail(error, LT_BAD_FILE, "a default: %s", why.text);
}

static enum lt_code read_options(const json_t *list, size_t head, struct program_about *about,
                                 struct lt_error *error)
{
    size_t count = json_array_size(list);
    if ((list && !json_is_array(list)) || count > ABOUT_OPTIONS)
        return wrong(error, "options", "a list of at most 64 objects");
    about->state_size = head + count * SLOT;
    about->options = calloc(count + 1, sizeof *about->options);
    if (!about->options)
        return lt_fail(error, LT_NO_MEMORY, "no memory for options");
    enum lt_code code = LT_DONE;
    for (size_t i = 0; code == LT_DONE && i < count; i++) {
        about->options[i].offset = head + i * SLOT;
        code = read_option(json_array_get(list, i), about->options, i, error);
    }
    return code == LT_DONE ? try_defaults(about, error) : code;
}

static enum lt_code read_types(const json_t *said, struct program_about *about,
                               struct lt_error *error)
{
    const json_t *types = json_object_get(said, "types");
    if (!types || json_is_null(types))
        return LT_DONE;
    if (!take_texts(types, ABOUT_TYPES, &about->types) || !about->types[0])
        return wrong(error, "types", "a list of names as notice.v1, or null for every type");
    return LT_DONE;
}

static enum lt_code read_times(const json_t *said, struct program_about *about,
                               struct lt_error *error)
{
    about->settle_ms = SETTLE_MS;
    about->silence_ms = SILENCE_MS;
    if (!take_bound(said, "settle", &about->settle_ms) ||
        !take_bound(said, "silence", &about->silence_ms) || about->settle_ms < SHORTEST_MS ||
        about->silence_ms < SHORTEST_MS || about->settle_ms > LONGEST_MS ||
        about->silence_ms > LONGEST_MS)
        return wrong(error, "settle, silence", "durations from 1s to 24h, as \"30s\"");
    return LT_DONE;
}

enum lt_code about_read(const json_t *said, size_t head, struct program_about *about,
                        struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    *about = (struct program_about){0};
    if (json_integer_value(json_object_get(said, "version")) != ABOUT_VERSION)
        code = wrong(error, "version", "1");
    else if (!take_text(said, "about", &about->about) || !about->about || !*about->about ||
             strpbrk(about->about, "\r\n"))
        code = wrong(error, "about", "one line of text: what it is, for people");
    else if (!take_text(said, "channel", &about->channel))
        code = wrong(error, "channel", "a channel of notices as \"loa\", or null");
    if (code == LT_DONE)
        code = read_types(said, about, error);
    if (code == LT_DONE)
        code = read_times(said, about, error);
    if (code == LT_DONE)
        code = read_options(json_object_get(said, "options"), head, about, error);
    about->rehearses = json_is_true(json_object_get(said, "dry-run"));
    about->resolves = json_is_true(json_object_get(said, "resolve"));
    if (code != LT_DONE)
        about_clear(about);
    return code;
}

void about_clear(struct program_about *about)
{
    for (struct lt_option *option = about->options; option && (option->name || option->help);
         option++) {
        char **choices = (char **)option->choices;
        free((char *)option->name);
        free((char *)option->help);
        if (option->fallback != LT_REQUIRED)
            free((char *)option->fallback);
        free_texts(&choices);
    }
    free(about->options);
    free_texts(&about->types);
    free(about->about);
    free(about->channel);
    *about = (struct program_about){0};
}

static json_t *value_of(const struct lt_option *option, const uint8_t *field)
{
    json_t *value = NULL;
    struct lt_buffer text = {.max = 64};
    switch (option->kind) {
    case LT_OPTION_KIND_TEXT:
    case LT_OPTION_KIND_SECRET: // its name; the program reads it itself
        return *(char *const *)field ? json_string(*(char *const *)field) : json_null();
    case LT_OPTION_KIND_NUMBER:
    case LT_OPTION_KIND_DURATION:
        return json_integer(*(const int64_t *)field);
    case LT_OPTION_KIND_BOOL:
        return json_boolean(*(const bool *)field);
    case LT_OPTION_KIND_CHOICE:
        return json_string(option->choices[*(const int *)field]);
    case LT_OPTION_KIND_KEY:
        if (lt_base64url_encode((struct lt_slice){field, 32}, &text))
            value = json_stringn((const char *)text.data, text.size);
        lt_buffer_clear(&text);
        return value;
    case LT_OPTION_KIND_LIST:
        value = json_array();
        for (size_t i = 0; i < ((const struct lt_option_list *)field)->count; i++)
            json_array_append_new(value,
                                  json_string(((const struct lt_option_list *)field)->items[i]));
        return value;
    case LT_OPTION_KIND_MAP:
        value = json_object();
        for (size_t i = 0; i < ((const struct lt_option_map *)field)->count; i++) {
            const struct lt_option_pair *pair = &((const struct lt_option_map *)field)->items[i];
            json_object_set_new(value, pair->name, json_string(pair->text));
        }
        return value;
    case LT_OPTION_KIND_END:
        break;
    }
    return json_null();
}

json_t *about_values(const struct lt_option *options, const void *state)
{
    json_t *values = json_object();
    for (; values && options->kind != LT_OPTION_KIND_END; options++)
        if (json_object_set_new(values, options->name,
                                value_of(options, (const uint8_t *)state + options->offset)) != 0) {
            json_decref(values);
            return NULL;
        }
    return values;
}
