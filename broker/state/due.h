// Deferred messages: when each is due. They are given to their subscriptions when the wall clock says
// so, whatever happened to it or to the hub in between.
#ifndef LT_DUE_H
#define LT_DUE_H

#include "records.h"
#include "table.h"

struct due_row {
    uint64_t deliver_at, seq;
};
struct due { // begins zeroed; a heap, the next one first
    struct due_row *rows;
    size_t count, room;
    struct table seqs;
};
void due_clear(struct due *due);
void due_add(struct due *due, uint64_t deliver_at, uint64_t seq);
bool due_has(const struct due *due, uint64_t seq);
// The next one whose time has come; false: none.
bool due_take(struct due *due, uint64_t now, struct due_row *row);
uint64_t due_next(const struct due *due); // deliver_at of the next; 0: there is none
void due_save(uint64_t deliver_at, size_t put, struct records *records);
void due_forget(uint64_t seq, struct records *records);
enum lt_code due_load(struct due *due, struct store_reader *reader, struct lt_error *error);

#endif
