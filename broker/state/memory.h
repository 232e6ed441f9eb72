// The core's memory of what was stored lately, by (sender, id) and by origin: duplicates are found
// here. It forgets the oldest first and knows from which id time on it is complete; what is older is
// asked of the store, on the read thread.
#ifndef LT_MEMORY_H
#define LT_MEMORY_H

#include <lienthon/message.h>

struct memory;
struct memory *memory_new(size_t ids, size_t origins); // how many of each are kept
void memory_destroy(struct memory **memory);

enum memory_answer { MEMORY_UNKNOWN, MEMORY_SAME, MEMORY_OTHER };
// Was this part stored: the same, another under its sender and id, or none that is remembered.
enum memory_answer memory_find(const struct memory *memory, const struct lt_part *part,
                               const uint8_t hash[LT_HASH_SIZE], uint64_t *seq);
// Has the part's origin been stored before, as wire.md's "Origin" has it.
bool memory_find_origin(const struct memory *memory, const struct lt_part *part, uint64_t *seq);
// Would memory know it, had it been stored: by id, and by origin if it has one.
bool memory_is_complete(const struct memory *memory, const struct lt_part *part);

void memory_add(struct memory *memory, const struct lt_part *part, const uint8_t hash[LT_HASH_SIZE],
                uint64_t seq);
// At the start: what was stored before and is not in memory has ids below this time (ms).
void memory_begins(struct memory *memory, uint64_t id_time, bool all_origins);

// In flight: taken into a group that has not come back.
bool memory_is_pending(const struct memory *memory, const struct lt_part *part);
bool memory_is_pending_origin(const struct memory *memory, const struct lt_part *part);
void memory_pend(struct memory *memory, const struct lt_part *part);
void memory_unpend(struct memory *memory, const struct lt_part *part);

#endif
