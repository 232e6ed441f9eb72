// The corridor: what happens to a message, a room a step, forward only. This is the only file pair
// that names two rooms. Messages walk in groups: a group is what is already waiting.
#ifndef LT_CORRIDOR_H
#define LT_CORRIDOR_H

#include <lienthon/book.h>

#include "bounds.h"
#include "passage.h"
#include "state/records.h"
#include "writer.h"

struct broker;

enum { CHECKERS_FROM = 16 }; // more signatures than this go to the check workers

enum stage { STAGE_CHECK, STAGE_RECALL, STAGE_RELATED, STAGE_WALK };

struct corridor_group {
    struct writing base;
    struct passage **passages;
    size_t count, room, bytes, checks_left;
    bool has_grants; // a run of grants, judged one after the other against `book`
    bool has_urgent, has_relations, has_twins, is_asked;
    lt_book *book;
    enum stage stage;
    int64_t began; // its walk, µs
    struct records records;
    struct store_put *puts;
    size_t put_count;
    struct lt_tree tree; // of the log, when it has come back
    struct corridor_group *next;
};

struct corridor {
    struct corridor_group *waiting, *walking;
    size_t waiting_count, waiting_bytes, in_store;
    size_t most; // bytes that may wait, as configured
    bool grants_in_store;
    size_t answers; // that are not given yet
};

void corridor_clear(struct corridor *corridor);
// The door: a message that has been decoded, or refused, and has its answer. Takes the passage.
void corridor_enter(struct broker *broker, struct passage **passage);
bool corridor_is_full(const struct corridor *corridor);
bool corridor_is_idle(const struct corridor *corridor);
// As far as it goes without waiting.
void corridor_turn(struct broker *broker);
// The check workers are done with the group that walks.
void corridor_checked(struct broker *broker);

#endif
