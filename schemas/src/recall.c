// Records lie dense in one array; a heap finds the one to forget, open addressing the one of a key.
#include "recall.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 16, MOST = 1 << 30 };

struct recall recall_of(size_t record_size, size_t max)
{
    const size_t some = max == 0 ? 1 : max;
    return (struct recall){.record_size = record_size, .max = some > MOST ? MOST : some};
}

void recall_clear(struct recall *recall)
{
    free(recall->records);
    free(recall->heap);
    free(recall->heap_at);
    free(recall->slots);
    *recall = recall_of(recall->record_size, recall->max);
}

void *recall_at(const struct recall *recall, size_t index)
{
    return recall->records + index * recall->record_size;
}

static struct recall_head *head(const struct recall *recall, size_t index)
{
    return recall_at(recall, index);
}

static size_t home(const struct recall *recall, const uint8_t key[RECALL_KEY_SIZE])
{
    uint64_t number = 0;
    memcpy(&number, key, sizeof number); // keys are keyed hashes: as good as dice
    return (size_t)(number & (recall->slot_count - 1));
}

static void put_slot(struct recall *recall, size_t index)
{
    size_t slot = home(recall, head(recall, index)->key);
    while (recall->slots[slot] != 0) {
        slot = (slot + 1) & (recall->slot_count - 1);
    }
    recall->slots[slot] = (uint32_t)index + 1;
}

static size_t slot_of(const struct recall *recall, size_t index)
{
    size_t slot = home(recall, head(recall, index)->key);
    while (recall->slots[slot] != index + 1) {
        slot = (slot + 1) & (recall->slot_count - 1);
    }
    return slot;
}

// Frees a slot, and moves back what probing could no longer reach.
static void free_slot(struct recall *recall, size_t slot)
{
    const size_t mask = recall->slot_count - 1;
    size_t hole = slot;
    for (size_t at = (slot + 1) & mask; recall->slots[at] != 0; at = (at + 1) & mask) {
        const size_t wanted = home(recall, head(recall, recall->slots[at] - 1)->key);
        if (((at - wanted) & mask) >= ((at - hole) & mask)) {
            recall->slots[hole] = recall->slots[at];
            hole = at;
        }
    }
    recall->slots[hole] = 0;
}

static void heap_set(struct recall *recall, size_t at, uint32_t index)
{
    recall->heap[at] = index;
    recall->heap_at[index] = (uint32_t)at;
}

static uint64_t until_at(const struct recall *recall, size_t at)
{
    return head(recall, recall->heap[at])->until;
}

static void sift_up(struct recall *recall, size_t at)
{
    const uint32_t index = recall->heap[at];
    const uint64_t until = head(recall, index)->until;
    while (at > 0 && until_at(recall, (at - 1) / 2) > until) {
        heap_set(recall, at, recall->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_set(recall, at, index);
}

static void sift_down(struct recall *recall, size_t at)
{
    const uint32_t index = recall->heap[at];
    const uint64_t until = head(recall, index)->until;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= recall->count) {
            break;
        }
        if (child + 1 < recall->count && until_at(recall, child + 1) < until_at(recall, child)) {
            child++;
        }
        if (until_at(recall, child) >= until) {
            break;
        }
        heap_set(recall, at, recall->heap[child]);
        at = child;
    }
    heap_set(recall, at, index);
}

// Takes the first of the heap out; the last record moves into its place.
static void forget_first(struct recall *recall, uint64_t *forgotten)
{
    const size_t index = recall->heap[0];
    const size_t last = recall->count - 1;
    if (head(recall, index)->until > *forgotten) {
        *forgotten = head(recall, index)->until;
    }
    free_slot(recall, slot_of(recall, index));
    heap_set(recall, 0, recall->heap[last]);
    recall->count--;
    if (recall->count > 0) {
        sift_down(recall, 0);
    }
    if (index != last) {
        recall->slots[slot_of(recall, last)] = (uint32_t)index + 1;
        heap_set(recall, recall->heap_at[last], (uint32_t)index);
        memcpy(recall_at(recall, index), recall_at(recall, last), recall->record_size);
    }
}

static bool grow(struct recall *recall)
{
    const size_t doubled = recall->room == 0 ? FIRST_ROOM : recall->room * 2;
    const size_t room = doubled > recall->max ? recall->max : doubled;
    size_t slot_count = FIRST_ROOM;
    while (slot_count < room * 2) {
        slot_count *= 2;
    }
    uint8_t *records = realloc(recall->records, room * recall->record_size);
    if (records != NULL) {
        recall->records = records;
    }
    uint32_t *heap = realloc(recall->heap, room * sizeof *heap);
    if (heap != NULL) {
        recall->heap = heap;
    }
    uint32_t *heap_at = realloc(recall->heap_at, room * sizeof *heap_at);
    if (heap_at != NULL) {
        recall->heap_at = heap_at;
    }
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (records == NULL || heap == NULL || heap_at == NULL || slots == NULL) {
        free(slots);
        return false;
    }
    free(recall->slots);
    recall->slots = slots;
    recall->slot_count = slot_count;
    recall->room = room;
    for (size_t i = 0; i < recall->count; i++) {
        put_slot(recall, i);
    }
    return true;
}

void *recall_find(const struct recall *recall, const uint8_t key[RECALL_KEY_SIZE],
                  const void *after)
{
    if (recall->count == 0) {
        return NULL;
    }
    bool reached = after == NULL;
    size_t slot = home(recall, key);
    while (recall->slots[slot] != 0) {
        void *record = recall_at(recall, recall->slots[slot] - 1);
        if (reached && memcmp(record, key, RECALL_KEY_SIZE) == 0) {
            return record;
        }
        reached = reached || record == after;
        slot = (slot + 1) & (recall->slot_count - 1);
    }
    return NULL;
}

void *recall_add(struct recall *recall, const uint8_t key[RECALL_KEY_SIZE], uint64_t until,
                 uint64_t *forgotten)
{
    if (recall->count == recall->max) {
        forget_first(recall, forgotten);
    } else if (recall->count == recall->room && !grow(recall)) {
        return NULL;
    }
    const size_t index = recall->count++;
    struct recall_head *record = memset(recall_at(recall, index), 0, recall->record_size);
    memcpy(record->key, key, RECALL_KEY_SIZE);
    record->until = until;
    put_slot(recall, index);
    recall->heap[index] = (uint32_t)index;
    sift_up(recall, index);
    return record;
}

void recall_prolong(struct recall *recall, void *record, uint64_t until)
{
    struct recall_head *prolonged = record;
    const size_t index = (size_t)((uint8_t *)record - recall->records) / recall->record_size;
    if (until > prolonged->until) {
        prolonged->until = until;
        sift_down(recall, recall->heap_at[index]);
    }
}
