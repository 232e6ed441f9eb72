// Records on their way to the store: keys and values of one group, with room of their own.
#ifndef LT_RECORDS_H
#define LT_RECORDS_H

#include "store/store.h"

struct records { // begins zeroed
    struct store_record *plain;
    struct store_seq_record *numbered;
    size_t plain_count, plain_room, numbered_count, numbered_room;
    void **blocks;
    size_t block_count, block_room;
    size_t notes_from, notes_to; // of the plain ones: what the hub notes, whatever else is here
    bool has_saves;              // positions and exceptions are among them
    bool leans;                  // not to be written when what was noted before it was not
};

// Key and value are copied; a value with data NULL deletes. bucket is a constant.
void records_put(struct records *records, const char *bucket, struct lt_slice key,
                 struct lt_slice value);
// Copies so many records of another to the place `at` of the plain ones.
void records_insert(struct records *records, size_t at, const struct store_record *from,
                    size_t count);
// A record whose key begins with the seq that put `of` of the group gets.
void records_put_numbered(struct records *records, const char *bucket, size_t of,
                          struct lt_slice value);
// Moves the plain records of `from` over; from is empty then.
void records_join(struct records *records, struct records *from);
void records_clear(struct records *records);

#endif
