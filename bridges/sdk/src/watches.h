// What lt_watch and lt_timer_new have asked for (watch.h): one descriptor for the host's loop, which is readable when any
// of them is ready.
#ifndef LT_BRIDGES_WATCHES_H
#define LT_BRIDGES_WATCHES_H

#include <lienthon/watch.h>

enum { WATCHES_MAX = 256 };

struct watches {
    int epoll; // -1: nothing was watched yet
    size_t count;
    struct watched *first;
    struct lt_timer *timers;
};

// A new one is {.epoll = -1}.
int watches_descriptor(const struct watches *watches); // for reading; -1: none
// Calls those that are ready, without waiting.
void watches_turn(struct watches *watches);
// Calls the timers whose time has come. now: monotonic ms.
void watches_tick(struct watches *watches, uint64_t now);
// When the next timer is due, in monotonic ms; `otherwise` where none is earlier.
uint64_t watches_next(const struct watches *watches, uint64_t otherwise);
void watches_close(struct watches *watches);

#endif
