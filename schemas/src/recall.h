// A bounded memory: records of one size under 16-byte keys, each kept until a time. When it is full the one
// that would go first goes.
#ifndef SCHEMAS_RECALL_H
#define SCHEMAS_RECALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECALL_KEY_SIZE = 16 };

struct recall_head { // the first member of a record
    uint8_t key[RECALL_KEY_SIZE];
    uint64_t until; // ms
};

struct recall {
    size_t record_size, max, count, room, slot_count;
    uint8_t *records;
    uint32_t *heap, *heap_at; // records by `until`, and where each stands in that heap
    uint32_t *slots;          // record + 1 by key; 0 is free
};

struct recall recall_of(size_t record_size, size_t max);
void recall_clear(struct recall *recall);

// Records of one key, one after the other: begin with after NULL. Alive until the next add.
void *recall_find(const struct recall *recall, const uint8_t key[RECALL_KEY_SIZE],
                  const void *after);
// A record, all zero but for its head; NULL: no memory. *forgotten rises to the time until which the one that
// had to go was to be kept.
void *recall_add(struct recall *recall, const uint8_t key[RECALL_KEY_SIZE], uint64_t until,
                 uint64_t *forgotten);
// Keeps a record longer.
void recall_prolong(struct recall *recall, void *record, uint64_t until);
void *recall_at(const struct recall *recall, size_t index); // index < count

#endif
