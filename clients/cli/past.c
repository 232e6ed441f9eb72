// The grants of earlier times, from the hub's history and its last values; both are judged here like any others.
#include "past.h"

#include <stdlib.h>
#include <string.h>

#include <lienthon/book.h>
#include <lienthon/pack.h>

#include "spans.h"
#include "walk.h"

enum { ARGS_MAX = 256, AHEAD_MS = 86400000 }; // the hub's clock may be so much ahead

#define GRANTS "$lt/grants/#"

struct past {
    uint8_t root[LT_KEY_SIZE];
    struct lt_buffer *values; // what `history` answered, span by span, and `last`
    size_t value_count;
    struct lt_sealed *grants; // in the order in which they were made
    size_t count, learned;    // so many are in the book
    lt_book *book;            // NULL: nothing was asked yet
};

static enum lt_code keep(void *self, struct lt_buffer *values, size_t count)
{
    struct past *past = self;
    struct lt_buffer *all = cli_alloc((past->value_count + 1) * sizeof *all);
    (void)count;
    if (past->value_count > 0) {
        memcpy(all, past->values, past->value_count * sizeof *all);
    }
    free(past->values);
    past->values = all;
    all[past->value_count++] = *values;
    *values = (struct lt_buffer){0};
    return LT_DONE;
}

static enum lt_code ask_last(struct session *session, struct past *past)
{
    struct lt_buffer args = {.max = ARGS_MAX};
    struct lt_buffer values = {.max = SESSION_ANSWER_MAX};
    lt_pack_map(&args, 1);
    lt_pack_text(&args, "pattern");
    lt_pack_text(&args, GRANTS);
    const enum lt_code code = session_ask(session, "last", lt_buffer_slice(&args), &values);
    keep(past, &values, 0);
    lt_buffer_clear(&args);
    return code;
}

static int compare_created(const void *a, const void *b)
{
    const uint64_t one = ((const struct lt_sealed *)a)->part.created;
    const uint64_t other = ((const struct lt_sealed *)b)->part.created;
    return (one > other) - (one < other);
}

static void collect(struct past *past)
{
    struct lt_sealed sealed;
    for (size_t i = 0; i < past->value_count; i++) {
        struct walk walk = walk_of(&past->values[i]);
        while (walk_sealed(&walk, &sealed)) {
            past->count++;
        }
    }
    past->grants = cli_alloc((past->count + 1) * sizeof *past->grants);
    past->count = 0;
    for (size_t i = 0; i < past->value_count; i++) {
        struct walk walk = walk_of(&past->values[i]);
        while (walk_sealed(&walk, &past->grants[past->count])) {
            past->count++;
        }
    }
    qsort(past->grants, past->count, sizeof *past->grants, compare_created);
}

enum lt_code past_load(struct session *session, struct past **past)
{
    struct past *loaded = cli_alloc(sizeof *loaded);
    uint64_t unused = 0; // where a thousand grants came in one millisecond, the last ones must do
    memcpy(loaded->root, session->identity.root, sizeof loaded->root);
    enum lt_code code = spans_each(session, GRANTS, 0, cli_now() + AHEAD_MS, keep, loaded, &unused);
    if (code == LT_DONE) {
        code = ask_last(session, loaded);
    }
    if (code == LT_DONE) {
        collect(loaded);
    } else {
        past_destroy(&loaded);
    }
    *past = loaded;
    return code;
}

void past_destroy(struct past **past)
{
    if (*past == NULL) {
        return;
    }
    lt_book_destroy(&(*past)->book);
    for (size_t i = 0; i < (*past)->value_count; i++) {
        lt_buffer_clear(&(*past)->values[i]);
    }
    free((*past)->values);
    free((*past)->grants);
    free(*past);
    *past = NULL;
}

// The book as it was at `then` (ms).
static bool go_to(struct past *past, uint64_t then)
{
    if (past->learned > 0 && past->grants[past->learned - 1].part.created > then) {
        lt_book_destroy(&past->book);
    }
    if (past->book == NULL) {
        past->learned = 0;
        past->book = lt_book_new(past->root);
    }
    while (past->book != NULL && past->learned < past->count &&
           past->grants[past->learned].part.created <= then) {
        lt_book_learn(past->book, past->grants[past->learned++].bytes, NULL);
    }
    return past->book != NULL;
}

bool past_holds(struct past *past, const struct lt_sealed *sealed)
{
    const uint64_t then = sealed->part.created;
    if (!go_to(past, then)) {
        return false;
    }
    const enum lt_code code = lt_book_authorise(past->book, sealed, then, false, NULL, NULL);
    return code == LT_DONE || code == LT_ONE_HAND;
}
