// The store thread: whatever writes. One thread that owns the store; the core gives it a writing and
// gets it back when it is done (a group: when it is synced). They come back in the order they were
// given.
#ifndef LT_WRITER_H
#define LT_WRITER_H

#include "store/store.h"

struct writing {
    // On the core thread when it has come back. Name a session by its number (`asker`) and look it
    // up again: it may be gone by then. Takes the writing.
    void (*back)(void *core, struct writing **writing);
    uint64_t asker, tag;
    // Writings of one generation (0: none) lean on each other: when one has failed, those behind it
    // are refused.
    uint64_t generation;

    // On the store thread.
    void (*run)(struct writing *writing, struct store *store);
    void (*destroy)(struct writing *writing); // frees all of it
    enum lt_code code;                        // LT_DONE, or why it failed; the sentence is in error
    struct lt_error error;
    int64_t took; // µs
};
void writing_destroy(struct writing **writing);

// All on the core thread.
struct writer;
// Takes the store, which is closed when the writer ends.
enum lt_code writer_new(struct store **store, struct writer **writer, struct lt_error *error);
void writer_destroy(struct writer **writer); // what is in its hands is done first, then destroyed
void *writer_socket(struct writer *writer);  // to poll: readable when some are back
void writer_ask(struct writer *writer, struct writing **writing);
struct writing *writer_take(struct writer *writer); // the next that is back, or NULL; never blocks
size_t writer_count(const struct writer *writer);   // asked and not back yet

#endif
