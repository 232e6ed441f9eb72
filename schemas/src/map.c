// The shared map: two levels of 64 branches over small buckets.
#include "map.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 64, BITS = 6 };

struct branch {
    size_t refs;
    void *child[WIDTH]; // branches under the top, buckets under those
};

struct entry {
    uint64_t hash;
    struct shared *object;
};

struct bucket {
    size_t refs;
    size_t count;
    struct entry entries[];
};

void shared_link(struct shared *object)
{
    object->refs++;
}

void shared_unlink(struct shared *object)
{
    if (object != NULL && --object->refs == 0) {
        object->destroy(object);
    }
}

static void bucket_unlink(struct bucket *bucket)
{
    if (bucket == NULL || --bucket->refs > 0) {
        return;
    }
    for (size_t i = 0; i < bucket->count; i++) {
        shared_unlink(bucket->entries[i].object);
    }
    free(bucket);
}

static void branch_unlink(struct branch *branch, bool is_top)
{
    if (branch == NULL || --branch->refs > 0) {
        return;
    }
    for (size_t i = 0; i < WIDTH; i++) {
        if (is_top) {
            branch_unlink(branch->child[i], false);
        } else {
            bucket_unlink(branch->child[i]);
        }
    }
    free(branch);
}

static void link_child(void *child, bool is_branch)
{
    if (child != NULL && is_branch) {
        ((struct branch *)child)->refs++;
    } else if (child != NULL) {
        ((struct bucket *)child)->refs++;
    }
}

struct map map_copy(const struct map *map)
{
    link_child(map->top, true);
    return *map;
}

void map_clear(struct map *map)
{
    branch_unlink(map->top, true);
    map->top = NULL;
}

// Makes *place a branch of one's own: a new one, or a copy of what others share.
static struct branch *own_branch(struct branch *branch, bool is_top)
{
    if (branch != NULL && branch->refs == 1) {
        return branch;
    }
    struct branch *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL) {
        return NULL;
    }
    fresh->refs = 1;
    if (branch != NULL) {
        memcpy(fresh->child, branch->child, sizeof fresh->child);
        for (size_t i = 0; i < WIDTH; i++) {
            link_child(fresh->child[i], is_top);
        }
        branch_unlink(branch, is_top);
    }
    return fresh;
}

// The place of the bucket for this hash, on a path of one's own; NULL: no memory.
static void **own_path(struct map *map, uint64_t hash)
{
    struct branch *top = own_branch(map->top, true);
    if (top == NULL) {
        return NULL;
    }
    map->top = top;
    void **place = &top->child[hash % WIDTH];
    struct branch *branch = own_branch(*place, false);
    if (branch == NULL) {
        return NULL;
    }
    *place = branch;
    return &branch->child[(hash >> BITS) % WIDTH];
}

static const struct bucket *find_bucket(const struct map *map, uint64_t hash)
{
    const struct branch *branch = map->top == NULL ? NULL : map->top->child[hash % WIDTH];
    return branch == NULL ? NULL : branch->child[(hash >> BITS) % WIDTH];
}

struct shared *map_find(const struct map *map, uint64_t hash, map_same *same, const void *key)
{
    const struct bucket *bucket = find_bucket(map, hash);
    for (size_t i = 0; bucket != NULL && i < bucket->count; i++) {
        if (bucket->entries[i].hash == hash && same(bucket->entries[i].object, key)) {
            return bucket->entries[i].object;
        }
    }
    return NULL;
}

// A bucket with the old one's entries but the one at `without`, and room for `more`.
static struct bucket *copy_bucket(const struct bucket *old, size_t without, size_t more)
{
    const size_t count = old == NULL ? 0 : old->count;
    struct bucket *fresh = malloc(sizeof *fresh + (count + more) * sizeof fresh->entries[0]);
    if (fresh == NULL) {
        return NULL;
    }
    fresh->refs = 1;
    fresh->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (i != without) {
            fresh->entries[fresh->count++] = old->entries[i];
            shared_link(old->entries[i].object);
        }
    }
    return fresh;
}

bool map_put(struct map *map, uint64_t hash, struct shared *object)
{
    void **place = own_path(map, hash);
    if (place == NULL) {
        return false;
    }
    struct bucket *old = *place;
    struct bucket *fresh = copy_bucket(old, SIZE_MAX, 1);
    if (fresh == NULL) {
        return false;
    }
    fresh->entries[fresh->count++] = (struct entry){hash, object};
    shared_link(object);
    bucket_unlink(old);
    *place = fresh;
    return true;
}

bool map_remove(struct map *map, uint64_t hash, const struct shared *object)
{
    const struct bucket *found = find_bucket(map, hash);
    size_t at = 0;
    while (found != NULL && at < found->count && found->entries[at].object != object) {
        at++;
    }
    if (found == NULL || at == found->count) {
        return true;
    }
    void **place = own_path(map, hash);
    if (place == NULL) {
        return false;
    }
    struct bucket *old = *place;
    struct bucket *fresh = copy_bucket(old, at, 0);
    if (fresh == NULL) {
        return false;
    }
    bucket_unlink(old);
    *place = fresh;
    return true;
}

struct shared **map_own(struct map *map, uint64_t hash, map_same *same, const void *key)
{
    if (map_find(map, hash, same, key) == NULL) {
        return NULL;
    }
    void **place = own_path(map, hash);
    if (place == NULL) {
        return NULL;
    }
    struct bucket *bucket = *place;
    if (bucket->refs > 1) {
        struct bucket *fresh = copy_bucket(bucket, SIZE_MAX, 0);
        if (fresh == NULL) {
            return NULL;
        }
        bucket_unlink(bucket);
        *place = fresh;
        bucket = fresh;
    }
    for (size_t i = 0; i < bucket->count; i++) {
        if (bucket->entries[i].hash == hash && same(bucket->entries[i].object, key)) {
            return &bucket->entries[i].object;
        }
    }
    return NULL;
}

static bool visit_bucket(const struct bucket *bucket, map_visit *visit, void *self)
{
    for (size_t i = 0; bucket != NULL && i < bucket->count; i++) {
        if (!visit(self, bucket->entries[i].object)) {
            return false;
        }
    }
    return true;
}

bool map_each(const struct map *map, map_visit *visit, void *self)
{
    for (size_t i = 0; map->top != NULL && i < WIDTH; i++) {
        const struct branch *branch = map->top->child[i];
        for (size_t j = 0; branch != NULL && j < WIDTH; j++) {
            if (!visit_bucket(branch->child[j], visit, self)) {
                return false;
            }
        }
    }
    return true;
}
