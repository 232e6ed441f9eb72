// Readings of stored messages: a walk by pattern, the topics' last values, or some by their seq; a
// page at a time, with bytes of their own.
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reader.h"

struct reading_search {
    struct lt_slice *patterns, *types;
    size_t pattern_count, type_count;
    uint8_t min_priority;
    uint64_t before, since;
    uint64_t *seqs;
    size_t seq_count, seq_at;
    size_t bytes;  // of the page so far
    bool failed;   // no memory
    uint8_t *text; // what the patterns and types look into
};

static void empty_page(struct reading_messages *page)
{
    for (size_t i = 0; i < page->row_count; i++) {
        free(page->rows[i].bytes);
        free((void *)page->rows[i].from.data);
    }
    page->row_count = 0;
    page->search->bytes = 0;
    page->base.more = false;
}

static void destroy(struct reading *reading)
{
    struct reading_messages *page = (struct reading_messages *)reading;
    if (page->search != NULL) {
        empty_page(page);
        free(page->search->patterns);
        free(page->search->types);
        free(page->search->seqs);
        free(page->search->text);
        free(page->search);
    }
    free(page->rows);
    free(page);
}

static bool is_full(const struct reading_messages *page)
{
    return page->row_count == READER_SLICE_ROWS || page->search->bytes >= READER_PAGE;
}

// The row with bytes of its own. The names lie in one piece, from first.
static bool copy_row(struct reading_messages *page, const struct store_row *row)
{
    struct reading_row *kept = &page->rows[page->row_count];
    uint8_t *names = malloc(row->from.size + row->topic.size + 1);
    uint8_t *bytes = malloc(row->sealed.size + 1);
    if (names == NULL || bytes == NULL) {
        free(names);
        free(bytes);
        return false;
    }
    memcpy(names, row->from.data, row->from.size);
    memcpy(names + row->from.size, row->topic.data, row->topic.size);
    if (row->sealed.size > 0) {
        memcpy(bytes, row->sealed.data, row->sealed.size);
    }
    *kept = (struct reading_row){
        .seq = row->seq,
        .stored = row->stored,
        .from = {names, row->from.size},
        .topic = {names + row->from.size, row->topic.size},
        .priority = row->priority,
        .label = row->label,
        .bytes = bytes,
    };
    memcpy(kept->id, row->id, LT_ID_SIZE);
    const struct lt_slice sealed = {bytes, row->sealed.size};
    kept->readable = !row->damaged && lt_sealed_decode(sealed, &kept->sealed, NULL) == LT_DONE;
    if (!kept->readable) {
        kept->sealed = (struct lt_sealed){.bytes = sealed};
    }
    return true;
}

static bool is_wanted(const struct reading_search *search, const struct reading_row *row)
{
    bool found = search->type_count == 0 || !row->readable;
    for (size_t i = 0; i < search->type_count && !found; i++) {
        found = lt_slice_equal(search->types[i], row->sealed.part.type);
    }
    return found;
}

static bool keep(void *self, const struct store_row *row)
{
    struct reading_messages *page = self;
    if (row->priority < page->search->min_priority) {
        return true;
    }
    if (!copy_row(page, row)) {
        page->search->failed = true;
        return false;
    }
    struct reading_row *kept = &page->rows[page->row_count];
    if (!is_wanted(page->search, kept)) {
        free(kept->bytes);
        free((void *)kept->from.data);
        return true;
    }
    page->row_count++;
    page->search->bytes += row->sealed.size;
    return !is_full(page);
}

// After a slice that ended at `next`: is the reading to go back.
static bool settle(struct reading_messages *page, enum lt_code code, bool at_end)
{
    if (page->search->failed && code == LT_DONE) {
        code = lt_fail(&page->base.error, LT_NO_MEMORY, "no memory for a page of messages");
    }
    page->base.code = code;
    page->base.more = code == LT_DONE && !at_end && is_full(page);
    return code != LT_DONE || at_end || is_full(page);
}

static bool slice_scan(struct reading *reading, struct store_reader *store)
{
    struct reading_messages *page = (struct reading_messages *)reading;
    struct reading_search *search = page->search;
    if (reading->more) {
        empty_page(page);
    }
    const struct store_scan scan = {
        .patterns = search->patterns,
        .pattern_count = search->pattern_count,
        .after = page->next,
        .before = search->before,
        .since = search->since,
        .limit = READER_SLICE_ROWS,
    };
    uint64_t next = 0;
    const enum lt_code code = store_scan(store, &scan, keep, page, &next, &reading->error);
    const bool at_end = next == 0;
    if (!at_end) {
        page->next = next;
    } else if (search->before > 0) {
        page->next = search->before - 1;
    } else if (page->row_count > 0) {
        page->next = page->rows[page->row_count - 1].seq;
    }
    return settle(page, code, at_end);
}

static bool slice_last(struct reading *reading, struct store_reader *store)
{
    struct reading_messages *page = (struct reading_messages *)reading;
    if (reading->more) {
        empty_page(page);
    }
    uint64_t next = 0;
    const enum lt_code code =
        store_last(store, page->search->patterns, page->search->pattern_count, page->next,
                   READER_SLICE_ROWS, keep, page, &next, &reading->error);
    if (next != 0) {
        page->next = next;
    } else if (page->row_count > 0) {
        page->next = page->rows[page->row_count - 1].seq;
    }
    return settle(page, code, next == 0);
}

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool slice_seqs(struct reading *reading, struct store_reader *store)
{
    struct reading_messages *page = (struct reading_messages *)reading;
    struct reading_search *search = page->search;
    const int64_t end = now_ms() + READER_SLICE_MS;
    enum lt_code code = LT_DONE;
    if (reading->more) {
        empty_page(page);
    }
    while (code == LT_DONE && !search->failed && search->seq_at < search->seq_count &&
           !is_full(page) && now_ms() <= end) {
        code = store_find_seq(store, search->seqs[search->seq_at++], keep, page, &reading->error);
        code = code == LT_NOT_FOUND ? LT_DONE : code; // swept meanwhile
    }
    return settle(page, code, search->seq_at == search->seq_count);
}

// Copies the texts into *at, which has room for them.
static struct lt_slice *copy_texts(const struct lt_slice *texts, size_t count, uint8_t **at)
{
    struct lt_slice *copy = calloc(count + 1, sizeof *copy);
    for (size_t i = 0; i < count && copy != NULL; i++) {
        memcpy(*at, texts[i].data, texts[i].size);
        copy[i] = (struct lt_slice){*at, texts[i].size};
        *at += texts[i].size;
    }
    return copy;
}

static size_t total(const struct lt_slice *texts, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size += texts[i].size;
    }
    return size;
}

static struct reading_messages *make(const struct reading_wish *wish,
                                     bool (*slice)(struct reading *, struct store_reader *))
{
    struct reading_messages *page = calloc(1, sizeof *page);
    if (page == NULL) {
        return NULL;
    }
    page->base.slice = slice;
    page->base.destroy = destroy;
    page->next = wish->after;
    page->rows = calloc(READER_SLICE_ROWS, sizeof *page->rows);
    page->search = calloc(1, sizeof *page->search);
    struct reading_search *search = page->search;
    bool made = page->rows != NULL && search != NULL;
    if (made) {
        search->text = malloc(total(wish->patterns, wish->pattern_count) +
                              total(wish->types, wish->type_count) + 1);
        made = search->text != NULL;
    }
    if (made) {
        uint8_t *at = search->text;
        search->patterns = copy_texts(wish->patterns, wish->pattern_count, &at);
        search->types = copy_texts(wish->types, wish->type_count, &at);
        search->pattern_count = wish->pattern_count;
        search->type_count = wish->type_count;
        search->min_priority = wish->min_priority;
        search->before = wish->before;
        search->since = wish->since;
        made = search->patterns != NULL && search->types != NULL;
    }
    if (!made) {
        destroy(&page->base);
        return NULL;
    }
    return page;
}

struct reading_messages *reading_scan_new(const struct reading_wish *wish)
{
    return make(wish, slice_scan);
}

struct reading_messages *reading_last_new(const struct reading_wish *wish)
{
    return make(wish, slice_last);
}

struct reading_messages *reading_seqs_new(const uint64_t *seqs, size_t count)
{
    const struct reading_wish all = {0};
    struct reading_messages *page = make(&all, slice_seqs);
    if (page == NULL) {
        return NULL;
    }
    page->search->seqs = calloc(count + 1, sizeof *seqs);
    if (page->search->seqs == NULL) {
        destroy(&page->base);
        return NULL;
    }
    if (count > 0) {
        memcpy(page->search->seqs, seqs, count * sizeof *seqs);
    }
    page->search->seq_count = count;
    return page;
}
