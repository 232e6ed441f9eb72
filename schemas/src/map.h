// A map from hashes to counted objects whose copies share all that is equal: copying is one pointer, a
// change rewrites the path to it. So a book can be tried on a copy, and a change that fails leaves no trace.
// One thread: the counts are plain.
#ifndef SCHEMAS_MAP_H
#define SCHEMAS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shared { // the first member of what is counted
    size_t refs;
    void (*destroy)(struct shared *object);
};

void shared_link(struct shared *object);
void shared_unlink(struct shared *object); // NULL is fine

struct map {
    struct branch *top; // NULL: empty
};

typedef bool map_same(const struct shared *object, const void *key);
typedef bool map_visit(void *self, struct shared *object);

struct map map_copy(const struct map *map);
void map_clear(struct map *map);

// Several objects may have one hash. The first that is the same as key, or NULL.
struct shared *map_find(const struct map *map, uint64_t hash, map_same *same, const void *key);
// Adds a count. false: no memory, nothing changed.
bool map_put(struct map *map, uint64_t hash, struct shared *object);
// Removes it if it is there. false: no memory, nothing changed.
bool map_remove(struct map *map, uint64_t hash, const struct shared *object);
// The place where it stands, in memory that no other map shares; write through it only what map_find would
// find there again. NULL: no memory, or not there.
struct shared **map_own(struct map *map, uint64_t hash, map_same *same, const void *key);
// In no order, until visit says false; returns false then.
bool map_each(const struct map *map, map_visit *visit, void *self);

#endif
