// A race inside a czmq actor, whose stack has czmq in it: a suppression of czmq would hide this one.
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
    struct shared shared = {0};
    zactor_t *racer = zactor_new(actor, &shared);
    for (int i = 0; i < 100000; i++)
        shared.count++;
    zactor_destroy(&racer);
    printf("%d\n", shared.count);
    return 0;
}
