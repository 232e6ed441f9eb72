// More descriptors and timers than a bridge has by itself (lt_bridge_watch, lt_bridge_wake_in), each with a function of its
// own: for writing too, as libraries ask for it that bring their own sockets. Independent of the bridge's `wake`.
//
// Everything is called on the host's one thread and must be called from it. Nothing is owned but what is said.
#ifndef LIENTHON_WATCH_H
#define LIENTHON_WATCH_H

#include <lienthon/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LT_WATCH_READ = 1, LT_WATCH_WRITE = 2 };

// ready: which of LT_WATCH_READ and LT_WATCH_WRITE will not block now; both, where the descriptor has failed.
typedef void lt_watch_ready(void *user, int fd, unsigned ready);
typedef void lt_timer_due(void *user);

// Has `ready` called while the descriptor is one of `wanted`; a second time: instead of the first. The descriptor stays
// the caller's. At most 256. LT_BUSY, LT_IO (one that cannot be waited for), LT_NO_MEMORY.
enum lt_code lt_watch(lt_bridge_host *host, int fd, unsigned wanted, lt_watch_ready *ready,
                      void *user);
// Before fd is closed. One that is not watched is no error. Also from within a `ready`.
void lt_watch_end(lt_bridge_host *host, int fd);

typedef struct lt_timer lt_timer;
// Stopped at first. NULL: no memory. Yours until lt_timer_destroy, which must come before the host's end.
lt_timer *lt_timer_new(lt_bridge_host *host, lt_timer_due *due, void *user);
// Once, in so many ms from now (0: at once, but not within this call); -1 stops it. By the clock that never jumps.
void lt_timer_set(lt_timer *timer, int64_t ms);
void lt_timer_destroy(lt_timer **timer);

#ifdef __cplusplus
}
#endif
#endif
