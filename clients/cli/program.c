// Another program of ours.
#define _GNU_SOURCE // pipe2

#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"

enum { WORDS_MAX = 64, SAID_MAX = 16 * 1024 };

char *program_path(const char *name)
{
    char self[4096];
    const ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size > 0) {
        self[size] = '\0';
        char *slash = strrchr(self, '/');
        const size_t room = (size_t)(slash - self) + strlen(name) + 2;
        char *path = cli_alloc(room);
        snprintf(path, room, "%.*s/%s", (int)(slash - self), self, name);
        if (access(path, X_OK) == 0) {
            return path;
        }
        free(path);
    }
    return cli_copy(lt_slice_of(name));
}

char *program_share(const char *kind, const char *name)
{
    static const char below[] = "/../share/lienthon/";
    char self[4096];
    const ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(self, '/');
    const size_t folder = slash != NULL ? (size_t)(slash - self) : 0;
    const size_t room = folder + sizeof below + strlen(kind) + strlen(name) + 1;
    char *path = cli_alloc(room);
    snprintf(path, room, "%.*s%s%s/%s", (int)folder, self, below, kind, name);
    return path;
}

// Between fork and exec: only what is safe there.
static void become(char *const *words, pid_t parent, const int *out, const int *said)
{
    sigset_t none; // a command that follows the hub has blocked Ctrl-C
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127); // it died before it could be watched
    }
    dup2(out[1], STDOUT_FILENO);
    dup2(said[1], STDERR_FILENO);
    execvp(words[0], words);
    static const char failed[] = "cannot be started: is it installed beside lienthon?\n";
    (void)!write(STDERR_FILENO, failed, sizeof failed - 1);
    _exit(127);
}

// What is to be read; false: the end. What is beyond the room is read and dropped.
static bool take(int fd, struct lt_buffer *into)
{
    uint8_t bytes[4096];
    const ssize_t got = read(fd, bytes, sizeof bytes);
    if (got < 0) {
        return errno == EINTR;
    }
    if (got > 0 && into != NULL && into->size + (size_t)got <= into->max) {
        (void)lt_buffer_add(into, bytes, (size_t)got);
    }
    return got > 0;
}

static void listen_to(int out_fd, int said_fd, struct lt_buffer *out, struct lt_buffer *said)
{
    struct pollfd fds[] = {{.fd = out_fd, .events = POLLIN}, {.fd = said_fd, .events = POLLIN}};
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            return;
        }
        if (fds[0].fd >= 0 && fds[0].revents != 0 && !take(fds[0].fd, out)) {
            fds[0].fd = -1;
        }
        if (fds[1].fd >= 0 && fds[1].revents != 0 && !take(fds[1].fd, said)) {
            fds[1].fd = -1;
        }
    }
}

// Its last line on standard error; false: it said nothing.
static bool last_line(const struct lt_buffer *said, struct lt_slice *line)
{
    size_t end = said->size;
    while (end > 0 && said->data[end - 1] == '\n') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && said->data[begin - 1] != '\n') {
        begin--;
    }
    *line = (struct lt_slice){said->data + begin, end - begin};
    return end > begin;
}

static void close_both(const int *ends)
{
    close(ends[0]);
    close(ends[1]);
}

static void words_of(const char *name, const char *const *arguments, char *words[WORDS_MAX])
{
    words[0] = program_path(name);
    for (size_t i = 0; arguments[i] != NULL && i + 2 < WORDS_MAX; i++) {
        words[i + 1] = cli_copy(lt_slice_of(arguments[i]));
    }
}

static void free_words(char *words[WORDS_MAX])
{
    for (size_t i = 0; i < WORDS_MAX; i++) {
        free(words[i]);
    }
}

enum lt_code program_ask(const char *name, const char *const *arguments, struct lt_buffer *out,
                         int *status, struct lt_error *error)
{
    char *words[WORDS_MAX] = {NULL};
    struct lt_buffer said = {.max = SAID_MAX};
    struct lt_slice line;
    int out_ends[2];
    int said_ends[2];
    int ended = 0;
    words_of(name, arguments, words);
    enum lt_code code = LT_DONE;
    pid_t pid = -1;
    if (pipe2(out_ends, O_CLOEXEC) != 0) {
        code = lt_fail(error, LT_IO, "no pipe to %s: %s", name, strerror(errno));
        goto done;
    }
    if (pipe2(said_ends, O_CLOEXEC) != 0) {
        code = lt_fail(error, LT_IO, "no pipe to %s: %s", name, strerror(errno));
        close_both(out_ends);
        goto done;
    }
    const pid_t parent = getpid();
    pid = fork();
    if (pid == 0) {
        become(words, parent, out_ends, said_ends);
    }
    close(out_ends[1]);
    close(said_ends[1]);
    if (pid < 0) {
        code = lt_fail(error, LT_IO, "%s cannot be started: %s", name, strerror(errno));
    } else {
        listen_to(out_ends[0], said_ends[0], out, &said);
        while (waitpid(pid, &ended, 0) < 0 && errno == EINTR) {
        }
        *status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
        if (*status != 0 && last_line(&said, &line)) {
            lt_fail(error, LT_IO, "%.*s", (int)line.size, (const char *)line.data);
        }
    }
    close(out_ends[0]);
    close(said_ends[0]);
done:
    free_words(words);
    lt_buffer_clear(&said);
    return code;
}

enum lt_code program_run(const char *name, const char *const *arguments, struct lt_buffer *out,
                         struct lt_error *error)
{
    struct lt_error said = {0};
    int status = 0;
    const enum lt_code code = program_ask(name, arguments, out, &status, &said);
    if (code == LT_DONE && status == 0) {
        return LT_DONE;
    }
    return said.text[0] != '\0'
               ? lt_fail(error, LT_IO, "%s", said.text)
               : lt_fail(error, LT_IO, "%s ended with status %d and said nothing", name, status);
}

enum lt_code program_become(const char *name, const char *const *arguments, struct lt_error *error)
{
    char *words[WORDS_MAX] = {NULL};
    words_of(name, arguments, words);
    fflush(stdout);
    execvp(words[0], words);
    const int why = errno;
    free_words(words);
    return lt_fail(error, LT_IO, "%s cannot be started: %s; is it installed beside lienthon?", name,
                   strerror(why));
}
