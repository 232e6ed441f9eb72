// The tokens as text: a line a field. It is put together and taken apart in locked memory.
#include "tokens_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lienthon/settings/file.h>
#include <lienthon/settings/secret.h>

enum { TEXT_MAX = 4 * LT_TOKEN_MAX + 1024 };

struct line {
    const char *key;
    size_t offset; // in struct tokens_book
    bool is_token;
};

#define PLACE(member) offsetof(struct tokens_book, member)

static const struct line lines[] = {
    {"access ", PLACE(now.pair.access), true},
    {"refresh ", PLACE(now.pair.refresh), true},
    {"access-until ", PLACE(now.pair.access_until), false},
    {"refresh-until ", PLACE(now.pair.refresh_until), false},
    {"former-access ", PLACE(former.pair.access), true},
    {"former-refresh ", PLACE(former.pair.refresh), true},
    {"former-access-until ", PLACE(former.pair.access_until), false},
    {"former-refresh-until ", PLACE(former.pair.refresh_until), false},
};

enum { LINES = sizeof lines / sizeof *lines };

static bool is_token(struct lt_slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < ' ' || text.data[i] > '~')
            return false;
    return text.size <= LT_TOKEN_MAX;
}

static void place_token(struct lt_slice *slice, char *room, struct lt_slice text)
{
    if (text.size)
        memmove(room, text.data, text.size);
    *slice = (struct lt_slice){(const uint8_t *)room, text.size};
}

bool tokens_copy(struct tokens_entry *to, const struct lt_token_pair *pair)
{
    if (!pair->access.size || !is_token(pair->access) || !is_token(pair->refresh))
        return false;
    to->pair.access_until = pair->access_until;
    to->pair.refresh_until = pair->refresh_until;
    place_token(&to->pair.access, to->access, pair->access);
    place_token(&to->pair.refresh, to->refresh, pair->refresh);
    return true;
}

static bool read_number(struct lt_slice text, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || i == 15)
            return false;
        *number = *number * 10 + (uint64_t)(text.data[i] - '0');
    }
    return text.size > 0;
}

// NULL: it is one of ours, and *book has it.
static const char *read_line(struct lt_slice line, struct tokens_book *book)
{
    if (line.size == 0)
        return NULL;
    if (line.size == 6 && memcmp(line.data, "asking", 6) == 0) {
        book->asking = true;
        return NULL;
    }
    for (size_t i = 0; i < LINES; i++) {
        const size_t key = strlen(lines[i].key);
        if (line.size < key || memcmp(line.data, lines[i].key, key) != 0)
            continue;
        const struct lt_slice value = {line.data + key, line.size - key};
        void *place = (uint8_t *)book + lines[i].offset;
        if (!lines[i].is_token)
            return read_number(value, place) ? NULL : "wanted is milliseconds since 1970";
        *(struct lt_slice *)place = value; // of the text, until all is copied
        return value.size && is_token(value) ? NULL
                                             : "a token has 1 to 4096 visible ASCII characters";
    }
    return "there are access, refresh, access-until and refresh-until, then a blank and a value";
}

// The slices look into the text so far.
static enum lt_code settle(const char *path, struct tokens_book *book, struct lt_error *error)
{
    const struct lt_token_pair now = book->now.pair;
    const struct lt_token_pair former = book->former.pair;
    if (!tokens_copy(&book->now, &now))
        return lt_fail(error, LT_BAD_FILE, "%s:1:1: a line 'access TOKEN' must be there", path);
    if (!former.access.size)
        book->former.pair = (struct lt_token_pair){0};
    else
        tokens_copy(&book->former, &former);
    return LT_DONE;
}

static enum lt_code parse(const char *path, struct lt_slice text, struct tokens_book *book,
                          struct lt_error *error)
{
    unsigned number = 1;
    for (size_t begin = 0, end = 0; begin < text.size; begin = end + 1, number++) {
        end = begin;
        while (end < text.size && text.data[end] != '\n')
            end++;
        size_t size = end - begin;
        if (size && text.data[begin + size - 1] == '\r')
            size--;
        const char *why = read_line((struct lt_slice){text.data + begin, size}, book);
        if (why)
            return lt_fail(error, LT_BAD_FILE, "%s:%u:1: %s", path, number, why);
    }
    return settle(path, book, error);
}

static enum lt_code fail(const char *what, const char *path, struct lt_error *error)
{
    return lt_fail(error, LT_IO, "cannot %s %s: %s", what, path, strerror(errno));
}

static enum lt_code read_text(int file, const char *path, char *text, size_t *size,
                              struct lt_error *error)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return fail("look at", path, error);
    if (!S_ISREG(about.st_mode) || (about.st_mode & 077) != 0)
        return lt_fail(error, LT_BAD_FILE,
                       "%s must be a file that only its owner may read; run: chmod 600 %s (and "
                       "think of the tokens as known)",
                       path, path);
    *size = 0;
    while (*size < TEXT_MAX) {
        const ssize_t got = read(file, text + *size, TEXT_MAX - *size);
        if (got < 0 && errno != EINTR)
            return fail("read", path, error);
        if (got == 0)
            return LT_DONE;
        *size += got > 0 ? (size_t)got : 0;
    }
    return lt_fail(error, LT_BAD_FILE, "%s is larger than a file of tokens is", path);
}

enum lt_code tokens_read(const char *path, struct tokens_book *book, struct lt_error *error)
{
    size_t size = 0;
    memset(book, 0, sizeof *book);
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return errno == ENOENT ? LT_DONE : fail("open", path, error);
    char *text = lt_secret_room(TEXT_MAX);
    enum lt_code code = text ? read_text(file, path, text, &size, error)
                             : lt_fail(error, LT_NO_MEMORY, "no locked memory for tokens");
    close(file);
    if (code == LT_DONE)
        code = parse(path, (struct lt_slice){(const uint8_t *)text, size}, book, error);
    lt_secret_room_free(text);
    return code;
}

static size_t write_line(char *out, size_t room, const struct line *line, const void *place)
{
    const struct lt_slice *token = place;
    const uint64_t *number = place;
    int size = 0;
    if (line->is_token && token->size)
        size =
            snprintf(out, room, "%s%.*s\n", line->key, (int)token->size, (const char *)token->data);
    else if (!line->is_token && *number)
        size = snprintf(out, room, "%s%" PRIu64 "\n", line->key, *number);
    return size > 0 ? (size_t)size : 0;
}

enum lt_code tokens_write(const char *path, const struct tokens_book *book, struct lt_error *error)
{
    char *text = lt_secret_room(TEXT_MAX);
    size_t size = 0;
    if (!text)
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for tokens");
    // TEXT_MAX has room for four tokens, four numbers and all keys.
    for (size_t i = 0; i < LINES; i++)
        size += write_line(text + size, TEXT_MAX - size, &lines[i],
                           (const uint8_t *)book + lines[i].offset);
    if (book->asking)
        size += (size_t)snprintf(text + size, TEXT_MAX - size, "asking\n");
    const enum lt_code code =
        lt_file_write(path, (struct lt_slice){(const uint8_t *)text, size}, 0600, error);
    lt_secret_room_free(text);
    return code;
}

void tokens_sweep(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    DIR *all = folder ? opendir(folder) : NULL;
    for (const struct dirent *one = all ? readdir(all) : NULL; one; one = readdir(all))
        if (lt_file_is_unfinished(one->d_name, name))
            unlinkat(dirfd(all), one->d_name, 0);
    if (all)
        closedir(all);
    free(folder);
}
