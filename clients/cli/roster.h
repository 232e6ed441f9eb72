// What became of a message: the hub's roster, and the receipts, each judged here under the book of grants.
#ifndef CLI_ROSTER_H
#define CLI_ROSTER_H

#include <jansson.h>

#include <lienthon/book.h>

#include "session.h"

struct past;

struct roster_row {
    char *principal, *target;
    bool expected; // on the roster that the hub fixed when it stored the message
    char *
        state; // the hub's word for it: waiting, delivered, done, gave-up, …; NULL: not on the roster
    char *state_detail;
    char *outcome; // of the latest receipt: received, done, …; NULL: none
    char *detail;
    uint64_t at, created; // of that receipt
    enum lt_code seal;    // LT_DONE: its seal holds and its sender may say so
    char *seal_text;      // else why not
    bool unaware; // it keeps the message, and has not heard that it was taken back (unaware.h)
};

struct roster {
    char id[37];
    char *from, *topic;
    uint64_t stored;
    struct roster_row *rows;
    size_t count;
};

// Reads the answer to `status`. LT_MALFORMED: it is none.
enum lt_code roster_read(struct lt_slice answer, const lt_book *book, struct roster *roster,
                         struct lt_error *error);
// The same, where a receipt also counts that was genuine when it was made: its sender may have been revoked since.
enum lt_code roster_read_past(struct lt_slice answer, const lt_book *book, struct past *past,
                              struct roster *roster, struct lt_error *error);
void roster_clear(struct roster *roster);

// A row that people are not shown: the message was not meant for it.
bool roster_is_apart(const struct roster_row *row);
// Nothing more is to be expected of it.
bool roster_is_final(const struct roster_row *row);
bool roster_is_done(const struct roster_row *row);
// A receipt here could not be judged because its sender is not in the book.
bool roster_lacks_grants(const struct roster *roster);
// "loa.an-thuong.01 … đã phát 17:00:05", without a line's end. *line has its max set.
void roster_print(const struct roster_row *row, uint64_t now, struct lt_buffer *line);
// The hub's word for a state ("gave-up") as a text of the catalog ("given up"); itself where it is not known here.
const char *roster_state_words(const char *state);
json_t *roster_json(const struct roster *roster);

#endif
