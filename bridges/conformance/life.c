#include "life.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Between fork and exec; the process has one thread, so the environment may be set here.
static void become(const char *const *words, const char *const *set, const char *cwd, int log,
                   pid_t parent)
{
    static const struct rlimit no_core = {0}; // some are made to crash
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    setrlimit(RLIMIT_CORE, &no_core);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (getppid() != parent || nothing < 0 || (cwd && chdir(cwd) != 0))
        _exit(127);
    dup2(nothing, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    for (; set && *set; set++) {
        char *copy = strdup(*set);
        if (!copy || putenv(copy) != 0)
            _exit(127);
    }
    unsetenv("LIENTHON_DIR");
    execvp(words[0], (char *const *)words);
    fprintf(stderr, "cannot start %s: %s\n", words[0], strerror(errno));
    _exit(127);
}

enum lt_code life_start(struct life *life, const char *const *words, const char *const *set,
                        const char *cwd, const char *log, struct lt_error *error)
{
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return lt_fail(error, LT_IO, "cannot write %s: %s", log, strerror(errno));
    fflush(NULL);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(words, set, cwd, fd, parent);
    close(fd);
    if (pid < 0)
        return lt_fail(error, LT_IO, "cannot start %s: %s", words[0], strerror(errno));
    setpgid(pid, pid); // whoever comes first
    life->pid = pid;
    life->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (life->pidfd >= 0)
        fcntl(life->pidfd, F_SETFD, FD_CLOEXEC);
    return LT_DONE;
}

static void over(struct life *life)
{
    kill(-life->pid, SIGKILL); // what it has left behind
    if (life->pidfd >= 0)
        close(life->pidfd);
    life->pidfd = -1;
    life->pid = 0;
}

bool life_runs(struct life *life)
{
    if (life->pid == 0)
        return false;
    siginfo_t ended = {0};
    // Its group can only be ended while its number is not given to another: before it is reaped.
    if (waitid(P_PID, (id_t)life->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        ended.si_pid == 0)
        return true;
    pid_t pid = life->pid;
    over(life);
    while (waitpid(pid, &life->status, 0) < 0 && errno == EINTR) {
    }
    return false;
}

void life_kill(struct life *life)
{
    if (!life_runs(life))
        return;
    pid_t pid = life->pid;
    over(life);
    while (waitpid(pid, &life->status, 0) < 0 && errno == EINTR) {
    }
}

bool life_ended_well(const struct life *life)
{
    return WIFEXITED(life->status) && WEXITSTATUS(life->status) == 0;
}

void life_how(const struct life *life, char *text, size_t room)
{
    if (WIFSIGNALED(life->status))
        snprintf(text, room, "killed by signal %d (%s)", WTERMSIG(life->status),
                 strsignal(WTERMSIG(life->status)));
    else
        snprintf(text, room, "exit status %d", WEXITSTATUS(life->status));
}
