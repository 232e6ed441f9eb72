// A table from bytes to a pointer. Keys are copied; hashing is keyed, so that strangers who choose
// keys cannot make it slow.
#ifndef LT_TABLE_H
#define LT_TABLE_H

#include <lienthon/bytes.h>

struct table_node {
    struct table_node *next;
    void *value;
    uint64_t hash;
    size_t size;
    uint8_t key[];
};
struct table { // begins zeroed
    struct table_node **slots;
    size_t room, count;
    uint8_t secret[16];
};

void *table_find(const struct table *table, struct lt_slice key);       // NULL: not there
void *table_put(struct table *table, struct lt_slice key, void *value); // the old value, or NULL
void *table_take(struct table *table, struct lt_slice key);             // removed; NULL: not there
// Frees the table; destroy (may be NULL) gets each value.
void table_clear(struct table *table, void (*destroy)(void *value));

// for (struct table_walk w = {0}; table_next(&table, &w);) uses w.node; taking w.node's own key is
// allowed, any other change is not.
struct table_walk {
    struct table_node *node, *after;
    size_t slot;
};
bool table_next(const struct table *table, struct table_walk *walk);

#endif
