// What the client knows and must not forget: the grant book, what was acted on, and the highest sealed time. On disk
// where there is a state folder. One thread: the engine's.
#ifndef LT_KEEPER_H
#define LT_KEEPER_H

#include <lienthon/book.h>
#include <lienthon/judge.h>

#include "seen.h"

struct keeper {
    int folder; // -1: in memory only; lent
    lt_book *book;
    lt_judge *judge;
    struct seen *seen;
    uint64_t saved_version;       // of the book
    struct lt_buffer revocations; // a bundle of those heard: a book shows only what is in force
    size_t saved_revocations;
    uint64_t time;                  // the highest sealed time, 0: none
    bool time_heard;                // in this run
    char hub[LT_PRINCIPAL_MAX + 1]; // the hub's principal, as it was last welcomed; "": never
};

// Takes up what an earlier run left. LT_BAD_FILE, LT_IO, LT_NO_MEMORY.
enum lt_code keeper_open(struct keeper *keeper, int folder, const uint8_t root[LT_KEY_SIZE],
                         struct lt_error *error);
// Saves, and frees.
void keeper_close(struct keeper *keeper);

enum lt_code keeper_learn(struct keeper *keeper, struct lt_slice grant, struct lt_error *error);
// A message of `$lt/time`: true when it changed the time; an old one that is said again does not.
bool keeper_hear_time(struct keeper *keeper, struct lt_slice bytes, uint64_t now);
// It has come: what is to be said of it now. A cancellation, replacement or approval takes effect by it, also after
// kill -9.
enum lt_code keeper_receive(struct keeper *keeper, const struct lt_sealed *sealed, uint64_t now,
                            struct lt_error *error);
// What is to be said of it now.
enum lt_code keeper_look(struct keeper *keeper, const struct lt_sealed *sealed, uint64_t now,
                         struct lt_error *error);
// The same, and from now on it has been seen, also after kill -9. LT_IO: that could not be written down, so it has not.
enum lt_code keeper_obey(struct keeper *keeper, const struct lt_sealed *sealed, uint64_t now,
                         struct lt_error *error);
// Where it has not been welcomed yet.
void keeper_suppose_hub(struct keeper *keeper, struct lt_slice hub);
void keeper_know_hub(struct keeper *keeper, struct lt_slice hub);
// Has the book changed since it was last written?
bool keeper_is_unsaved(const struct keeper *keeper);
// Writes it if it has.
enum lt_code keeper_save(struct keeper *keeper, struct lt_error *error);

#endif
