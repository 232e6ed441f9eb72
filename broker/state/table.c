// A chained hash table with a keyed hash.
#include "table.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "must.h"

enum { ROOM_FIRST = 8 };

static uint64_t hash_of(const struct table *table, struct lt_slice key)
{
    uint8_t bytes[crypto_shorthash_BYTES];
    uint64_t hash = 0;
    crypto_shorthash(bytes, key.data, key.size, table->secret);
    memcpy(&hash, bytes, sizeof hash);
    return hash;
}

static struct table_node **place(const struct table *table, struct lt_slice key, uint64_t hash)
{
    struct table_node **at = &table->slots[hash & (table->room - 1)];
    while (*at && ((*at)->hash != hash || (*at)->size != key.size ||
                   memcmp((*at)->key, key.data, key.size) != 0))
        at = &(*at)->next;
    return at;
}

void *table_find(const struct table *table, struct lt_slice key)
{
    if (!table->count)
        return NULL;
    struct table_node *node = *place(table, key, hash_of(table, key));
    return node ? node->value : NULL;
}

static void grow(struct table *table)
{
    size_t room = table->room ? table->room * 2 : ROOM_FIRST;
    if (!table->room)
        randombytes_buf(table->secret, sizeof table->secret);
    struct table_node **slots = must_calloc(room, sizeof *slots);
    for (size_t i = 0; i < table->room; i++) {
        for (struct table_node *node = table->slots[i], *next = NULL; node; node = next) {
            next = node->next;
            node->next = slots[node->hash & (room - 1)];
            slots[node->hash & (room - 1)] = node;
        }
    }
    free(table->slots);
    table->slots = slots;
    table->room = room;
}

void *table_put(struct table *table, struct lt_slice key, void *value)
{
    if (table->count >= table->room)
        grow(table);
    uint64_t hash = hash_of(table, key);
    struct table_node **at = place(table, key, hash);
    if (*at) {
        void *old = (*at)->value;
        (*at)->value = value;
        return old;
    }
    struct table_node *node = must_calloc(1, sizeof *node + key.size);
    node->hash = hash;
    node->size = key.size;
    node->value = value;
    memcpy(node->key, key.data, key.size);
    *at = node;
    table->count++;
    return NULL;
}

void *table_take(struct table *table, struct lt_slice key)
{
    if (!table->count)
        return NULL;
    struct table_node **at = place(table, key, hash_of(table, key));
    struct table_node *node = *at;
    if (!node)
        return NULL;
    void *value = node->value;
    *at = node->next;
    free(node);
    table->count--;
    return value;
}

void table_clear(struct table *table, void (*destroy)(void *value))
{
    for (size_t i = 0; i < table->room; i++) {
        for (struct table_node *node = table->slots[i], *next = NULL; node; node = next) {
            next = node->next;
            if (destroy)
                destroy(node->value);
            free(node);
        }
    }
    free(table->slots);
    memset(table, 0, sizeof *table);
}

bool table_next(const struct table *table, struct table_walk *walk)
{
    struct table_node *node = walk->after;
    while (!node && walk->slot < table->room)
        node = table->slots[walk->slot++];
    walk->node = node;
    walk->after = node ? node->next : NULL;
    return node != NULL;
}
