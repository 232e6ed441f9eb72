// The store thread: runs what it is given, one after the other, and gives it back.
#include "writer.h"

#include <czmq.h>

#include "handover.h"

struct writer {
    zactor_t *actor;
    size_t count;
};

void writing_destroy(struct writing **writing)
{
    if (*writing)
        (*writing)->destroy(*writing);
    *writing = NULL;
}

static void run(struct writing *writing, struct store *store, uint64_t *broken)
{
    if (writing->generation && writing->generation == *broken) {
        writing->code = lt_fail(&writing->error, LT_STORAGE_FAILED,
                                "what it leans on could not be stored just before");
        return;
    }
    int64_t began = zclock_usecs();
    writing->run(writing, store);
    writing->took = zclock_usecs() - began;
    if (writing->code != LT_DONE && writing->generation)
        *broken = writing->generation;
}

static void work(zsock_t *pipe, void *argument)
{
    struct store *store = argument;
    void *socket = zsock_resolve(pipe), *thing = NULL;
    uint64_t broken = 0;
    zsock_signal(pipe, 0);
    for (;;) {
        if (!handover_receive(socket, 0, &thing)) {
            if (zmq_errno() == EINTR)
                continue;
            break;
        }
        if (!thing)
            break;
        struct writing *writing = thing;
        run(writing, store, &broken);
        if (!handover_send(socket, &thing))
            writing_destroy(&writing);
    }
    store_close(&store);
}

enum lt_code writer_new(struct store **store, struct writer **writer, struct lt_error *error)
{
    struct writer *made = calloc(1, sizeof *made);
    if (!made)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the store thread");
    made->actor = zactor_new(work, *store);
    if (!made->actor) {
        free(made);
        return lt_fail(error, LT_NO_MEMORY, "the store thread could not be started");
    }
    *store = NULL;
    *writer = made;
    return LT_DONE;
}

void writer_destroy(struct writer **writer)
{
    if (!*writer)
        return;
    void *socket = writer_socket(*writer), *thing = NULL;
    while ((*writer)->count > 0 && handover_receive(socket, 0, &thing)) {
        struct writing *writing = thing;
        (*writer)->count--;
        writing_destroy(&writing);
    }
    zactor_destroy(&(*writer)->actor);
    free(*writer);
    *writer = NULL;
}

void *writer_socket(struct writer *writer)
{
    return zsock_resolve(writer->actor);
}

void writer_ask(struct writer *writer, struct writing **writing)
{
    void *thing = *writing;
    *writing = NULL;
    if (handover_send(writer_socket(writer), &thing)) {
        writer->count++;
    } else {
        struct writing *left = thing;
        writing_destroy(&left);
    }
}

struct writing *writer_take(struct writer *writer)
{
    void *thing = NULL;
    if (!writer->count || !handover_receive(writer_socket(writer), ZMQ_DONTWAIT, &thing))
        return NULL;
    writer->count--;
    return thing;
}

size_t writer_count(const struct writer *writer)
{
    return writer->count;
}
