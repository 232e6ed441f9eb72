// Fills structs from option tables: the defaults, then what a YAML file says, each error with its place.
#include "lienthon/settings/option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lienthon/settings/folder.h"
#include "value.h"
#include "document.h"

enum {
    NAME_MAX_SIZE = 128,
    OPTIONS_MAX = 256,
    NAMES_MOST = 64,
    PLACE_ROOM = 400 // of a sentence, for what stands before the list of what is allowed
};

const char lt_option_required[] = "";

struct reading {
    struct yaml yaml;
    const struct lt_option_set *sets;
    size_t count;
    bool given[OPTIONS_MAX]; // rows of all sets, one after the other
};

static void *field_of(const struct lt_option *option, void *into)
{
    return (char *)into + option->offset;
}

static size_t rows_of(const struct lt_option *options)
{
    size_t rows = 0;
    while (options[rows].name != NULL) {
        rows++;
    }
    return rows;
}

void lt_options_clear(const struct lt_option *options, void *into)
{
    for (const struct lt_option *option = options; option->name != NULL; option++) {
        value_clear(option, field_of(option, into));
    }
}

static void clear_all(const struct lt_option_set *sets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lt_options_clear(sets[i].options, sets[i].into);
    }
}

enum lt_code lt_options_defaults(const struct lt_option *options, void *into,
                                 struct lt_error *error)
{
    for (const struct lt_option *option = options; option->name != NULL; option++) {
        value_clear(option, field_of(option, into));
        if (option->fallback == NULL || option->fallback == LT_REQUIRED) {
            continue;
        }
        const enum lt_code code =
            value_set(option, field_of(option, into), option->fallback, error);
        if (code != LT_DONE) {
            return code;
        }
    }
    return LT_DONE;
}

// The row of a full name ("hub.listen") and the struct it belongs to; `row` counts over all sets.
static const struct lt_option *find(const struct reading *reading, const char *name, void **into,
                                    size_t *row)
{
    size_t before = 0;
    for (size_t i = 0; i < reading->count; i++) {
        const struct lt_option *options = reading->sets[i].options;
        for (size_t k = 0; options[k].name != NULL; k++) {
            if (strcmp(options[k].name, name) == 0) {
                *into = reading->sets[i].into;
                *row = before + k;
                return &options[k];
            }
        }
        before += rows_of(options);
    }
    return NULL;
}

// The names that may stand in the section `prefix` ("" or "hub."), each once.
static size_t names_in(const struct reading *reading, const char *prefix,
                       char names[][NAME_MAX_SIZE], size_t room)
{
    size_t count = 0;
    const size_t skip = strlen(prefix);
    for (size_t i = 0; i < reading->count; i++) {
        for (const struct lt_option *o = reading->sets[i].options; o->name != NULL; o++) {
            if (strncmp(o->name, prefix, skip) != 0 || count == room) {
                continue;
            }
            char *name = names[count];
            snprintf(name, NAME_MAX_SIZE, "%s", o->name + skip);
            name[strcspn(name, ".")] = '\0';
            bool is_new = true;
            for (size_t k = 0; k < count; k++) {
                is_new = is_new && strcmp(names[k], name) != 0;
            }
            count += is_new;
        }
    }
    return count;
}

static bool is_section(const struct reading *reading, const char *prefix)
{
    char name[1][NAME_MAX_SIZE];
    return names_in(reading, prefix, name, 1) > 0;
}

static enum lt_code unknown_key(struct reading *reading, const yaml_node_t *key, const char *prefix,
                                struct lt_error *error)
{
    char names[NAMES_MOST][NAME_MAX_SIZE];
    const char *list[NAMES_MOST];
    const size_t count = names_in(reading, prefix, names, NAMES_MOST);
    char allowed[LT_ERROR_MAX];
    char shown[VALUE_SHOWN];
    for (size_t i = 0; i < count; i++) {
        list[i] = names[i];
    }
    value_list(list, count, allowed, sizeof allowed - PLACE_ROOM);
    const char *near = lt_nearest(yaml_text(key), list, count);
    lt_shorten(yaml_text(key), shown, sizeof shown);
    if (near != NULL) {
        return yaml_fail(&reading->yaml, key, error,
                         "unknown key '%s'; did you mean '%s'? allowed: %s", shown, near, allowed);
    }
    return yaml_fail(&reading->yaml, key, error, "unknown key '%s'; allowed: %s", shown, allowed);
}

static enum lt_code wrong_shape(struct reading *reading, const yaml_node_t *node,
                                const struct lt_option *option, struct lt_error *error)
{
    char allowed[LT_ERROR_MAX - PLACE_ROOM];
    value_describe(option, allowed, sizeof allowed);
    return yaml_fail(&reading->yaml, node, error, "'%s' is %s; allowed: %s", option->name,
                     yaml_is_nothing(node) ? "empty" : yaml_kind(node), allowed);
}

static bool is_scalar(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && !yaml_is_nothing(node);
}

// Why a value is refused, with its place; anything else as it is.
static enum lt_code pass_on(struct reading *reading, const yaml_node_t *node, enum lt_code code,
                            const struct lt_error *why, struct lt_error *error)
{
    if (code == LT_BAD_USE) {
        return yaml_fail(&reading->yaml, node, error, "%s", why->text);
    }
    return code == LT_DONE ? LT_DONE : lt_fail_whole(error, code, "%s", why->text);
}

static enum lt_code check_scalar(struct reading *reading, const yaml_node_t *node,
                                 const struct lt_option *option, const char *member,
                                 struct lt_error *error)
{
    struct lt_error why = {0};
    const enum lt_code code = value_check(option, member, yaml_text(node), &why);
    return pass_on(reading, node, code, &why, error);
}

static enum lt_code put_scalar(struct reading *reading, const yaml_node_t *node,
                               const struct lt_option *option, void *field, struct lt_error *error)
{
    struct lt_error why = {0};
    const enum lt_code code = value_set(option, field, yaml_text(node), &why);
    return pass_on(reading, node, code, &why, error);
}

static enum lt_code read_list(struct reading *reading, const yaml_node_t *node,
                              const struct lt_option *option, void *field, struct lt_error *error)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        return wrong_shape(reading, node, option, error);
    }
    const yaml_node_item_t *item = node->data.sequence.items.start;
    for (; item < node->data.sequence.items.top; item++) {
        const yaml_node_t *text = yaml_node(&reading->yaml, *item);
        if (!is_scalar(text)) {
            return wrong_shape(reading, text, option, error);
        }
        const enum lt_code code = check_scalar(reading, text, option, NULL, error);
        if (code != LT_DONE) {
            return code;
        }
        if (!value_add_item(field, yaml_text(text))) {
            return lt_fail(error, LT_NO_MEMORY, "no memory for '%s'", option->name);
        }
    }
    return LT_DONE;
}

static enum lt_code read_texts(struct reading *reading, const yaml_node_t *node,
                               const struct lt_option *option, void *field, struct lt_error *error)
{
    if (node->type != YAML_MAPPING_NODE) {
        return wrong_shape(reading, node, option, error);
    }
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *text = yaml_node(&reading->yaml, pair->value);
        if (!is_scalar(text)) {
            return wrong_shape(reading, text, option, error);
        }
        const char *name = yaml_text(yaml_node(&reading->yaml, pair->key));
        const enum lt_code code = check_scalar(reading, text, option, name, error);
        if (code != LT_DONE) {
            return code;
        }
        if (!value_add_pair(field, name, yaml_text(text))) {
            return lt_fail(error, LT_NO_MEMORY, "no memory for '%s'", option->name);
        }
    }
    return LT_DONE;
}

static enum lt_code read_value(struct reading *reading, const yaml_node_t *node,
                               const struct lt_option *option, void *field, struct lt_error *error)
{
    if (option->kind == LT_OPTION_KIND_LIST) {
        return read_list(reading, node, option, field, error);
    }
    if (option->kind == LT_OPTION_KIND_MAP) {
        return read_texts(reading, node, option, field, error);
    }
    return is_scalar(node) ? put_scalar(reading, node, option, field, error)
                           : wrong_shape(reading, node, option, error);
}

static enum lt_code read_map(struct reading *reading, const yaml_node_t *map, const char *prefix,
                             struct lt_error *error);

static enum lt_code read_pair(struct reading *reading, const yaml_node_pair_t *pair,
                              const char *prefix, struct lt_error *error)
{
    const yaml_node_t *key = yaml_node(&reading->yaml, pair->key);
    const yaml_node_t *value = yaml_node(&reading->yaml, pair->value);
    char name[NAME_MAX_SIZE];
    const int length = snprintf(name, sizeof name, "%s%s", prefix, yaml_text(key));
    if (length < 0 || (size_t)length >= sizeof name - 1 || strchr(yaml_text(key), '.') != NULL) {
        return unknown_key(reading, key, prefix, error);
    }
    void *into = NULL;
    size_t row = 0;
    const struct lt_option *option = find(reading, name, &into, &row);
    if (option != NULL) {
        reading->given[row] = true;
        return read_value(reading, value, option, field_of(option, into), error);
    }
    snprintf(name + length, sizeof name - (size_t)length, ".");
    if (!is_section(reading, name)) {
        return unknown_key(reading, key, prefix, error);
    }
    if (yaml_is_nothing(value)) {
        return LT_DONE;
    }
    if (value->type != YAML_MAPPING_NODE) {
        return yaml_fail(&reading->yaml, value, error, "'%s' must be a map", yaml_text(key));
    }
    return read_map(reading, value, name, error);
}

static enum lt_code read_map(struct reading *reading, const yaml_node_t *map, const char *prefix,
                             struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
    for (; code == LT_DONE && pair < map->data.mapping.pairs.top; pair++) {
        code = read_pair(reading, pair, prefix, error);
    }
    return code;
}

static enum lt_code check_required(struct reading *reading, struct lt_error *error)
{
    size_t row = 0;
    for (size_t i = 0; i < reading->count; i++) {
        for (const struct lt_option *o = reading->sets[i].options; o->name != NULL; o++, row++) {
            if (o->fallback == LT_REQUIRED && !reading->given[row]) {
                return yaml_fail(&reading->yaml, NULL, error, "'%s' is missing: %s", o->name,
                                 o->help);
            }
        }
    }
    return LT_DONE;
}

static enum lt_code read_file(struct reading *reading, struct lt_error *error)
{
    const yaml_node_t *root = yaml_root(&reading->yaml);
    if (root != NULL && !yaml_is_nothing(root)) {
        if (root->type != YAML_MAPPING_NODE) {
            return yaml_fail(&reading->yaml, root, error, "the file must be a map of keys");
        }
        const enum lt_code code = read_map(reading, root, "", error);
        if (code != LT_DONE) {
            return code;
        }
    }
    return check_required(reading, error);
}

enum lt_code lt_options_parse(struct lt_slice text, const char *file_name,
                              const struct lt_option_set *sets, size_t count,
                              struct lt_error *error)
{
    struct reading reading = {.sets = sets, .count = count};
    size_t rows = 0;
    enum lt_code code = LT_DONE;
    for (size_t i = 0; i < count && code == LT_DONE; i++) {
        rows += rows_of(sets[i].options);
        code = lt_options_defaults(sets[i].options, sets[i].into, error);
    }
    if (code == LT_DONE && rows > OPTIONS_MAX) {
        code = lt_fail(error, LT_BAD_USE, "more than %d options", OPTIONS_MAX);
    }
    if (code == LT_DONE) {
        code = yaml_open(text, file_name, &reading.yaml, error);
    }
    if (code == LT_DONE) {
        code = read_file(&reading, error);
    }
    yaml_clear(&reading.yaml);
    if (code != LT_DONE) {
        clear_all(sets, count);
    }
    return code;
}

enum lt_code lt_options_load(const char *path, const struct lt_option_set *sets, size_t count,
                             struct lt_error *error)
{
    struct lt_buffer text = {.max = LT_OPTION_FILE_MAX};
    enum lt_code code = lt_file_read(path, &text, error);
    if (code == LT_DONE) {
        code = lt_options_parse(lt_buffer_slice(&text), path, sets, count, error);
    } else {
        clear_all(sets, count);
    }
    lt_buffer_clear(&text);
    return code;
}

enum lt_code lt_options_set(const struct lt_option *options, void *into, const char *name,
                            const char *value, struct lt_error *error)
{
    const char *names[OPTIONS_MAX];
    size_t count = 0;
    for (const struct lt_option *option = options; option->name != NULL; option++) {
        if (strcmp(option->name, name) == 0) {
            return value_set(option, field_of(option, into), value, error);
        }
        if (count < OPTIONS_MAX) {
            names[count++] = option->name;
        }
    }
    const char *near = lt_nearest(name, names, count);
    return near != NULL ? lt_fail(error, LT_BAD_USE, "there is no option '%s'; did you mean '%s'?",
                                  name, near)
                        : lt_fail(error, LT_BAD_USE, "there is no option '%s'", name);
}
