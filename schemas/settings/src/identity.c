// identity.yaml and identities/*.yaml: who one is in this folder.
#include "lienthon/settings/folder.h"

#include <lienthon/name.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LISTED = 24 };

enum { IDENTITY_FILE_MAX = 64 * 1024 };

const struct lt_option lt_identity_options[] = {
    LT_OPTION_TEXT("principal", struct lt_identity, principal, LT_REQUIRED, "Who one is"),
    LT_OPTION_TEXT("commune", struct lt_identity, commune, "", "The commune's name, for people"),
    LT_OPTION_TEXT("xa", struct lt_identity, xa, "", "The first level of its topics"),
    LT_OPTION_TEXT("hub", struct lt_identity, hub, LT_REQUIRED,
                   "Where the hub is, as tcp://HOST:PORT"),
    LT_OPTION_TEXT("hub-principal", struct lt_identity, hub_principal, "hub", "The hub's own name"),
    LT_OPTION_KEY("hub-curve", struct lt_identity, hub_curve, LT_REQUIRED,
                  "The hub's public key for connections"),
    LT_OPTION_KEY("root", struct lt_identity, root, LT_REQUIRED,
                  "The public key of the commune's root"),
    LT_OPTION_TEXT("seed", struct lt_identity, seed, LT_REQUIRED,
                   "File of the key for seals, as keys/NAME.seed"),
    LT_OPTION_TEXT("curve", struct lt_identity, curve, LT_REQUIRED,
                   "File of the key for connections, as keys/NAME.curve"),
    LT_OPTION_TEXT("grants", struct lt_identity, grants, NULL,
                   "File of grants to begin with (a bundle)"),
    LT_OPTION_TEXT("state", struct lt_identity, state, LT_REQUIRED,
                   "Folder for what is sent, seen and known"),
    LT_OPTION_TEXT("timezone", struct lt_identity, timezone, "Asia/Ho_Chi_Minh",
                   "In which the hours that people type are meant"),
    LT_OPTION_END};

void lt_identity_clear(struct lt_identity *identity)
{
    lt_options_clear(lt_identity_options, identity);
}

static enum lt_code file_of(const char *folder, const char *as, char **path, struct lt_error *error)
{
    if (as == NULL) {
        return lt_folder_path(folder, "identity.yaml", path, error);
    }
    if (!lt_principal_valid(lt_slice_of(as))) {
        return lt_fail(error, LT_BAD_USE, "'%.80s' is no name of an identity", as);
    }
    char name[LT_PRINCIPAL_MAX + 32];
    snprintf(name, sizeof name, "identities/%s.yaml", as);
    return lt_folder_path(folder, name, path, error);
}

// Adds the names of identities/*.yaml to the sentence.
static void list_identities(const char *folder, char *out, size_t size)
{
    char *path = NULL;
    out[0] = '\0';
    if (lt_folder_path(folder, "identities", &path, NULL) != LT_DONE) {
        return;
    }
    DIR *entries = opendir(path);
    free(path);
    size_t used = 0;
    for (struct dirent *entry = NULL;
         entries != NULL && (entry = readdir(entries)) != NULL && used < size;) {
        const size_t length = strlen(entry->d_name);
        if (length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0) {
            const int wrote = snprintf(out + used, size - used, "%s%.*s", used > 0 ? ", " : "",
                                       (int)(length - 5), entry->d_name);
            used += wrote > 0 ? (size_t)wrote : 0;
        }
    }
    if (entries != NULL) {
        closedir(entries);
    }
}

// Of "a, b, c" the one that is nearest, cut out of it; NULL: none is near.
static const char *nearest_of(char *names, const char *as)
{
    const char *each[LISTED];
    size_t count = 0;
    char *rest = names;
    for (char *name = strtok_r(names, ", ", &rest); name != NULL && count < LISTED;
         name = strtok_r(NULL, ", ", &rest)) {
        each[count++] = name;
    }
    return lt_nearest(as, each, count);
}

static enum lt_code not_there(const char *folder, const char *as, struct lt_error *error)
{
    char names[160];
    list_identities(folder, names, sizeof names);
    if (as != NULL) {
        char copy[sizeof names];
        snprintf(copy, sizeof copy, "%s", names);
        const char *near = nearest_of(copy, as);
        if (near != NULL) {
            return lt_fail(error, LT_NOT_FOUND,
                           "there is no identity '%s' in %s; did you mean '%s'? there are: %s", as,
                           folder, near, names);
        }
        return lt_fail(error, LT_NOT_FOUND, "there is no identity '%s' in %s; there are: %s", as,
                       folder, names[0] != '\0' ? names : "none");
    }
    if (names[0] != '\0') {
        return lt_fail(error, LT_NOT_FOUND, "%s has no identity.yaml; pick one with --as: %s",
                       folder, names);
    }
    return lt_fail(error, LT_NOT_FOUND,
                   "%s has no identity (identity.yaml); join with an invitation: lienthon join "
                   "CODE, or say where it is: -C DIR or LIENTHON_DIR",
                   folder);
}

// In the commune's own folder commune.yaml says where the hub listens: its ports are changed there.
static enum lt_code take_address(const char *folder, struct lt_identity *identity,
                                 struct lt_error *error)
{
    struct lt_commune commune;
    char *path = NULL;
    enum lt_code code = lt_folder_path(folder, "commune.yaml", &path, error);
    const bool is_there = code == LT_DONE && access(path, F_OK) == 0;
    free(path);
    if (!is_there) {
        return code;
    }
    code = lt_commune_load(folder, &commune, error);
    if (code == LT_DONE && memcmp(commune.root, identity->root, sizeof commune.root) == 0) {
        char *url = NULL;
        free(commune.hub.address); // that is for devices elsewhere
        commune.hub.address = NULL;
        code = lt_commune_url(&commune, false, &url, error);
        if (code == LT_DONE) {
            free(identity->hub);
            identity->hub = url;
        }
    }
    lt_commune_clear(&commune);
    return code;
}

// Its own file; else identity.yaml, for the folder's own identity may be asked for by its name too.
static enum lt_code find_file(const char *folder, const char *as, char **path,
                              struct lt_error *error)
{
    enum lt_code code = file_of(folder, as, path, error);
    if (*path != NULL && as != NULL && access(*path, F_OK) != 0) {
        free(*path);
        *path = NULL;
        code = file_of(folder, NULL, path, error);
    }
    return *path != NULL && access(*path, F_OK) != 0 ? not_there(folder, as, error) : code;
}

enum lt_code lt_identity_load(const char *folder, const char *as, struct lt_identity *identity,
                              struct lt_error *error)
{
    *identity = (struct lt_identity){0};
    char *path = NULL;
    enum lt_code code = find_file(folder, as, &path, error);
    const struct lt_option_set set = {lt_identity_options, identity};
    if (code == LT_DONE) {
        code = lt_options_load(path, &set, 1, error);
    }
    if (code == LT_DONE && !lt_principal_valid(lt_slice_of(identity->principal))) {
        code = lt_fail(error, LT_BAD_FILE, "%s: principal: '%s' is no principal", path,
                       identity->principal);
    }
    if (code == LT_DONE && as != NULL && strcmp(as, identity->principal) != 0) {
        code = not_there(folder, as, error);
    }
    if (code == LT_DONE) {
        code = take_address(folder, identity, error);
    }
    if (code != LT_DONE) {
        lt_identity_clear(identity);
    }
    free(path);
    return code;
}

enum lt_code lt_identity_save(const char *folder, bool own, const struct lt_identity *identity,
                              struct lt_error *error)
{
    char *path = NULL;
    enum lt_code code = LT_DONE;
    if (!own) {
        code = lt_folder_path(folder, "identities", &path, error);
        if (code == LT_DONE) {
            code = lt_folder_make(path, 0755, error);
        }
        free(path);
        path = NULL;
    }
    if (code == LT_DONE) {
        code = file_of(folder, own ? NULL : identity->principal, &path, error);
    }
    if (code == LT_DONE) {
        struct lt_buffer text = {.max = IDENTITY_FILE_MAX};
        lt_options_write(lt_identity_options, identity, &text);
        code = text.failed ? lt_fail(error, LT_NO_MEMORY, "no memory to write %s", path)
                           : lt_file_write(path, lt_buffer_slice(&text), 0644, error);
        lt_buffer_clear(&text);
    }
    free(path);
    return code;
}
