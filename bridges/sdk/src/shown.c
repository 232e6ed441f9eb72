// Row by row, by the tables that --sample and the reading of the file use.
#include "shown.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <lienthon/settings/file.h>

#include "place.h"
#include "presence.h"

enum { FILE_MAX = 1024 * 1024, ROW_MAX = 64 * 1024 };

struct view {
    const struct instance *instance;
    struct lt_buffer file;
    char path[300];
    json_t *rows; // NULL: as text
};

struct row {
    char allowed[512], place[340];
    struct lt_buffer value; // as it stands in a file, on one line
    bool in_file;
};

// "name: value", or "name:\n  - a\n  - b": without the name, on one line.
static void read_value(const struct lt_option *option, const void *from, struct lt_buffer *value)
{
    const char *dot = strrchr(option->name, '.');
    struct lt_option rows[2] = {*option, LT_OPTION_END};
    struct lt_buffer text = {.max = ROW_MAX};
    rows[0].name = dot ? dot + 1 : option->name;
    size_t head = strlen(rows[0].name) + 1;
    if (lt_options_write(rows, from, &text) && text.size > head)
        for (size_t i = head; i < text.size; i++) {
            bool blank = text.data[i] == '\n' || text.data[i] == ' ';
            if (!blank || (value->size && value->data[value->size - 1] != ' '))
                lt_buffer_add(value, blank ? " " : (const char *)text.data + i, 1);
        }
    while (value->size && value->data[value->size - 1] == ' ')
        value->size--;
    if (!value->size && option->fallback && option->fallback != LT_REQUIRED)
        lt_buffer_add(value, option->fallback, strlen(option->fallback));
    lt_buffer_clear(&text);
}

// The second line that help has for it.
static void read_allowed(const struct lt_option *option, char *allowed, size_t size)
{
    struct lt_option rows[2] = {*option, LT_OPTION_END};
    struct lt_buffer text = {.max = ROW_MAX};
    allowed[0] = '\0';
    if (lt_options_help(rows, &text) && lt_buffer_add(&text, "", 1)) {
        char *line = strchr((char *)text.data, '\n');
        line = line ? line + 1 + strspn(line + 1, " ") : (char *)text.data;
        line[strcspn(line, "\n")] = '\0';
        snprintf(allowed, size, "%s", line);
    }
    lt_buffer_clear(&text);
}

static struct row row_of(const struct view *view, const struct lt_option *option, const void *from)
{
    struct row row = {.value = {.max = ROW_MAX}};
    const char *dot = strchr(option->name, '.');
    struct lt_slice text = lt_buffer_slice(&view->file);
    struct place place =
        dot ? place_of_given(text, "options", dot + 1) : place_of_given(text, option->name, NULL);
    row.in_file = place.line > 0;
    if (row.in_file)
        snprintf(row.place, sizeof row.place, "%s:%zu:%zu", view->path, place.line, place.column);
    read_allowed(option, row.allowed, sizeof row.allowed);
    read_value(option, from, &row.value);
    return row;
}

static void add_json(const struct view *view, const struct lt_option *option, const struct row *row)
{
    json_t *value = row->value.size ? json_stringn((const char *)row->value.data, row->value.size)
                                    : json_null();
    json_array_append_new(view->rows,
                          json_pack("{s:s, s:s, s:s, s:o?, s:s?}", "name", option->name, "about",
                                    option->help, "allowed", row->allowed, "value", value, "place",
                                    row->in_file ? row->place : NULL));
}

static void print_row(const struct lt_option *option, const struct row *row)
{
    printf("  %-20s %s\n  %-20s %s\n  %-20s = %.*s (%s)\n", option->name, option->help, "",
           row->allowed, "", row->value.size ? (int)row->value.size : 7,
           row->value.size ? (const char *)row->value.data : "not set",
           row->in_file ? row->place : "not in the file");
}

static void show_rows(const struct view *view, const struct lt_option *options, const void *from)
{
    for (const struct lt_option *option = options; option && option->name; option++) {
        struct row row = row_of(view, option, from);
        if (view->rows)
            add_json(view, option, &row);
        else
            print_row(option, &row);
        lt_buffer_clear(&row.value);
    }
}

static void print_head(const struct view *view, pid_t holder)
{
    const struct instance *instance = view->instance;
    printf("%s: %s, %s\n", instance->name, instance->bridge->name, instance->bridge->about);
    printf("file %s, identity %s, hub %s\n", view->path, instance->identity.principal,
           instance->identity.hub);
    if (holder)
        printf("it runs as process %d\n\n", (int)holder);
    else
        printf("it does not run here\n\n");
}

static bool read_in_force(const struct instance *instance, const char *state, struct lt_buffer *out)
{
    char *folder = NULL;
    if (!instance->bridge->shows)
        return true;
    bool whole = lt_folder_path(state, "files", &folder, NULL) == LT_DONE &&
                 instance->bridge->shows(instance->state, folder, out);
    free(folder);
    return whole;
}

static void print_json(const struct view *view, pid_t holder, struct lt_slice in_force)
{
    const struct instance *instance = view->instance;
    json_t *all = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:o?, s:O, s:o?}", "name", instance->name, "bridge",
        instance->bridge->name, "about", instance->bridge->about, "file", view->path, "identity",
        instance->identity.principal, "hub", instance->identity.hub, "process",
        holder ? json_integer(holder) : json_null(), "options", view->rows, "in_force",
        in_force.size ? json_stringn((const char *)in_force.data, in_force.size) : json_null());
    char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;
    if (text)
        puts(text);
    free(text);
    json_decref(all);
}

enum lt_code shown(const struct instance *instance, bool as_json, struct lt_error *error)
{
    struct view view = {.instance = instance, .file = {.max = FILE_MAX}};
    struct lt_buffer in_force = {.max = ROW_MAX};
    char *state = NULL;
    snprintf(view.path, sizeof view.path, "bridges/%s.yaml", instance->name);
    enum lt_code code = lt_file_read(view.path, &view.file, error);
    if (code == LT_DONE)
        code = instance_state(instance, NULL, &state, error);
    if (code == LT_DONE && as_json && !(view.rows = json_array()))
        code = lt_fail(error, LT_NO_MEMORY, "no memory for the options");
    if (code == LT_DONE && !read_in_force(instance, state, &in_force))
        code = lt_fail(error, LT_NO_MEMORY, "no memory for what is in force");
    if (code == LT_DONE) {
        pid_t holder = presence_holder(state);
        if (!as_json)
            print_head(&view, holder);
        show_rows(&view, instance_options, &instance->settings);
        show_rows(&view, instance->options, instance->state);
        if (as_json)
            print_json(&view, holder, lt_buffer_slice(&in_force));
        else
            printf("%s%.*s", in_force.size ? "\n" : "", (int)in_force.size,
                   in_force.size ? (const char *)in_force.data : "");
    }
    json_decref(view.rows);
    lt_buffer_clear(&view.file);
    lt_buffer_clear(&in_force);
    free(state);
    return code;
}
