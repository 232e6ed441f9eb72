// Three pipes and a pidfd.
#include "program_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module.h"

enum { PIECE = 64 * 1024, PIPES = 3, ENVIRONMENT_MAX = 4096 };

void child_init(struct program_child *child)
{
    *child = (struct program_child){
        .pidfd = -1,
        .in = -1,
        .out = -1,
        .err = -1,
        .unread = {.max = CHILD_UNREAD_MAX},
        .line = {.max = CHILD_LINE_MAX + 1},
        .said = {.max = CHILD_SAID_MAX},
    };
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

// What the service manager says to the host is not the program's to answer, and where our module for Python lies it must know.
static bool is_hosts_own(const char *entry)
{
    static const char *const names[] = {
        "NOTIFY_SOCKET=", "WATCHDOG_PID=",   "WATCHDOG_USEC=", "LISTEN_PID=",
        "LISTEN_FDS=",    "LISTEN_FDNAMES=", "PYTHONPATH="};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

// In `python`, the entry that is not the environment's own. Both yours (free); NULL: no memory.
static char **make_environment(char **python)
{
    char *folder = module_python_folder();
    const char *before = getenv("PYTHONPATH");
    size_t room = folder ? strlen(folder) + (before ? strlen(before) : 0) + 16 : 0, count = 0;
    char **entries = calloc(ENVIRONMENT_MAX + 2, sizeof *entries);
    *python = folder ? malloc(room) : NULL;
    if (!entries || !*python) {
        free(folder);
        free(entries);
        free(*python);
        *python = NULL;
        return NULL;
    }
    snprintf(*python, room, "PYTHONPATH=%s%s%s", folder, before && *before ? ":" : "",
             before ? before : "");
    for (size_t i = 0; environ[i] && count < ENVIRONMENT_MAX; i++)
        if (!is_hosts_own(environ[i]))
            entries[count++] = environ[i];
    entries[count] = *python;
    free(folder);
    return entries;
}

// Between fork and exec: only what is safe there.
static void become(const char *path, char **environment, pid_t parent,
                   const int ends[PIPES]) // of the pipes: 0 to read, 1 and 2 to write
{
    char *words[] = {(char *)path, NULL};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(127); // it died before it could be watched
    for (int i = 0; i < PIPES; i++)
        dup2(ends[i], i);
    close_range(PIPES, UINT_MAX, 0);
    execve(path, words, environment);
    static const char failed[] = "it cannot be run: is the program of its first line there?\n";
    (void)!write(STDERR_FILENO, failed, sizeof failed - 1);
    _exit(127);
}

// Above 2, so that no end is overwritten by another's dup2.
static bool make_pipe(int ends[2])
{
    int made[2];
    if (pipe2(made, O_CLOEXEC) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(made[i], F_DUPFD_CLOEXEC, PIPES);
        close(made[i]);
    }
    return ends[0] >= 0 && ends[1] >= 0;
}

static enum lt_code begin(struct program_child *child, const char *path, char **environment,
                          int pipes[PIPES][2], struct lt_error *error)
{
    int theirs[PIPES] = {pipes[0][0], pipes[1][1], pipes[2][1]};
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0)
        become(path, environment, parent, theirs);
    if (pid < 0)
        return lt_fail(error, LT_IO, "%s cannot be started: %s", path, strerror(errno));
    child->pid = pid;
    setpgid(pid, pid); // here too, so that it holds before it is first signalled
    child->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (child->pidfd < 0)
        return lt_fail(error, LT_IO, "%s cannot be watched: %s", path, strerror(errno));
    fcntl(child->pidfd, F_SETFD, FD_CLOEXEC);
    int *ours[PIPES] = {&child->in, &child->out, &child->err};
    for (int i = 0; i < PIPES; i++) {
        int side = i == 0 ? 1 : 0;
        *ours[i] = pipes[i][side];
        pipes[i][side] = -1;
        fcntl(*ours[i], F_SETFL, O_NONBLOCK);
    }
    return LT_DONE;
}

enum lt_code child_start(struct program_child *child, const char *path, struct lt_error *error)
{
    int pipes[PIPES][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    char *python = NULL;
    char **environment = make_environment(&python);
    enum lt_code code = LT_DONE;
    if (!environment)
        return lt_fail(error, LT_NO_MEMORY, "no memory for an environment");
    for (int i = 0; code == LT_DONE && i < PIPES; i++)
        if (!make_pipe(pipes[i]))
            code = lt_fail(error, LT_IO, "no pipe to %s: %s", path, strerror(errno));
    if (code == LT_DONE)
        code = begin(child, path, environment, pipes, error);
    for (int i = 0; i < PIPES; i++) {
        close_end(&pipes[i][0]);
        close_end(&pipes[i][1]);
    }
    free(environment);
    free(python);
    if (code != LT_DONE)
        child_clear(child);
    return code;
}

void child_write(struct program_child *child)
{
    size_t written = 0;
    while (child->in >= 0 && written < child->unread.size) {
        ssize_t did = write(child->in, child->unread.data + written, child->unread.size - written);
        if (did < 0 && errno == EINTR)
            continue;
        if (did < 0 && errno == EAGAIN)
            break;
        child->deaf = did < 0; // that it ends is told otherwise
        if (child->deaf)
            break;
        written += (size_t)did;
    }
    if (child->deaf)
        written = child->unread.size;
    if (written) {
        memmove(child->unread.data, child->unread.data + written, child->unread.size - written);
        child->unread.size -= written;
    }
}

enum lt_code child_tell(struct program_child *child, struct lt_slice line)
{
    if (child->in < 0 || child->deaf)
        return LT_CLOSED;
    if (child->unread.max - child->unread.size < line.size + 1)
        return LT_BUSY;
    if (!lt_buffer_add(&child->unread, line.data, line.size) ||
        !lt_buffer_add(&child->unread, "\n", 1))
        return LT_NO_MEMORY;
    child_write(child);
    return LT_DONE;
}

// Hands over the whole lines of what is there; the rest moves to the front.
static void hand_over(struct lt_buffer *buffer, size_t from, child_take *take, void *user)
{
    size_t begin = 0;
    bool goes_on = true;
    const uint8_t *end;
    while (goes_on && (end = memchr(buffer->data + from, '\n', buffer->size - from))) {
        size_t at = (size_t)(end - buffer->data);
        goes_on = take(user, (struct lt_slice){buffer->data + begin, at - begin});
        begin = from = at + 1;
    }
    memmove(buffer->data, buffer->data + begin, buffer->size - begin);
    buffer->size -= begin;
}

enum lt_code child_read(struct program_child *child, child_take *take, void *user)
{
    uint8_t piece[PIECE];
    ssize_t got = child->out < 0 ? 0 : read(child->out, piece, sizeof piece);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? LT_BUSY : LT_CLOSED;
    if (got == 0)
        return LT_CLOSED;
    size_t before = child->line.size;
    if (child->line.max - before < (size_t)got &&
        !memchr(piece, '\n', child->line.max - before)) // the line, not the piece, is too long
        return LT_TOO_LARGE;
    if (child->line.max - before < (size_t)got)
        child->line.max = before + (size_t)got; // for as long as this piece is looked at
    bool whole = lt_buffer_add(&child->line, piece, (size_t)got);
    if (whole)
        hand_over(&child->line, before, take, user);
    child->line.max = CHILD_LINE_MAX + 1;
    return !whole ? LT_NO_MEMORY : child->line.size > CHILD_LINE_MAX ? LT_TOO_LARGE : LT_DONE;
}

enum lt_code child_read_said(struct program_child *child, child_take *take, void *user)
{
    char piece[4096];
    ssize_t got = child->err < 0 ? 0 : read(child->err, piece, sizeof piece);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? LT_BUSY : LT_CLOSED;
    for (ssize_t i = 0; i < got; i++) {
        bool is_end = piece[i] == '\n';
        if ((is_end || child->said.size == CHILD_SAID_MAX) && child->said.size) {
            take(user, lt_buffer_slice(&child->said));
            lt_buffer_empty(&child->said);
        }
        if (!is_end)
            lt_buffer_add(&child->said, piece + i, 1);
    }
    if (got == 0 && child->said.size) {
        take(user, lt_buffer_slice(&child->said));
        lt_buffer_empty(&child->said);
    }
    return got == 0 ? LT_CLOSED : LT_DONE;
}

void child_hush(struct program_child *child)
{
    close_end(&child->in);
    lt_buffer_empty(&child->unread);
}

void child_signal(const struct program_child *child, int number)
{
    if (child->pid > 0)
        kill(-child->pid, number);
}

void child_reap(struct program_child *child, char how[64])
{
    int status = 0;
    if (child->pid <= 0)
        return;
    // Before it is waited for: until then nobody else's group can have this number.
    kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    child->pid = 0;
    close_end(&child->pidfd);
    if (WIFSIGNALED(status))
        snprintf(how, 64, "was ended by signal=%d", WTERMSIG(status));
    else
        snprintf(how, 64, "ended with status=%d", WEXITSTATUS(status));
}

void child_clear(struct program_child *child)
{
    char how[64];
    if (child->pid > 0)
        kill(child->pid, SIGKILL);
    child_reap(child, how);
    int *fds[] = {&child->pidfd, &child->in, &child->out, &child->err};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        close_end(fds[i]);
    lt_buffer_clear(&child->unread);
    lt_buffer_clear(&child->line);
    lt_buffer_clear(&child->said);
    child_init(child);
}
