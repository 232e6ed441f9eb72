// Roles by name: the folder's role files, the built-in ones, and what a role says of itself.
#include "role.h"

#include <lienthon/settings/folder.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "role_files.h"
#include "value.h"

enum { NAMES_MAX = 64, NAME_SIZE = 64 };

struct names {
    char text[NAMES_MAX][NAME_SIZE];
    const char *list[NAMES_MAX];
    size_t count;
};

static void clear_list(struct lt_option_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    free(list->items);
}

static void clear_entries(struct role_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        clear_list(&entries[i].topics);
        clear_list(&entries[i].types);
    }
    free(entries);
}

static void clear_powers(struct role_powers *powers)
{
    clear_entries(powers->publish, powers->publish_count);
    clear_entries(powers->subscribe, powers->subscribe_count);
}

void lt_role_destroy(lt_role **role)
{
    if (*role == NULL) {
        return;
    }
    free((*role)->id);
    free((*role)->name);
    free((*role)->description);
    clear_powers(&(*role)->powers);
    clear_powers(&(*role)->scope);
    clear_list(&(*role)->scope_principals);
    free(*role);
    *role = NULL;
}

const char *lt_role_id(const lt_role *role)
{
    return role->id;
}

const char *lt_role_name(const lt_role *role)
{
    return role->name;
}

const char *lt_role_description(const lt_role *role)
{
    return role->description;
}

static bool list_wants(const struct lt_option_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strstr(list->items[i], "<ap>") != NULL) {
            return true;
        }
    }
    return false;
}

static bool powers_want(const struct role_powers *powers)
{
    for (size_t i = 0; i < powers->publish_count; i++) {
        if (list_wants(&powers->publish[i].topics)) {
            return true;
        }
    }
    for (size_t i = 0; i < powers->subscribe_count; i++) {
        if (list_wants(&powers->subscribe[i].topics)) {
            return true;
        }
    }
    return false;
}

bool lt_role_wants_hamlet(const lt_role *role)
{
    return powers_want(&role->powers) || powers_want(&role->scope) ||
           list_wants(&role->scope_principals);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void collect(const char *folder, struct names *names)
{
    DIR *entries = opendir(folder);
    for (struct dirent *entry = NULL;
         entries != NULL && names->count < NAMES_MAX && (entry = readdir(entries)) != NULL;) {
        const size_t length = strlen(entry->d_name);
        if (length > 5 && length - 5 < NAME_SIZE &&
            strcmp(entry->d_name + length - 5, ".yaml") == 0) {
            char *text = names->text[names->count];
            snprintf(text, NAME_SIZE, "%.*s", (int)(length - 5), entry->d_name);
            names->list[names->count++] = text;
        }
    }
    if (entries != NULL) {
        closedir(entries);
    }
    qsort(names->list, names->count, sizeof names->list[0], by_name);
}

static enum lt_code not_there(const char *folder, const char *name, struct lt_error *error)
{
    struct names *names = calloc(1, sizeof *names);
    if (names == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory");
    }
    collect(folder, names);
    char all[LT_ERROR_MAX - 2 * VALUE_SHOWN] = "none";
    char shown[VALUE_SHOWN];
    if (names->count > 0) {
        value_list(names->list, names->count, all, sizeof all);
    }
    lt_shorten(name, shown, sizeof shown);
    const char *near = lt_nearest(name, names->list, names->count);
    const enum lt_code code =
        near != NULL ? lt_fail_whole(error, LT_NOT_FOUND,
                                     "there is no role '%s'; did you mean '%s'? there are: %s",
                                     shown, near, all)
                     : lt_fail_whole(error, LT_NOT_FOUND, "there is no role '%s'; there are: %s",
                                     shown, all);
    free(names);
    return code;
}

// A folder without roles of its own (a device's, a member's) has those that are built in.
static enum lt_code find_builtin(const char *roles, const char *file, const char *name,
                                 lt_role **role, struct lt_error *error)
{
    for (size_t i = 0; access(roles, F_OK) != 0 && i < role_file_count; i++) {
        if (strcmp(role_files[i].name, file) == 0) {
            return lt_role_parse(lt_slice_of(role_files[i].text), file, role, error);
        }
    }
    return not_there(roles, name, error);
}

enum lt_code lt_role_find(const char *folder, const char *name, lt_role **role,
                          struct lt_error *error)
{
    *role = NULL;
    char *roles = NULL;
    char *path = NULL;
    char file[128];
    enum lt_code code = lt_folder_path(folder, "roles", &roles, error);
    const int size = snprintf(file, sizeof file, "%s.yaml", name);
    const bool is_name = size > 0 && (size_t)size < sizeof file && strchr(name, '/') == NULL;
    if (roles != NULL && is_name) {
        code = lt_folder_path(roles, file, &path, error);
    }
    if (path != NULL && access(path, F_OK) == 0) {
        code = lt_role_load(path, role, error);
    } else if (code == LT_DONE && roles != NULL) {
        code = find_builtin(roles, is_name ? file : "", name, role, error);
    }
    free(path);
    free(roles);
    return code;
}

const struct lt_role_file *lt_role_builtin(size_t index)
{
    return index < role_file_count ? &role_files[index] : NULL;
}
