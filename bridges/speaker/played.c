// All that is written is the loudspeaker's own, principals and ids: nothing in it needs escaping.
#include "played.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOG_MAX = 1 << 20, LINE_MAX_SIZE = 1024 };

static void make_room(const char *path)
{
    struct stat found;
    char old[4096];
    if (stat(path, &found) != 0 || found.st_size < LOG_MAX)
        return;
    if (snprintf(old, sizeof old, "%s.1", path) < (int)sizeof old)
        (void)rename(path, old);
}

enum lt_code played_write(const char *path, const struct played *played, struct lt_error *error)
{
    char line[LINE_MAX_SIZE];
    int size = snprintf(
        line, sizeof line,
        "{\"file\":\"%s\",\"from\":\"%s\",\"id\":\"%s\",\"priority\":%u,\"arrived\":%llu,"
        "\"begun\":%llu,\"ended\":%llu,\"heard_ms\":%llu,\"sentence\":%zu,\"upto\":%zu,\"of\":%zu,"
        "\"how\":\"%s\"}\n",
        played->file, played->from, played->id, played->priority,
        (unsigned long long)played->arrived, (unsigned long long)played->begun,
        (unsigned long long)played->ended, (unsigned long long)played->heard_ms, played->sentence,
        played->upto, played->of, played->how);
    if (size < 0 || size >= (int)sizeof line)
        return lt_fail(error, LT_BAD_USE, "a line of the play log is too long");
    make_room(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0)
        return lt_fail(error, LT_IO, "cannot write %s: %s", path, strerror(errno));
    ssize_t written = write(fd, line, (size_t)size);
    int failed = written == size ? 0 : written < 0 ? errno : ENOSPC;
    if (close(fd) != 0 && !failed)
        failed = errno;
    return failed ? lt_fail(error, LT_IO, "cannot write %s: %s", path, strerror(failed)) : LT_DONE;
}
