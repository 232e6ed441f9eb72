// A reading of the messages that others replace or cancel. Rare, so one look-up each.
#include "related.h"

#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "state/must.h"

struct related {
    struct reading base;
    struct related_one {
        uint8_t re[LT_ID_SIZE];
        size_t passage; // its place in the group
        struct passage_other *found;
        size_t found_count, found_room;
    } * items;
    size_t count, next;
};

static void add(struct passage_other **others, size_t *count, size_t *room, struct lt_slice bytes,
                uint64_t seq)
{
    struct passage_other other = {.bytes = (uint8_t *)must_copy(bytes.data, bytes.size),
                                  .seq = seq};
    struct lt_slice copy = {other.bytes, bytes.size};
    if (lt_sealed_decode(copy, &other.sealed, NULL) != LT_DONE) {
        free(other.bytes);
        return;
    }
    *others = must_hold(*others, room, *count + 1, sizeof **others);
    (*others)[(*count)++] = other;
}

static bool visit(void *self, const struct store_row *row)
{
    struct related_one *one = self;
    if (row->damaged)
        return true;
    add(&one->found, &one->found_count, &one->found_room, row->sealed, row->seq);
    return one->found_count < 16; // an id of that many senders is nobody's accident
}

static bool slice(struct reading *reading, struct store_reader *store)
{
    struct related *related = (struct related *)reading;
    struct related_one *one = &related->items[related->next++];
    enum lt_code code =
        store_find(store, (struct lt_slice){NULL, 0}, one->re, visit, one, &reading->error);
    if (code != LT_DONE && code != LT_NOT_FOUND)
        reading->code = code;
    return related->next == related->count;
}

static void destroy(struct reading *reading)
{
    struct related *related = (struct related *)reading;
    for (size_t i = 0; i < related->count; i++) {
        for (size_t j = 0; j < related->items[i].found_count; j++)
            free(related->items[i].found[j].bytes);
        free(related->items[i].found);
    }
    free(related->items);
    free(related);
}

static void back(void *core, struct reading **reading)
{
    struct broker *broker = core;
    struct related *related = (struct related *)*reading;
    struct corridor_group *group = broker->corridor.walking;
    for (size_t i = 0; i < related->count; i++) {
        struct related_one *one = &related->items[i];
        struct passage *passage = group->passages[one->passage];
        passage->others = one->found;
        passage->other_count = one->found_count;
        passage->other_room = one->found_room;
        one->found = NULL;
        one->found_count = 0;
        if (related->base.code != LT_DONE)
            passage_refuse(passage, LT_STORAGE_FAILED, "the store could not be read: %s",
                           related->base.error.text);
    }
    reading_destroy(reading);
    group->is_asked = false;
    corridor_turn(broker);
}

bool related_ask(struct broker *broker, struct corridor_group *group)
{
    struct related *related = must_calloc(1, sizeof *related);
    related->items = must_calloc(group->count, sizeof *related->items);
    for (size_t i = 0; i < group->count; i++) {
        const struct passage *passage = group->passages[i];
        if (passage_is_refused(passage) || passage->sealed.part.relation < LT_REPLACES)
            continue;
        struct related_one *one = &related->items[related->count++];
        one->passage = i;
        memcpy(one->re, passage->sealed.part.re, LT_ID_SIZE);
    }
    struct reading *reading = &related->base;
    reading->slice = slice;
    reading->destroy = destroy;
    reading->back = back;
    if (!related->count) {
        reading_destroy(&reading);
        return false;
    }
    reader_ask(broker->reader, &reading);
    return true;
}

void related_in_group(const struct corridor_group *group, struct passage *passage)
{
    const struct lt_part *part = &passage->sealed.part;
    if (part->relation < LT_REPLACES)
        return;
    for (size_t i = 0; i < group->count && group->passages[i] != passage; i++) {
        const struct passage *before = group->passages[i];
        if (before->is_put && memcmp(before->sealed.part.id, part->re, LT_ID_SIZE) == 0)
            add(&passage->others, &passage->other_count, &passage->other_room, before->sealed.bytes,
                0);
    }
}
