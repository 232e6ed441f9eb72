// A sorted list: a loudspeaker has a handful waiting, never thousands (the hub's credit bounds it).
#include "queue.h"

static bool comes_before(const struct queue_place *a, const struct queue_place *b)
{
    return a->priority != b->priority ? a->priority > b->priority : a->order < b->order;
}

void queue_again(struct queue *queue, struct queue_place *place)
{
    struct queue_place **at = &queue->first;
    while (*at && comes_before(*at, place))
        at = &(*at)->next;
    place->next = *at;
    *at = place;
    queue->count++;
}

void queue_add(struct queue *queue, struct queue_place *place, uint8_t priority)
{
    place->priority = priority;
    place->order = queue->orders++;
    queue_again(queue, place);
}

struct queue_place *queue_take(struct queue *queue)
{
    struct queue_place *place = queue->first;
    if (!place)
        return NULL;
    queue->first = place->next;
    place->next = NULL;
    queue->count--;
    return place;
}

bool queue_drop(struct queue *queue, struct queue_place *place)
{
    for (struct queue_place **at = &queue->first; *at; at = &(*at)->next) {
        if (*at != place)
            continue;
        *at = place->next;
        place->next = NULL;
        queue->count--;
        return true;
    }
    return false;
}
