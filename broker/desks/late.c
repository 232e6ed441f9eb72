// Records of one bucket, by subscription, the higher priority first.
#include "late.h"

#include <stdlib.h>
#include <string.h>

#include "corridor/commit.h"
#include "state/disk.h"
#include "state/ending.h"
#include "state/must.h"

enum { AT_ONCE = 256, READ_AGAIN_MS = 1000, LOADED_AT_ONCE = 1024 };

// --- a record ---

static struct lt_slice value_of(const struct offer *offer, struct lt_buffer *room)
{
    lt_pack_array(room, 4);
    lt_pack_uint(room, offer->order);
    lt_pack_uint(room, offer->size);
    lt_pack_uint(room, offer->expires);
    lt_pack_bool(room, offer->receipt);
    return lt_buffer_slice(room);
}

static bool open_record(struct lt_slice key, struct lt_slice value, uint64_t *sub,
                        struct offer *offer)
{
    struct lt_cursor cursor = lt_cursor_of(value);
    uint32_t count = 0;
    uint64_t size = 0;
    *offer = (struct offer){.force = true};
    if (key.size != LATE_KEY || key.data[8] >= QUEUE_CLASSES)
        return false;
    *sub = roster_number_of(key.data);
    offer->priority = (uint8_t)(QUEUE_CLASSES - 1 - key.data[8]);
    offer->seq = roster_number_of(key.data + 9);
    bool whole = lt_cursor_array(&cursor, &count) && count >= 4 &&
                 lt_cursor_uint(&cursor, UINT64_MAX, &offer->order) &&
                 lt_cursor_uint(&cursor, UINT32_MAX, &size) &&
                 lt_cursor_uint(&cursor, UINT64_MAX, &offer->expires) &&
                 lt_cursor_bool(&cursor, &offer->receipt);
    offer->size = (uint32_t)size;
    return whole;
}

void late_keep(struct broker *broker, struct subscription *sub, const struct offer *offer)
{
    struct lt_buffer value = {.max = 64};
    uint8_t key[LATE_KEY];
    roster_late_key(sub->number, offer->priority, offer->seq, key);
    records_put(&broker->notes, LATE_BUCKET, (struct lt_slice){key, sizeof key},
                value_of(offer, &value));
    lt_buffer_clear(&value);
    sub->late[offer->priority]++;
}

static void drop(struct broker *broker, struct lt_slice key)
{
    records_put(&broker->notes, LATE_BUCKET, key, (struct lt_slice){NULL, 0});
}

void late_drop(struct broker *broker, struct subscription *sub, uint8_t priority, uint64_t seq)
{
    uint8_t key[LATE_KEY];
    roster_late_key(sub->number, priority, seq, key);
    drop(broker, (struct lt_slice){key, sizeof key});
    if (sub->late[priority])
        sub->late[priority]--;
}

// --- a page of them ---

struct late_page {
    struct reading base;
    uint64_t sub;
    uint8_t prefix[9];
    size_t prefix_size, count;
    struct late_row {
        uint8_t key[LATE_KEY];
        struct offer offer;
    } rows[AT_ONCE];
};

static bool take_record(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    struct late_page *page = self;
    struct late_row *row = &page->rows[page->count];
    uint64_t sub = 0;
    (void)version;
    if (key.size == LATE_KEY && open_record(key, value, &sub, &row->offer)) {
        memcpy(row->key, key.data, sizeof row->key);
        page->count++;
    }
    return page->count < AT_ONCE;
}

static bool slice(struct reading *reading, struct store_reader *store)
{
    struct late_page *page = (struct late_page *)reading;
    page->count = 0;
    reading->code =
        store_records(store, LATE_BUCKET, (struct lt_slice){page->prefix, page->prefix_size},
                      (struct lt_slice){NULL, 0}, AT_ONCE, take_record, page, &reading->error);
    return true;
}

static void destroy(struct reading *reading)
{
    free(reading);
}

static struct late_page *page_new(uint64_t sub, void (*back)(void *, struct reading **))
{
    struct late_page *page = must_calloc(1, sizeof *page);
    page->sub = sub;
    roster_number(sub, page->prefix);
    page->prefix_size = 8;
    page->base.slice = slice;
    page->base.destroy = destroy;
    page->base.back = back;
    return page;
}

static void ask(struct broker *broker, struct late_page *page)
{
    struct reading *reading = &page->base;
    reader_ask(broker->reader, &reading);
}

// --- reading on ---

// The highest priority of which some are late and may come; below 0: none.
static int class_to_read(const struct subscription *sub)
{
    int class = QUEUE_CLASSES - 1;
    while (class >= 0 && (!sub->late[class] || !subscription_has_room(sub, (uint8_t) class)))
        class --;
    return class;
}

// What was taken in is not among the records any more: the next page may be read.
static void taken(struct broker *broker, enum lt_code code, uint64_t asker,
                  const struct lt_ref *ref)
{
    struct subscription *sub = subscriptions_find(broker->subscriptions, asker);
    (void)ref;
    if (!sub)
        return;
    sub->is_reading_late = false;
    struct session *session = sessions_find(&broker->sessions, sub->session);
    if (code != LT_DONE)
        sub->wake = broker->tick + READ_AGAIN_MS;
    else if (session)
        sessions_make_ready(&broker->sessions, session);
}

static void take_page(struct broker *broker, struct subscription *sub, const struct late_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct late_row *row = &page->rows[i];
        if (subscription_is_full(sub, row->offer.priority))
            break;
        subscription_offer(sub, &row->offer);
        drop(broker, (struct lt_slice){row->key, sizeof row->key});
        if (sub->late[row->offer.priority])
            sub->late[row->offer.priority]--;
    }
    if (!page->count)
        sub->late[QUEUE_CLASSES - 1 - page->prefix[8]] = 0;
}

static void read_back(void *core, struct reading **reading)
{
    struct broker *broker = core;
    const struct late_page *page = (struct late_page *)*reading;
    struct subscription *sub = subscriptions_find(broker->subscriptions, page->sub);
    struct records records = {0};
    enum lt_code code = (*reading)->code;
    if (code != LT_DONE)
        disk_unread(broker, "late messages", "", &(*reading)->error);
    if (sub && code == LT_DONE) {
        take_page(broker, sub, page);
        subscriptions_touch(broker->subscriptions, sub);
        struct session *session = sessions_find(&broker->sessions, sub->session);
        if (session)
            sessions_make_ready(&broker->sessions, session);
        // In one commit with the queue's own records.
        commit_notes(broker, &records, true);
        commit_records(broker, &records, taken, sub->number, NULL);
    } else if (sub) {
        taken(broker, code, sub->number, NULL);
    }
    reading_destroy(reading);
}

// All that was kept has been written: now it can be read.
static void read_begin(struct broker *broker, enum lt_code code, uint64_t asker,
                       const struct lt_ref *ref)
{
    struct subscription *sub = subscriptions_find(broker->subscriptions, asker);
    if (!sub)
        return;
    int class = class_to_read(sub);
    if (code != LT_DONE || class < 0) {
        taken(broker, code, asker, ref);
        return;
    }
    struct late_page *page = page_new(sub->number, read_back);
    page->prefix[8] = (uint8_t)(QUEUE_CLASSES - 1 - class);
    page->prefix_size = sizeof page->prefix;
    ask(broker, page);
}

static void commit_all(struct broker *broker, commit_done *done, uint64_t asker)
{
    struct records records = {0};
    commit_notes(broker, &records, true);
    commit_records(broker, &records, done, asker, NULL);
}

void late_read(struct broker *broker, struct subscription *sub)
{
    if (sub->is_reading_late || class_to_read(sub) < 0)
        return;
    sub->is_reading_late = true;
    commit_all(broker, read_begin, sub->number);
}

// --- forgetting ---

static struct lt_slice number_key(const uint64_t *number)
{
    return (struct lt_slice){(const uint8_t *)number, sizeof *number};
}

static void forget_begin(struct broker *broker, enum lt_code code, uint64_t asker,
                         const struct lt_ref *ref);

static void forget_back(void *core, struct reading **reading)
{
    struct broker *broker = core;
    const struct late_page *page = (struct late_page *)*reading;
    uint64_t number = page->sub;
    struct subscription *gone = table_find(&broker->late_gone, number_key(&number));
    bool is_read = (*reading)->code == LT_DONE && gone;
    for (size_t i = 0; is_read && i < page->count; i++) {
        const struct late_row *row = &page->rows[i];
        drop(broker, (struct lt_slice){row->key, sizeof row->key});
        ending_pass(broker, gone, row->offer.seq, row->offer.receipt, ROSTER_GAVE_UP,
                    "its subscription was forgotten");
    }
    // What is left, when the store cannot be read, is dropped at the next start.
    if (is_read && page->count)
        commit_all(broker, forget_begin, number);
    else
        free(table_take(&broker->late_gone, number_key(&number)));
    reading_destroy(reading);
}

static void forget_begin(struct broker *broker, enum lt_code code, uint64_t asker,
                         const struct lt_ref *ref)
{
    (void)ref;
    if (code == LT_DONE)
        ask(broker, page_new(asker, forget_back));
    else
        free(table_take(&broker->late_gone, number_key(&asker)));
}

void late_forget(struct broker *broker, const struct subscription *sub)
{
    if (!subscription_late(sub))
        return;
    struct subscription *gone = must_calloc(1, sizeof *gone);
    gone->number = sub->number;
    memcpy(gone->principal, sub->principal, sizeof gone->principal);
    memcpy(gone->durable, sub->durable, sizeof gone->durable);
    free(table_put(&broker->late_gone, number_key(&gone->number), gone));
    commit_all(broker, forget_begin, gone->number);
}

// --- at the start ---

struct load {
    struct broker *broker;
    uint8_t last[LATE_KEY];
    size_t count;
};

static bool load_one(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    struct load *load = self;
    struct broker *broker = load->broker;
    uint64_t number = 0;
    struct offer offer;
    (void)version;
    load->count++;
    memset(load->last, 0, sizeof load->last);
    memcpy(load->last, key.data, key.size < LATE_KEY ? key.size : LATE_KEY);
    bool is_whole = open_record(key, value, &number, &offer);
    struct subscription *sub = subscriptions_find(broker->subscriptions, number);
    if (!is_whole || !sub) {
        drop(broker, key);
        return true;
    }
    sub->late[offer.priority]++;
    if (offer.seq > sub->position)
        table_put(&broker->late_known, key, broker);
    return true;
}

enum lt_code late_load(struct broker *broker, struct store_reader *store, struct lt_error *error)
{
    struct load load = {.broker = broker};
    uint8_t key[LATE_KEY];
    struct lt_slice after = {NULL, 0};
    do {
        load.count = 0;
        enum lt_code code = store_records(store, LATE_BUCKET, (struct lt_slice){NULL, 0}, after,
                                          LOADED_AT_ONCE, load_one, &load, error);
        if (code != LT_DONE)
            return code;
        memcpy(key, load.last, sizeof key);
        after = (struct lt_slice){key, sizeof key};
    } while (load.count == LOADED_AT_ONCE);
    return LT_DONE;
}

bool late_has(const struct broker *broker, const struct subscription *sub, uint8_t priority,
              uint64_t seq)
{
    uint8_t key[LATE_KEY];
    roster_late_key(sub->number, priority, seq, key);
    return table_find(&broker->late_known, (struct lt_slice){key, sizeof key}) != NULL;
}

void late_loaded(struct broker *broker)
{
    table_clear(&broker->late_known, NULL);
}

void late_clear(struct broker *broker)
{
    late_loaded(broker);
    table_clear(&broker->late_gone, free);
}
