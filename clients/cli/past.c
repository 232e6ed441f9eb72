// The grants of earlier times, from the hub's history and its last values; both are judged here like any others.
#include "past.h"

#include <stdlib.h>
#include <string.h>

#include <lienthon/book.h>
#include <lienthon/pack.h>

#include "walk.h"

enum { ARGS_MAX = 256, GRANTS_LIMIT = 1000 };

#define GRANTS "$lt/grants/#"

struct past {
    uint8_t root[LT_KEY_SIZE];
    struct lt_buffer values[2]; // what `history` and `last` answered
    struct lt_sealed *grants;   // in the order in which they were made
    size_t count, learned;      // so many are in the book
    lt_book *book;              // NULL: nothing was asked yet
};

static void pack_args(const char *name, struct lt_buffer *args)
{
    const bool limited = strcmp(name, "history") == 0;
    *args = (struct lt_buffer){.max = ARGS_MAX};
    lt_pack_map(args, limited ? 2 : 1);
    lt_pack_text(args, "pattern");
    lt_pack_text(args, GRANTS);
    if (limited) {
        lt_pack_text(args, "limit");
        lt_pack_uint(args, GRANTS_LIMIT);
    }
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
    for (size_t i = 0; i < 2; i++) {
        struct walk walk = walk_of(&past->values[i]);
        while (walk_sealed(&walk, &sealed)) {
            past->count++;
        }
    }
    past->grants = cli_alloc(past->count * sizeof *past->grants);
    past->count = 0;
    for (size_t i = 0; i < 2; i++) {
        struct walk walk = walk_of(&past->values[i]);
        while (walk_sealed(&walk, &past->grants[past->count])) {
            past->count++;
        }
    }
    qsort(past->grants, past->count, sizeof *past->grants, compare_created);
}

enum lt_code past_load(struct session *session, struct past **past)
{
    static const char *const names[] = {"history", "last"};
    struct past *loaded = cli_alloc(sizeof *loaded);
    memcpy(loaded->root, session->identity.root, sizeof loaded->root);
    enum lt_code code = LT_DONE;
    for (size_t i = 0; code == LT_DONE && i < 2; i++) {
        struct lt_buffer args;
        pack_args(names[i], &args);
        loaded->values[i] = (struct lt_buffer){.max = SESSION_ANSWER_MAX};
        code = session_ask(session, names[i], lt_buffer_slice(&args), &loaded->values[i]);
        lt_buffer_clear(&args);
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
    lt_buffer_clear(&(*past)->values[0]);
    lt_buffer_clear(&(*past)->values[1]);
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
