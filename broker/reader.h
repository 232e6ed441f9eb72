// The read thread: whatever reads the store and may take long (catch-up, last values, old
// duplicates, queries, blobs). One thread with a store_reader of its own; it gives each reading one
// slice in turn (256 rows or 5 ms) and holds no snapshot between slices.
//
// A reading is a small task that changes hands: the core makes it, asks, and gets it back when it is
// done or has filled a page; with `more` the core asks again when it wants the next page. So an
// asker who takes nothing costs one page, and to give up is to destroy what came back.
#ifndef LT_READER_H
#define LT_READER_H

#include "store/store.h"

enum {
    READER_SLICE_ROWS = 256,
    READER_SLICE_MS = 5,
    READER_PAGE = 512 * 1024, // bytes of messages or of a result after which a page is full
};

struct reading {
    // The core's own, never touched here: what to do with it when it is back, and for whom. Name a
    // session by number and look it up again: it may be gone by then.
    void (*back)(void *core, struct reading **reading);
    uint64_t asker, tag;

    // On the read thread: one slice of work. true: back to the core with it.
    bool (*slice)(struct reading *reading, struct store_reader *store);
    void (*destroy)(struct reading *reading); // frees all of it
    enum lt_code code;                        // LT_DONE, or why it failed; the sentence is in error
    struct lt_error error;
    bool more;            // a page is full: ask again for the next
    struct reading *next; // the read thread's queue
};
void reading_destroy(struct reading **reading);

// All on the core thread.
struct reader;
enum lt_code reader_new(const struct store_settings *settings, struct reader **reader,
                        struct lt_error *error);
// The same with a store_reader that is there already, which it takes.
enum lt_code reader_take_over(struct store_reader **store, struct reader **reader,
                              struct lt_error *error);
void reader_destroy(struct reader **reader); // what is in its hands is destroyed with it
void *
reader_socket(struct reader *reader); // the libzmq socket to poll: readable when some are back
void reader_ask(struct reader *reader, struct reading **reading);
// The next one that is back, NULL when there is none; never blocks. Call until it is NULL.
struct reading *reader_take(struct reader *reader);
size_t reader_count(const struct reader *reader); // asked and not back yet

// --- messages: what a subscription has missed, what it is to get, last values ---

// A stored message with bytes of its own. Unless readable its bytes are not what was stored and
// sealed has only .bytes.
struct reading_row {
    uint64_t seq, stored;
    struct lt_slice from, topic; // from here on as when it was stored
    uint8_t id[LT_ID_SIZE], priority, label;
    bool readable;
    struct lt_sealed sealed;
    uint8_t *bytes; // sealed's, from malloc: null it to keep them beyond the page
};

// A page of messages, at most READER_SLICE_ROWS rows and about READER_PAGE bytes.
struct reading_messages {
    struct reading base;
    struct reading_row *rows; // in the order asked for; those that are not there are left out
    size_t row_count;
    uint64_t
        next; // scan and last: where the page ended, as `after`; all up to it has been looked at
    struct reading_search *search;
};

// What matches a pattern (none: all) after `after` and before `before` (0: to the end), stored since
// then, of these types (none: all) and at least this priority, in seq order. Patterns and types are
// copied. With `more` asked again it goes on. NULL: no memory, as for all that follow.
struct reading_wish {
    const struct lt_slice *patterns, *types;
    size_t pattern_count, type_count;
    uint8_t min_priority;
    uint64_t after, before, since;
};
struct reading_messages *reading_scan_new(const struct reading_wish *wish);
struct reading_messages *reading_last_new(const struct reading_wish *wish);    // retained values
struct reading_messages *reading_seqs_new(const uint64_t *seqs, size_t count); // those by seq

// --- recall: what is older than the core's memory ---

// One question a message. Fill in the strings (origin empty: none) and the hash of the part.
struct reading_known {
    char from[LT_PRINCIPAL_MAX + 1], topic[LT_TOPIC_MAX + 1], origin[LT_ORIGIN_MAX + 1];
    uint8_t id[LT_ID_SIZE];
    uint8_t hash[LT_HASH_SIZE]; // lt_hash of the part's bytes
    // Out: LT_NOT_FOUND · LT_DONE_BEFORE with the old seq (by id, or by origin) · LT_ID_TAKEN
    enum lt_code code;
    uint64_t seq;
};
struct reading_recall {
    struct reading base;
    struct reading_known *known; // count of them, zeroed, for the asker to fill in
    size_t count, answered;
};
struct reading_recall *reading_recall_new(size_t count);

#endif
