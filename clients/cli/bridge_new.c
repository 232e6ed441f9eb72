// The folder is made under another name beside its place, and renamed when it is whole: so there is never half of one.
#define _GNU_SOURCE // renameat2

#include "bridge_new.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lienthon/settings/file.h>

#include "program.h"
#include "say.h"
#include "tongue.h"

enum { NAME_MOST = 40, FILE_MOST = 256 * 1024 };

struct sowing {
    const char *name, *language;
    char ident[NAME_MOST + 1]; // the name as C has it: bang_tin
    char class[NAME_MOST + 1]; // as a class of Python: BangTin
    char *from;                // the template's folder
    char *made;                // where it is made, under another name until it is whole
    char *place;               // where it shall be
    json_t *files;             // the names of what was written
};

static bool is_name(const char *name)
{
    const size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size > 0 && size <= NAME_MOST && name[size] == '\0' && name[0] >= 'a' &&
           name[size - 1] != '-';
}

static void name_in_code(struct sowing *sowing)
{
    size_t size = 0;
    bool begins = true;
    for (size_t i = 0; sowing->name[i] != '\0'; i++) {
        const char letter = sowing->name[i];
        sowing->ident[i] = letter == '-' ? '_' : letter;
        if (letter != '-') {
            sowing->class[size++] = begins && letter >= 'a' ? (char)(letter - 'a' + 'A') : letter;
        }
        begins = letter == '-';
    }
}

// "@NAME@", "@IDENT@" and "@CLASS@" become what they stand for.
static bool fill_in(const struct sowing *sowing, struct lt_slice text, struct lt_buffer *out)
{
    const struct {
        const char *mark, *means;
    } marks[] = {{"@NAME@", sowing->name}, {"@IDENT@", sowing->ident}, {"@CLASS@", sowing->class}};
    size_t at = 0;
    while (at < text.size) {
        size_t step = 1;
        const char *means = NULL;
        for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
            const size_t size = strlen(marks[i].mark);
            if (text.size - at >= size && memcmp(text.data + at, marks[i].mark, size) == 0) {
                means = marks[i].means;
                step = size;
            }
        }
        if (means != NULL ? !lt_buffer_add(out, means, strlen(means))
                          : !lt_buffer_add(out, text.data + at, 1)) {
            return false;
        }
        at += step;
    }
    return true;
}

// "NAME.c.in" becomes "kho.c".
static void name_file(const struct sowing *sowing, const char *from, char name[NAME_MAX])
{
    const size_t size = strlen(from) - strlen(".in");
    if (strncmp(from, "NAME", 4) == 0) {
        snprintf(name, NAME_MAX, "%s%.*s", sowing->name, (int)(size - 4), from + 4);
    } else {
        snprintf(name, NAME_MAX, "%.*s", (int)size, from);
    }
}

static enum lt_code write_file(struct sowing *sowing, const char *from, struct lt_error *error)
{
    struct lt_buffer template = {.max = FILE_MOST}, text = {.max = 2 * FILE_MOST};
    char name[NAME_MAX], source[PATH_MAX], target[PATH_MAX];
    struct stat found = {0};
    name_file(sowing, from, name);
    enum lt_code code = LT_DONE;
    if (snprintf(source, sizeof source, "%s/%s", sowing->from, from) >= (int)sizeof source ||
        snprintf(target, sizeof target, "%s/%s", sowing->made, name) >= (int)sizeof target) {
        code = lt_fail(error, LT_BAD_USE, "the path of %s is too long", name);
    } else if (stat(source, &found) != 0) {
        code = lt_fail(error, LT_IO, "cannot read %s: %s", source, strerror(errno));
    } else {
        code = lt_file_read(source, &template, error);
    }
    if (code == LT_DONE && !fill_in(sowing, lt_buffer_slice(&template), &text)) {
        code = lt_fail(error, LT_NO_MEMORY, "no memory for %s", name);
    }
    if (code == LT_DONE) {
        code = lt_file_write(target, lt_buffer_slice(&text),
                             (found.st_mode & S_IXUSR) != 0 ? 0755 : 0644, error);
    }
    if (code == LT_DONE) {
        json_array_append_new(sowing->files, json_string(name));
    }
    lt_buffer_clear(&template);
    lt_buffer_clear(&text);
    return code;
}

static int is_template(const struct dirent *entry)
{
    const size_t size = strlen(entry->d_name);
    return entry->d_name[0] != '.' && size > 3 && strcmp(entry->d_name + size - 3, ".in") == 0;
}

static enum lt_code write_files(struct sowing *sowing, struct lt_error *error)
{
    struct dirent **entries = NULL;
    enum lt_code code = LT_DONE;
    const int count = scandir(sowing->from, &entries, is_template, alphasort);
    if (count <= 0) {
        code = lt_fail(error, LT_NOT_FOUND,
                       "there are no templates in %s: is the package lienthon-bridges installed?",
                       sowing->from);
    }
    for (int i = 0; i < count; i++) {
        if (code == LT_DONE) {
            code = write_file(sowing, entries[i]->d_name, error);
        }
        free(entries[i]);
    }
    free(entries);
    return code;
}

static void remove_half(const struct sowing *sowing)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < json_array_size(sowing->files); i++) {
        snprintf(path, sizeof path, "%s/%s", sowing->made,
                 json_string_value(json_array_get(sowing->files, i)));
        unlink(path);
    }
    rmdir(sowing->made);
}

static enum lt_code make(struct sowing *sowing, struct lt_error *error)
{
    struct stat there;
    if (lstat(sowing->place, &there) == 0) {
        return lt_fail(error, LT_BAD_USE, "%s is there already", sowing->place);
    }
    if (mkdtemp(sowing->made) == NULL) {
        return lt_fail(error, LT_IO, "cannot make a folder beside %s: %s", sowing->place,
                       strerror(errno));
    }
    enum lt_code code = write_files(sowing, error);
    if (code == LT_DONE &&
        (chmod(sowing->made, 0755) != 0 ||
         renameat2(AT_FDCWD, sowing->made, AT_FDCWD, sowing->place, RENAME_NOREPLACE) != 0)) {
        code = lt_fail(error, LT_IO, "cannot make %s: %s", sowing->place, strerror(errno));
    }
    if (code != LT_DONE) {
        remove_half(sowing);
    }
    return code;
}

static char *path_of(const char *folder, const char *format, const char *name)
{
    const size_t room = strlen(folder) + strlen(format) + strlen(name) + 1;
    char *path = cli_alloc(room);
    size_t size = (size_t)snprintf(path, room, "%s/", folder);
    snprintf(path + size, room - size, format, name);
    return path;
}

static void say_made(const struct cli *cli, const struct sowing *sowing)
{
    if (cli->json) {
        say_json(json_pack("{s:s, s:s, s:s, s:O}", "bridge", sowing->name, "language",
                           sowing->language, "folder", sowing->place, "files", sowing->files));
        return;
    }
    printf(tongue("%s is made; its README.md says how it is built and tried:\n"), sowing->place);
    for (size_t i = 0; i < json_array_size(sowing->files); i++) {
        printf("  %s\n", json_string_value(json_array_get(sowing->files, i)));
    }
}

static enum lt_code check(struct sowing *sowing, struct cli *cli)
{
    if (!is_name(sowing->name)) {
        return lt_fail(&cli->error, LT_BAD_USE,
                       "'%s' is no name for a bridge: a letter first, then a-z 0-9 -, at most %d",
                       sowing->name, NAME_MOST);
    }
    if (strcmp(sowing->language, "c") != 0 && strcmp(sowing->language, "python") != 0) {
        return lt_fail(&cli->error, LT_BAD_USE, "--in %s: c and python are allowed",
                       sowing->language);
    }
    return LT_DONE;
}

int bridge_new(struct cli *cli)
{
    const struct arguments *arguments = &cli->arguments;
    const char *language = arguments_value(arguments, "in");
    const char *where = arguments->word_count > 2 ? arguments->words[2] : ".";
    struct sowing sowing = {.name = arguments->words[1],
                            .language = language != NULL ? language : "c"};
    if (check(&sowing, cli) != LT_DONE) {
        return cli_failed(cli);
    }
    name_in_code(&sowing);
    sowing.from = program_share("templates", sowing.language);
    sowing.place = path_of(where, "%s", sowing.name);
    sowing.made = path_of(where, ".%s.XXXXXX", sowing.name);
    sowing.files = json_array();
    const enum lt_code code = make(&sowing, &cli->error);
    if (code == LT_DONE) {
        say_made(cli, &sowing);
    }
    json_decref(sowing.files);
    free(sowing.from);
    free(sowing.place);
    free(sowing.made);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
