// history and last, on the read thread: walks by pattern, a page at a time.
#include <string.h>

#include "queries.h"

static bool is_full(const struct query *query)
{
    return query->items.size >= READER_PAGE || query->left == 0;
}

static bool take(struct query *query, const struct store_row *row)
{
    lt_pack_bin(&query->items, row->sealed.data, row->sealed.size);
    query->item_count++;
    return !query->items.failed;
}

static bool is_asked_for(const struct query_args *args, const struct lt_part *part)
{
    bool found = args->type_count == 0;
    for (size_t i = 0; i < args->type_count && !found; i++) {
        found = lt_slice_is(part->type, args->types[i]);
    }
    return found && (args->text[0] == '\0' || query_text_matches(part->body, args->text));
}

static bool keep_history(void *self, const struct store_row *row)
{
    struct query *query = self;
    const struct query_args *args = &query->args;
    struct lt_sealed sealed;
    if (row->damaged || !query_may_see(query, row)) {
        return true; // what was changed on the disk is not handed out
    }
    if ((args->type_count > 0 || args->text[0] != '\0') &&
        (lt_sealed_decode(row->sealed, &sealed, NULL) != LT_DONE ||
         !is_asked_for(args, &sealed.part))) {
        return true;
    }
    query->left--;
    return take(query, row) && !is_full(query);
}

// What expired is no value any more; nor is what was changed on the disk.
static bool keep_last(void *self, const struct store_row *row)
{
    struct query *query = self;
    struct lt_sealed sealed;
    if (row->damaged || !query_may_see(query, row) ||
        (lt_sealed_decode(row->sealed, &sealed, NULL) == LT_DONE && sealed.part.expires != 0 &&
         sealed.part.expires <= query->now)) {
        return true;
    }
    return take(query, row) && query->items.size < READER_PAGE;
}

static bool settle(struct query *query, enum lt_code code, bool at_end)
{
    if (code == LT_DONE && query->items.failed) {
        code = lt_fail(&query->base.error, LT_NO_MEMORY, "no memory for a page of the answer");
    }
    query->base.code = code;
    query->base.more = code == LT_DONE && !at_end && query->items.size >= READER_PAGE;
    return code != LT_DONE || at_end || query->base.more;
}

bool query_walk_history(struct reading *reading, struct store_reader *store)
{
    struct query *query = (struct query *)reading;
    const struct lt_slice pattern = lt_slice_of(query->args.pattern);
    if (reading->more) {
        query_empty_items(query);
    }
    if (query->left == 0) {
        return settle(query, LT_DONE, true);
    }
    const struct store_scan scan = {
        .patterns = &pattern,
        .pattern_count = 1,
        .before = query->place,
        .since = query->args.since,
        .until = query->args.until,
        .backwards = true,
        .limit = READER_SLICE_ROWS,
    };
    uint64_t next = 0;
    const enum lt_code code = store_scan(store, &scan, keep_history, query, &next, &reading->error);
    query->place = next;
    return settle(query, code, next == 0 || query->left == 0);
}

bool query_walk_last(struct reading *reading, struct store_reader *store)
{
    struct query *query = (struct query *)reading;
    const struct lt_slice pattern = lt_slice_of(query->args.pattern);
    if (reading->more) {
        query_empty_items(query);
    }
    uint64_t next = 0;
    const enum lt_code code = store_last(store, &pattern, 1, query->place, READER_SLICE_ROWS,
                                         keep_last, query, &next, &reading->error);
    query->place = next;
    return settle(query, code, next == 0);
}
