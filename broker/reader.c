// The read thread: gives each reading a slice in turn, and hands it back when it is done or has
// filled a page.
#include "reader.h"

#include <czmq.h>

#include "handover.h"

struct reader {
    zactor_t *actor;
    size_t count;
};

// Readings in the order of their next slice.
struct queue {
    struct reading *first, **end;
};

static void push(struct queue *queue, struct reading *reading)
{
    reading->next = NULL;
    *queue->end = reading;
    queue->end = &reading->next;
}

static struct reading *pull(struct queue *queue)
{
    struct reading *reading = queue->first;
    if (reading != NULL) {
        queue->first = reading->next;
        if (queue->first == NULL) {
            queue->end = &queue->first;
        }
    }
    return reading;
}

void reading_destroy(struct reading **reading)
{
    if (*reading != NULL) {
        (*reading)->destroy(*reading);
        *reading = NULL;
    }
}

static void give_back(void *socket, struct reading *reading)
{
    void *thing = reading;
    if (!handover_send(socket, &thing)) {
        reading_destroy(&reading);
    }
}

// Everything that waits is taken in; false: it is the end.
static bool take_in(void *socket, struct queue *queue)
{
    void *thing = NULL;
    for (;;) {
        const bool idle = queue->first == NULL;
        if (!handover_receive(socket, idle ? 0 : ZMQ_DONTWAIT, &thing)) {
            if (idle && zmq_errno() != EINTR) {
                return false;
            }
            if (!idle) {
                return true;
            }
        } else if (thing == NULL) {
            return false;
        } else {
            push(queue, thing);
        }
    }
}

static void work(zsock_t *pipe, void *argument)
{
    struct store_reader *store = argument;
    void *socket = zsock_resolve(pipe);
    struct queue queue = {.first = NULL};
    queue.end = &queue.first;
    zsock_signal(pipe, 0);
    while (take_in(socket, &queue)) {
        struct reading *reading = pull(&queue);
        if (reading->slice(reading, store)) {
            give_back(socket, reading);
        } else {
            push(&queue, reading);
        }
    }
    for (struct reading *left = pull(&queue); left != NULL; left = pull(&queue)) {
        left->code = lt_fail(&left->error, LT_CLOSED, "the hub is stopping");
        give_back(socket, left);
    }
    store_reader_close(&store);
}

enum lt_code reader_new(const struct store_settings *settings, struct reader **reader,
                        struct lt_error *error)
{
    struct store_reader *store = NULL;
    const enum lt_code code = store_reader_open(settings, &store, error);
    return code == LT_DONE ? reader_take_over(&store, reader, error) : code;
}

enum lt_code reader_take_over(struct store_reader **store, struct reader **reader,
                              struct lt_error *error)
{
    struct reader *made = calloc(1, sizeof *made);
    // What is on its way is bounded by who asks; a bound here would let both sides wait for each
    // other.
    zsys_set_pipehwm(0);
    if (made != NULL) {
        made->actor = zactor_new(work, *store);
    }
    if (made == NULL || made->actor == NULL) {
        free(made);
        store_reader_close(store);
        return lt_fail(error, LT_NO_MEMORY, "the read thread could not be started");
    }
    *store = NULL;
    *reader = made;
    return LT_DONE;
}

void reader_destroy(struct reader **reader)
{
    if (*reader == NULL) {
        return;
    }
    void *socket = reader_socket(*reader);
    void *thing = NULL;
    // Nothing instead of a reading: the thread gives back what it has, and ends.
    if ((*reader)->count > 0 && zmq_send(socket, &thing, sizeof thing, 0) == (int)sizeof thing) {
        while ((*reader)->count > 0) {
            if (handover_receive(socket, 0, &thing)) {
                struct reading *reading = thing;
                reading_destroy(&reading);
                (*reader)->count--;
            } else if (zmq_errno() != EINTR) {
                break;
            }
        }
    }
    zactor_destroy(&(*reader)->actor);
    free(*reader);
    *reader = NULL;
}

void *reader_socket(struct reader *reader)
{
    return zsock_resolve(reader->actor);
}

void reader_ask(struct reader *reader, struct reading **reading)
{
    void *thing = *reading;
    if (handover_send(reader_socket(reader), &thing)) {
        reader->count++;
        *reading = NULL;
    } else {
        reading_destroy(reading);
    }
}

struct reading *reader_take(struct reader *reader)
{
    void *thing = NULL;
    if (reader->count == 0 || !handover_receive(reader_socket(reader), ZMQ_DONTWAIT, &thing)) {
        return NULL;
    }
    reader->count--;
    return thing;
}

size_t reader_count(const struct reader *reader)
{
    return reader->count;
}
