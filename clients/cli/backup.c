// `lienthon backup`: everything that a bare machine needs, in one file, while the hub runs.
#include "backup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "backup_file.h"
#include "gather.h"
#include "manifest.h"
#include "parcel.h"
#include "program.h"
#include "say.h"
#include "unpack.h"
#include "when.h"
#include "tongue.h"

// --- what is there ---

char *backup_path(const char *path, const char *ending)
{
    const size_t room = strlen(path) + strlen(ending) + 1;
    char *name = cli_alloc(room);
    snprintf(name, room, "%s%s", path, ending);
    return name;
}

// A FILE is named from where one stands, not from the commune's folder.
static enum lt_code name_files(struct backup *backup)
{
    struct lt_error *error = &backup->cli->error;
    char here[4096];
    if (getcwd(here, sizeof here) == NULL) {
        lt_fail(error, LT_IO, "the current folder cannot be found: name FILE whole");
        return LT_IO;
    }
    const enum lt_code code =
        lt_folder_path(here, backup->cli->arguments.words[0], &backup->file, error);
    if (code == LT_DONE) {
        backup->part = backup_path(backup->file, ".part");
        backup->store = backup_path(backup->file, ".store");
    }
    return code;
}

// A hub that never ran has none; one that cannot be looked at is another matter.
static enum lt_code look_for_store(struct backup *backup)
{
    struct stat about;
    char *database = backup_path(backup->data, "/hub.db");
    enum lt_code code = LT_DONE;
    backup->has_store = stat(database, &about) == 0;
    if (!backup->has_store && errno != ENOENT) {
        code = lt_fail(&backup->cli->error, LT_IO, "cannot look at the store %s: %s", database,
                       strerror(errno));
    }
    free(database);
    return code;
}

static enum lt_code look_at_folder(struct backup *backup)
{
    struct cli *cli = backup->cli;
    enum lt_code code = lt_commune_load(cli->folder, &backup->commune, &cli->error);
    backup->has_commune = code == LT_DONE;
    if (code == LT_NOT_FOUND) { // a device's folder has an identity and no hub
        char *identity = cli_path(cli, "identity.yaml");
        code = access(identity, F_OK) == 0 ? LT_DONE : code;
        free(identity);
    }
    if (code == LT_DONE && backup->has_commune) {
        code = lt_folder_path(cli->folder, backup->commune.hub.data, &backup->data, &cli->error);
    }
    return code == LT_DONE && backup->data != NULL ? look_for_store(backup) : code;
}

// The lock is on the file that has the name now: one that has become a backup meanwhile is nobody's to write into.
static bool is_the_part(const struct backup *backup)
{
    struct stat held;
    struct stat named;
    return fstat(backup->fd, &held) == 0 && lstat(backup->part, &named) == 0 &&
           held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

static enum lt_code lock_part(struct backup *backup)
{
    struct lt_error *error = &backup->cli->error;
    struct stat about;
    do {
        if (backup->fd >= 0) {
            close(backup->fd);
        }
        backup->fd = open(backup->part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (backup->fd < 0) {
            return lt_fail(error, LT_IO, "cannot make %s: %s", backup->part, strerror(errno));
        }
        if (flock(backup->fd, LOCK_EX | LOCK_NB) != 0) {
            close(backup->fd);
            backup->fd = -1;
            return lt_fail(error, LT_BUSY, "another backup into %s is being made", backup->file);
        }
    } while (!is_the_part(backup));
    if (fstat(backup->fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_nlink != 1 ||
        about.st_uid != geteuid()) {
        close(backup->fd);
        backup->fd = -1;
        return lt_fail(error, LT_NOT_ALLOWED,
                       "%s is there and another's: whoever made it could read the backup; remove "
                       "it, or name another file",
                       backup->part);
    }
    return LT_DONE;
}

static enum lt_code open_part(struct backup *backup)
{
    struct lt_error *error = &backup->cli->error;
    const bool may_replace = arguments_has(&backup->cli->arguments, "replace");
    const enum lt_code code = lock_part(backup);
    if (code != LT_DONE) {
        return code;
    }
    const bool is_there = access(backup->file, F_OK) == 0; // asked behind the lock
    if (is_there && !may_replace) {
        return lt_fail(error, LT_BAD_USE,
                       "%s is there already: name another file, or say --replace", backup->file);
    }
    if (backup->data != NULL && !backup->has_store) {
        if (is_there) {
            return lt_fail(error, LT_NOT_FOUND,
                           "there is no store in %s: is its disk mounted? %s is left as it is",
                           backup->data, backup->file);
        }
        say_aside("there is no store in %s, so no message is in this backup: if the hub has run, "
                  "see whether its disk is mounted",
                  backup->data);
    }
    if (fchmod(backup->fd, 0600) != 0 || ftruncate(backup->fd, 0) != 0) {
        return lt_fail(error, LT_IO, "cannot write %s: %s", backup->part, strerror(errno));
    }
    return LT_DONE;
}

// --- making it ---

static enum lt_code copy_store(struct backup *backup)
{
    struct cli *cli = backup->cli;
    const char *const words[] = {"-C", cli->folder, "--copy", backup->store, NULL};
    unpack_remove(backup->store); // what a killed one has left
    if (!backup->has_store) {
        return LT_DONE;
    }
    enum lt_code code = program_run("lienthond", words, NULL, &cli->error);
    if (code == LT_DONE) {
        code = manifest_account(backup->store, &backup->account, &cli->error);
    }
    backup->damaged = code == LT_STORAGE_FAILED && backup->account != NULL;
    return backup->damaged ? LT_DONE : code; // of a damaged store what is left is worth keeping
}

static enum lt_code add_store(struct backup *backup)
{
    struct lt_error *error = &backup->cli->error;
    struct stat about;
    enum lt_code code = parcel_add_folder(backup->parcel, "store/", 0700, error);
    if (code != LT_DONE || !backup->has_store) {
        return code;
    }
    char *path = backup_path(backup->store, "/hub.db");
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0) {
        code = lt_fail(error, LT_IO, "cannot read %s: %s", path, strerror(errno));
    } else {
        code = parcel_add_file(backup->parcel, "store/hub.db", 0600, fd, (uint64_t)about.st_size,
                               error);
    }
    if (fd >= 0) {
        close(fd);
    }
    free(path);
    return code;
}

static enum lt_code fill(struct backup *backup)
{
    struct cli *cli = backup->cli;
    struct gather gather = {
        .folder = cli->folder,
        .without_root = arguments_has(&cli->arguments, "without-root"),
    };
    gather_leave_out(&gather, backup->data); // its store is copied
    gather_leave_out(&gather, backup->file);
    gather_leave_out(&gather, backup->part);
    gather_leave_out(&gather, backup->store);
    enum lt_code code = parcel_create(backup->fd, backup->passphrase, &backup->parcel, &cli->error);
    if (code == LT_DONE) {
        code = add_store(backup);
    }
    if (code == LT_DONE) {
        code = gather_folder(&gather, backup->parcel, &cli->error);
    }
    if (code == LT_DONE) {
        backup->manifest = manifest_make(backup->has_commune ? &backup->commune : NULL,
                                         gather.has_root, backup->account);
        code = parcel_finish(backup->parcel, backup->manifest, &cli->error);
    }
    return code;
}

static enum lt_code sync_folder_of(const char *path, struct lt_error *error)
{
    char *copy = cli_copy(lt_slice_of(path));
    const int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    free(copy);
    return synced ? LT_DONE : lt_fail(error, LT_IO, "cannot sync the folder of %s", path);
}

// It is there when it is whole.
static enum lt_code name_it(struct backup *backup)
{
    struct lt_error *error = &backup->cli->error;
    struct stat about;
    if (fsync(backup->fd) != 0 || fstat(backup->fd, &about) != 0 ||
        rename(backup->part, backup->file) != 0) {
        return lt_fail(error, LT_IO, "cannot write %s: %s", backup->file, strerror(errno));
    }
    backup->size = (uint64_t)about.st_size;
    return sync_folder_of(backup->file, error);
}

static void note(const struct backup *backup)
{
    json_t *json = json_pack("{s:O, s:o, s:I}", "made", json_object_get(backup->manifest, "made"),
                             "file", say_string(backup->file), "size", (json_int_t)backup->size);
    char *text = json_dumps(json, JSON_INDENT(1));
    char *folder = cli_path(backup->cli, "state");
    char *path = cli_path(backup->cli, "%s", BACKUP_NOTE);
    struct lt_error error = {0};
    if (text == NULL || lt_folder_make(folder, 0700, &error) != LT_DONE ||
        lt_file_write(path, lt_slice_of(text), 0600, &error) != LT_DONE) {
        say_aside("the backup is made, but that could not be noted: %s", error.text);
    }
    free(path);
    free(folder);
    free(text);
    json_decref(json);
}

json_t *backup_last(const struct cli *cli)
{
    char *path = cli_path(cli, "%s", BACKUP_NOTE);
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    free(path);
    return json;
}

void backup_report(const struct backup *backup, const char *what)
{
    struct lt_buffer text = {.max = 1024};
    if (backup->damaged) {
        say_aside("%s", backup->cli->error.text);
        say_aside("what is left is in the backup; keep older ones");
    }
    if (backup->cli->json) {
        json_t *json = json_deep_copy(backup->manifest);
        json_object_set_new(json, "file", say_string(backup->file));
        json_object_set_new(json, "size", json_integer((json_int_t)backup->size));
        json_object_set_new(json, "damaged", json_boolean(backup->damaged));
        json_object_set_new(
            json, "files",
            json_integer((json_int_t)json_array_size(json_object_get(backup->manifest, "files"))));
        say_json(json);
        return;
    }
    char made[WHEN_SIZE];
    cli_zone(backup->cli);
    when_said((uint64_t)json_integer_value(json_object_get(backup->manifest, "made")), made);
    manifest_print(backup->manifest, &text);
    printf(what, backup->file, made, (unsigned long long)backup->size);
    say_line(lt_buffer_slice(&text));
    putchar('\n');
    lt_buffer_clear(&text);
}

static enum lt_code make(struct backup *backup)
{
    struct cli *cli = backup->cli;
    enum lt_code code = look_at_folder(backup);
    if (code == LT_DONE) {
        code = open_part(backup);
    }
    if (code == LT_DONE && !arguments_has(&cli->arguments, "no-passphrase")) {
        code = lt_passphrase_ask(tongue("Passphrase for the backup: "), tongue("Once more: "),
                                 &backup->passphrase, &cli->error);
    }
    if (code == LT_DONE) {
        code = copy_store(backup);
    }
    if (code == LT_DONE) {
        code = fill(backup);
    }
    if (code == LT_DONE) {
        code = name_it(backup);
    }
    if (backup->fd >= 0) {
        unpack_remove(backup->store);
    }
    if (backup->fd >= 0 && code != LT_DONE) {
        (void)unlink(backup->part);
    }
    if (code == LT_DONE) {
        note(backup);
        backup_report(backup, tongue("%s is made (%s, %llu bytes)\n"));
    }
    return code;
}

static void clear(struct backup *backup)
{
    parcel_close(&backup->parcel);
    sodium_free(backup->passphrase);
    json_decref(backup->account);
    json_decref(backup->manifest);
    lt_commune_clear(&backup->commune);
    free(backup->file);
    free(backup->part);
    free(backup->store);
    free(backup->data);
    if (backup->fd >= 0) {
        close(backup->fd);
    }
}

int cli_backup(struct cli *cli)
{
    struct backup backup = {.cli = cli, .fd = -1};
    enum lt_code code = name_files(&backup);
    if (code == LT_DONE && backup.file != NULL) {
        code = arguments_has(&cli->arguments, "verify") ? backup_verify(&backup) : make(&backup);
    }
    const bool damaged = backup.damaged;
    clear(&backup);
    if (code != LT_DONE) {
        return cli_failed(cli);
    }
    return damaged ? CLI_FAILED : CLI_DONE;
}
