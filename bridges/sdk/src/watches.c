// One epoll set below the loop's own poll: there may be many descriptors, and few of them are ready.
#include "watches.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "host.h"

struct watched {
    struct watched *next;
    int fd;
    lt_watch_ready *ready;
    void *user;
};

struct lt_timer {
    struct lt_timer *next;
    struct lt_bridge_host *host;
    uint64_t at; // monotonic ms; 0: stopped
    lt_timer_due *due;
    void *user;
};

static struct watched *find(const struct watches *watches, int fd)
{
    struct watched *at = watches->first;
    while (at && at->fd != fd)
        at = at->next;
    return at;
}

static struct epoll_event wish(int fd, unsigned wanted)
{
    return (struct epoll_event){
        .events = ((wanted & LT_WATCH_READ) ? (uint32_t)EPOLLIN : 0) |
                  ((wanted & LT_WATCH_WRITE) ? (uint32_t)EPOLLOUT : 0),
        .data.fd = fd,
    };
}

static enum lt_code add(struct watches *watches, int fd, struct epoll_event *event)
{
    if (watches->count == WATCHES_MAX)
        return LT_BUSY;
    if (watches->epoll < 0 && (watches->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
        return LT_IO;
    struct watched *added = calloc(1, sizeof *added);
    if (!added)
        return LT_NO_MEMORY;
    if (epoll_ctl(watches->epoll, EPOLL_CTL_ADD, fd, event) != 0) {
        free(added);
        return LT_IO;
    }
    added->fd = fd;
    added->next = watches->first;
    watches->first = added;
    watches->count++;
    return LT_DONE;
}

enum lt_code lt_watch(lt_bridge_host *host, int fd, unsigned wanted, lt_watch_ready *ready,
                      void *user)
{
    struct watches *watches = &host->watches;
    struct epoll_event event = wish(fd, wanted);
    struct watched *watched = find(watches, fd);
    enum lt_code code = LT_DONE;
    // A number that was closed, and opened again as another, is no longer in the set.
    if (watched && epoll_ctl(watches->epoll, EPOLL_CTL_MOD, fd, &event) != 0) {
        lt_watch_end(host, fd);
        watched = NULL;
    }
    if (!watched)
        code = add(watches, fd, &event);
    watched = find(watches, fd);
    if (watched) {
        watched->ready = ready;
        watched->user = user;
    }
    return code;
}

void lt_watch_end(lt_bridge_host *host, int fd)
{
    struct watches *watches = &host->watches;
    struct watched **link = &watches->first;
    while (*link && (*link)->fd != fd)
        link = &(*link)->next;
    struct watched *gone = *link;
    if (!gone)
        return;
    *link = gone->next;
    watches->count--;
    free(gone);
    epoll_ctl(watches->epoll, EPOLL_CTL_DEL, fd, NULL);
}

lt_timer *lt_timer_new(lt_bridge_host *host, lt_timer_due *due, void *user)
{
    struct lt_timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        return NULL;
    *timer =
        (struct lt_timer){.next = host->watches.timers, .host = host, .due = due, .user = user};
    host->watches.timers = timer;
    return timer;
}

void lt_timer_set(lt_timer *timer, int64_t ms)
{
    timer->at = ms < 0 ? 0 : host_clock() + (uint64_t)(ms ? ms : 1);
}

void lt_timer_destroy(lt_timer **timer)
{
    if (!*timer)
        return;
    struct lt_timer **link = &(*timer)->host->watches.timers;
    while (*link != *timer)
        link = &(*link)->next;
    *link = (*timer)->next;
    free(*timer);
    *timer = NULL;
}

int watches_descriptor(const struct watches *watches)
{
    return watches->epoll;
}

void watches_turn(struct watches *watches)
{
    struct epoll_event events[64];
    int count = watches->epoll < 0 ? 0 : epoll_wait(watches->epoll, events, 64, 0);
    for (int i = 0; i < count; i++) {
        const struct watched *watched = find(watches, events[i].data.fd);
        if (!watched) // an earlier one has ended it
            continue;
        bool failed = (events[i].events & (EPOLLERR | EPOLLHUP)) != 0;
        unsigned ready = ((events[i].events & EPOLLIN) || failed ? (unsigned)LT_WATCH_READ : 0) |
                         ((events[i].events & EPOLLOUT) || failed ? (unsigned)LT_WATCH_WRITE : 0);
        watched->ready(watched->user, watched->fd, ready);
    }
}

// A timer may set or destroy any other, so each is looked for anew; one that sets itself again waits for the next turn.
void watches_tick(struct watches *watches, uint64_t now)
{
    struct lt_timer *timer = watches->timers;
    while (timer) {
        if (!timer->at || timer->at > now) {
            timer = timer->next;
            continue;
        }
        timer->at = 0;
        timer->due(timer->user);
        timer = watches->timers;
    }
}

uint64_t watches_next(const struct watches *watches, uint64_t otherwise)
{
    for (const struct lt_timer *timer = watches->timers; timer; timer = timer->next)
        if (timer->at && timer->at < otherwise)
            otherwise = timer->at;
    return otherwise;
}

void watches_close(struct watches *watches)
{
    while (watches->first) {
        struct watched *gone = watches->first;
        watches->first = gone->next;
        free(gone);
    }
    while (watches->timers) {
        struct lt_timer *gone = watches->timers;
        watches->timers = gone->next;
        free(gone);
    }
    if (watches->epoll >= 0)
        close(watches->epoll);
    *watches = (struct watches){.epoll = -1};
}
