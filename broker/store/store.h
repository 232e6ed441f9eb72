// The store: what survives kill -9 and power loss. The one deep interface with more than one room
// behind it: SQLite today, a replicated stream later, so it promises only what both can. Nothing
// outside this folder knows SQL.
//
// A `struct store` is opened once and used by one thread to write (the store thread); each further
// thread that reads opens a `struct store_reader` of its own. Writers and readers do not wait for
// each other.
#ifndef LT_STORE_H
#define LT_STORE_H

#include <lienthon/seal.h>
#include <lienthon/tree.h>

struct store;
struct store_reader;

// A position is never a bare number: a store that was made anew has another epoch.
struct store_position {
    uint64_t epoch, seq, time;
};

// Small named records, in buckets; written in the same commit as the append that caused them. Keys
// order bytewise. A value with data NULL deletes. `bucket` is a constant of the hub's: "roster",
// "due", "subscription", "exception", "invitation" … `expect`: STORE_ANY, or the version that the
// record must have now (0: it must not be there); otherwise the whole group is refused with LT_BUSY
// and nothing is written. Versions grow over the whole store; one is never used again.
#define STORE_ANY UINT64_MAX
struct store_record {
    const char *bucket;
    struct lt_slice key, value;
    uint64_t expect;
};

// One message to append. `sealed` must stay until the call returns.
struct store_put {
    const struct lt_sealed *sealed;
    uint64_t stored; // the hub's time, ms
    // Retention: swept after that (0: never); a retained value that is the topic's last stays until
    // it has expired as well.
    uint64_t keep_until;
    // Becomes the topic's last value, unless that has a higher (created, id).
    bool retain;
    // A cancellation of the retained value: the topic has none from here on; with retain: this one
    // takes that place whatever its `created`.
    bool clear_last;
    // With clear_last: only if the last value is message `re` of one of these senders; else retain
    // is as without it, and asks for the message's own flag. None: whatever the last value is.
    const struct lt_slice *last_from;
    size_t last_from_count;
    const uint8_t (*blobs)[32]; // SHA-256 of the blobs that it names
    size_t blob_count;
    // Out: LT_DONE · LT_DONE_BEFORE (seq is the old one) · LT_ID_TAKEN · LT_STORAGE_FAILED ·
    // LT_UNKNOWN (it may or may not have been stored: ask again).
    enum lt_code outcome;
    uint64_t seq;
};

// A record that needs the seq of a put: the first 8 bytes of its key or value are filled with
// puts[of].seq big-endian where the flags say so. Skipped when that put was not LT_DONE.
struct store_seq_record {
    struct store_record record;
    size_t of;
    bool seq_in_key, seq_in_value;
};

struct store_group {
    struct store_put *puts;
    size_t put_count;
    const struct store_record *records;
    size_t record_count;
    const struct store_seq_record *seq_records;
    size_t seq_record_count;
};

struct store_settings {
    const char *folder; // made if it is not there, mode 0700
    uint64_t busy_ms;   // how long a lock of another process is waited for
};

// LT_IO, LT_STORAGE_FAILED, LT_BAD_FILE (a store of a version that this program does not know; in
// use by another hub): the sentence says what to do.
enum lt_code store_open(const struct store_settings *settings, struct store **store,
                        struct lt_error *error);
void store_close(struct store **store);
// What the end of its log was like when it was opened. What had not been committed is cut without
// harm; commits behind a damaged place are lost, though they had been confirmed (the last of all may
// not have been, and is not counted).
struct store_opened {
    uint64_t cut, lost_commits; // bytes, commits
};
struct store_opened store_opened(const struct store *store);

// Has the store, when it was open last, met a place that it could not read: then look before it is
// opened, and when opening or reading it has failed.
bool store_is_suspect(const struct store_settings *settings);
// Checks the whole file while nobody has it open. Where it is damaged, all that can be read goes into a
// new one in its place; the old one stays beside it. LT_BAD_FILE, LT_STORAGE_FAILED, LT_IO: it could
// not; the sentence says what to do.
struct store_salvaged {
    bool damaged;
    uint64_t messages, lost_messages; // that are kept now, and that were before
    uint64_t gaps, lost_rows;         // places that could not be read; rows of which nothing fits
    char tables[128];                 // in which those places are, "last record"
    char aside[64];                   // the old file's new name
};
enum lt_code store_salvage(const struct store_settings *settings, struct store_salvaged *found,
                           struct lt_error *error);

// Appends the group in one commit and syncs. LT_DONE: everything with outcome LT_DONE is on stable
// storage, together with all records. Anything else (LT_STORAGE_FAILED; LT_BUSY for an `expect`;
// LT_BAD_USE): nothing of the group was written. Duplicates, within the group too, are found by
// (from, id): the same part → LT_DONE_BEFORE, another → LT_ID_TAKEN.
enum lt_code store_append(struct store *store, struct store_group *group, struct lt_error *error);

struct store_position store_end(const struct store *store); // of the last message appended
// Size and root of the log's tree, as of the last commit.
void store_tree(const struct store *store, struct lt_tree *tree);

// Deletes what keep_until has passed for, at most `limit` rows; and blobs that nothing names any
// more for a day, and unfinished ones that nobody went on with for a day. *swept: rows gone; call
// again while it equals limit.
enum lt_code store_sweep(struct store *store, uint64_t now, size_t limit, size_t *swept,
                         struct lt_error *error);

// Blobs. Unfinished ones are each principal's own. *size: how far it is (the resume point; `whole`
// when it is whole, whoever put it). LT_DONE, also when nothing was written because offset was
// elsewhere; no bytes only ask. LT_BODY_WRONG: it was whole and its hash was another (begun again,
// *size 0), or the one that is here has another size. LT_MALFORMED: offset and bytes reach past its
// end.
enum lt_code store_blob_put(struct store *store, struct lt_slice principal,
                            const uint8_t sha256[32], uint64_t whole, uint64_t offset,
                            struct lt_slice bytes, uint64_t now, uint64_t *size,
                            struct lt_error *error);
// Bytes of unfinished blobs that this principal has (each counts as 4 KiB at least), and of all
// blobs of everybody.
enum lt_code store_blob_used(struct store *store, struct lt_slice principal, uint64_t *unfinished,
                             uint64_t *all);

// --- reading, each thread through its own reader ---

// LT_NOT_FOUND: there is no store in that folder; otherwise as store_open.
enum lt_code store_reader_open(const struct store_settings *settings, struct store_reader **reader,
                               struct lt_error *error);
void store_reader_close(struct store_reader **reader);

// A stored row as it is handed to a visitor; views, lent for the call. A visitor does not call the
// reader that called it. All but `sealed` is as it was
// when the message was stored, whatever has become of its bytes.
struct store_row {
    uint64_t seq, stored, keep_until;
    struct lt_slice from, topic;
    uint8_t id[LT_ID_SIZE];
    uint8_t priority, label;
    struct lt_slice sealed;
    bool damaged; // its bytes are not what was stored (their leaf differs)
};
// false stops the walk.
typedef bool store_visit(void *self, const struct store_row *row);

struct store_scan {
    const struct lt_slice *patterns; // topics that match one of these; none: every topic
    size_t pattern_count;
    uint64_t after, before; // seqs, both exclusive; before 0: to the end
    uint64_t since, until;  // times of storing: inclusive, exclusive; until 0: no end
    bool backwards;         // latest first
    size_t limit;           // rows looked at, not rows that match: one slice (0: 256)
};
// Walks one slice. *next: the seq to go on from (as `after`, or as `before` when backwards), 0 when
// the walk is at its end; where the visitor stopped it, that row has been seen. Holds no snapshot
// after it returns.
enum lt_code store_scan(struct store_reader *reader, const struct store_scan *scan,
                        store_visit *visit, void *self, uint64_t *next, struct lt_error *error);
// LT_NOT_FOUND; from empty: any sender's.
enum lt_code store_find(struct store_reader *reader, struct lt_slice from,
                        const uint8_t id[LT_ID_SIZE], store_visit *visit, void *self,
                        struct lt_error *error);
enum lt_code store_find_seq(struct store_reader *reader, uint64_t seq, store_visit *visit,
                            void *self, struct lt_error *error);
// Is there one of this sender under this topic with this origin (topic empty: any topic): LT_DONE
// with *seq, LT_NOT_FOUND.
enum lt_code store_find_origin(struct store_reader *reader, struct lt_slice from,
                               struct lt_slice topic, struct lt_slice origin, uint64_t *seq,
                               struct lt_error *error);
// All that relate to this id (receipts, answers, cancellations, replacements, approvals), oldest
// first, after a seq, at most `limit` (0: 256). *next as in store_scan.
enum lt_code store_find_related(struct store_reader *reader, const uint8_t re[LT_ID_SIZE],
                                uint64_t after, size_t limit, store_visit *visit, void *self,
                                uint64_t *next, struct lt_error *error);
// The topics' last values, for topics that match, in seq order, after a seq; `limit` and *next as
// in store_scan. Those that have expired are among them.
enum lt_code store_last(struct store_reader *reader, const struct lt_slice *patterns, size_t count,
                        uint64_t after, size_t limit, store_visit *visit, void *self,
                        uint64_t *next, struct lt_error *error);

// Records. `prefix` of the key; in key order; after a key (exclusive; data NULL: from the
// beginning), at most limit (0: 256). The slices are lent for the call.
typedef bool store_visit_record(void *self, struct lt_slice key, struct lt_slice value,
                                uint64_t version);
enum lt_code store_records(struct store_reader *reader, const char *bucket, struct lt_slice prefix,
                           struct lt_slice after, size_t limit, store_visit_record *visit,
                           void *self, struct lt_error *error);
// LT_NOT_FOUND. The value is appended to the buffer; version may be NULL.
enum lt_code store_record_get(struct store_reader *reader, const char *bucket, struct lt_slice key,
                              struct lt_buffer *value, uint64_t *version, struct lt_error *error);

// Up to `length` bytes of a whole blob at offset are appended to out; *whole: its size.
// LT_NOT_FOUND when it is not whole.
enum lt_code store_blob_get(struct store_reader *reader, const uint8_t sha256[32], uint64_t offset,
                            size_t length, struct lt_buffer *out, uint64_t *whole,
                            struct lt_error *error);

struct store_health {
    uint64_t messages; // that are kept
    uint64_t bytes;    // on disk
    uint64_t oldest;   // when the oldest message was stored; 0: there is none
    uint64_t damaged;  // rows that this reader found damaged since it was opened, each once
    uint64_t disk_free, disk_size; // bytes
    uint64_t blobs, blob_bytes;    // that are whole; bytes: unfinished ones among them
    uint64_t version;              // of the store's layout
};
enum lt_code store_health(struct store_reader *reader, struct store_health *health,
                          struct lt_error *error);
// Bytes that can still be stored: those that are free on the disk for this user, and those that were
// freed inside the store's own file.
enum lt_code store_room(struct store_reader *reader, uint64_t *room, struct lt_error *error);
// A copy of everything as of now, into a file that is not there yet.
enum lt_code store_copy(struct store_reader *reader, const char *to, struct lt_error *error);

// What is there, counted, and whether it is what was stored: a look at every byte, which takes long.
struct store_account {
    uint64_t epoch, log_size; // leaves of the log
    uint8_t root[32];         // of its tree, as the last commit left it
    uint64_t messages, damaged, blobs, blob_bytes, blobs_damaged;
    bool pages_hold; // else `pages` says what is wrong
    char pages[128];
    bool tree_holds; // the leaves give that root
};
enum lt_code store_account(struct store_reader *reader, struct store_account *account,
                           struct lt_error *error);
// Another epoch: what was stored after the backup that this store comes from had seqs that will be
// used again. Not while a hub has the store (LT_BAD_FILE).
enum lt_code store_renew(const struct store_settings *settings, struct lt_error *error);

#endif
