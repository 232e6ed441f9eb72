// A list for each id that something relates to; few of them, each short.
#include "taken.h"

#include <stdlib.h>
#include <string.h>

#include "must.h"
#include "roster.h"

struct taker {
    struct taker *next;
    uint64_t until;
    uint8_t id[LT_ID_SIZE], priority, flags, relation;
    char from[LT_PRINCIPAL_MAX + 1], topic[LT_TOPIC_MAX + 1], type[LT_TYPE_MAX + 1];
};

static void destroy(void *value)
{
    for (struct taker *taker = value, *next = NULL; taker; taker = next) {
        next = taker->next;
        free(taker);
    }
}

void taken_clear(struct taken *taken)
{
    table_clear(&taken->by_re, destroy);
    taken->count = 0;
}

static struct lt_slice id_key(const uint8_t id[LT_ID_SIZE])
{
    return (struct lt_slice){id, LT_ID_SIZE};
}

// As much of the part as lt_part_takes_place asks about.
static struct lt_part part_of(const struct taker *taker, const uint8_t re[LT_ID_SIZE])
{
    struct lt_part part = {
        .from = lt_slice_of(taker->from),
        .topic = lt_slice_of(taker->topic),
        .type = lt_slice_of(taker->type),
        .priority = taker->priority,
        .relation = taker->relation,
        .flags = taker->flags,
    };
    memcpy(part.id, taker->id, LT_ID_SIZE);
    memcpy(part.re, re, LT_ID_SIZE);
    return part;
}

bool taken_is(const struct taken *taken, const struct lt_part *part, uint8_t *relation)
{
    const struct taker *taker = table_find(&taken->by_re, id_key(part->id));
    for (; taker; taker = taker->next) {
        struct lt_part fresh = part_of(taker, part->id);
        if (!lt_part_takes_place(&fresh, part))
            continue;
        if (relation)
            *relation = taker->relation;
        return true;
    }
    return false;
}

static void keep_text(char *room, struct lt_slice text)
{
    memcpy(room, text.data, text.size);
    room[text.size] = '\0';
}

void taken_add(struct taken *taken, const struct lt_part *fresh, uint64_t until)
{
    struct taker *taker = must_calloc(1, sizeof *taker);
    taken->count++;
    taker->until = until;
    memcpy(taker->id, fresh->id, LT_ID_SIZE);
    taker->priority = fresh->priority;
    taker->flags = fresh->flags;
    taker->relation = fresh->relation;
    keep_text(taker->from, fresh->from);
    keep_text(taker->topic, fresh->topic);
    keep_text(taker->type, fresh->type);
    taker->next = table_find(&taken->by_re, id_key(fresh->re));
    table_put(&taken->by_re, id_key(fresh->re), taker);
}

static void record_key(const uint8_t re[LT_ID_SIZE], const uint8_t id[LT_ID_SIZE],
                       uint8_t key[2 * LT_ID_SIZE])
{
    memcpy(key, re, LT_ID_SIZE);
    memcpy(key + LT_ID_SIZE, id, LT_ID_SIZE);
}

void taken_save(const struct lt_part *fresh, uint64_t until, struct records *records)
{
    struct lt_buffer value = {.max = 1024};
    uint8_t key[2 * LT_ID_SIZE];
    record_key(fresh->re, fresh->id, key);
    lt_pack_array(&value, 7);
    lt_pack_uint(&value, until);
    lt_pack_str(&value, fresh->from);
    lt_pack_str(&value, fresh->topic);
    lt_pack_str(&value, fresh->type);
    lt_pack_uint(&value, fresh->priority);
    lt_pack_uint(&value, fresh->flags);
    lt_pack_uint(&value, fresh->relation);
    records_put(records, TAKEN_BUCKET, (struct lt_slice){key, sizeof key}, lt_buffer_slice(&value));
    lt_buffer_clear(&value);
}

static void sweep_list(struct taken *taken, struct taker **list, const uint8_t re[LT_ID_SIZE],
                       uint64_t now, size_t *limit, struct records *records)
{
    uint8_t key[2 * LT_ID_SIZE];
    while (*list && *limit) {
        struct taker *taker = *list;
        if (!taker->until || taker->until > now) {
            list = &taker->next;
            continue;
        }
        record_key(re, taker->id, key);
        records_put(records, TAKEN_BUCKET, (struct lt_slice){key, sizeof key},
                    (struct lt_slice){NULL, 0});
        *list = taker->next;
        free(taker);
        taken->count--;
        (*limit)--;
    }
}

void taken_sweep(struct taken *taken, uint64_t now, size_t limit, struct records *records)
{
    for (struct table_walk walk = {0}; limit && table_next(&taken->by_re, &walk);) {
        struct taker *list = walk.node->value;
        sweep_list(taken, &list, walk.node->key, now, &limit, records);
        walk.node->value = list;
        if (!list)
            table_take(&taken->by_re, id_key(walk.node->key));
    }
}

struct load {
    struct taken *taken;
    uint8_t last[2 * LT_ID_SIZE];
    size_t count;
};

static bool load_one(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    struct load *load = self;
    struct lt_cursor cursor = lt_cursor_of(value);
    struct lt_part part = {0};
    uint64_t until = 0, priority = 0, flags = 0, relation = 0;
    uint32_t count = 0;
    (void)version;
    if (key.size != sizeof load->last)
        return true;
    memcpy(load->last, key.data, key.size);
    load->count++;
    memcpy(part.re, key.data, LT_ID_SIZE);
    memcpy(part.id, key.data + LT_ID_SIZE, LT_ID_SIZE);
    if (!lt_cursor_array(&cursor, &count) || count < 7 ||
        !lt_cursor_uint(&cursor, UINT64_MAX, &until) || !lt_cursor_str(&cursor, &part.from) ||
        !lt_cursor_str(&cursor, &part.topic) || !lt_cursor_str(&cursor, &part.type) ||
        !lt_cursor_uint(&cursor, LT_HOA_TOC, &priority) || !lt_cursor_uint(&cursor, 7, &flags) ||
        !lt_cursor_uint(&cursor, LT_CANCELS, &relation) || !lt_principal_valid(part.from) ||
        !lt_topic_valid(part.topic) || !lt_type_valid(part.type))
        return true;
    part.priority = (uint8_t)priority;
    part.flags = (uint8_t)flags;
    part.relation = (uint8_t)relation;
    taken_add(load->taken, &part, until);
    return true;
}

enum lt_code taken_load(struct taken *taken, struct store_reader *reader, struct lt_error *error)
{
    enum { AT_ONCE = 1024 };
    struct load load = {.taken = taken};
    uint8_t key[sizeof load.last];
    struct lt_slice after = {NULL, 0};
    do {
        load.count = 0;
        enum lt_code code = store_records(reader, TAKEN_BUCKET, (struct lt_slice){NULL, 0}, after,
                                          AT_ONCE, load_one, &load, error);
        if (code != LT_DONE)
            return code;
        memcpy(key, load.last, sizeof key);
        after = (struct lt_slice){key, sizeof key};
    } while (load.count == AT_ONCE);
    return LT_DONE;
}
