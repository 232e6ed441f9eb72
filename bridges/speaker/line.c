// A pair of sockets that keeps messages apart.
#include "line.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

enum { END_MS = 500 };

struct head {
    uint32_t kind, of;
    uint64_t number;
};

struct line {
    int fd, exit_fd;
    pid_t pid;
};

static bool give(int fd, const struct head *head, const void *data, size_t size, int flags)
{
    struct iovec pieces[2] = {{(void *)(uintptr_t)head, sizeof *head},
                              {(void *)(uintptr_t)data, size}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = data ? 2 : 1};
    ssize_t n;
    do
        n = sendmsg(fd, &message, flags | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n >= 0;
}

static enum line_came take(int fd, struct line_message *out)
{
    struct head head;
    struct iovec pieces[2] = {{&head, sizeof head}, {out->samples, sizeof out->samples}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    ssize_t n;
    do
        n = recvmsg(fd, &message, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? LINE_NOTHING : LINE_ENDED;
    if (n < (ssize_t)sizeof head || (message.msg_flags & MSG_TRUNC) || head.kind > LINE_FAILED)
        return LINE_ENDED;
    out->kind = (enum line_kind)head.kind;
    out->of = head.of;
    out->number = head.number;
    out->size = (size_t)n - sizeof head;
    if (out->kind == LINE_FAILED)
        out->text[out->size < sizeof out->text ? out->size : sizeof out->text - 1] = '\0';
    return LINE_MESSAGE;
}

static int start(struct line *line, const char *what, const char *name)
{
    char say[4096];
    int ends[2];
    process_find_say(say, sizeof say);
    const char *const argv[] = {say, what, name, NULL};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return errno;
    line->fd = ends[0];
    int failed = process_start(&line->pid, argv, ends[1], ends[1], PROCESS_STAYS);
    close(ends[1]);
    if (failed) {
        line->pid = 0;
        return failed;
    }
    line->exit_fd = pidfd_open(line->pid, 0);
    return line->exit_fd < 0 ? errno : 0;
}

// Waits so many ms. true: it has ended, and is reaped.
static bool has_ended(const struct line *line, int ms)
{
    struct pollfd ended = {.fd = line->exit_fd, .events = POLLIN};
    if (line->exit_fd >= 0)
        poll(&ended, 1, ms);
    return waitpid(line->pid, NULL, line->exit_fd >= 0 ? WNOHANG : 0) != 0;
}

void line_forget(struct line **left)
{
    if (*left && (*left)->exit_fd >= 0)
        close((*left)->exit_fd);
    free(*left);
    *left = NULL;
}

void line_close(struct line **line, struct line **left)
{
    struct line *own = *line;
    if (!own)
        return;
    *line = NULL;
    if (own->fd >= 0)
        close(own->fd);
    if (own->pid > 0)
        kill(-own->pid, SIGKILL);
    if (own->pid > 0 && !has_ended(own, END_MS))
        *left = own;
    else
        line_forget(&own);
}

// Where one does not end a second would hang beside it, and a third.
enum lt_code line_open(const char *what, const char *name, struct line **left, struct line **out,
                       struct lt_error *error)
{
    *out = NULL;
    if (*left && !has_ended(*left, 0))
        return lt_fail(error, LT_IO,
                       "the process that had the sound card '%s' does not end (its driver hangs)",
                       name);
    line_forget(left);
    struct line *line = calloc(1, sizeof *line);
    if (!line)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a sound card");
    line->fd = line->exit_fd = -1;
    int failed = start(line, what, name);
    if (failed) {
        line_close(&line, left);
        return lt_fail(error, LT_IO, "cannot run lienthon-say, which has the sound card '%s': %s",
                       name, strerror(failed));
    }
    *out = line;
    return LT_DONE;
}

bool line_send(struct line *line, enum line_kind kind, uint32_t of, uint64_t number,
               const void *data, size_t size)
{
    struct head head = {.kind = kind, .of = of, .number = number};
    return give(line->fd, &head, data, size, MSG_DONTWAIT);
}

enum line_came line_receive(struct line *line, struct line_message *message)
{
    return take(line->fd, message);
}

void line_wait(struct line *line, int ms)
{
    struct pollfd there = {.fd = line->fd, .events = POLLIN};
    poll(&there, 1, ms);
}

bool line_answer(enum line_kind kind, uint32_t of, uint64_t number, const void *data, size_t size)
{
    struct head head = {.kind = kind, .of = of, .number = number};
    return give(STDIN_FILENO, &head, data, size, kind == LINE_GIVES ? MSG_DONTWAIT : 0);
}

enum line_came line_ask(struct line_message *message)
{
    return take(STDIN_FILENO, message);
}
