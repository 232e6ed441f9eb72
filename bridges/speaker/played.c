// One process writes, so that what it finds at the end stays there until it has written.
#include "played.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lienthon/json.h>
#include <lienthon/pack.h>

enum { LOG_MAX = 1 << 20, LINE_MOST = 4096 };

static void make_room(const char *path)
{
    struct stat found;
    char old[4096];
    if (stat(path, &found) != 0 || found.st_size < LOG_MAX)
        return;
    if (snprintf(old, sizeof old, "%s.1", path) < (int)sizeof old)
        (void)rename(path, old);
}

static void pack_text(struct lt_buffer *body, const char *key, const char *text)
{
    lt_pack_text(body, key);
    lt_pack_text(body, text);
}

static void pack_number(struct lt_buffer *body, const char *key, uint64_t number)
{
    lt_pack_text(body, key);
    lt_pack_uint(body, number);
}

static enum lt_code print(const struct played *played, struct lt_buffer *line,
                          struct lt_error *error)
{
    struct lt_buffer body = {.max = LINE_MOST};
    lt_pack_map(&body, 14 + (played->why[0] != '\0'));
    pack_text(&body, "file", played->file);
    pack_text(&body, "from", played->from);
    pack_text(&body, "id", played->id);
    pack_text(&body, "zone", played->zone);
    pack_text(&body, "output", played->output);
    pack_number(&body, "priority", played->priority);
    pack_number(&body, "arrived", played->arrived);
    pack_number(&body, "begun", played->begun);
    pack_number(&body, "ended", played->ended);
    pack_number(&body, "heard_ms", played->heard_ms);
    pack_number(&body, "sentence", played->sentence);
    pack_number(&body, "upto", played->upto);
    pack_number(&body, "of", played->of);
    pack_text(&body, "how", played->how);
    if (played->why[0])
        pack_text(&body, "why", played->why);
    enum lt_code code = body.failed
                            ? lt_fail(error, LT_TOO_LARGE, "a line of the play log is too long")
                            : lt_json_from_body(lt_buffer_slice(&body), line, false, error);
    if (code == LT_DONE && !lt_buffer_add(line, "\n", 1))
        code = lt_fail(error, LT_NO_MEMORY, "no memory for a line of the play log");
    lt_buffer_clear(&body);
    return code;
}

// Where the last line has no end, it is given one.
static bool begin_line(int fd, off_t size, struct lt_buffer *line)
{
    char last = '\n';
    if (size > 0 && pread(fd, &last, 1, size - 1) != 1)
        return false;
    return last == '\n' || lt_buffer_add(line, "\n", 1);
}

// 0 or an errno.
static int append(int fd, off_t size, const struct lt_buffer *line)
{
    ssize_t written = write(fd, line->data, line->size);
    if (written == (ssize_t)line->size)
        return 0;
    int failed = written < 0 ? errno : ENOSPC;
    if (written > 0 && ftruncate(fd, size) != 0)
        failed = errno;
    return failed;
}

enum lt_code played_write(const char *path, const struct played *played, struct lt_error *error)
{
    struct lt_buffer line = {.max = 2 * LINE_MOST};
    struct stat found = {0};
    int failed = 0;
    enum lt_code code = LT_DONE;
    make_room(path);
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0 || fstat(fd, &found) != 0 || !begin_line(fd, found.st_size, &line))
        failed = errno ? errno : EIO;
    if (!failed)
        code = print(played, &line, error);
    if (!failed && code == LT_DONE)
        failed = append(fd, found.st_size, &line);
    if (fd >= 0 && close(fd) != 0 && !failed)
        failed = errno;
    lt_buffer_clear(&line);
    return failed ? lt_fail(error, LT_IO, "cannot write %s: %s", path, strerror(failed)) : code;
}
