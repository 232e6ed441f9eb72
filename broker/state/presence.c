// When each principal was last connected.
#include "presence.h"

#include <stdlib.h>
#include <string.h>

#include "must.h"
#include "roster.h"

enum { AT_ONCE = 1024, HOUR_MS = 3600000 };

struct node {
    uint64_t seen, saved, look;
};

void presence_clear(struct presence *presence)
{
    table_clear(&presence->by_principal, free);
}

static void save(const char *principal, uint64_t seen, struct records *records)
{
    struct lt_buffer value = {.max = 64};
    lt_pack_array(&value, 1);
    lt_pack_uint(&value, seen);
    records_put(records, SEEN_BUCKET, lt_slice_of(principal), lt_buffer_slice(&value));
    lt_buffer_clear(&value);
}

void presence_mark(struct presence *presence, const char *principal, uint64_t now, bool at_end,
                   struct records *records)
{
    struct node *node = table_find(&presence->by_principal, lt_slice_of(principal));
    if (!node) {
        node = must_calloc(1, sizeof *node);
        (void)table_put(&presence->by_principal, lt_slice_of(principal), node);
    }
    node->seen = now;
    if (!records || (!at_end && now >= node->saved && now - node->saved < HOUR_MS))
        return;
    node->saved = now;
    save(principal, now, records);
}

uint64_t presence_of(const struct presence *presence, struct lt_slice principal)
{
    const struct node *node = table_find(&presence->by_principal, principal);
    return node ? node->seen : 0;
}

void presence_look(struct presence *presence)
{
    presence->look++;
}

void presence_here(struct presence *presence, const char *principal)
{
    struct node *node = table_find(&presence->by_principal, lt_slice_of(principal));
    if (node)
        node->look = presence->look;
}

bool presence_is_here(const struct presence *presence, struct lt_slice principal)
{
    const struct node *node = table_find(&presence->by_principal, principal);
    return node && node->look == presence->look;
}

struct load {
    struct presence *presence;
    const lt_book *book;
    uint8_t last[LT_PRINCIPAL_MAX];
    size_t last_size, count;
};

static bool load_one(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    struct load *load = self;
    struct lt_cursor cursor = lt_cursor_of(value);
    uint32_t count = 0;
    uint64_t seen = 0;
    (void)version;
    load->count++;
    if (key.size > sizeof load->last)
        return false;
    memcpy(load->last, key.data, key.size);
    load->last_size = key.size;
    if (!lt_cursor_array(&cursor, &count) || !count ||
        !lt_cursor_uint(&cursor, UINT64_MAX, &seen) || !lt_book_find(load->book, key, NULL))
        return true;
    struct node *node = must_calloc(1, sizeof *node);
    node->seen = node->saved = seen;
    free(table_put(&load->presence->by_principal, key, node));
    return true;
}

enum lt_code presence_load(struct presence *presence, const lt_book *book,
                           struct store_reader *reader, struct lt_error *error)
{
    struct load load = {.presence = presence, .book = book};
    uint8_t key[sizeof load.last];
    struct lt_slice after = {NULL, 0};
    do {
        load.count = 0;
        enum lt_code code = store_records(reader, SEEN_BUCKET, (struct lt_slice){NULL, 0}, after,
                                          AT_ONCE, load_one, &load, error);
        if (code != LT_DONE)
            return code;
        memcpy(key, load.last, load.last_size);
        after = (struct lt_slice){key, load.last_size};
    } while (load.count == AT_ONCE);
    return LT_DONE;
}
