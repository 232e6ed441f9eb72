// Which announcement is next: the higher priority first, then the order in which they came. One
// that was interrupted keeps its place. Pure: it owns no announcement.
#ifndef LT_SPEAKER_QUEUE_H
#define LT_SPEAKER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue_place {
    struct queue_place *next;
    uint64_t order; // given by the first queue_add
    uint8_t priority;
};

struct queue {
    struct queue_place *first;
    size_t count;
    uint64_t orders;
};

void queue_add(struct queue *queue, struct queue_place *place, uint8_t priority);
void queue_again(struct queue *queue, struct queue_place *place); // with its old order
struct queue_place *queue_take(struct queue *queue);              // NULL: empty
bool queue_drop(struct queue *queue, struct queue_place *place);  // false: it is not in it

#endif
