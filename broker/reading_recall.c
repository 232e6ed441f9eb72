// Have we had it: the questions that the core's own memory is too young to answer.
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lienthon/cursor.h>

#include "reader.h"

#define BACK_AGAIN "lt:"
enum { BACK_AGAIN_SIZE = 3 };

static void destroy(struct reading *reading)
{
    struct reading_recall *recall = (struct reading_recall *)reading;
    free(recall->known);
    free(recall);
}

static bool compare(void *self, const struct store_row *row)
{
    struct reading_known *known = self;
    struct lt_cursor cursor = lt_cursor_of(row->sealed);
    uint32_t count = 0;
    struct lt_slice part = {0};
    uint8_t hash[LT_HASH_SIZE];
    known->seq = row->seq;
    known->code = LT_DONE_BEFORE;
    // Of a damaged one only its id is left, and its sender took that for one message.
    if (!row->damaged && lt_cursor_array(&cursor, &count) && lt_cursor_bin(&cursor, &part)) {
        lt_hash(part, hash);
        known->code = memcmp(hash, known->hash, sizeof hash) == 0 ? LT_DONE_BEFORE : LT_ID_TAKEN;
    }
    return false;
}

static bool take_seq(void *self, const struct store_row *row)
{
    struct reading_known *known = self;
    known->seq = row->seq;
    known->code = LT_DONE_BEFORE;
    return false;
}

static enum lt_code ask_origin(struct reading_known *known, struct store_reader *store,
                               struct lt_error *error)
{
    const struct lt_slice origin = lt_slice_of(known->origin);
    uint8_t id[LT_ID_SIZE];
    if (strncmp(known->origin, BACK_AGAIN, BACK_AGAIN_SIZE) == 0) {
        const struct lt_slice digits = {origin.data + BACK_AGAIN_SIZE,
                                        origin.size - BACK_AGAIN_SIZE};
        return lt_hex_decode(digits, id, sizeof id)
                   ? store_find(store, (struct lt_slice){0}, id, take_seq, known, error)
                   : LT_NOT_FOUND;
    }
    const enum lt_code code = store_find_origin(
        store, lt_slice_of(known->from), lt_slice_of(known->topic), origin, &known->seq, error);
    if (code == LT_DONE) {
        known->code = LT_DONE_BEFORE;
    }
    return code;
}

static enum lt_code ask(struct reading_known *known, struct store_reader *store,
                        struct lt_error *error)
{
    known->code = LT_NOT_FOUND;
    known->seq = 0;
    enum lt_code code =
        store_find(store, lt_slice_of(known->from), known->id, compare, known, error);
    if (code == LT_NOT_FOUND && known->origin[0] != '\0') {
        code = ask_origin(known, store, error);
    }
    return code == LT_NOT_FOUND ? LT_DONE : code;
}

static bool slice(struct reading *reading, struct store_reader *store)
{
    struct reading_recall *recall = (struct reading_recall *)reading;
    struct timespec begin;
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    while (recall->answered < recall->count) {
        reading->code = ask(&recall->known[recall->answered++], store, &reading->error);
        if (reading->code != LT_DONE) {
            return true;
        }
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        if ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 >=
            READER_SLICE_MS) {
            break;
        }
    }
    return recall->answered == recall->count;
}

struct reading_recall *reading_recall_new(size_t count)
{
    struct reading_recall *recall = calloc(1, sizeof *recall);
    if (recall == NULL) {
        return NULL;
    }
    recall->base.slice = slice;
    recall->base.destroy = destroy;
    recall->known = calloc(count + 1, sizeof *recall->known);
    recall->count = count;
    if (recall->known == NULL) {
        destroy(&recall->base);
        return NULL;
    }
    return recall;
}
