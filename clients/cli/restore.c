// `lienthon restore`: a commune's folder from a backup, on a machine that has nothing but the programs.
#include "cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest.h"
#include "place.h"
#include "program.h"
#include "say.h"
#include "stop.h"
#include "unpack.h"
#include "tongue.h"

struct restore {
    struct cli *cli;
    const char *file, *given;
    char *target; // DIR, absolute
    char *room;   // beside it, where everything is made first
    char *data;   // the hub's folder, absolute
    int stop;
    bool placed; // the store is there, and that is outside of DIR
    json_t *manifest, *account;
};

static char *joined(const char *a, const char *b)
{
    const size_t room = strlen(a) + strlen(b) + 1;
    char *name = cli_alloc(room);
    snprintf(name, room, "%s%s", a, b);
    return name;
}

static bool is_empty(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry = NULL;
    size_t count = 0;
    if (folder == NULL) {
        return false;
    }
    while ((entry = readdir(folder)) != NULL) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(folder);
    return count == 0;
}

static enum lt_code find_target(struct restore *restore)
{
    struct lt_error *error = &restore->cli->error;
    char here[4096];
    struct stat about;
    if (getcwd(here, sizeof here) == NULL) {
        lt_fail(error, LT_IO, "the current folder cannot be found: name DIR whole");
        return LT_IO;
    }
    const enum lt_code code = lt_folder_path(here, restore->given, &restore->target, error);
    if (code != LT_DONE) {
        return code;
    }
    for (size_t size = strlen(restore->target); size > 1 && restore->target[size - 1] == '/';) {
        restore->target[--size] = '\0';
    }
    if (lstat(restore->target, &about) == 0 &&
        !(S_ISDIR(about.st_mode) && is_empty(restore->target))) {
        return lt_fail(error, LT_BAD_USE,
                       "%s is there and not empty: nothing is overwritten. Name another folder, "
                       "or move that one away",
                       restore->target);
    }
    return LT_DONE;
}

static enum lt_code make_room(struct restore *restore)
{
    struct lt_error *error = &restore->cli->error;
    char *parent = cli_copy(lt_slice_of(restore->target));
    char *slash = strrchr(parent, '/');
    enum lt_code code = LT_DONE;
    if (slash != NULL && slash != parent) {
        *slash = '\0';
        code = lt_folder_make(parent, 0755, error);
    }
    free(parent);
    restore->room = joined(restore->target, ".restore-XXXXXX");
    if (code == LT_DONE && mkdtemp(restore->room) == NULL) {
        code = lt_fail(error, LT_IO, "cannot make a folder beside %s: %s", restore->target,
                       strerror(errno));
        free(restore->room);
        restore->room = NULL;
    }
    return code;
}

// Where it lies while it is looked at.
static enum lt_code check_store(struct restore *restore)
{
    struct lt_error *error = &restore->cli->error;
    if (json_object_get(restore->manifest, "store") == NULL) {
        return LT_DONE;
    }
    char *store = joined(restore->room, "/store");
    const char *const renew[] = {"--renew", store, NULL};
    enum lt_code code = manifest_account(store, &restore->account, error);
    if (code == LT_STORAGE_FAILED && restore->account != NULL) {
        say_aside("the backup was made of a damaged store: %s", error->text);
        code = LT_DONE;
    }
    if (code == LT_DONE) {
        code = manifest_compare(restore->manifest, restore->account, error);
    }
    if (code == LT_DONE) {
        code = program_run("lienthond", renew, NULL, error);
    }
    free(store);
    return code;
}

// To where commune.yaml says that it is: inside the folder, which is still in the room, or elsewhere.
static enum lt_code place_store(struct restore *restore, const char *folder)
{
    struct lt_error *error = &restore->cli->error;
    const char *name = json_string_value(json_object_get(restore->manifest, "data"));
    if (name == NULL || json_object_get(restore->manifest, "store") == NULL) {
        return LT_DONE;
    }
    char *from = joined(restore->room, "/store/hub.db");
    char *target = cli_copy(lt_slice_of(restore->target));
    const char *inside = NULL;
    enum lt_code code = lt_folder_path(restore->target, name, &restore->data, error);
    if (code == LT_DONE) {
        place_straighten(target);
        place_straighten(restore->data);
        inside = place_inside(target, restore->data);
    }
    if (code == LT_DONE && inside != NULL) {
        char *within = joined(folder, inside);
        code = place_own(from, within, error);
        free(within);
    } else if (code == LT_DONE) {
        code = place_elsewhere(from, restore->data, error);
        restore->placed = code == LT_DONE;
    }
    free(target);
    free(from);
    return code;
}

static enum lt_code put_in_place(struct restore *restore, const char *folder)
{
    struct lt_error *error = &restore->cli->error;
    if (rename(folder, restore->target) != 0) { // an empty one gives way
        return lt_fail(error, LT_IO, "cannot put the folder to %s: %s", restore->target,
                       strerror(errno));
    }
    char *parent = joined(restore->target, "/..");
    const int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(parent);
    return LT_DONE;
}

static enum lt_code make(struct restore *restore)
{
    struct lt_error *error = &restore->cli->error;
    const int fd = open(restore->file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return lt_fail(error, errno == ENOENT ? LT_NOT_FOUND : LT_IO, "cannot open %s: %s",
                       restore->file, strerror(errno));
    }
    enum lt_code code = make_room(restore);
    if (code == LT_DONE) {
        code = unpack(fd, restore->room, false, restore->stop, &restore->manifest, error);
    }
    close(fd);
    if (code != LT_DONE) {
        return code;
    }
    char *folder = joined(restore->room, "/folder");
    code = check_store(restore);
    if (code == LT_DONE) {
        code = place_store(restore, folder);
    }
    if (code == LT_DONE) {
        code = put_in_place(restore, folder);
    }
    free(folder);
    return code;
}

static void report(const struct restore *restore)
{
    struct lt_buffer text = {.max = 1024};
    if (restore->cli->json) {
        json_t *store = json_object_get(restore->manifest, "store");
        say_json(json_pack("{s:o, s:O, s:O, s:i}", "folder", say_string(restore->target), "made",
                           json_object_get(restore->manifest, "made"), "store",
                           store != NULL ? store : json_null(), "files",
                           (int)json_array_size(json_object_get(restore->manifest, "files"))));
        return;
    }
    manifest_print(restore->manifest, &text);
    printf(tongue("%s is restored\n"), restore->target);
    say_line(lt_buffer_slice(&text));
    putchar('\n');
    printf(tongue("next: lienthon up %s\n"), restore->target);
    lt_buffer_clear(&text);
}

int cli_restore(struct cli *cli)
{
    struct restore restore = {
        .cli = cli, .file = cli->arguments.words[0], .given = cli->arguments.words[1], .stop = -1};
    enum lt_code code = find_target(&restore);
    restore.stop = stop_begin(); // keys lie in the room
    if (code == LT_DONE && restore.target != NULL) {
        code = make(&restore);
    }
    if (code != LT_DONE && restore.placed) {
        char *file = joined(restore.data, "/hub.db");
        (void)unlink(file);
        free(file);
    }
    if (restore.room != NULL) {
        unpack_remove(restore.room);
    }
    if (code == LT_DONE) {
        report(&restore);
    }
    stop_end(restore.stop);
    json_decref(restore.manifest);
    json_decref(restore.account);
    free(restore.data);
    free(restore.room);
    free(restore.target);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
