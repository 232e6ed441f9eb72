// What the hub has not confirmed, in the order in which it was published.
#include "outbox.h"

#include <stdlib.h>
#include <string.h>

static enum lt_code read_part(struct lt_slice bytes, bool sealed, struct lt_part *part,
                              struct lt_error *error)
{
    if (!sealed)
        return lt_part_decode(bytes, part, error);
    struct lt_sealed whole = {0};
    enum lt_code code = lt_sealed_decode(bytes, &whole, error);
    if (code == LT_DONE)
        *part = whole.part;
    return code;
}

enum lt_code item_new(uint8_t **bytes, size_t size, bool sealed, struct item **item,
                      struct lt_error *error)
{
    struct lt_part part = {0};
    enum lt_code code = read_part((struct lt_slice){*bytes, size}, sealed, &part, error);
    struct item *made = code == LT_DONE ? calloc(1, sizeof *made) : NULL;
    *item = made;
    if (!made) {
        free(*bytes);
        *bytes = NULL;
        return code == LT_DONE ? lt_fail(error, LT_NO_MEMORY, "no memory for a message") : code;
    }
    made->bytes = *bytes;
    *bytes = NULL;
    made->size = made->weight = size;
    made->sealed = sealed;
    memcpy(made->id, part.id, sizeof made->id);
    made->created = part.created;
    made->expires = part.expires;
    made->ageless = lt_slice_is(part.type, "grant.v1") || lt_slice_is(part.type, "receipt.v1");
    return LT_DONE;
}

void item_destroy(struct item **item)
{
    if (!*item)
        return;
    free((*item)->bytes);
    free(*item);
    *item = NULL;
}

void outbox_add(struct outbox *outbox, struct item **item)
{
    struct item *added = *item;
    *item = NULL;
    added->next = NULL;
    added->previous = outbox->last;
    added->flight = 0;
    if (outbox->last)
        outbox->last->next = added;
    else
        outbox->first = added;
    outbox->last = added;
    if (!outbox->fresh)
        outbox->fresh = added;
}

size_t outbox_take(struct outbox *outbox, uint64_t ref, struct item **batch, size_t max,
                   size_t max_bytes)
{
    if (outbox->again)
        return 0;
    size_t count = 0, bytes = 0;
    for (struct item *item = outbox->fresh; item && count < max; item = item->next) {
        if (count > 0 && bytes + item->size > max_bytes)
            break;
        bytes += item->size;
        item->flight = ref;
        batch[count++] = item;
    }
    if (count > 0)
        outbox->fresh = batch[count - 1]->next;
    outbox->in_flight += count;
    return count;
}

size_t outbox_find(const struct outbox *outbox, uint64_t ref, struct item **batch, size_t max)
{
    size_t count = 0;
    for (struct item *item = outbox->first; item && item != outbox->fresh; item = item->next) {
        if (item->flight != ref)
            continue;
        if (count < max)
            batch[count] = item;
        count++;
    }
    return count < max ? count : max;
}

// Behind a "busy" later ones may have been taken; all that still wait go again from the first.
static void begin_again(struct outbox *outbox)
{
    outbox->again = false;
    outbox->fresh = outbox->first;
}

static void land(struct outbox *outbox, struct item *item)
{
    if (item->flight == 0)
        return;
    item->flight = 0;
    outbox->in_flight--;
}

void outbox_retry(struct outbox *outbox, struct item *item)
{
    land(outbox, item);
    outbox->again = true;
    if (outbox->in_flight == 0)
        begin_again(outbox);
}

void outbox_lost(struct outbox *outbox)
{
    for (struct item *item = outbox->first; item && item != outbox->fresh; item = item->next)
        item->flight = 0;
    outbox->in_flight = 0;
    begin_again(outbox);
}

void outbox_remove(struct outbox *outbox, struct item *item)
{
    land(outbox, item);
    if (item->previous)
        item->previous->next = item->next;
    else
        outbox->first = item->next;
    if (item->next)
        item->next->previous = item->previous;
    else
        outbox->last = item->previous;
    if (outbox->fresh == item)
        outbox->fresh = item->next;
    item->next = item->previous = NULL;
    if (outbox->again && outbox->in_flight == 0)
        begin_again(outbox);
}

enum lt_code item_judge(const struct item *item, uint64_t now, uint64_t age_ms)
{
    if (item->sent)
        return LT_DONE;
    if (item->expires != 0 && item->expires <= now)
        return LT_EXPIRED;
    bool aged = !item->ageless && now > item->created && now - item->created > age_ms;
    return aged ? LT_STALE : LT_DONE;
}

struct item *outbox_stale(const struct outbox *outbox, uint64_t now, uint64_t age_ms,
                          enum lt_code *code)
{
    for (struct item *item = outbox->first; item; item = item->next) {
        *code = item_judge(item, now, age_ms);
        if (*code != LT_DONE)
            return item;
    }
    return NULL;
}

void outbox_clear(struct outbox *outbox)
{
    struct item *next = NULL;
    for (struct item *item = outbox->first; item; item = next) {
        next = item->next;
        item_destroy(&item);
    }
    *outbox = (struct outbox){0};
}
