// dlopen, and the sentences for when there is nothing to open.
#include "module.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "program.h"

static bool is_name(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size > 0 && size <= 64 && name[size] == '\0';
}

// Beside the program that runs: "/../lib/lienthon/bridges". Yours (free); NULL: it cannot be told.
static char *beside(const char *where)
{
    char own[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", own, sizeof own - 1);
    if (size <= 0)
        return NULL;
    own[size] = '\0';
    *strrchr(own, '/') = '\0';
    size_t room = strlen(own) + strlen(where) + 1;
    char *path = malloc(room);
    if (path)
        snprintf(path, room, "%s%s", own, where);
    return path;
}

char *module_python_folder(void)
{
    return beside("/../lib/lienthon/python");
}

enum lt_code module_folder(char **path, struct lt_error *error)
{
    const char *given = getenv("LIENTHON_BRIDGES");
    *path = given && *given ? strdup(given) : beside("/../lib/lienthon/bridges");
    return *path
               ? LT_DONE
               : lt_fail(error, LT_IO,
                         "cannot tell where this program lies; set LIENTHON_BRIDGES to the folder "
                         "of the bridges");
}

// A shared object NAME.so, or an executable NAME.
static bool is_bridge(const char *folder, const char *file)
{
    char path[PATH_MAX], name[80];
    struct stat found;
    size_t size = strlen(file);
    bool is_object = size > 3 && strcmp(file + size - 3, ".so") == 0;
    snprintf(name, sizeof name, "%.*s", (int)(is_object ? size - 3 : size), file);
    return is_name(name) && snprintf(path, sizeof path, "%s/%s", folder, file) < (int)sizeof path &&
           stat(path, &found) == 0 && S_ISREG(found.st_mode) &&
           (is_object || access(path, X_OK) == 0);
}

// The names in order, each once, without ".so"; yours, with each of them. -1: none, or no memory.
static int find_modules(struct dirent ***found)
{
    char *folder = NULL;
    int kept = 0;
    *found = NULL;
    if (module_folder(&folder, NULL) != LT_DONE || !folder)
        return -1;
    int count = scandir(folder, found, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        struct dirent *entry = (*found)[i];
        bool is_one = is_bridge(folder, entry->d_name);
        char *end = is_one ? strrchr(entry->d_name, '.') : NULL;
        if (end)
            *end = '\0';
        if (is_one && !(kept && strcmp((*found)[kept - 1]->d_name, entry->d_name) == 0))
            (*found)[kept++] = entry;
        else
            free(entry);
    }
    free(folder);
    return count < 0 ? -1 : kept;
}

bool module_names(struct lt_buffer *out)
{
    struct dirent **found;
    int count = find_modules(&found);
    for (int i = 0; i < count; i++) {
        lt_buffer_print(out, "%s%s", i ? ", " : "", found[i]->d_name);
        free(found[i]);
    }
    free(found);
    return count > 0 && !out->failed;
}

void module_list(struct lt_buffer *out)
{
    struct dirent **found;
    int count = find_modules(&found);
    for (int i = 0; i < count; i++) {
        struct lt_error error = {0};
        const struct lt_bridge *bridge = NULL;
        bool usable = module_load(found[i]->d_name, &bridge, &error) == LT_DONE && bridge;
        lt_buffer_print(out, "%-16s %s%s\n", found[i]->d_name,
                        usable ? "" : "cannot be used: ", usable ? bridge->about : error.text);
        module_release(&bridge);
        free(found[i]);
    }
    free(found);
}

static void add_json(const char *name, struct lt_buffer *out)
{
    struct lt_error error = {0};
    const struct lt_bridge *bridge = NULL;
    bool usable = module_load(name, &bridge, &error) == LT_DONE && bridge;
    json_t *row = json_pack("{s:s, s:s, s:b, s:b}", "bridge", name, "about",
                            usable ? bridge->about : error.text, "usable", usable, "resolves",
                            usable && bridge->resolve);
    char *text = row ? json_dumps(row, JSON_COMPACT) : NULL;
    if (text)
        lt_buffer_print(out, "%s\n", text);
    free(text);
    json_decref(row);
    module_release(&bridge);
}

void module_list_json(struct lt_buffer *out)
{
    struct dirent **found;
    int count = find_modules(&found);
    for (int i = 0; i < count; i++) {
        add_json(found[i]->d_name, out);
        free(found[i]);
    }
    free(found);
}

enum { NEAR_MAX = 64 };

static enum lt_code not_there(const char *name, const char *folder, struct lt_error *error)
{
    struct lt_buffer names = {.max = 4096};
    struct dirent **found;
    const char *known[NEAR_MAX];
    int count = find_modules(&found);
    size_t near_count = 0;
    for (int i = 0; i < count && near_count < NEAR_MAX; i++)
        known[near_count++] = found[i]->d_name;
    const char *near = lt_nearest(name, known, near_count);
    bool any = module_names(&names);
    enum lt_code code =
        lt_fail(error, LT_NOT_FOUND, "there is no bridge '%s' in %s; %s%s%sthere are: %.*s", name,
                folder, near ? "did you mean '" : "", near ? near : "", near ? "'? " : "",
                any ? (int)names.size : 4, any ? (const char *)names.data : "none");
    for (int i = 0; i < count; i++)
        free(found[i]);
    free(found);
    lt_buffer_clear(&names);
    return code;
}

static enum lt_code load(const char *path, const char *name, const struct lt_bridge **bridge,
                         struct lt_error *error)
{
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module)
        return lt_fail(error, LT_BAD_FILE, "cannot load the bridge '%s': %s", name, dlerror());
    const struct lt_bridge *(*entry)(void) = NULL;
    void *symbol = dlsym(module, "lt_bridge_entry");
    memcpy(&entry, &symbol,
           sizeof entry); // an object pointer does not convert to a function's in C17
    *bridge = entry ? entry() : NULL;
    if (!*bridge)
        return lt_fail(error, LT_BAD_FILE, "%s is no bridge: it has no lt_bridge_entry", path);
    if ((*bridge)->abi != LT_BRIDGE_ABI)
        return lt_fail(error, LT_BAD_FILE,
                       "%s is for version %u of the bridge interface, this host has %u", path,
                       (*bridge)->abi, LT_BRIDGE_ABI);
    return LT_DONE;
}

enum lt_code module_load(const char *name, const struct lt_bridge **bridge, struct lt_error *error)
{
    char *folder = NULL;
    char path[PATH_MAX];
    *bridge = NULL;
    enum lt_code code = module_folder(&folder, error);
    if (code != LT_DONE)
        return code;
    if (!is_name(name) || snprintf(path, sizeof path, "%s/%s.so", folder, name) >= (int)sizeof path)
        code = not_there(name, folder, error);
    else if (access(path, R_OK) == 0)
        code = load(path, name, bridge, error);
    else if (path[strlen(path) - 3] = '\0', !is_bridge(folder, name))
        code = not_there(name, folder, error);
    else
        code = program_load(path, name, bridge, error);
    free(folder);
    return code;
}

void module_prepare(const struct lt_bridge *bridge, void *state)
{
    if (program_is(bridge))
        program_prepare(bridge, state);
}

void module_release(const struct lt_bridge **bridge)
{
    if (*bridge && program_is(*bridge))
        program_free(bridge);
    *bridge = NULL;
}
