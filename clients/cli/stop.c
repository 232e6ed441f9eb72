// Ctrl-C, waiting.
#include "stop.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

// Not those that are ignored (nohup, a job in the background): blocked, they would be heard of all the same.
static sigset_t ends(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction now;
        if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN) {
            sigaddset(&set, numbers[i]);
        }
    }
    return set;
}

int stop_begin(void)
{
    const sigset_t set = ends();
    const int stop = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (stop >= 0) {
        sigprocmask(SIG_BLOCK, &set, NULL);
    }
    return stop;
}

bool stop_asked(int stop)
{
    struct pollfd one = {.fd = stop, .events = POLLIN};
    return stop >= 0 && poll(&one, 1, 0) == 1;
}

void stop_end(int stop)
{
    const sigset_t set = ends();
    if (stop >= 0) {
        close(stop);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
    }
}
