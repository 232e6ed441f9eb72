// Check workers: each takes a share of a group's signatures and hands the share back.
#include "checkers.h"

#include <czmq.h>
#include <stdlib.h>
#include <unistd.h>

#include "handover.h"
#include "state/must.h"

enum { WORKERS_MOST = 8, SEALS_REMEMBERED = 256 };

struct share {
    struct corridor_group *group;
    size_t from, to;
};

struct checkers {
    zactor_t *actors[WORKERS_MOST];
    bool busy[WORKERS_MOST];
    size_t count, out;
};

static void check(const struct share *share, lt_seal_cache *seals)
{
    for (size_t i = share->from; i < share->to; i++) {
        struct passage *passage = share->group->passages[i];
        if (passage_is_refused(passage) || passage->is_checked)
            continue;
        passage->checked = lt_seal_verify(&passage->sealed, passage->key, seals, NULL);
        passage->is_checked = true;
    }
}

static void work(zsock_t *pipe, void *argument)
{
    void *socket = zsock_resolve(pipe), *thing = NULL;
    lt_seal_cache *seals = lt_seal_cache_new(SEALS_REMEMBERED); // without one it only takes longer
    (void)argument;
    zsock_signal(pipe, 0);
    for (;;) {
        if (!handover_receive(socket, 0, &thing)) {
            if (zmq_errno() == EINTR)
                continue;
            break;
        }
        if (!thing)
            break;
        check(thing, seals);
        void *back = thing;
        if (!handover_send(socket, &back))
            free(thing);
    }
    lt_seal_cache_destroy(&seals);
}

struct checkers *checkers_new(size_t count)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (!count)
        count = cores > 1 ? (size_t)cores - 1 : 0;
    if (count > WORKERS_MOST)
        count = WORKERS_MOST;
    if (!count)
        return NULL;
    struct checkers *checkers = must_calloc(1, sizeof *checkers);
    for (; checkers->count < count; checkers->count++) {
        checkers->actors[checkers->count] = zactor_new(work, NULL);
        if (!checkers->actors[checkers->count])
            break;
    }
    return checkers;
}

void checkers_destroy(struct checkers **checkers)
{
    if (!*checkers)
        return;
    for (size_t i = 0; i < (*checkers)->count; i++) {
        void *thing = NULL, *socket = zsock_resolve((*checkers)->actors[i]);
        // A share that is out is waited for: it looks into the group.
        while ((*checkers)->busy[i] && handover_receive(socket, 0, &thing)) {
            free(thing);
            (*checkers)->busy[i] = false;
        }
        zactor_destroy(&(*checkers)->actors[i]);
    }
    free(*checkers);
    *checkers = NULL;
}

// The core takes no share itself: it goes on serving its peers.
bool checkers_ask(struct checkers *checkers, struct corridor_group *group)
{
    if (!checkers || checkers->out || !checkers->count)
        return false;
    size_t each = (group->count + checkers->count - 1) / checkers->count;
    for (size_t i = 0; i < checkers->count && i * each < group->count; i++) {
        struct share *share = must_calloc(1, sizeof *share);
        void *thing = share;
        share->group = group;
        share->from = i * each;
        share->to = share->from + each < group->count ? share->from + each : group->count;
        checkers->busy[i] = handover_send(zsock_resolve(checkers->actors[i]), &thing);
        checkers->out += checkers->busy[i];
        if (!checkers->busy[i])
            free(share);
    }
    return checkers->out > 0;
}

size_t checkers_sockets(struct checkers *checkers, void **sockets, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; checkers && i < checkers->count && count < room; i++)
        sockets[count++] = zsock_resolve(checkers->actors[i]);
    return count;
}

bool checkers_take(struct checkers *checkers)
{
    void *thing = NULL;
    size_t before = checkers ? checkers->out : 0;
    for (size_t i = 0; before && i < checkers->count; i++) {
        while (handover_receive(zsock_resolve(checkers->actors[i]), ZMQ_DONTWAIT, &thing)) {
            free(thing);
            checkers->busy[i] = false;
            checkers->out--;
        }
    }
    return before && !checkers->out;
}
