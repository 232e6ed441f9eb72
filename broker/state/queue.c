// A sorted array of entries and, a priority, a heap of those that wait. A heap may hold entries that
// no longer wait; they are passed over when they come up.
#include "queue.h"

#include <stdlib.h>
#include <string.h>

#include "must.h"

static void count(const struct queue *queue, size_t more, size_t fewer)
{
    if (queue->total)
        *queue->total += more - fewer;
}

void queue_clear(struct queue *queue)
{
    count(queue, 0, queue->count);
    for (size_t i = 0; i < queue->count; i++)
        free(queue->all[i]);
    free(queue->all);
    for (int i = 0; i < QUEUE_CLASSES; i++)
        free(queue->turns[i].heap);
    memset(queue, 0, sizeof *queue);
}

size_t queue_unsettled(const struct queue *queue)
{
    return queue->count - queue->settled;
}

// The first place whose seq is not below.
static size_t place_of(const struct queue *queue, uint64_t seq)
{
    size_t low = 0, high = queue->count;
    if (high && queue->all[high - 1]->seq < seq)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (queue->all[middle]->seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct entry *queue_find(const struct queue *queue, uint64_t seq)
{
    size_t place = place_of(queue, seq);
    if (place == queue->count || queue->all[place]->seq != seq)
        return NULL;
    return queue->all[place];
}

static bool before(const struct entry *a, const struct entry *b)
{
    return a->order != b->order ? a->order < b->order : a->seq < b->seq;
}

static void push(struct queue_turn *turn, struct entry *entry)
{
    turn->heap = must_hold(turn->heap, &turn->room, turn->count + 1, sizeof *turn->heap);
    size_t at = turn->count++;
    while (at > 0 && before(entry, turn->heap[(at - 1) / 2])) {
        turn->heap[at] = turn->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    turn->heap[at] = entry;
}

static void pop(struct queue_turn *turn)
{
    struct entry *last = turn->heap[--turn->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= turn->count)
            break;
        if (child + 1 < turn->count && before(turn->heap[child + 1], turn->heap[child]))
            child++;
        if (!before(turn->heap[child], last))
            break;
        turn->heap[at] = turn->heap[child];
        at = child;
    }
    if (turn->count)
        turn->heap[at] = last;
}

struct entry *queue_add(struct queue *queue, uint64_t seq, uint64_t order, uint8_t priority)
{
    size_t place = place_of(queue, seq);
    if (place < queue->count && queue->all[place]->seq == seq)
        return NULL;
    struct entry *entry = must_calloc(1, sizeof *entry);
    entry->seq = seq;
    entry->order = order;
    entry->priority = priority;
    entry->attempt = 1;
    queue->all = must_hold(queue->all, &queue->room, queue->count + 1, sizeof(struct entry *));
    memmove(queue->all + place + 1, queue->all + place,
            (queue->count - place) * sizeof(struct entry *));
    queue->all[place] = entry;
    queue->count++;
    count(queue, 1, 0);
    queue->unsettled[priority]++;
    push(&queue->turns[priority], entry);
    return entry;
}

struct entry *queue_peek(struct queue *queue, uint8_t min_priority)
{
    for (int class = QUEUE_CLASSES - 1; class >= (int)min_priority; class --) {
        struct queue_turn *turn = &queue->turns[class];
        while (turn->count && turn->heap[0]->state != ENTRY_WAITING)
            pop(turn);
        if (turn->count)
            return turn->heap[0];
    }
    return NULL;
}

static void leave(struct queue *queue, struct entry *entry)
{
    struct queue_turn *turn = &queue->turns[entry->priority];
    if (entry->state == ENTRY_SENT)
        queue->sent--;
    if (entry->state == ENTRY_WAITING && turn->count && turn->heap[0] == entry)
        pop(turn);
}

void queue_sent(struct queue *queue, struct entry *entry, uint64_t until)
{
    leave(queue, entry);
    entry->state = ENTRY_SENT;
    entry->when = until;
    queue->sent++;
}

// An entry that leaves from the middle of the heap stays in it, to be passed over; when it waits
// again before that, it must not be there twice.
static bool is_in_heap(const struct queue_turn *turn, const struct entry *entry)
{
    for (size_t i = 0; i < turn->count; i++) {
        if (turn->heap[i] == entry)
            return true;
    }
    return false;
}

void queue_rest(struct queue *queue, struct entry *entry, uint64_t until)
{
    leave(queue, entry);
    entry->state = ENTRY_RESTING;
    entry->when = until;
    entry->changed = true;
}

void queue_wait(struct queue *queue, struct entry *entry)
{
    bool was_waiting = entry->state == ENTRY_WAITING;
    leave(queue, entry);
    entry->state = ENTRY_WAITING;
    entry->when = 0;
    if (was_waiting || !is_in_heap(&queue->turns[entry->priority], entry))
        push(&queue->turns[entry->priority], entry);
}

void queue_settle(struct queue *queue, struct entry *entry)
{
    if (entry->state == ENTRY_SETTLED)
        return;
    leave(queue, entry);
    entry->state = ENTRY_SETTLED;
    queue->settled++;
    queue->unsettled[entry->priority]--;
}

void queue_reopen(struct queue *queue, struct entry *entry, uint8_t priority)
{
    struct queue_turn *turn = &queue->turns[entry->priority];
    if (entry->state != ENTRY_SETTLED)
        return;
    size_t count = turn->count;
    turn->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (turn->heap[i] != entry)
            push(turn, turn->heap[i]);
    }
    entry->priority = priority;
    entry->state = ENTRY_WAITING;
    entry->when = 0;
    queue->settled--;
    queue->unsettled[priority]++;
    push(&queue->turns[priority], entry);
}

void queue_return(struct queue *queue)
{
    for (size_t i = 0; i < queue->count && queue->sent; i++) {
        if (queue->all[i]->state == ENTRY_SENT)
            queue_wait(queue, queue->all[i]);
    }
}

uint64_t queue_wake(struct queue *queue, uint64_t tick)
{
    uint64_t next = 0;
    for (size_t i = 0; i < queue->count; i++) {
        struct entry *entry = queue->all[i];
        if (entry->state != ENTRY_SENT && entry->state != ENTRY_RESTING)
            continue;
        if (entry->when <= tick)
            queue_wait(queue, entry);
        else if (!next || entry->when < next)
            next = entry->when;
    }
    return next;
}

uint64_t queue_cut(const struct queue *queue, uint64_t from, uint64_t limit)
{
    size_t above = 0, below = 0, i = 0;
    for (; i < queue->count && queue->all[i]->seq <= from; i++)
        below += queue->all[i]->state != ENTRY_SETTLED;
    for (size_t j = i; j < queue->count; j++)
        above += queue->all[j]->state == ENTRY_SETTLED;
    size_t fewest = SIZE_MAX;
    uint64_t best = from;
    for (;;) {
        uint64_t reach =
            i < queue->count && queue->all[i]->seq <= limit ? queue->all[i]->seq - 1 : limit;
        if (reach >= from && below + above <= fewest) {
            fewest = below + above;
            best = reach;
        }
        if (i == queue->count || queue->all[i]->seq > limit)
            return best;
        if (queue->all[i]->state == ENTRY_SETTLED)
            above--;
        else
            below++;
        i++;
    }
}

void queue_compact(struct queue *queue, uint64_t position)
{
    size_t kept = 0;
    if (!queue->settled)
        return;
    for (int class = 0; class < QUEUE_CLASSES; class ++) {
        struct queue_turn *turn = &queue->turns[class];
        size_t count = turn->count;
        turn->count = 0;
        for (size_t i = 0; i < count; i++) {
            if (turn->heap[i]->state == ENTRY_WAITING)
                push(turn, turn->heap[i]);
        }
    }
    for (size_t i = 0; i < queue->count; i++) {
        struct entry *entry = queue->all[i];
        if (entry->state == ENTRY_SETTLED && entry->seq <= position &&
            entry->kept == KEPT_NOTHING) {
            queue->settled--;
            count(queue, 0, 1);
            free(entry);
        } else {
            queue->all[kept++] = entry;
        }
    }
    queue->count = kept;
}
