// When each principal was last connected, over restarts too: for people who look for what is missing.
#ifndef LT_PRESENCE_H
#define LT_PRESENCE_H

#include <lienthon/book.h>

#include "records.h"
#include "table.h"

struct presence { // begins zeroed
    struct table by_principal;
    uint64_t look;
};
void presence_clear(struct presence *presence);

// It is connected now (wall clock, ms). Its record rides with the next group: at once for `at_end`,
// else not more often than once an hour. records NULL: it is only remembered.
void presence_mark(struct presence *presence, const char *principal, uint64_t now, bool at_end,
                   struct records *records);
uint64_t presence_of(const struct presence *presence, struct lt_slice principal); // 0: never
// Who is here: presence_look begins a look, presence_here says it of one; then presence_is_here answers.
void presence_look(struct presence *presence);
void presence_here(struct presence *presence, const char *principal);
bool presence_is_here(const struct presence *presence, struct lt_slice principal);
// At the start; of those who have no grant any more nothing is remembered.
enum lt_code presence_load(struct presence *presence, const lt_book *book,
                           struct store_reader *reader, struct lt_error *error);

#endif
