// A heap of what is deferred, and its records.
#include "due.h"

#include <stdlib.h>
#include <string.h>

#include "must.h"
#include "roster.h"

void due_clear(struct due *due)
{
    free(due->rows);
    table_clear(&due->seqs, NULL);
    memset(due, 0, sizeof *due);
}

static bool before(const struct due_row *a, const struct due_row *b)
{
    return a->deliver_at != b->deliver_at ? a->deliver_at < b->deliver_at : a->seq < b->seq;
}

static struct lt_slice seq_key(const uint64_t *seq)
{
    return (struct lt_slice){(const uint8_t *)seq, sizeof *seq};
}

void due_add(struct due *due, uint64_t deliver_at, uint64_t seq)
{
    struct due_row row = {deliver_at, seq};
    due->rows = must_hold(due->rows, &due->room, due->count + 1, sizeof *due->rows);
    size_t at = due->count++;
    table_put(&due->seqs, seq_key(&seq), due);
    for (; at > 0 && before(&row, &due->rows[(at - 1) / 2]); at = (at - 1) / 2)
        due->rows[at] = due->rows[(at - 1) / 2];
    due->rows[at] = row;
}

bool due_has(const struct due *due, uint64_t seq)
{
    return table_find(&due->seqs, seq_key(&seq)) != NULL;
}

bool due_take(struct due *due, uint64_t now, struct due_row *row)
{
    if (!due->count || due->rows[0].deliver_at > now)
        return false;
    *row = due->rows[0];
    table_take(&due->seqs, seq_key(&row->seq));
    struct due_row last = due->rows[--due->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= due->count)
            break;
        if (child + 1 < due->count && before(&due->rows[child + 1], &due->rows[child]))
            child++;
        if (!before(&due->rows[child], &last))
            break;
        due->rows[at] = due->rows[child];
        at = child;
    }
    due->rows[at] = last;
    return true;
}

uint64_t due_next(const struct due *due)
{
    return due->count ? due->rows[0].deliver_at : 0;
}

void due_save(uint64_t deliver_at, size_t put, struct records *records)
{
    struct lt_buffer value = {.max = 64};
    lt_pack_array(&value, 1);
    lt_pack_uint(&value, deliver_at);
    records_put_numbered(records, DUE_BUCKET, put, lt_buffer_slice(&value));
    lt_buffer_clear(&value);
}

void due_forget(uint64_t seq, struct records *records)
{
    uint8_t key[8];
    roster_number(seq, key);
    records_put(records, DUE_BUCKET, (struct lt_slice){key, sizeof key},
                (struct lt_slice){NULL, 0});
}

struct load {
    struct due *due;
    uint8_t last[8];
    size_t count;
};

static bool load_one(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    struct load *load = self;
    struct lt_cursor cursor = lt_cursor_of(value);
    uint32_t count = 0;
    uint64_t deliver_at = 0;
    (void)version;
    if (key.size != sizeof load->last)
        return true;
    memcpy(load->last, key.data, key.size);
    load->count++;
    if (lt_cursor_array(&cursor, &count) && count >= 1 &&
        lt_cursor_uint(&cursor, UINT64_MAX, &deliver_at))
        due_add(load->due, deliver_at, roster_number_of(load->last));
    return true;
}

enum lt_code due_load(struct due *due, struct store_reader *reader, struct lt_error *error)
{
    enum { AT_ONCE = 1024 };
    struct load load = {.due = due};
    uint8_t key[sizeof load.last];
    struct lt_slice after = {NULL, 0};
    do {
        load.count = 0;
        enum lt_code code = store_records(reader, DUE_BUCKET, (struct lt_slice){NULL, 0}, after,
                                          AT_ONCE, load_one, &load, error);
        if (code != LT_DONE)
            return code;
        memcpy(key, load.last, sizeof key);
        after = (struct lt_slice){key, sizeof key};
    } while (load.count == AT_ONCE);
    return LT_DONE;
}
