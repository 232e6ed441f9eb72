// Deliveries between the hub and the caller.
#include "inbox.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_AT_FIRST = 64 };

static size_t slot_of(const struct inbox *inbox, uint64_t sid, uint64_t seq)
{
    uint64_t mixed = (seq ^ sid << 48) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mixed >> 32) & (inbox->slot_count - 1);
}

static bool grow(struct inbox *inbox)
{
    size_t wanted = inbox->slot_count > 0 ? inbox->slot_count * 2 : SLOTS_AT_FIRST;
    struct delivery **slots = calloc(wanted, sizeof(struct delivery *));
    if (!slots)
        return inbox->slot_count > 0;
    struct inbox before = *inbox;
    inbox->slots = slots;
    inbox->slot_count = wanted;
    for (size_t i = 0; i < before.slot_count; i++) {
        while (before.slots[i]) {
            struct delivery *moved = before.slots[i];
            before.slots[i] = moved->chain;
            size_t slot = slot_of(inbox, moved->sid, moved->seq);
            moved->chain = slots[slot];
            slots[slot] = moved;
        }
    }
    free(before.slots);
    return true;
}

static void append(struct delivery_list *list, struct delivery *delivery)
{
    delivery->next = NULL;
    delivery->previous = list->last;
    if (list->last)
        list->last->next = delivery;
    else
        list->first = delivery;
    list->last = delivery;
    list->count++;
    list->bytes += delivery->size;
}

static void unlink_from(struct delivery_list *list, struct delivery *delivery)
{
    if (delivery->previous)
        delivery->previous->next = delivery->next;
    else
        list->first = delivery->next;
    if (delivery->next)
        delivery->next->previous = delivery->previous;
    else
        list->last = delivery->previous;
    list->count--;
    list->bytes -= delivery->size;
    delivery->next = delivery->previous = NULL;
}

// Takes it out of the list of its state.
static void leave_state(struct inbox *inbox, struct delivery *delivery)
{
    if (delivery->state == DELIVERY_KEPT)
        unlink_from(&inbox->kept, delivery);
    if (delivery->state == DELIVERY_SETTLED)
        unlink_from(&inbox->settled, delivery);
    if (delivery->state == DELIVERY_HANDED)
        inbox->handed--;
    free(delivery->bytes);
    free(delivery->detail);
    delivery->bytes = NULL;
    delivery->detail = NULL;
    delivery->size = 0;
}

struct delivery *inbox_find(const struct inbox *inbox, uint64_t sid, uint64_t seq)
{
    if (inbox->slot_count == 0)
        return NULL;
    struct delivery *delivery = inbox->slots[slot_of(inbox, sid, seq)];
    while (delivery && (delivery->sid != sid || delivery->seq != seq))
        delivery = delivery->chain;
    return delivery;
}

static struct delivery *add(struct inbox *inbox, uint64_t sid, uint64_t seq)
{
    if (inbox->count >= inbox->slot_count && !grow(inbox))
        return NULL;
    struct delivery *added = calloc(1, sizeof *added);
    if (!added)
        return NULL;
    added->sid = sid;
    added->seq = seq;
    size_t slot = slot_of(inbox, sid, seq);
    added->chain = inbox->slots[slot];
    inbox->slots[slot] = added;
    inbox->count++;
    return added;
}

// A dead letter that somebody has the hub deliver again (AGAIN). One whose acknowledgement was lost comes with the
// attempt that it had.
static bool is_revived(const struct delivery *delivery, uint64_t attempt)
{
    return delivery->state == DELIVERY_SETTLED && delivery->outcome == LT_ACK_GAVE_UP &&
           attempt > delivery->attempt;
}

struct delivery *inbox_arrive(struct inbox *inbox, uint64_t sid, uint64_t seq, uint64_t attempt,
                              const uint8_t id[LT_ID_SIZE])
{
    struct delivery *delivery = inbox_find(inbox, sid, seq);
    if (delivery && (memcmp(delivery->id, id, LT_ID_SIZE) != 0 || is_revived(delivery, attempt))) {
        inbox_remove(inbox, delivery);
        delivery = NULL;
    }
    if (!delivery)
        delivery = add(inbox, sid, seq);
    if (!delivery)
        return NULL;
    memcpy(delivery->id, id, LT_ID_SIZE);
    delivery->attempt = attempt;
    delivery->on_link = true;
    return delivery;
}

bool inbox_keep(struct inbox *inbox, struct delivery *delivery, struct lt_slice bytes,
                int64_t until)
{
    if (inbox->kept.count >= INBOX_KEPT_MAX || inbox->kept.bytes + bytes.size > INBOX_KEPT_BYTES)
        return false;
    delivery->bytes = malloc(bytes.size > 0 ? bytes.size : 1);
    if (!delivery->bytes)
        return false;
    memcpy(delivery->bytes, bytes.data, bytes.size);
    delivery->size = bytes.size;
    delivery->keep_until = until;
    delivery->state = DELIVERY_KEPT;
    append(&inbox->kept, delivery);
    return true;
}

void inbox_hand(struct inbox *inbox, struct delivery *delivery)
{
    leave_state(inbox, delivery);
    delivery->state = DELIVERY_HANDED;
    inbox->handed++;
}

void inbox_settle(struct inbox *inbox, struct delivery *delivery, enum lt_outcome outcome,
                  const char *detail)
{
    if (outcome == LT_ACK_WORKING)
        return;
    if (outcome == LT_ACK_AGAIN) {
        inbox_remove(inbox, delivery);
        return;
    }
    leave_state(inbox, delivery);
    delivery->state = DELIVERY_SETTLED;
    delivery->outcome = outcome;
    delivery->detail = detail && detail[0] != '\0' ? strdup(detail) : NULL;
    append(&inbox->settled, delivery);
    if (inbox->settled.count > INBOX_SETTLED_MAX)
        inbox_remove(inbox, inbox->settled.first);
}

void inbox_remove(struct inbox *inbox, struct delivery *delivery)
{
    struct delivery **link = &inbox->slots[slot_of(inbox, delivery->sid, delivery->seq)];
    while (*link != delivery)
        link = &(*link)->chain;
    *link = delivery->chain;
    leave_state(inbox, delivery);
    free(delivery);
    inbox->count--;
}

static bool is_other(void *self, uint64_t sid)
{
    return sid != *(const uint64_t *)self;
}

static bool is_it(void *self, uint64_t sid)
{
    return !is_other(self, sid);
}

static bool is_any(void *self, uint64_t sid)
{
    (void)self;
    (void)sid;
    return true;
}

typedef bool asked_of_sid(void *self, uint64_t sid);

// Of those that are lost what is only kept is removed: the hub delivers it again; of all, those for which stays() says no.
static void sift(struct inbox *inbox, asked_of_sid *loses, asked_of_sid *stays, void *self)
{
    for (size_t i = 0; i < inbox->slot_count; i++) {
        struct delivery *delivery = inbox->slots[i];
        while (delivery) {
            struct delivery *next = delivery->chain;
            bool lost = loses && loses(self, delivery->sid);
            if (lost)
                delivery->on_link = false;
            bool kept = lost && delivery->state == DELIVERY_KEPT;
            if (kept || !stays(self, delivery->sid))
                inbox_remove(inbox, delivery);
            delivery = next;
        }
    }
}

void inbox_lost(struct inbox *inbox, bool (*stays)(void *self, uint64_t sid), void *self)
{
    sift(inbox, is_any, stays, self);
}

void inbox_forget(struct inbox *inbox, uint64_t sid)
{
    sift(inbox, NULL, is_other, &sid);
}

void inbox_part(struct inbox *inbox, uint64_t sid)
{
    sift(inbox, is_it, is_any, &sid);
}

void inbox_clear(struct inbox *inbox)
{
    for (size_t i = 0; i < inbox->slot_count; i++) {
        struct delivery *next = NULL;
        for (struct delivery *delivery = inbox->slots[i]; delivery; delivery = next) {
            next = delivery->chain;
            free(delivery->bytes);
            free(delivery->detail);
            free(delivery);
        }
    }
    free(inbox->slots);
    *inbox = (struct inbox){0};
}
