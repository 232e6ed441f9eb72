// Preloaded into a bridge's process, whatever the bridge is written in: counts the calls by which a process changes something
// that outlives it (a step), ends the process at the n-th, lets a disk be full and a clock be wrong. It stands before libc, so
// it asks the kernel itself. What a program does past libc (a static binary, a runtime with system calls of its own) it
// does not see; the host, which is ours, it always sees.
#include "steps.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define OURS __attribute__((visibility("default")))

static struct steps *steps;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv(STEPS_VARIABLE);
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
    if (fd < 0)
        return;
    void *page = mmap(NULL, sizeof *steps, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (page != MAP_FAILED)
        steps = page;
}

static void step(const char *name)
{
    if (!steps || !atomic_load(&steps->armed))
        return;
    uint_fast64_t number = atomic_fetch_add(&steps->count, 1) + 1;
    if (number != atomic_load(&steps->kill_at))
        return;
    size_t size = strnlen(name, STEPS_NAME - 1);
    memcpy(steps->name, name, size);
    int group = atomic_load(&steps->group);
    if (group > 0 && atomic_load(&steps->crash))
        kill(group, SIGABRT);
    else if (group > 0)
        kill(-group, SIGKILL);
    for (;;)
        pause();
}

static bool is_below(const char *link)
{
    char path[PATH_MAX];
    ssize_t size = readlink(link, path, sizeof path - 1);
    size_t length = strlen(steps->folder);
    return size >= (ssize_t)length && memcmp(path, steps->folder, length) == 0;
}

static bool fd_is_below(int fd)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return is_below(link);
}

static bool name_is_below(int folder, const char *name)
{
    if (*name == '/')
        return strncmp(name, steps->folder, strlen(steps->folder)) == 0;
    return folder == AT_FDCWD ? is_below("/proc/self/cwd") : fd_is_below(folder);
}

static bool is_full(void)
{
    return steps && atomic_load(&steps->full);
}

// false, and errno: there is no room.
static bool may_make(int folder, const char *name, const char *what)
{
    step(what);
    if (!is_full() || !name_is_below(folder, name))
        return true;
    errno = ENOSPC;
    return false;
}

// Standard output and error are the log, event descriptors are talk between threads: neither is a step.
static bool may_write(int fd, const char *what)
{
    struct stat about;
    if (!steps || fd <= STDERR_FILENO || syscall(SYS_fstat, fd, &about) != 0)
        return true;
    if (S_ISREG(about.st_mode) || S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode))
        step(what);
    if (!is_full() || !S_ISREG(about.st_mode) || !fd_is_below(fd))
        return true;
    errno = ENOSPC;
    return false;
}

// Only what may make a file has a mode.
static bool has_mode(int flags)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

static int open_at(int folder, const char *name, int flags, mode_t mode)
{
    if (has_mode(flags) && !may_make(folder, name, "open"))
        return -1;
    return (int)syscall(SYS_openat, folder, name, flags, mode);
}

OURS int open(const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list rest;
    va_start(rest, flags);
    if (has_mode(flags))
        mode = va_arg(rest, mode_t);
    va_end(rest);
    return open_at(AT_FDCWD, name, flags, mode);
}

OURS int open64(const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list rest;
    va_start(rest, flags);
    if (has_mode(flags))
        mode = va_arg(rest, mode_t);
    va_end(rest);
    return open_at(AT_FDCWD, name, flags, mode);
}

OURS int openat(int folder, const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list rest;
    va_start(rest, flags);
    if (has_mode(flags))
        mode = va_arg(rest, mode_t);
    va_end(rest);
    return open_at(folder, name, flags, mode);
}

OURS int openat64(int folder, const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list rest;
    va_start(rest, flags);
    if (has_mode(flags))
        mode = va_arg(rest, mode_t);
    va_end(rest);
    return open_at(folder, name, flags, mode);
}

// These make a file inside libc, past open.
OURS int mkostemp(char *name, int flags)
{
    int (*real)(char *, int) = NULL;
    void *found = dlsym(RTLD_NEXT, "mkostemp");
    memcpy(&real, &found, sizeof real);
    return may_make(AT_FDCWD, name, "mkstemp") ? real(name, flags) : -1;
}

OURS int mkstemp(char *name)
{
    return mkostemp(name, 0);
}

OURS FILE *fopen(const char *name, const char *mode)
{
    FILE *(*real)(const char *, const char *) = NULL;
    void *found = dlsym(RTLD_NEXT, "fopen");
    memcpy(&real, &found, sizeof real);
    return *mode == 'r' || may_make(AT_FDCWD, name, "fopen") ? real(name, mode) : NULL;
}

OURS ssize_t write(int fd, const void *bytes, size_t size)
{
    return may_write(fd, "write") ? syscall(SYS_write, fd, bytes, size) : -1;
}

OURS ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    return may_write(fd, "write") ? syscall(SYS_pwrite64, fd, bytes, size, at) : -1;
}

OURS ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    return may_write(fd, "write") ? syscall(SYS_pwrite64, fd, bytes, size, at) : -1;
}

OURS ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    return may_write(fd, "write") ? syscall(SYS_writev, fd, pieces, count) : -1;
}

OURS int fsync(int fd)
{
    step("fsync");
    return (int)syscall(SYS_fsync, fd);
}

OURS int fdatasync(int fd)
{
    step("fdatasync");
    return (int)syscall(SYS_fdatasync, fd);
}

OURS int ftruncate(int fd, off_t size)
{
    step("ftruncate");
    return (int)syscall(SYS_ftruncate, fd, size);
}

OURS int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    step("rename");
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
}

OURS int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

OURS int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    step("rename");
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

OURS int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    step("link");
    return (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
}

OURS int link(const char *from, const char *to)
{
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

OURS int unlinkat(int folder, const char *name, int flags)
{
    step("unlink");
    return (int)syscall(SYS_unlinkat, folder, name, flags);
}

OURS int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

OURS int mkdirat(int folder, const char *name, mode_t mode)
{
    return may_make(folder, name, "mkdir") ? (int)syscall(SYS_mkdirat, folder, name, mode) : -1;
}

OURS int mkdir(const char *name, mode_t mode)
{
    return mkdirat(AT_FDCWD, name, mode);
}

OURS int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    step("connect");
    return (int)syscall(SYS_connect, fd, address, size);
}

OURS ssize_t sendto(int fd, const void *bytes, size_t size, int flags,
                    const struct sockaddr *address, socklen_t length)
{
    step("send");
    return syscall(SYS_sendto, fd, bytes, size, flags, address, length);
}

OURS ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    return sendto(fd, bytes, size, flags, NULL, 0);
}

OURS ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    step("send");
    return syscall(SYS_sendmsg, fd, message, flags);
}

// The clock

static int64_t shift(void)
{
    return steps ? (int64_t)atomic_load(&steps->shift_ms) : 0;
}

OURS int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += (time_t)(shift() / 1000);
    return failed;
}

OURS int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &exact) != 0)
        return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

OURS time_t time(time_t *out)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
