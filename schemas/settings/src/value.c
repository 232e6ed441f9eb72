// One option's value: how each kind is read, described and freed.
#include "value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lienthon/settings/secret.h"

bool lt_duration_parse(const char *text, int64_t *ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    char *end = NULL;
    errno = 0;
    const long long number = strtoll(text, &end, 10);
    if (errno != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].name) == 0 && number <= INT64_MAX / units[i].ms) {
            *ms = (int64_t)number * units[i].ms;
            return true;
        }
    }
    return false;
}

void value_list(const char *const *names, size_t count, char *out, size_t size)
{
    static const char more[] = ", …";
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const size_t wanted = strlen(names[i]) + (i > 0 ? 2 : 0);
        if (used + wanted + sizeof more > size) {
            snprintf(out + used, size - used, "%s", i > 0 ? more : "…");
            return;
        }
        snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", names[i]);
        used += wanted;
    }
}

static size_t count_choices(const struct lt_option *option)
{
    size_t count = 0;
    while (option->kind == LT_OPTION_KIND_CHOICE && option->choices[count] != NULL) {
        count++;
    }
    return count;
}

void value_describe(const struct lt_option *option, char *out, size_t size)
{
    switch (option->kind) {
    case LT_OPTION_KIND_TEXT:
        snprintf(out, size, "a text");
        break;
    case LT_OPTION_KIND_NUMBER:
        snprintf(out, size, "a whole number from %" PRId64 " to %" PRId64, option->min,
                 option->max);
        break;
    case LT_OPTION_KIND_BOOL:
        snprintf(out, size, "yes, no");
        break;
    case LT_OPTION_KIND_CHOICE:
        value_list(option->choices, count_choices(option), out, size);
        break;
    case LT_OPTION_KIND_DURATION: {
        char low[32];
        char high[32];
        value_print_duration(option->min, low, sizeof low);
        value_print_duration(option->max, high, sizeof high);
        snprintf(out, size, "a duration as 500ms, 10s, 5m, 2h, 7d, from %s to %s", low, high);
        break;
    }
    case LT_OPTION_KIND_KEY:
        snprintf(out, size, "a key: 43 characters of base64url");
        break;
    case LT_OPTION_KIND_LIST:
        snprintf(out, size, "a list of texts");
        break;
    case LT_OPTION_KIND_MAP:
        snprintf(out, size, "a map of names to texts");
        break;
    case LT_OPTION_KIND_SECRET:
        snprintf(out, size, "the place of a secret, file:PATH or credential:NAME");
        break;
    case LT_OPTION_KIND_END:
        out[0] = '\0';
        break;
    }
}

void value_print_duration(int64_t ms, char *out, size_t size)
{
    if (ms == 0) {
        snprintf(out, size, "0s");
    } else if (ms % 86400000 == 0) {
        snprintf(out, size, "%" PRId64 "d", ms / 86400000);
    } else if (ms % 3600000 == 0) {
        snprintf(out, size, "%" PRId64 "h", ms / 3600000);
    } else if (ms % 60000 == 0) {
        snprintf(out, size, "%" PRId64 "m", ms / 60000);
    } else if (ms % 1000 == 0) {
        snprintf(out, size, "%" PRId64 "s", ms / 1000);
    } else {
        snprintf(out, size, "%" PRId64 "ms", ms);
    }
}

static const char *nearest_choice(const struct lt_option *option, const char *text)
{
    const size_t count = count_choices(option);
    return count > 0 ? lt_nearest(text, option->choices, count) : NULL;
}

static enum lt_code refuse(const struct lt_option *option, const char *text, struct lt_error *error)
{
    char allowed[LT_ERROR_MAX / 2];
    char shown[VALUE_SHOWN];
    const char *near = nearest_choice(option, text);
    value_describe(option, allowed, sizeof allowed);
    lt_shorten(text, shown, sizeof shown);
    if (near != NULL) {
        return lt_fail_whole(error, LT_BAD_USE, "'%s' is '%s'; did you mean '%s'? allowed: %s",
                             option->name, shown, near, allowed);
    }
    return lt_fail_whole(error, LT_BAD_USE, "'%s' is '%s'; allowed: %s", option->name, shown,
                         allowed);
}

static bool parse_number(const char *text, int64_t *number)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    if (digits[0] == '\0' || strspn(digits, "0123456789") != strlen(digits)) {
        return false;
    }
    errno = 0;
    const long long value = strtoll(text, NULL, 10);
    *number = (int64_t)value;
    return errno == 0;
}

static bool parse_bool(const char *text, bool *value)
{
    *value = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
    return *value || strcmp(text, "no") == 0 || strcmp(text, "false") == 0;
}

static bool parse_choice(const struct lt_option *option, const char *text, int *value)
{
    for (int i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            *value = i;
            return true;
        }
    }
    return false;
}

static bool in_range(const struct lt_option *option, int64_t number)
{
    return number >= option->min && number <= option->max;
}

static enum lt_code set_text(char **field, const char *text, struct lt_error *error)
{
    char *copy = strdup(text);
    if (copy == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory");
    }
    free(*field);
    *field = copy;
    return LT_DONE;
}

// What may be the secret itself is not told.
static enum lt_code set_secret(const struct lt_option *option, char **field, const char *text,
                               struct lt_error *error)
{
    return lt_secret_is_name(text)
               ? set_text(field, text, error)
               : lt_fail(error, LT_BAD_USE,
                         "'%s' does not name a place; a secret itself never stands in this file: "
                         "write it into a file of mode 0600; allowed: file:PATH or credential:NAME",
                         option->name);
}

enum lt_code value_check(const struct lt_option *option, const char *member, const char *text,
                         struct lt_error *error)
{
    struct lt_error why = {0};
    const enum lt_code code = option->check != NULL ? option->check(text, &why) : LT_DONE;
    if (code == LT_BAD_USE) {
        char shown[VALUE_SHOWN];
        char name[VALUE_SHOWN];
        return lt_fail_whole(error, code, "'%s%s%s' is '%s'; %s", option->name,
                             member != NULL ? "." : "",
                             lt_shorten(member != NULL ? member : "", name, sizeof name),
                             lt_shorten(text, shown, sizeof shown), why.text);
    }
    return code == LT_DONE ? LT_DONE : lt_fail_whole(error, code, "%s", why.text);
}

static enum lt_code set_pair(const struct lt_option *option, struct lt_option_map *map,
                             const char *text, struct lt_error *error)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        char shown[VALUE_SHOWN];
        return lt_fail(error, LT_BAD_USE, "'%s' is '%s'; allowed: NAME=TEXT", option->name,
                       lt_shorten(text, shown, sizeof shown));
    }
    char *name = strndup(text, (size_t)(equals - text));
    if (name == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory");
    }
    enum lt_code code = value_check(option, name, equals + 1, error);
    if (code != LT_DONE) {
        free(name);
        return code;
    }
    if (lt_option_map_find(map, name) != NULL) {
        code = lt_fail(error, LT_BAD_USE, "'%s' has '%s' twice", option->name, name);
    } else if (!value_add_pair(map, name, equals + 1)) {
        code = lt_fail(error, LT_NO_MEMORY, "no memory");
    }
    free(name);
    return code;
}

enum lt_code value_set(const struct lt_option *option, void *field, const char *text,
                       struct lt_error *error)
{
    int64_t number = 0;
    if (!lt_utf8_valid(lt_slice_of(text))) {
        return lt_fail(error, LT_BAD_USE, "'%s' is no UTF-8 text", option->name);
    }
    if (option->kind == LT_OPTION_KIND_TEXT || option->kind == LT_OPTION_KIND_LIST) {
        const enum lt_code code = value_check(option, NULL, text, error);
        if (code != LT_DONE) {
            return code;
        }
    }
    switch (option->kind) {
    case LT_OPTION_KIND_TEXT:
        return set_text(field, text, error);
    case LT_OPTION_KIND_SECRET:
        return set_secret(option, field, text, error);
    case LT_OPTION_KIND_NUMBER:
    case LT_OPTION_KIND_DURATION:
        if (!(option->kind == LT_OPTION_KIND_NUMBER ? parse_number(text, &number)
                                                    : lt_duration_parse(text, &number)) ||
            !in_range(option, number)) {
            return refuse(option, text, error);
        }
        *(int64_t *)field = number;
        return LT_DONE;
    case LT_OPTION_KIND_BOOL:
        return parse_bool(text, field) ? LT_DONE : refuse(option, text, error);
    case LT_OPTION_KIND_CHOICE:
        return parse_choice(option, text, field) ? LT_DONE : refuse(option, text, error);
    case LT_OPTION_KIND_KEY:
        return lt_base64url_decode(lt_slice_of(text), field, 32) ? LT_DONE
                                                                 : refuse(option, text, error);
    case LT_OPTION_KIND_LIST:
        return value_add_item(field, text) ? LT_DONE : lt_fail(error, LT_NO_MEMORY, "no memory");
    case LT_OPTION_KIND_MAP:
        return set_pair(option, field, text, error);
    case LT_OPTION_KIND_END:
        break;
    }
    return lt_fail(error, LT_BAD_USE, "an option of no kind");
}

bool value_add_item(struct lt_option_list *list, const char *text)
{
    char **items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (items == NULL) {
        return false;
    }
    list->items = items;
    items[list->count] = strdup(text);
    if (items[list->count] == NULL) {
        return false;
    }
    list->count++;
    return true;
}

bool value_add_pair(struct lt_option_map *map, const char *name, const char *text)
{
    struct lt_option_pair *items = realloc(map->items, (map->count + 1) * sizeof *items);
    if (items == NULL) {
        return false;
    }
    map->items = items;
    struct lt_option_pair *pair = &items[map->count];
    pair->name = strdup(name);
    pair->text = strdup(text);
    if (pair->name == NULL || pair->text == NULL) {
        free(pair->name);
        free(pair->text);
        return false;
    }
    map->count++;
    return true;
}

static void clear_list(struct lt_option_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    free(list->items);
    *list = (struct lt_option_list){0};
}

static void clear_map(struct lt_option_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        free(map->items[i].name);
        free(map->items[i].text);
    }
    free(map->items);
    *map = (struct lt_option_map){0};
}

void value_clear(const struct lt_option *option, void *field)
{
    switch (option->kind) {
    case LT_OPTION_KIND_TEXT:
    case LT_OPTION_KIND_SECRET:
        free(*(char **)field);
        *(char **)field = NULL;
        break;
    case LT_OPTION_KIND_NUMBER:
    case LT_OPTION_KIND_DURATION:
        *(int64_t *)field = 0;
        break;
    case LT_OPTION_KIND_BOOL:
        *(bool *)field = false;
        break;
    case LT_OPTION_KIND_CHOICE:
        *(int *)field = 0;
        break;
    case LT_OPTION_KIND_KEY:
        memset(field, 0, 32);
        break;
    case LT_OPTION_KIND_LIST:
        clear_list(field);
        break;
    case LT_OPTION_KIND_MAP:
        clear_map(field);
        break;
    case LT_OPTION_KIND_END:
        break;
    }
}

const char *lt_option_map_find(const struct lt_option_map *map, const char *name)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->items[i].name, name) == 0) {
            return map->items[i].text;
        }
    }
    return NULL;
}
