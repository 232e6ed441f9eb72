// Objects that change their owner: one pointer in one frame of an inproc socket. The annotations tell
// ThreadSanitizer what libzmq, which is not instrumented, cannot: that the sender is done with the object.
#ifndef LT_HANDOVER_H
#define LT_HANDOVER_H

#include <stdbool.h>

#include <zmq.h>

#if defined(__SANITIZE_THREAD__)
#define HANDOVER_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HANDOVER_WATCHED 1
#endif
#endif

#ifdef HANDOVER_WATCHED
void __tsan_release(void *address);
void __tsan_acquire(void *address);
#else
#define __tsan_release(address) ((void)(address))
#define __tsan_acquire(address) ((void)(address))
#endif

// Gives *object away and nulls it; false: the socket has ended, and the object is still the caller's.
static inline bool handover_give(void *socket, void *object_pointer)
{
    void **object = object_pointer;
    __tsan_release(*object);
    int sent;
    do
        sent = zmq_send(socket, object, sizeof *object, 0);
    while (sent < 0 && zmq_errno() == EINTR);
    if (sent < 0)
        return false;
    *object = NULL;
    return true;
}

// What has been given, or NULL: nothing waits, or a frame that is no pointer ($TERM; then *ended is true).
static inline void *handover_take(void *socket, int flags, bool *ended)
{
    void *object = NULL;
    int size;
    do
        size = zmq_recv(socket, &object, sizeof object, flags);
    while (size < 0 && zmq_errno() == EINTR);
    if (size == (int)sizeof object) {
        __tsan_acquire(object);
        return object;
    }
    if (ended && (size >= 0 || zmq_errno() == ETERM))
        *ended = true;
    return NULL;
}

#endif
