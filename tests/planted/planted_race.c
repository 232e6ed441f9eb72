// A race inside a czmq actor, whose stack has czmq in it: a suppression of czmq would hide this one.
// On the heap, as what our threads hand over is: clang 14 does not watch what lies on main's stack.
#include <czmq.h>

struct shared {
    int count;
};

static void actor(zsock_t *pipe, void *arg)
{
    struct shared *shared = arg;
    zsock_signal(pipe, 0);
    for (int i = 0; i < 100000; i++)
        shared->count++;
    char *command = zstr_recv(pipe);
    zstr_free(&command);
}

int main(void)
{
    struct shared *shared = calloc(1, sizeof *shared);
    if (!shared)
        return 0; // as a run that finds nothing
    zactor_t *racer = zactor_new(actor, shared);
    for (int i = 0; i < 100000; i++)
        shared->count++;
    zactor_destroy(&racer);
    printf("%d\n", shared->count);
    free(shared);
    return 0;
}
