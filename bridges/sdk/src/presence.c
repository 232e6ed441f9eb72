#include "presence.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/settings/file.h>

enum { TOLD_MAX = 1024 };

static int open_file(const char *state, int flags)
{
    char *path = NULL;
    if (lt_folder_path(state, "running", &path, NULL) != LT_DONE)
        return -1;
    int fd = open(path, flags | O_CLOEXEC, 0600);
    free(path);
    return fd;
}

static pid_t holder_of(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? lock.l_pid : 0;
}

enum lt_code presence_take(const char *state, int *fd, struct lt_error *error)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    *fd = open_file(state, O_RDWR | O_CREAT);
    if (*fd < 0)
        return lt_fail(error, LT_IO, "cannot write into %s: %s", state, strerror(errno));
    if (fcntl(*fd, F_SETLK, &lock) == 0) {
        presence_tell(*fd, 0, NULL);
        return LT_DONE;
    }
    pid_t holder = holder_of(*fd);
    close(*fd);
    *fd = -1;
    return lt_fail(error, LT_BUSY, "another process has this instance already: %d (%s)",
                   (int)holder, state);
}

pid_t presence_holder(const char *state)
{
    int fd = open_file(state, O_RDWR);
    pid_t holder = fd < 0 ? 0 : holder_of(fd);
    if (fd >= 0)
        close(fd);
    return holder;
}

void presence_tell(int fd, uint64_t reloads, const char *wrong)
{
    char text[TOLD_MAX];
    int size = snprintf(text, sizeof text, "%" PRIu64 " %s\n", reloads, wrong ? wrong : "");
    size_t wanted = size < 0 ? 0 : (size_t)size < sizeof text ? (size_t)size : sizeof text - 1;
    if (wanted) // cut, it is a line all the same
        text[wanted - 1] = '\n';
    // Only a command reads it, and gives up after a while where it cannot be written.
    if (fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, text, wanted, 0) != (ssize_t)wanted)
        (void)ftruncate(fd, 0);
}

bool presence_hear(const char *state, uint64_t *reloads, struct lt_buffer *wrong)
{
    char text[TOLD_MAX + 1], *end;
    int fd = open_file(state, O_RDONLY);
    ssize_t size = fd < 0 ? -1 : read(fd, text, TOLD_MAX);
    if (fd >= 0)
        close(fd);
    if (size <= 0 || text[size - 1] != '\n')
        return false;
    text[size - 1] = '\0';
    *reloads = strtoull(text, &end, 10);
    return *end == ' ' && lt_buffer_add(wrong, end + 1, strlen(end + 1));
}
