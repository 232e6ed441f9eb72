// Subscriptions as records: written with a group, read at the start.
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "must.h"
#include "subscriptions.h"

struct name_key {
    uint8_t bytes[LT_PRINCIPAL_MAX + 1 + LT_DURABLE_MAX];
    size_t size;
};

static struct lt_slice name_key(struct name_key *key, const struct subscription *sub)
{
    size_t size = strlen(sub->principal);
    memcpy(key->bytes, sub->principal, size + 1);
    memcpy(key->bytes + size + 1, sub->durable, strlen(sub->durable));
    return (struct lt_slice){key->bytes, size + 1 + strlen(sub->durable)};
}

static void save_settings(struct subscription *sub, struct records *records, uint64_t now)
{
    struct lt_buffer value = {.max = 1024 * 1024};
    struct name_key key;
    if (sub->session)
        sub->seen = now;
    lt_pack_array(&value, 5);
    lt_pack_uint(&value, sub->number);
    lt_pack_uint(&value, sub->begin);
    lt_pack_uint(&value, sub->position);
    lt_pack_array(&value, sub->era_count);
    for (size_t i = 0; i < sub->era_count; i++) {
        const struct era *era = &sub->eras[i];
        lt_pack_array(&value, 5);
        lt_pack_uint(&value, era->since);
        lt_pack_array(&value, era->pattern_count);
        for (size_t j = 0; j < era->pattern_count; j++)
            lt_pack_text(&value, era->patterns[j]);
        lt_pack_array(&value, era->type_count);
        for (size_t j = 0; j < era->type_count; j++)
            lt_pack_text(&value, era->types[j]);
        lt_pack_uint(&value, era->min_priority);
        lt_pack_bool(&value, era->early);
    }
    lt_pack_uint(&value, sub->seen);
    records_put(records, SUBSCRIPTION_BUCKET, name_key(&key, sub), lt_buffer_slice(&value));
    lt_buffer_clear(&value);
}

static void exception_key(const struct subscription *sub, uint64_t seq, uint8_t key[16])
{
    roster_number(sub->number, key);
    roster_number(seq, key + 8);
}

static void save_exception(const struct subscription *sub, const struct entry *entry,
                           enum entry_kept kind, struct records *records, uint64_t wall)
{
    struct lt_buffer value = {.max = 256};
    uint8_t key[16];
    exception_key(sub, entry->seq, key);
    if (kind == KEPT_WAITING) {
        lt_pack_array(&value, 9);
        lt_pack_uint(&value, 1);
        lt_pack_uint(&value, entry->attempt);
        lt_pack_uint(&value, entry->agains);
        lt_pack_uint(&value, wall);
        lt_pack_uint(&value, entry->order);
        lt_pack_uint(&value, entry->priority);
        lt_pack_uint(&value, entry->size);
        lt_pack_uint(&value, entry->expires);
        lt_pack_bool(&value, entry->receipt);
    } else if (kind == KEPT_SETTLED) {
        lt_pack_array(&value, 1);
        lt_pack_uint(&value, 0);
    }
    records_put(records, EXCEPTION_BUCKET, (struct lt_slice){key, sizeof key},
                lt_buffer_slice(&value));
    lt_buffer_clear(&value);
}

static void save_one(struct subscriptions *subscriptions, struct subscription *sub,
                     struct records *records, uint64_t now, uint64_t tick)
{
    uint64_t reach = subscription_reach(sub, subscriptions->end);
    uint64_t position =
        reach > sub->position ? queue_cut(&sub->queue, sub->position, reach) : sub->position;
    bool moved = position != sub->position;
    sub->position = position;
    subscriptions_drop_eras(subscriptions, sub);
    if (moved || sub->new_settings || sub->new_seen)
        save_settings(sub, records, now);
    sub->new_settings = sub->new_seen = false;
    for (size_t i = 0; i < sub->queue.count; i++) {
        struct entry *entry = sub->queue.all[i];
        bool is_settled = entry->state == ENTRY_SETTLED, is_below = entry->seq <= position;
        enum entry_kept wanted = KEPT_NOTHING;
        if (is_below != is_settled)
            wanted = is_settled ? KEPT_SETTLED : KEPT_WAITING;
        // An attempt is worth a record above the position too: it must not begin anew.
        if (!is_settled && entry->attempt > 1)
            wanted = KEPT_WAITING;
        if (wanted == entry->kept && !(wanted == KEPT_WAITING && entry->changed))
            continue;
        uint64_t rest =
            entry->state == ENTRY_RESTING && entry->when > tick ? entry->when - tick : 0;
        save_exception(sub, entry, wanted, records, rest ? now + rest : 0);
        entry->kept = wanted;
        entry->changed = false;
    }
    queue_compact(&sub->queue, position);
}

void subscriptions_save(struct subscriptions *subscriptions, struct records *records, uint64_t now,
                        uint64_t tick)
{
    for (struct subscription *sub = subscriptions->dirty, *next = NULL; sub; sub = next) {
        next = sub->next_dirty;
        sub->next_dirty = NULL;
        sub->dirty = false;
        save_one(subscriptions, sub, records, now, tick);
    }
    subscriptions->dirty = NULL;
}

void subscriptions_unsaved(struct subscriptions *subscriptions)
{
    for (struct table_walk walk = {0}; table_next(&subscriptions->by_name, &walk);) {
        struct subscription *sub = walk.node->value;
        for (size_t i = 0; i < sub->queue.count; i++)
            sub->queue.all[i]->kept = KEPT_UNKNOWN;
        sub->new_settings = true;
        subscriptions_touch(subscriptions, sub);
    }
}

void subscription_forget(const struct subscription *sub, struct records *records)
{
    struct name_key key;
    records_put(records, SUBSCRIPTION_BUCKET, name_key(&key, sub), (struct lt_slice){NULL, 0});
    for (size_t i = 0; i < sub->queue.count; i++) {
        if (sub->queue.all[i]->kept != KEPT_NOTHING)
            save_exception(sub, sub->queue.all[i], KEPT_NOTHING, records, 0);
    }
}

// --- at the start ---

static bool load_texts(struct lt_cursor *cursor, size_t max, char ***texts, size_t *count)
{
    uint32_t declared = 0;
    if (!lt_cursor_array(cursor, &declared) || declared > max)
        return false;
    *texts = must_calloc(declared, sizeof **texts);
    for (uint32_t i = 0; i < declared; i++) {
        struct lt_slice text;
        if (!lt_cursor_str(cursor, &text))
            return false;
        (*texts)[(*count)++] = must_copy(text.data, text.size);
    }
    return true;
}

static bool load_era(struct lt_cursor *cursor, struct era *era)
{
    uint32_t count = 0;
    uint64_t priority = 0;
    *era = (struct era){0};
    bool whole = lt_cursor_array(cursor, &count) && count >= 5 &&
                 lt_cursor_uint(cursor, UINT64_MAX, &era->since) &&
                 load_texts(cursor, LT_PATTERNS_MAX, &era->patterns, &era->pattern_count) &&
                 load_texts(cursor, LT_PATTERNS_MAX, &era->types, &era->type_count) &&
                 lt_cursor_uint(cursor, LT_HOA_TOC, &priority) &&
                 lt_cursor_bool(cursor, &era->early);
    era->min_priority = (uint8_t)priority;
    return whole;
}

struct load {
    struct subscriptions *subscriptions;
    uint64_t now, tick;
    uint8_t last[LT_PRINCIPAL_MAX + 1 + LT_DURABLE_MAX];
    size_t last_size, count, wrong;
};

static bool begin_one(struct load *load, struct lt_slice key)
{
    load->count++;
    if (key.size > sizeof load->last)
        return false;
    memcpy(load->last, key.data, key.size);
    load->last_size = key.size;
    return true;
}

static bool load_settings(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    struct load *load = self;
    struct lt_cursor cursor = lt_cursor_of(value);
    uint32_t count = 0, eras = 0;
    uint64_t number = 0, begin = 0, position = 0;
    struct era era;
    (void)version;
    const uint8_t *zero = memchr(key.data, 0, key.size);
    load->wrong++;
    if (!begin_one(load, key) || !zero || !lt_cursor_array(&cursor, &count) || count < 4 ||
        !lt_cursor_uint(&cursor, UINT64_MAX, &number) ||
        !lt_cursor_uint(&cursor, UINT64_MAX, &begin) ||
        !lt_cursor_uint(&cursor, UINT64_MAX, &position) || !lt_cursor_array(&cursor, &eras) ||
        eras < 1 || eras > SUBSCRIPTION_ERAS)
        return true;
    struct lt_slice principal = {key.data, (size_t)(zero - key.data)};
    struct lt_slice durable = {zero + 1, key.size - principal.size - 1};
    struct subscription *sub = NULL;
    for (uint32_t i = 0; i < eras; i++) {
        bool whole = load_era(&cursor, &era);
        if (whole && !sub)
            sub = subscriptions_restore(load->subscriptions, principal, durable, number, &era);
        else if (whole && sub)
            subscriptions_restore_era(load->subscriptions, sub, &era);
        era_clear(&era);
    }
    if (!sub)
        return true;
    if (count >= 5)
        (void)lt_cursor_uint(&cursor, UINT64_MAX, &sub->seen);
    sub->begin = begin;
    sub->position = position;
    sub->new_settings = false;
    load->wrong--;
    return true;
}

static bool load_exception(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    struct load *load = self;
    struct lt_cursor cursor = lt_cursor_of(value);
    uint32_t count = 0;
    uint64_t kind = 0, attempt = 0, agains = 0, when = 0, order = 0, priority = 0, size = 0,
             expires = 0;
    bool receipt = false;
    (void)version;
    if (!begin_one(load, key) || key.size != 16 || !lt_cursor_array(&cursor, &count) ||
        !lt_cursor_uint(&cursor, 1, &kind))
        return true;
    uint64_t seq = roster_number_of(key.data + 8);
    struct subscription *sub = subscriptions_find(load->subscriptions, roster_number_of(key.data));
    if (!sub)
        return true;
    if (kind == 1 &&
        (count < 9 || !lt_cursor_uint(&cursor, UINT32_MAX, &attempt) ||
         !lt_cursor_uint(&cursor, UINT32_MAX, &agains) ||
         !lt_cursor_uint(&cursor, UINT64_MAX, &when) ||
         !lt_cursor_uint(&cursor, UINT64_MAX, &order) ||
         !lt_cursor_uint(&cursor, LT_HOA_TOC, &priority) ||
         !lt_cursor_uint(&cursor, UINT32_MAX, &size) ||
         !lt_cursor_uint(&cursor, UINT64_MAX, &expires) || !lt_cursor_bool(&cursor, &receipt)))
        return true;
    struct entry *entry = queue_add(&sub->queue, seq, kind == 1 ? order : seq, (uint8_t)priority);
    if (!entry)
        return true;
    entry->kept = kind == 1 ? KEPT_WAITING : KEPT_SETTLED;
    if (kind == 0) {
        queue_settle(&sub->queue, entry);
        return true;
    }
    entry->attempt = (uint32_t)attempt;
    entry->agains = (uint32_t)agains;
    entry->size = (uint32_t)size;
    entry->expires = expires;
    entry->receipt = receipt;
    if (when > load->now) {
        queue_rest(&sub->queue, entry, load->tick + (when - load->now));
        entry->changed = false;
        if (!sub->wake || entry->when < sub->wake)
            sub->wake = entry->when;
    }
    return true;
}

static enum lt_code load_bucket(struct load *load, struct store_reader *reader, const char *bucket,
                                store_visit_record *visit, struct lt_error *error)
{
    enum { AT_ONCE = 1024 };
    uint8_t key[sizeof load->last];
    struct lt_slice after = {NULL, 0};
    do {
        load->count = 0;
        enum lt_code code = store_records(reader, bucket, (struct lt_slice){NULL, 0}, after,
                                          AT_ONCE, visit, load, error);
        if (code != LT_DONE)
            return code;
        memcpy(key, load->last, load->last_size);
        after = (struct lt_slice){key, load->last_size};
    } while (load->count == AT_ONCE);
    return LT_DONE;
}

enum lt_code subscriptions_load(struct subscriptions *subscriptions, struct store_reader *reader,
                                uint64_t now, uint64_t tick, struct lt_error *error)
{
    struct load load = {.subscriptions = subscriptions, .now = now, .tick = tick};
    enum lt_code code = load_bucket(&load, reader, SUBSCRIPTION_BUCKET, load_settings, error);
    if (code == LT_DONE && load.wrong)
        log_error("stored subscriptions are damaged and left aside, their owners begin anew",
                  LOG_NUMBER("count", load.wrong));
    if (code == LT_DONE)
        code = load_bucket(&load, reader, EXCEPTION_BUCKET, load_exception, error);
    return code;
}
