// Two rings of what was stored lately, each with a chained index, and the set of what is in flight.
#include "memory.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "must.h"
#include "table.h"

enum { HASH_KEPT = 16, NONE = UINT32_MAX };

struct remembered {
    uint8_t key[LT_ID_SIZE]; // an id, or the hash of an origin
    uint8_t hash[HASH_KEPT]; // of the part
    uint64_t sender, seq;
    uint32_t next;
};

struct ring {
    struct remembered *items;
    uint32_t *heads;
    size_t max, count, first, slots;
};

struct memory {
    struct ring ids, origins;
    uint64_t complete_from; // id time
    bool origins_complete;
    struct table pending, pending_origins;
    struct table pending_ids; // how often, whoever the sender
    uint8_t secret[crypto_shorthash_KEYBYTES];
};

static void ring_init(struct ring *ring, size_t max)
{
    ring->max = max;
    for (ring->slots = 16; ring->slots < max; ring->slots *= 2)
        ;
    ring->items = must_calloc(max, sizeof *ring->items);
    ring->heads = must_calloc(ring->slots, sizeof *ring->heads);
    for (size_t i = 0; i < ring->slots; i++)
        ring->heads[i] = NONE;
}

static void ring_clear(struct ring *ring)
{
    free(ring->items);
    free(ring->heads);
}

static uint64_t short_hash(const struct memory *memory, struct lt_slice bytes)
{
    uint64_t hash = 0;
    uint8_t out[crypto_shorthash_BYTES];
    crypto_shorthash(out, bytes.data, bytes.size, memory->secret);
    memcpy(&hash, out, sizeof hash);
    return hash;
}

static uint32_t *head_of(const struct memory *memory, const struct ring *ring,
                         const uint8_t key[LT_ID_SIZE])
{
    uint64_t hash = short_hash(memory, (struct lt_slice){key, LT_ID_SIZE});
    return &ring->heads[hash & (ring->slots - 1)];
}

static void forget_oldest(struct memory *memory, struct ring *ring)
{
    uint32_t oldest = (uint32_t)ring->first;
    struct remembered *item = &ring->items[oldest];
    uint32_t *at = head_of(memory, ring, item->key);
    while (*at != oldest)
        at = &ring->items[*at].next;
    *at = item->next;
    ring->first = (ring->first + 1) % ring->max;
    ring->count--;
}

static void remember(struct memory *memory, struct ring *ring, const struct remembered *item)
{
    uint32_t place = (uint32_t)((ring->first + ring->count) % ring->max);
    uint32_t *head = head_of(memory, ring, item->key);
    ring->items[place] = *item;
    ring->items[place].next = *head;
    *head = place;
    ring->count++;
}

struct memory *memory_new(size_t ids, size_t origins)
{
    struct memory *memory = must_calloc(1, sizeof *memory);
    randombytes_buf(memory->secret, sizeof memory->secret);
    memory->origins_complete = true;
    ring_init(&memory->ids, ids);
    ring_init(&memory->origins, origins);
    return memory;
}

void memory_destroy(struct memory **memory)
{
    if (!*memory)
        return;
    ring_clear(&(*memory)->ids);
    ring_clear(&(*memory)->origins);
    table_clear(&(*memory)->pending, NULL);
    table_clear(&(*memory)->pending_origins, NULL);
    table_clear(&(*memory)->pending_ids, NULL);
    free(*memory);
    *memory = NULL;
}

enum memory_answer memory_find(const struct memory *memory, const struct lt_part *part,
                               const uint8_t hash[LT_HASH_SIZE], uint64_t *seq)
{
    const struct ring *ring = &memory->ids;
    uint64_t sender = short_hash(memory, part->from);
    for (uint32_t at = *head_of(memory, ring, part->id); at != NONE; at = ring->items[at].next) {
        const struct remembered *item = &ring->items[at];
        if (item->sender != sender || memcmp(item->key, part->id, LT_ID_SIZE) != 0)
            continue;
        *seq = item->seq;
        return memcmp(item->hash, hash, HASH_KEPT) == 0 ? MEMORY_SAME : MEMORY_OTHER;
    }
    return MEMORY_UNKNOWN;
}

// "lt:" and the id of the message that it is: then that id.
static bool is_message(struct lt_slice origin, uint8_t id[LT_ID_SIZE])
{
    return origin.size == 3 + 2 * LT_ID_SIZE && memcmp(origin.data, "lt:", 3) == 0 &&
           lt_hex_decode((struct lt_slice){origin.data + 3, 2 * LT_ID_SIZE}, id, LT_ID_SIZE);
}

// Of an origin of one sender under one topic; of one that names a message, under any topic.
static void origin_key(const struct lt_part *part, uint8_t key[LT_ID_SIZE])
{
    crypto_generichash_state state;
    uint8_t id[LT_ID_SIZE], zero = 0;
    crypto_generichash_init(&state, NULL, 0, LT_ID_SIZE);
    crypto_generichash_update(&state, part->from.data, part->from.size);
    crypto_generichash_update(&state, &zero, 1);
    if (!is_message(part->origin, id))
        crypto_generichash_update(&state, part->topic.data, part->topic.size);
    crypto_generichash_update(&state, &zero, 1);
    crypto_generichash_update(&state, part->origin.data, part->origin.size);
    crypto_generichash_final(&state, key, LT_ID_SIZE);
}

static bool find_key(const struct memory *memory, const struct ring *ring,
                     const uint8_t key[LT_ID_SIZE], uint64_t *seq)
{
    for (uint32_t at = *head_of(memory, ring, key); at != NONE; at = ring->items[at].next) {
        if (memcmp(ring->items[at].key, key, LT_ID_SIZE) == 0) {
            *seq = ring->items[at].seq;
            return true;
        }
    }
    return false;
}

bool memory_find_origin(const struct memory *memory, const struct lt_part *part, uint64_t *seq)
{
    uint8_t key[LT_ID_SIZE], id[LT_ID_SIZE];
    if (!part->origin.data)
        return false;
    if (is_message(part->origin, id) && find_key(memory, &memory->ids, id, seq))
        return true;
    origin_key(part, key);
    return find_key(memory, &memory->origins, key, seq);
}

bool memory_is_complete(const struct memory *memory, const struct lt_part *part)
{
    uint8_t id[LT_ID_SIZE];
    if (lt_id_time(part->id) < memory->complete_from)
        return false;
    if (!part->origin.data)
        return true;
    return memory->origins_complete &&
           (!is_message(part->origin, id) || lt_id_time(id) >= memory->complete_from);
}

void memory_add(struct memory *memory, const struct lt_part *part, const uint8_t hash[LT_HASH_SIZE],
                uint64_t seq)
{
    struct remembered item = {.sender = short_hash(memory, part->from), .seq = seq};
    if (memory->ids.count == memory->ids.max) {
        uint64_t time = lt_id_time(memory->ids.items[memory->ids.first].key);
        forget_oldest(memory, &memory->ids);
        memory_begins(memory, time + 1, true);
    }
    memcpy(item.key, part->id, LT_ID_SIZE);
    memcpy(item.hash, hash, HASH_KEPT);
    remember(memory, &memory->ids, &item);
    if (!part->origin.data)
        return;
    if (memory->origins.count == memory->origins.max) {
        forget_oldest(memory, &memory->origins);
        memory->origins_complete = false;
    }
    origin_key(part, item.key);
    remember(memory, &memory->origins, &item);
}

void memory_begins(struct memory *memory, uint64_t id_time, bool all_origins)
{
    if (id_time > memory->complete_from)
        memory->complete_from = id_time;
    memory->origins_complete = memory->origins_complete && all_origins;
}

static struct lt_slice pending_key(const struct lt_part *part,
                                   uint8_t room[LT_ID_SIZE + LT_PRINCIPAL_MAX])
{
    memcpy(room, part->id, LT_ID_SIZE);
    memcpy(room + LT_ID_SIZE, part->from.data, part->from.size);
    return (struct lt_slice){room, LT_ID_SIZE + part->from.size};
}

bool memory_is_pending(const struct memory *memory, const struct lt_part *part)
{
    uint8_t room[LT_ID_SIZE + LT_PRINCIPAL_MAX];
    return table_find(&memory->pending, pending_key(part, room)) != NULL;
}

bool memory_is_pending_origin(const struct memory *memory, const struct lt_part *part)
{
    uint8_t key[LT_ID_SIZE], id[LT_ID_SIZE];
    if (!part->origin.data)
        return false;
    if (is_message(part->origin, id) &&
        table_find(&memory->pending_ids, (struct lt_slice){id, sizeof id}))
        return true;
    origin_key(part, key);
    return table_find(&memory->pending_origins, (struct lt_slice){key, sizeof key}) != NULL;
}

static void count_pending(struct memory *memory, const uint8_t id[LT_ID_SIZE], int by)
{
    struct lt_slice key = {id, LT_ID_SIZE};
    uintptr_t count = (uintptr_t)table_find(&memory->pending_ids, key);
    count = by > 0 ? count + 1 : count - 1;
    if (count)
        table_put(&memory->pending_ids, key, (void *)count); // a number, not an address
    else
        table_take(&memory->pending_ids, key);
}

void memory_pend(struct memory *memory, const struct lt_part *part)
{
    uint8_t room[LT_ID_SIZE + LT_PRINCIPAL_MAX], key[LT_ID_SIZE];
    table_put(&memory->pending, pending_key(part, room), memory);
    count_pending(memory, part->id, 1);
    if (!part->origin.data)
        return;
    origin_key(part, key);
    table_put(&memory->pending_origins, (struct lt_slice){key, sizeof key}, memory);
}

void memory_unpend(struct memory *memory, const struct lt_part *part)
{
    uint8_t room[LT_ID_SIZE + LT_PRINCIPAL_MAX], key[LT_ID_SIZE];
    if (table_take(&memory->pending, pending_key(part, room)))
        count_pending(memory, part->id, -1);
    if (!part->origin.data)
        return;
    origin_key(part, key);
    table_take(&memory->pending_origins, (struct lt_slice){key, sizeof key});
}
