// The new process says by a pipe that closes when it has become what it should.
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void go_first(void)
{
    static const char most[] = "1000";
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!write(fd, most, sizeof most - 1);
        close(fd);
    }
}

// Between fork and exec: only what is safe there. The ends are above 2 before one of them takes the place of another.
static void become(const char *const *argv, int in, int out, int trouble, pid_t parent,
                   enum process_place place)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (place == PROCESS_GOES_FIRST)
        go_first();
    if (getppid() != parent)
        _exit(127); // it died before it could be watched
    in = fcntl(in, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    out = fcntl(out, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    trouble = fcntl(trouble, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (dup2(in, STDIN_FILENO) == STDIN_FILENO && dup2(out, STDOUT_FILENO) == STDOUT_FILENO)
        execvp(argv[0], (char *const *)argv); // const for history's sake; it does not change them
    int failed = errno;
    (void)!write(trouble, &failed, sizeof failed);
    _exit(127);
}

// The errno with which it could not become what it should, 0 once it has: then its end is closed.
static int hear_trouble(int trouble)
{
    int failed = 0;
    ssize_t n;
    do
        n = read(trouble, &failed, sizeof failed);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof failed ? failed : 0;
}

int process_start(pid_t *pid, const char *const *argv, int in, int out, enum process_place place)
{
    int trouble[2];
    if (pipe2(trouble, O_CLOEXEC) != 0)
        return errno;
    const pid_t parent = getpid();
    *pid = fork();
    if (*pid == 0)
        become(argv, in, out, trouble[1], parent, place);
    int failed = *pid < 0 ? errno : 0;
    close(trouble[1]);
    if (!failed)
        failed = hear_trouble(trouble[0]);
    close(trouble[0]);
    if (failed && *pid > 0)
        waitpid(*pid, NULL, 0);
    return failed;
}

void process_find_say(char *path, size_t size)
{
    static const char name[] = "lienthon-say";
    ssize_t length = readlink("/proc/self/exe", path, size - sizeof name - 1);
    while (length > 0 && path[length - 1] != '/')
        length--;
    memcpy(path + (length > 0 ? length : 0), name, sizeof name);
    if (length > 0 && access(path, X_OK) != 0)
        memcpy(path, name, sizeof name);
}
