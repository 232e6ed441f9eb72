// What the two halves of the token store share: the book in locked memory, and its text.
#ifndef LT_HOST_TOKENS_PARTS_H
#define LT_HOST_TOKENS_PARTS_H

#include <lienthon/tokens.h>

// A pair and the room that it looks into.
struct tokens_entry {
    struct lt_token_pair pair;
    char access[LT_TOKEN_MAX], refresh[LT_TOKEN_MAX];
};

struct tokens_book {
    struct tokens_entry now, former; // access empty: none
    bool asking;
};

// *to becomes a copy. false: it is no pair.
bool tokens_copy(struct tokens_entry *to, const struct lt_token_pair *pair);
// *book is zeroed where there is no file.
enum lt_code tokens_read(const char *path, struct tokens_book *book, struct lt_error *error);
enum lt_code tokens_write(const char *path, const struct tokens_book *book, struct lt_error *error);
// Unfinished files that a crash has left there: they have tokens in them.
void tokens_sweep(const char *path);

#endif
