// What a receiver remembers, written out and read back:
// ["lienthon judge", 2, salt, floor, [time, teller, key], [[key, until], …], [[key, until, from, priority], …],
// [[key, until, expires, drill, approver], …], [[key, until, created, id], …]]
#include <string.h>

#include "judge.h"
#include "lienthon/cursor.h"
#include "lienthon/pack.h"

#define MAGIC "lienthon judge"
enum { VERSION = 2, FIELDS = 9 };

static void pack_head(struct lt_buffer *out, const struct recall_head *head)
{
    lt_pack_bin(out, head->key, sizeof head->key);
    lt_pack_uint(out, head->until);
}

static void pack_seen(struct lt_buffer *out, const struct recall *recall)
{
    lt_pack_array(out, recall->count);
    for (size_t i = 0; i < recall->count; i++) {
        const struct seen *seen = recall_at(recall, i);
        lt_pack_array(out, 2);
        pack_head(out, &seen->head);
    }
}

static void pack_displaced(struct lt_buffer *out, const struct recall *recall)
{
    lt_pack_array(out, recall->count);
    for (size_t i = 0; i < recall->count; i++) {
        const struct displaced *displaced = recall_at(recall, i);
        lt_pack_array(out, 4);
        pack_head(out, &displaced->head);
        lt_pack_bin(out, displaced->from, sizeof displaced->from);
        lt_pack_uint(out, displaced->priority);
    }
}

static void pack_approvals(struct lt_buffer *out, const struct recall *recall)
{
    lt_pack_array(out, recall->count);
    for (size_t i = 0; i < recall->count; i++) {
        const struct approval *approval = recall_at(recall, i);
        lt_pack_array(out, 5);
        pack_head(out, &approval->head);
        lt_pack_uint(out, approval->expires);
        lt_pack_bool(out, approval->is_drill);
        lt_pack_str(out, (struct lt_slice){approval->approver, approval->size});
    }
}

static void pack_values(struct lt_buffer *out, const struct recall *recall)
{
    lt_pack_array(out, recall->count);
    for (size_t i = 0; i < recall->count; i++) {
        const struct value *value = recall_at(recall, i);
        lt_pack_array(out, 4);
        pack_head(out, &value->head);
        lt_pack_uint(out, value->created);
        lt_pack_bin(out, value->id, sizeof value->id);
    }
}

enum lt_code lt_judge_save(const lt_judge *judge, struct lt_buffer *out)
{
    lt_pack_array(out, FIELDS);
    lt_pack_text(out, MAGIC);
    lt_pack_uint(out, VERSION);
    lt_pack_bin(out, judge->salt, sizeof judge->salt);
    lt_pack_uint(out, judge->floor);
    lt_pack_array(out, 3);
    lt_pack_uint(out, judge->told.time);
    lt_pack_str(out, (struct lt_slice){judge->told.teller, judge->told.size});
    lt_pack_bin(out, judge->told.key, sizeof judge->told.key);
    pack_seen(out, &judge->seen);
    pack_displaced(out, &judge->displaced);
    pack_approvals(out, &judge->approvals);
    pack_values(out, &judge->values);
    return out->failed ? LT_TOO_LARGE : LT_DONE;
}

static bool take_bin(struct lt_cursor *cursor, uint8_t *out, size_t size)
{
    struct lt_slice bytes = {0};
    if (!lt_cursor_bin(cursor, &bytes) || bytes.size != size) {
        return false;
    }
    memcpy(out, bytes.data, size);
    return true;
}

static bool take_name(struct lt_cursor *cursor, uint8_t name[LT_PRINCIPAL_MAX], uint8_t *size)
{
    struct lt_slice text = {0};
    if (!lt_cursor_str(cursor, &text) || (text.size > 0 && !lt_principal_valid(text))) {
        return false;
    }
    if (text.size > 0) {
        memcpy(name, text.data, text.size);
    }
    *size = (uint8_t)text.size;
    return true;
}

static bool take_record(struct lt_cursor *cursor, uint32_t fields, struct recall_head *head)
{
    uint32_t count = 0;
    return lt_cursor_array(cursor, &count) && count == fields &&
           take_bin(cursor, head->key, sizeof head->key) &&
           lt_cursor_uint(cursor, UINT64_MAX, &head->until);
}

struct loading {
    struct lt_cursor cursor;
    struct lt_judge fresh;
    bool no_memory;
};

static bool add_record(struct loading *loading, struct recall *recall,
                       const struct recall_head *record, uint64_t *forgotten)
{
    struct recall_head *kept = recall_add(recall, record->key, record->until, forgotten);
    if (kept == NULL) {
        loading->no_memory = true;
        return false;
    }
    memcpy(kept, record, recall->record_size);
    return true;
}

static bool take_seen(struct loading *loading)
{
    struct lt_cursor *cursor = &loading->cursor;
    uint32_t count = 0;
    bool good = lt_cursor_array(cursor, &count);
    for (uint32_t i = 0; i < count && good; i++) {
        struct seen seen = {0};
        good = take_record(cursor, 2, &seen.head) &&
               add_record(loading, &loading->fresh.seen, &seen.head, &loading->fresh.floor);
    }
    return good;
}

static bool take_displaced(struct loading *loading)
{
    struct lt_cursor *cursor = &loading->cursor;
    uint32_t count = 0;
    uint64_t forgotten = 0;
    bool good = lt_cursor_array(cursor, &count);
    for (uint32_t i = 0; i < count && good; i++) {
        struct displaced displaced = {0};
        uint64_t priority = 0;
        good = take_record(cursor, 4, &displaced.head) &&
               take_bin(cursor, displaced.from, sizeof displaced.from) &&
               lt_cursor_uint(cursor, LT_HOA_TOC, &priority);
        displaced.priority = (uint8_t)priority;
        good = good && add_record(loading, &loading->fresh.displaced, &displaced.head, &forgotten);
    }
    return good;
}

static bool take_approvals(struct loading *loading)
{
    struct lt_cursor *cursor = &loading->cursor;
    uint32_t count = 0;
    uint64_t forgotten = 0;
    bool good = lt_cursor_array(cursor, &count);
    for (uint32_t i = 0; i < count && good; i++) {
        struct approval approval = {0};
        good = take_record(cursor, 5, &approval.head) &&
               lt_cursor_uint(cursor, LT_INT_MAX, &approval.expires) &&
               lt_cursor_bool(cursor, &approval.is_drill) &&
               take_name(cursor, approval.approver, &approval.size) &&
               add_record(loading, &loading->fresh.approvals, &approval.head, &forgotten);
    }
    return good;
}

static bool take_values(struct loading *loading)
{
    struct lt_cursor *cursor = &loading->cursor;
    uint32_t count = 0;
    uint64_t forgotten = 0;
    bool good = lt_cursor_array(cursor, &count);
    for (uint32_t i = 0; i < count && good; i++) {
        struct value value = {0};
        good = take_record(cursor, 4, &value.head) &&
               lt_cursor_uint(cursor, LT_INT_MAX, &value.created) &&
               take_bin(cursor, value.id, sizeof value.id) &&
               add_record(loading, &loading->fresh.values, &value.head, &forgotten);
    }
    return good;
}

static bool take_head(struct lt_cursor *cursor, struct lt_judge *judge)
{
    struct lt_slice magic = {0};
    uint64_t version = 0;
    uint32_t count = 0;
    return lt_cursor_array(cursor, &count) && count == FIELDS && lt_cursor_str(cursor, &magic) &&
           lt_slice_is(magic, MAGIC) && lt_cursor_uint(cursor, LT_INT_MAX, &version) &&
           version == VERSION && take_bin(cursor, judge->salt, sizeof judge->salt) &&
           lt_cursor_uint(cursor, UINT64_MAX, &judge->floor) && lt_cursor_array(cursor, &count) &&
           count == 3 && lt_cursor_uint(cursor, LT_INT_MAX, &judge->told.time) &&
           take_name(cursor, judge->told.teller, &judge->told.size) &&
           take_bin(cursor, judge->told.key, sizeof judge->told.key);
}

enum lt_code lt_judge_load(lt_judge *judge, struct lt_slice saved, struct lt_error *error)
{
    struct loading loading = {
        .cursor = lt_cursor_of(saved),
        .fresh = {.book = judge->book, .cache = judge->cache},
    };
    struct lt_judge *fresh = &loading.fresh;
    fresh->seen = recall_of(sizeof(struct seen), judge->seen.max);
    fresh->displaced = recall_of(sizeof(struct displaced), judge->displaced.max);
    fresh->approvals = recall_of(sizeof(struct approval), judge->approvals.max);
    fresh->values = recall_of(sizeof(struct value), judge->values.max);
    if (!take_head(&loading.cursor, fresh) || !take_seen(&loading) || !take_displaced(&loading) ||
        !take_approvals(&loading) || !take_values(&loading) || !lt_cursor_at_end(&loading.cursor)) {
        judge_forget_all(fresh);
        return loading.no_memory
                   ? lt_fail(error, LT_NO_MEMORY, "no memory to remember messages")
                   : lt_fail(error, LT_BAD_FILE,
                             "what was remembered of messages cannot be read from byte %zu on",
                             (size_t)(loading.cursor.at - saved.data));
    }
    judge_forget_all(judge);
    *judge = *fresh;
    return LT_DONE;
}
