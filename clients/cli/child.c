// One program that `lienthon up` runs.
#define _GNU_SOURCE // pipe2

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

enum {
    FIRST_WAIT_MS = 1000,
    LONGEST_WAIT_MS = 60000, // also how long it must live for its falls to be forgotten
    FALLS_BEFORE_BRAKE = 5,
};

uint64_t child_clock(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void child_init(struct child *child)
{
    child->pidfd = -1;
    child->pipe = -1;
}

static void close_if_open(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

void child_clear(struct child *child)
{
    close_if_open(&child->pidfd);
    close_if_open(&child->pipe);
    for (size_t i = 0; i < CHILD_WORDS_MAX; i++) {
        free(child->words[i]);
    }
    free(child->name);
    *child = (struct child){.pidfd = -1, .pipe = -1};
}

// Between fork and exec: only what is safe there.
static void become(const struct child *child, pid_t parent, int pipe_end)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(127); // it died before it could be watched
    }
    dup2(pipe_end, STDOUT_FILENO);
    dup2(pipe_end, STDERR_FILENO);
    execvp(child->words[0], child->words);
    static const char failed[] =
        "the program cannot be started: is it installed beside lienthon?\n";
    (void)!write(STDERR_FILENO, failed, sizeof failed - 1);
    _exit(127);
}

// `number` is called `name`; a name of NULL: there is none.
static void say_event(const struct child *child, const char *event, const char *name, int number,
                      uint64_t wait_ms)
{
    if (!child->as_json) {
        return;
    }
    json_t *json = json_pack("{s:s, s:s}", "program", child->name, "event", event);
    if (name != NULL) {
        json_object_set_new(json, name, json_integer(number));
    }
    if (wait_ms > 0) {
        json_object_set_new(json, "next_start_s", json_integer((json_int_t)(wait_ms / 1000)));
    }
    say_json(json);
}

enum lt_code child_start(struct child *child, struct lt_error *error)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return lt_fail(error, LT_IO, "no pipe to %s: %s", child->name, strerror(errno));
    }
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        become(child, parent, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return lt_fail(error, LT_IO, "%s cannot be started: %s", child->name, strerror(errno));
    }
    close_if_open(&child->pipe);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    child->pipe = ends[0];
    child->pid = pid;
    child->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    child->line_size = 0;
    child->started = child_clock();
    if (child->pidfd < 0) {
        return lt_fail(error, LT_IO, "%s cannot be watched: %s", child->name, strerror(errno));
    }
    fcntl(child->pidfd, F_SETFD, FD_CLOEXEC);
    fprintf(stderr, "%s | started pid=%d\n", child->name, (int)pid);
    say_event(child, "started", "pid", (int)pid, 0);
    return LT_DONE;
}

static void print_line(struct child *child)
{
    struct lt_buffer line = {.max = CHILD_LINE_MAX};
    say_clean((struct lt_slice){(const uint8_t *)child->line, child->line_size}, true, &line);
    fprintf(stderr, "%s | %.*s\n", child->name, (int)line.size, (const char *)line.data);
    lt_buffer_clear(&line);
    child->line_size = 0;
}

static void take_bytes(struct child *child, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n' || child->line_size == CHILD_LINE_MAX) {
            print_line(child);
        }
        if (bytes[i] != '\n') {
            child->line[child->line_size++] = bytes[i];
        }
    }
}

bool child_listen(struct child *child)
{
    char bytes[4096];
    for (;;) {
        const ssize_t got = read(child->pipe, bytes, sizeof bytes);
        if (got > 0) {
            take_bytes(child, bytes, (size_t)got);
        } else if (got < 0 && errno == EINTR) {
            continue;
        } else if (got < 0 && errno == EAGAIN) {
            return true;
        } else {
            if (child->line_size > 0) {
                print_line(child);
            }
            close_if_open(&child->pipe);
            return false;
        }
    }
}

// How long to wait before the next start: doubling, and a brake on what keeps falling.
static uint64_t next_wait(struct child *child)
{
    if (child_clock() - child->started >= LONGEST_WAIT_MS) {
        child->falls = 0;
    }
    child->falls++;
    if (child->falls >= FALLS_BEFORE_BRAKE) {
        return LONGEST_WAIT_MS;
    }
    return (uint64_t)FIRST_WAIT_MS << (child->falls - 1);
}

static void say_end(const struct child *child, int status, uint64_t wait_ms)
{
    char how[64];
    if (WIFSIGNALED(status)) {
        snprintf(how, sizeof how, "was ended by signal=%d", WTERMSIG(status));
    } else {
        snprintf(how, sizeof how, "ended with status=%d", WEXITSTATUS(status));
    }
    const unsigned long seconds = (unsigned long)(wait_ms / 1000);
    if (child->falls >= FALLS_BEFORE_BRAKE) {
        fprintf(stderr,
                "%s | %s; it keeps falling (falls=%u), so it is held back and tried once a minute: "
                "see its lines above "
                "for the reason; next_start_s=%lu\n",
                child->name, how, child->falls, seconds);
    } else {
        fprintf(stderr, "%s | %s; next_start_s=%lu\n", child->name, how, seconds);
    }
}

void child_ended(struct child *child, bool expected)
{
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (child->pipe >= 0) {
        child_listen(child);
    }
    close_if_open(&child->pidfd);
    child->pid = 0;
    if (expected) {
        fprintf(stderr, "%s | stopped\n", child->name);
        say_event(child, "stopped", NULL, 0, 0);
        return;
    }
    const uint64_t wait_ms = next_wait(child);
    child->due = child_clock() + wait_ms;
    say_end(child, status, wait_ms);
    say_event(child, "fell", WIFSIGNALED(status) ? "signal" : "status",
              WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), wait_ms);
}

void child_signal(const struct child *child, int signal_number)
{
    if (child->pid > 0) {
        kill(child->pid, signal_number);
    }
}
