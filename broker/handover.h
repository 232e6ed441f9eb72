// One pointer crosses from thread to thread over an inproc socket and changes owner. This pair of
// functions is the only place where that happens, so it is where ThreadSanitizer is told of it
// (libzmq itself is not instrumented).
#ifndef LT_HANDOVER_H
#define LT_HANDOVER_H

#include <stdbool.h>
#include <string.h>
#include <zmq.h>

#if defined(__SANITIZE_THREAD__)
#define HANDOVER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HANDOVER_TSAN 1
#endif
#endif
#ifdef HANDOVER_TSAN
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#endif

// Gives *thing away and nulls it; false (and it stays the caller's): the socket's other end is gone.
static inline bool handover_send(void *socket, void **thing)
{
#ifdef HANDOVER_TSAN
    __tsan_release(*thing);
#endif
    if (zmq_send(socket, thing, sizeof *thing, 0) != (int)sizeof *thing)
        return false;
    *thing = NULL;
    return true;
}

// Takes the next one. flags: 0 waits, ZMQ_DONTWAIT does not. false: there is none (or a signal came);
// true with *thing NULL: it is an actor's "$TERM", the end.
static inline bool handover_receive(void *socket, int flags, void **thing)
{
    unsigned char bytes[sizeof *thing];
    int size = zmq_recv(socket, bytes, sizeof bytes, flags);
    *thing = NULL;
    if (size < 0)
        return false;
    if (size == (int)sizeof *thing)
        memcpy(thing, bytes, sizeof *thing);
#ifdef HANDOVER_TSAN
    if (*thing)
        __tsan_acquire(*thing);
#endif
    return true;
}

#endif
