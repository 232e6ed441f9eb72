// What lies in the folder: configuration, keys, roles, bridges, the last backup, outboxes.
#include "doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lienthon/settings/role.h>
#include <sodium.h>

#include "backup.h"
#include "program.h"
#include "tongue.h"

enum {
    DAY_MS = 86400000,
    MINUTE_MS = 60000,
    SEGMENT_MAX = 16 * 1024 * 1024,
    MARK_SIZE = 16,
    SHOWN_MAX = 256 * 1024
};

static bool ends_with(const char *name, const char *ending)
{
    const size_t size = strlen(name);
    return size > strlen(ending) && name[0] != '.' &&
           strcmp(name + size - strlen(ending), ending) == 0;
}

static int is_yaml(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".yaml");
}

// The files NAME.yaml of a folder below the commune's, each without its ending. Returns how many.
static int list_yaml(const struct doctor *doctor, const char *folder, struct dirent ***entries)
{
    char *path = cli_path(doctor->cli, "%s", folder);
    const int count = scandir(path, entries, is_yaml, alphasort);
    free(path);
    return count > 0 ? count : 0;
}

static void free_entries(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    free(count > 0 ? (void *)entries : NULL);
}

// --- configuration ---

static const char correct[] =
    PHRASE("correct that line; the hub and the commands read the file anew when they start");

static void check_identity(struct doctor *doctor, const char *as, size_t *wrong)
{
    struct lt_identity identity = {0};
    struct lt_error error = {0};
    if (lt_identity_load(doctor->cli->folder, as, &identity, &error) != LT_DONE) {
        ++*wrong;
        doctor_say(doctor, DOCTOR_PROBLEM, correct, "%s", error.text);
    }
    lt_identity_clear(&identity);
}

void doctor_configuration(struct doctor *doctor)
{
    struct lt_commune commune = {0};
    struct lt_error error = {0};
    struct dirent **entries = NULL;
    size_t wrong = 0;
    char *own = cli_path(doctor->cli, "identity.yaml");
    const enum lt_code code = lt_commune_load(doctor->cli->folder, &commune, &error);
    if (code != LT_DONE && code != LT_NOT_FOUND) {
        wrong++;
        doctor_say(doctor, DOCTOR_PROBLEM, correct, "%s", error.text);
    }
    lt_commune_clear(&commune);
    if (access(own, F_OK) == 0) {
        check_identity(doctor, NULL, &wrong);
    }
    const int count = list_yaml(doctor, "identities", &entries);
    for (int i = 0; i < count; i++) {
        entries[i]->d_name[strlen(entries[i]->d_name) - strlen(".yaml")] = '\0';
        check_identity(doctor, entries[i]->d_name, &wrong);
    }
    free_entries(entries, count);
    free(own);
    if (wrong == 0) {
        doctor_say(doctor, DOCTOR_OK, NULL, "%s",
                   doctor->has_commune ? PHRASE("commune.yaml and the identities are in order")
                                       : PHRASE("the identity is in order"));
    }
}

// --- keys ---

static void check_key_mode(struct doctor *doctor, const char *path, const struct stat *about,
                           size_t *wrong)
{
    char advice[512];
    if ((about->st_mode & 077) == 0) {
        return;
    }
    ++*wrong;
    snprintf(
        advice, sizeof advice,
        PHRASE("chmod %s %s; if somebody else may have read it, make new keys: lienthon rekey"),
        S_ISDIR(about->st_mode) ? "700" : "600", path);
    doctor_say(doctor, S_ISDIR(about->st_mode) ? DOCTOR_WARNING : DOCTOR_PROBLEM, advice,
               "%s can be read or changed by others (mode %04o)", path,
               (unsigned)about->st_mode & 07777);
}

static void check_key_files(struct doctor *doctor, size_t *count, size_t *wrong)
{
    char *folder = cli_path(doctor->cli, "keys");
    struct stat about;
    DIR *keys = opendir(folder);
    const struct dirent *entry = NULL;
    if (keys == NULL || fstat(dirfd(keys), &about) != 0) {
        ++*wrong;
        doctor_say(doctor, DOCTOR_PROBLEM,
                   "restore the keys from a backup: lienthon restore; without them nobody can be "
                   "heard",
                   "the keys in %s cannot be read: %s", folder, strerror(errno));
    } else {
        check_key_mode(doctor, folder, &about, wrong);
    }
    while (keys != NULL && (entry = readdir(keys)) != NULL) {
        char *path = cli_path(doctor->cli, "keys/%s", entry->d_name);
        if (entry->d_name[0] != '.' && stat(path, &about) == 0 && S_ISREG(about.st_mode)) {
            ++*count;
            check_key_mode(doctor, path, &about, wrong);
        }
        free(path);
    }
    if (keys != NULL) {
        closedir(keys);
    }
    free(folder);
}

// A hub may have its keys from systemd instead, sealed (deploy/systemd/examples/encrypted-keys.conf).
static bool has_them_elsewhere(struct doctor *doctor, const struct lt_identity *identity)
{
    if (!doctor->has_commune || !doctor->is_up ||
        strcmp(identity->principal, doctor->commune.hub.principal) != 0) {
        return false;
    }
    if (access("/etc/credstore.encrypted/lienthon.hub.seed", F_OK) == 0) {
        doctor_say(doctor, DOCTOR_OK, NULL,
                   "the hub's keys are sealed credentials; a backup of this folder does not have "
                   "them");
        return true;
    }
    doctor_say(doctor, DOCTOR_WARNING,
               "take them from a backup before the hub is started again; if it has them as sealed "
               "credentials, keep a copy of your own, for a backup of this folder has none",
               "the hub runs, but its keys are not in this folder");
    return true;
}

static void check_keys_of(struct doctor *doctor, const char *as, uint8_t *room, size_t *wrong)
{
    struct lt_identity identity = {0};
    struct lt_error error = {0};
    struct stat about;
    if (lt_identity_load(doctor->cli->folder, as, &identity, NULL) != LT_DONE) {
        return; // told by `configuration`
    }
    char *seed = cli_path(doctor->cli, "%s", identity.seed != NULL ? identity.seed : "");
    const bool is_here = stat(seed, &about) == 0;
    const bool is_open = is_here && (about.st_mode & 077) != 0;
    if (!is_here && has_them_elsewhere(doctor, &identity)) {
        ++*wrong;
    } else if (!is_open && lt_keys_load(doctor->cli->folder, &identity, room, room + LT_SECRET_SIZE,
                                        &error) != LT_DONE) {
        ++*wrong;
        doctor_say(doctor, DOCTOR_PROBLEM,
                   "take the key files from a backup, or make new ones: lienthon rekey",
                   "the keys of %s: %s", identity.principal, error.text);
    }
    free(seed);
    lt_identity_clear(&identity);
}

void doctor_keys(struct doctor *doctor)
{
    size_t count = 0;
    size_t wrong = 0;
    struct dirent **entries = NULL;
    check_key_files(doctor, &count, &wrong);
    uint8_t *room = sodium_malloc((size_t)2 * LT_SECRET_SIZE);
    const int identities = room != NULL ? list_yaml(doctor, "identities", &entries) : 0;
    if (room != NULL && wrong == 0) {
        check_keys_of(doctor, NULL, room, &wrong);
    }
    for (int i = 0; i < identities && room != NULL && wrong == 0; i++) {
        entries[i]->d_name[strlen(entries[i]->d_name) - strlen(".yaml")] = '\0';
        check_keys_of(doctor, entries[i]->d_name, room, &wrong);
    }
    free_entries(entries, identities);
    sodium_free(room);
    if (wrong == 0) {
        doctor_say(doctor, DOCTOR_OK, NULL, "%zu key files, nobody else may read them", count);
    }
}

// --- roles, bridges ---

void doctor_roles(struct doctor *doctor)
{
    struct dirent **entries = NULL;
    size_t wrong = 0;
    const int count = list_yaml(doctor, "roles", &entries);
    for (int i = 0; i < count; i++) {
        struct lt_error error = {0};
        lt_role *role = NULL;
        char *path = cli_path(doctor->cli, "roles/%s", entries[i]->d_name);
        if (lt_role_load(path, &role, &error) != LT_DONE) {
            wrong++;
            doctor_say(doctor, DOCTOR_PROBLEM,
                       "correct that line; nobody can be invited with this role until then", "%s",
                       error.text);
        }
        lt_role_destroy(&role);
        free(path);
    }
    free_entries(entries, count);
    if (wrong == 0) {
        doctor_say(doctor, DOCTOR_OK, NULL, "%d roles are in order", count);
    }
}

// What a bridge keeps to that does not stand in its file alone, as the hours of a loudspeaker.
static void say_in_force(struct doctor *doctor, const char *name)
{
    struct lt_error error = {0};
    struct lt_buffer said = {.max = SHOWN_MAX};
    const char *const words[] = {name, "-C", doctor->cli->folder, "--show", "--json", NULL};
    json_t *shown = NULL;
    if (program_run("lienthon-bridge", words, &said, &error) == LT_DONE) {
        shown = json_loadb((const char *)said.data, said.size, 0, NULL);
    }
    const char *text = json_string_value(json_object_get(shown, "in_force"));
    char *lines = cli_copy(lt_slice_of(text != NULL ? text : ""));
    char *rest = NULL;
    for (char *line = strtok_r(lines, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        doctor_say(doctor, DOCTOR_OK, NULL, "bridge %s: %s", name, line);
    }
    free(lines);
    json_decref(shown);
    lt_buffer_clear(&said);
}

void doctor_bridges(struct doctor *doctor)
{
    struct dirent **entries = NULL;
    size_t wrong = 0;
    const int count = list_yaml(doctor, "bridges", &entries);
    for (int i = 0; i < count; i++) {
        struct lt_error error = {0};
        entries[i]->d_name[strlen(entries[i]->d_name) - strlen(".yaml")] = '\0';
        const char *const words[] = {entries[i]->d_name, "-C", doctor->cli->folder, "--check",
                                     NULL};
        if (program_run("lienthon-bridge", words, NULL, &error) != LT_DONE) {
            wrong++;
            doctor_say(doctor, DOCTOR_PROBLEM,
                       "correct bridges/NAME.yaml (lienthon-bridge --sample BRIDGE shows one), and "
                       "start the bridge again",
                       "bridge %s: %s", entries[i]->d_name, error.text);
        } else {
            say_in_force(doctor, entries[i]->d_name);
        }
    }
    free_entries(entries, count);
    if (wrong == 0) {
        doctor_say(doctor, DOCTOR_OK, NULL, "%d bridges are set up here, as they should be", count);
    }
}

// --- the last backup ---

void doctor_backup(struct doctor *doctor)
{
    static const char make[] =
        PHRASE("lienthon backup FILE, onto another disk, and again every night by a timer");
    char span[32];
    if (!doctor->has_commune) {
        doctor_say(doctor, DOCTOR_SKIPPED, NULL, "not looked at: this folder has no hub");
        return;
    }
    json_t *last = backup_last(doctor->cli);
    const char *file = json_string_value(json_object_get(last, "file"));
    const uint64_t made = (uint64_t)json_integer_value(json_object_get(last, "made"));
    const uint64_t age = made < doctor->now ? doctor->now - made : 0;
    if (file == NULL) {
        doctor_say(doctor, DOCTOR_WARNING, make, "no backup has been made of this folder");
    } else if (age > doctor->limits.backup_days * DAY_MS) {
        doctor_say(doctor, DOCTOR_WARNING, make, "the last backup, %s, is %s old", file,
                   doctor_span(age, span));
    } else if (access(file, R_OK) != 0) {
        doctor_say(
            doctor, DOCTOR_OK, NULL,
            "the last backup is %s old; %s is not here now, as is well if it was carried away",
            doctor_span(age, span), file);
    } else {
        doctor_say(doctor, DOCTOR_OK, NULL, "the last backup, %s, is %s old", file,
                   doctor_span(age, span));
    }
    json_decref(last);
}

// --- outboxes ---

// A record of an outbox's segment: 4 bytes of length, a kind, the bytes, 8 of a hash.
static uint64_t count_records(const struct lt_buffer *bytes)
{
    uint64_t count = 0;
    size_t at = 0;
    while (bytes->size - at >= 5) {
        const uint8_t *head = bytes->data + at;
        const size_t size =
            (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | (size_t)head[3];
        if (size + 13 > bytes->size - at) {
            break;
        }
        at += size + 13;
        count++;
    }
    return count;
}

static uint64_t waiting_in(const char *path)
{
    struct lt_buffer bytes = {.max = SEGMENT_MAX};
    struct stat marks;
    char *done = cli_copy(lt_slice_of(path));
    uint64_t count = 0;
    uint64_t settled = 0;
    if (lt_file_read(path, &bytes, NULL) == LT_DONE) {
        count = count_records(&bytes);
    }
    lt_buffer_clear(&bytes);
    char *ending = strrchr(done, '.');
    char *name = cli_alloc(strlen(done) + 8);
    snprintf(name, strlen(done) + 8, "%.*s.done", (int)(ending - done), done);
    if (stat(name, &marks) == 0 && marks.st_size > 0) {
        settled = (uint64_t)marks.st_size / MARK_SIZE;
    }
    free(name);
    free(done);
    return count > settled ? count - settled : 0;
}

static bool is_segment(const FTSENT *entry)
{
    return entry->fts_info == FTS_F && entry->fts_namelen == 12 &&
           strspn(entry->fts_name, "0123456789") == 8 && ends_with(entry->fts_name, ".log");
}

void doctor_outboxes(struct doctor *doctor)
{
    char *state = cli_path(doctor->cli, "state");
    char *const roots[] = {state, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *entry = NULL;
    uint64_t all = 0;
    while (walk != NULL && (entry = fts_read(walk)) != NULL) {
        if (!is_segment(entry)) {
            continue;
        }
        const uint64_t written = (uint64_t)entry->fts_statp->st_mtime * 1000;
        const uint64_t waiting = waiting_in(entry->fts_path);
        const bool is_old = !doctor->is_up || doctor->now > written + MINUTE_MS;
        if (waiting > 0 && is_old) {
            all += waiting;
            doctor_say(doctor, DOCTOR_WARNING,
                       "they leave with the next command by which that identity sends something "
                       "and that reaches the hub (a "
                       "bridge: when it runs); see `hub` if it does not answer",
                       "%" PRIu64 " messages wait in %s for a hub to take them", waiting,
                       entry->fts_path);
        }
    }
    if (walk != NULL) {
        fts_close(walk);
    }
    free(state);
    if (all == 0) {
        doctor_say(doctor, DOCTOR_OK, NULL, "no message waits here for a hub");
    }
}
