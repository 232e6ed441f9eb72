// Subscriptions: found by number, by name and by topic; what each has in its queue.
#include "subscriptions.h"

#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "must.h"

struct subscriptions *subscriptions_new(uint64_t now)
{
    struct subscriptions *subscriptions = must_calloc(1, sizeof *subscriptions);
    subscriptions->tree = patterns_new();
    subscriptions->window = SUBSCRIPTION_WINDOW;
    subscriptions->waiting = SIZE_MAX;
    subscriptions->next = now * 1024; // above every number of an earlier run, below 2^53
    return subscriptions;
}

static void destroy(void *value)
{
    struct subscription *sub = value;
    for (size_t i = 0; i < sub->era_count; i++)
        era_clear(&sub->eras[i]);
    queue_clear(&sub->queue);
    free(sub->asked);
    free(sub);
}

void subscriptions_destroy(struct subscriptions **subscriptions)
{
    if (!*subscriptions)
        return;
    table_clear(&(*subscriptions)->by_number, destroy);
    table_clear(&(*subscriptions)->by_name, NULL);
    patterns_destroy(&(*subscriptions)->tree);
    free(*subscriptions);
    *subscriptions = NULL;
}

static struct lt_slice number_key(const uint64_t *number)
{
    return (struct lt_slice){(const uint8_t *)number, sizeof *number};
}

struct name_key {
    uint8_t bytes[LT_PRINCIPAL_MAX + 1 + LT_DURABLE_MAX];
    size_t size;
};

static struct lt_slice name_key(struct name_key *key, struct lt_slice principal,
                                struct lt_slice durable)
{
    memcpy(key->bytes, principal.data, principal.size);
    key->bytes[principal.size] = 0;
    memcpy(key->bytes + principal.size + 1, durable.data, durable.size);
    return (struct lt_slice){key->bytes, principal.size + 1 + durable.size};
}

struct subscription *subscriptions_find(const struct subscriptions *subscriptions, uint64_t number)
{
    return table_find(&subscriptions->by_number, number_key(&number));
}

struct subscription *subscriptions_find_durable(const struct subscriptions *subscriptions,
                                                struct lt_slice principal, struct lt_slice durable)
{
    struct name_key key;
    return table_find(&subscriptions->by_name, name_key(&key, principal, durable));
}

static void hang(struct subscriptions *subscriptions, struct subscription *sub,
                 const struct era *era)
{
    for (size_t i = 0; i < era->pattern_count; i++)
        patterns_add(subscriptions->tree, lt_slice_of(era->patterns[i]), sub);
    subscriptions->levels += era_levels(era);
}

static void unhang(struct subscriptions *subscriptions, struct subscription *sub,
                   const struct era *era)
{
    for (size_t i = 0; i < era->pattern_count; i++)
        patterns_remove(subscriptions->tree, lt_slice_of(era->patterns[i]), sub);
    subscriptions->levels -= era_levels(era);
}

struct subscription *subscriptions_restore(struct subscriptions *subscriptions,
                                           struct lt_slice principal, struct lt_slice durable,
                                           uint64_t number, const struct era *era)
{
    struct subscription *sub = must_calloc(1, sizeof *sub);
    struct name_key key;
    if (principal.size > LT_PRINCIPAL_MAX || durable.size > LT_DURABLE_MAX) {
        free(sub);
        return NULL;
    }
    sub->all = subscriptions;
    sub->queue.total = &subscriptions->entries;
    sub->number = number;
    if (number >= subscriptions->next)
        subscriptions->next = number + 1; // the clock has gone back since
    memcpy(sub->principal, principal.data, principal.size);
    if (durable.size)
        memcpy(sub->durable, durable.data, durable.size);
    era_copy(era, &sub->eras[0]);
    sub->era_count = 1;
    table_put(&subscriptions->by_number, number_key(&sub->number), sub);
    if (durable.size)
        table_put(&subscriptions->by_name, name_key(&key, principal, durable), sub);
    sub->is_shown = durable.size && subscriptions->shown < SUBSCRIPTIONS_SHOWN;
    subscriptions->shown += sub->is_shown;
    hang(subscriptions, sub, &sub->eras[0]);
    return sub;
}

void subscriptions_restore_era(struct subscriptions *subscriptions, struct subscription *sub,
                               const struct era *era)
{
    era_copy(era, &sub->eras[sub->era_count]);
    hang(subscriptions, sub, &sub->eras[sub->era_count]);
    sub->era_count++;
}

struct subscription *subscriptions_add(struct subscriptions *subscriptions,
                                       struct lt_slice principal, struct lt_slice durable,
                                       const struct era *era, uint64_t begin)
{
    struct subscription *sub =
        subscriptions_restore(subscriptions, principal, durable, subscriptions->next++, era);
    sub->eras[0].since = 0;
    sub->begin = sub->position = begin;
    sub->new_settings = true;
    subscriptions->changes++;
    return sub;
}

void subscriptions_drop_eras(struct subscriptions *subscriptions, struct subscription *sub)
{
    size_t old = 0;
    while (old + 1 < sub->era_count && sub->eras[old + 1].since <= sub->position)
        old++;
    if (!old)
        return;
    for (size_t i = 0; i < old; i++) {
        unhang(subscriptions, sub, &sub->eras[i]);
        era_clear(&sub->eras[i]);
    }
    memmove(sub->eras, sub->eras + old, (sub->era_count - old) * sizeof sub->eras[0]);
    sub->era_count -= old;
    sub->new_settings = true;
}

bool subscriptions_change(struct subscriptions *subscriptions, struct subscription *sub,
                          const struct era *era)
{
    if (era_equal(era, &sub->eras[sub->era_count - 1]))
        return true;
    if (sub->era_count == SUBSCRIPTION_ERAS)
        return false;
    subscriptions_restore_era(subscriptions, sub, era);
    sub->eras[sub->era_count - 1].since = subscriptions->end;
    subscriptions->changes++;
    sub->new_settings = true;
    subscriptions_touch(subscriptions, sub);
    return true;
}

void subscriptions_remove(struct subscriptions *subscriptions, struct subscription **gone)
{
    struct subscription *sub = *gone;
    struct name_key key;
    if (!sub)
        return;
    *gone = NULL;
    for (struct subscription **at = &subscriptions->dirty; *at; at = &(*at)->next_dirty) {
        if (*at == sub) {
            *at = sub->next_dirty;
            break;
        }
    }
    for (size_t i = 0; i < sub->era_count; i++)
        unhang(subscriptions, sub, &sub->eras[i]);
    subscriptions->shown -= sub->is_shown;
    table_take(&subscriptions->by_number, number_key(&sub->number));
    if (sub->durable[0])
        table_take(&subscriptions->by_name,
                   name_key(&key, lt_slice_of(sub->principal), lt_slice_of(sub->durable)));
    destroy(sub);
}

void subscriptions_touch(struct subscriptions *subscriptions, struct subscription *sub)
{
    if (sub->dirty || !sub->durable[0] || sub->counting)
        return;
    sub->dirty = true;
    sub->next_dirty = subscriptions->dirty;
    subscriptions->dirty = sub;
}

struct match {
    struct subscriptions *subscriptions;
    const struct lt_part *part;
    uint64_t seq;
    subscriptions_visit *visit;
    void *self;
};

static void visit_once(void *self, void *value)
{
    const struct match *match = self;
    struct subscription *sub = value;
    const struct lt_part *part = match->part;
    if (sub->stamp == match->subscriptions->stamp)
        return;
    sub->stamp = match->subscriptions->stamp;
    bool is_simple = match->seq == UINT64_MAX && sub->era_count == 1 && !sub->eras[0].type_count &&
                     !sub->eras[0].min_priority;
    if (!is_simple && !subscription_wants(sub, match->seq, part->topic, part->type, part->priority))
        return;
    match->visit(match->self, sub);
}

void subscriptions_match(struct subscriptions *subscriptions, const struct lt_part *part,
                         uint64_t seq, subscriptions_visit *visit, void *self)
{
    struct match match = {subscriptions, part, seq, visit, self};
    subscriptions->stamp++;
    patterns_match(subscriptions->tree, part->topic, visit_once, &match);
}

bool subscription_is_full(const struct subscription *sub, uint8_t class)
{
    size_t count = sub->queue.unsettled[class];
    return count >= sub->all->window ||
           (count >= BOUNDS_FEW && sub->all->entries >= sub->all->waiting);
}

bool subscription_has_room(const struct subscription *sub, uint8_t class)
{
    size_t count = sub->queue.unsettled[class];
    return count <= sub->all->window / 2 &&
           (count <= BOUNDS_FEW / 2 || sub->all->entries < sub->all->waiting);
}

struct entry *subscription_offer(struct subscription *sub, const struct offer *offer)
{
    uint8_t class = offer->priority;
    if (!offer->force) {
        if (!sub->behind[class] && subscription_is_full(sub, class)) {
            sub->behind[class] = true;
            sub->read[class] = offer->seq - 1;
        }
        if (sub->behind[class]) {
            sub->beyond++;
            return NULL;
        }
    }
    struct entry *entry = queue_add(&sub->queue, offer->seq, offer->order, class);
    if (!entry)
        return NULL;
    entry->expires = offer->expires;
    entry->size = offer->size;
    entry->receipt = offer->receipt;
    return entry;
}

struct subscription_counts *subscription_counts_of(struct subscriptions *subscriptions,
                                                   struct subscription *sub)
{
    return sub->is_shown ? &sub->counts : &subscriptions->others;
}

void subscription_settle(struct subscriptions *subscriptions, struct subscription *sub,
                         struct entry *entry)
{
    queue_settle(&sub->queue, entry);
    subscription_counts_of(subscriptions, sub)->settled++;
    if (sub->durable[0])
        subscriptions_touch(subscriptions, sub);
    else if (sub->queue.settled > 64)
        queue_compact(&sub->queue, UINT64_MAX);
}

uint64_t subscription_reach(const struct subscription *sub, uint64_t end)
{
    for (int class = 0; class < QUEUE_CLASSES; class ++) {
        if (sub->behind[class] && sub->read[class] < end)
            end = sub->read[class];
    }
    return end;
}

bool subscription_is_behind(const struct subscription *sub)
{
    return sub->behind[0] || sub->behind[1] || sub->behind[2] || sub->behind[3];
}

size_t subscription_late(const struct subscription *sub)
{
    return sub->late[0] + sub->late[1] + sub->late[2] + sub->late[3];
}

uint64_t subscription_waiting(const struct subscription *sub)
{
    return queue_unsettled(&sub->queue) + sub->beyond + sub->deferred + subscription_late(sub);
}

enum roster_state subscriptions_state_of(const struct subscriptions *subscriptions, uint64_t number,
                                         uint64_t seq, uint8_t priority)
{
    const struct subscription *sub = subscriptions_find(subscriptions, number);
    if (!sub || priority >= QUEUE_CLASSES)
        return ROSTER_DONE;
    const struct entry *entry = queue_find(&sub->queue, seq);
    if (entry && entry->state != ENTRY_SETTLED)
        return entry->state == ENTRY_SENT ? ROSTER_DELIVERED : ROSTER_WAITING;
    if (!entry && sub->behind[priority] && seq > sub->read[priority])
        return ROSTER_WAITING;
    return !entry && seq > subscriptions->end ? ROSTER_WAITING : ROSTER_DONE;
}
