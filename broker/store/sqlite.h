// What the files of the SQLite engine share: a connection with its kept statements, the names that
// were written once, and what the writer knows of the store's end. Nobody outside store/ sees it.
#ifndef LT_STORE_SQLITE_H
#define LT_STORE_SQLITE_H

#include <sqlite3.h>

#include "store.h"

#define DATABASE_NAME  "hub.db"
#define SUSPECT_ENDING "-suspect" // a file of this name beside it: some of it could not be read

extern const char *const sqlite_migrations[]; // SQL, one a version
extern const int sqlite_version;              // the newest that this program knows

enum statement {
    STATE_READ,
    STATE_WRITE,
    PAGES_FREE,
    NAME_FIND,
    NAME_ADD,
    NAME_TEXT,
    MESSAGE_ADD,
    MESSAGE_SAME,
    MESSAGE_DELETE,
    MESSAGE_FORWARD,
    MESSAGE_BACKWARD,
    MESSAGE_BY_ID,
    MESSAGE_BY_SEQ,
    MESSAGE_RELATED,
    MESSAGE_ORIGIN,
    MESSAGE_LAST,
    MESSAGE_OLDEST,
    LEAF_ADD,
    LEAF_READ,
    HOUR_ADD,
    HOUR_SINCE,
    LAST_OFFER,
    LAST_SET,
    LAST_FROM,
    LAST_CLEAR,
    LAST_GONE,
    RECORD_GET,
    RECORD_PUT,
    RECORD_DELETE,
    RECORD_FROM,
    RECORD_AFTER,
    BLOB_COUNT,
    BLOB_FIND,
    BLOB_ADD,
    BLOB_TOUCH,
    BLOB_WANTED,
    BLOB_DROP,
    BLOB_NAME,
    BLOB_IS_NAMED,
    BLOB_NAMES_OF,
    BLOB_UNNAME,
    PART_FIND,
    PART_ADD,
    PART_GROW,
    PART_DROP,
    PART_USED,
    CHUNK_ADD,
    CHUNK_FROM,
    CHUNK_DROP,
    SWEEP_MESSAGES,
    SWEEP_BLOBS,
    SWEEP_PARTS,
    STATEMENTS,
};

struct sqlite {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
};

// Opens and configures a connection; a folder's database must be there already for a reader.
enum lt_code sqlite_open(struct sqlite *sqlite, const char *folder, uint64_t busy_ms, bool writes,
                         struct lt_error *error);
// A new and empty one in a file of its own, synced when it is closed.
enum lt_code sqlite_make(struct sqlite *sqlite, const char *file, struct lt_error *error);
void sqlite_close(struct sqlite *sqlite);
// Brings the tables to the newest version. LT_BAD_FILE: it is newer than this program, or no store.
enum lt_code sqlite_migrate(struct sqlite *sqlite, const char *folder, struct lt_error *error);
enum lt_code sqlite_check(struct sqlite *sqlite, const char *folder, struct lt_error *error);
enum lt_code sqlite_run(struct sqlite *sqlite, const char *sql, struct lt_error *error);
// Says what SQLite's last call did not do, and what can be done about it. LT_STORAGE_FAILED.
enum lt_code sqlite_fail(struct sqlite *sqlite, const char *doing, struct lt_error *error);

// The kept statement; whoever steps it ends it. NULL: it could not be prepared (sqlite_fail tells).
sqlite3_stmt *sqlite_statement(struct sqlite *sqlite, enum statement which);
void sqlite_bind_uint(sqlite3_stmt *statement, int at, uint64_t value);
void sqlite_bind_bytes(sqlite3_stmt *statement, int at, struct lt_slice bytes); // lent until reset
void sqlite_bind_text(sqlite3_stmt *statement, int at, struct lt_slice text);   // the same
uint64_t sqlite_uint(sqlite3_stmt *statement, int column);
struct lt_slice sqlite_bytes(sqlite3_stmt *statement, int column); // lent until the next step
// Runs a statement that gives no rows and ends it.
bool sqlite_done(sqlite3_stmt *statement);
// Ends a walk, so that no snapshot is held.
void sqlite_end(sqlite3_stmt *statement);

// What is remembered of names; a miss is one look into the table.
enum { NAME_SLOTS = 1024 };
struct name {
    int64_t id; // 0: the slot is free
    uint64_t asked;
    size_t size;
    char text[LT_TOPIC_MAX];
    bool matches; // what the walk `asked` found
};
struct names {
    struct name *slots; // NAME_SLOTS
};
bool names_init(struct names *names);
void names_clear(struct names *names);
void names_forget(struct names *names);
// The writer's way: the number of a name, written when it is new. 0: failed.
int64_t names_intern(struct names *names, struct sqlite *sqlite, struct lt_slice text);
// The reader's way back; NULL: failed or not there. Lent until the next call.
struct name *names_text(struct names *names, struct sqlite *sqlite, int64_t id);

// The store as of the last commit.
struct tally {
    uint64_t epoch, version, messages, stored, hour;
    struct lt_tree tree;
};
enum lt_code tally_read(struct tally *tally, struct sqlite *sqlite, struct lt_error *error);
bool tally_write(const struct tally *tally, struct sqlite *sqlite);

// Inside a transaction of a store into which what could be read has been copied. LT_BAD_FILE: too little.
enum lt_code mend_all(struct sqlite *to, struct store_salvaged *found, struct lt_error *error);
// The same for the topics' retained values, where not all could be read.
enum lt_code mend_last(struct sqlite *to, struct lt_error *error);
// What is found in the log before SQLite opens it.
void wal_look(const char *folder, struct store_opened *found);

struct store {
    struct sqlite sqlite;
    int lock; // the descriptor that keeps other hubs out
    struct store_opened opened;
    struct tally tally;
    struct names names;
    struct lt_buffer key, value; // where a seq is filled in
    uint64_t blob_bytes;         // of all blobs, whole or not
};

// A lock that the kernel drops when the process ends, however it ends.
enum lt_code store_lock(const struct store_settings *settings, int *lock, struct lt_error *error);
enum lt_code store_sync_folder(const char *folder, struct lt_error *error);

// One transaction: begin, and then either commit or roll back.
enum lt_code store_begin(struct store *store, struct lt_error *error);
enum lt_code store_commit(struct store *store, struct lt_error *error);
void store_roll_back(struct store *store);

// Writes one record inside a transaction: LT_DONE, LT_BUSY, LT_STORAGE_FAILED.
enum lt_code record_write(struct sqlite *sqlite, struct tally *tally,
                          const struct store_record *record, struct lt_slice key,
                          struct lt_slice value, struct lt_error *error);
// Inside a transaction: the message `seq` names this blob; or it has gone.
bool blob_named(struct sqlite *sqlite, const uint8_t sha256[32], uint64_t seq);
bool blob_message_gone(struct sqlite *sqlite, uint64_t seq, uint64_t now);
// A whole blob: LT_DONE, LT_NOT_FOUND.
enum lt_code blob_find(struct sqlite *sqlite, const uint8_t sha256[32], uint64_t *chunks,
                       uint64_t *size, struct lt_error *error);
bool blob_is_named(struct sqlite *sqlite, const uint8_t sha256[32], bool *named);
bool blob_mark(struct sqlite *sqlite, enum statement which, const uint8_t sha256[32], uint64_t n);
bool blob_drop_chunks(struct sqlite *sqlite, uint64_t chunks);
enum lt_code blob_count_bytes(struct sqlite *sqlite, uint64_t *bytes, struct lt_error *error);

enum { DAMAGED_AT_HAND = 1024 };
struct store_reader {
    struct sqlite sqlite;
    struct names names;
    uint64_t walks;   // numbered, so that a name is matched once a walk
    uint64_t damaged; // rows, counted once where they are among these
    uint64_t damaged_seqs[DAMAGED_AT_HAND];
    char *folder;
};

// Columns of every statement that gives whole rows.
enum { ROW_SEQ, ROW_STORED, ROW_KEEP, ROW_SENDER, ROW_TOPIC, ROW_GRADE, ROW_ID, ROW_SEALED };
// Hands the row that the statement stands on to the visitor; LT_DONE, or why it could not be read.
enum lt_code row_visit(struct store_reader *reader, sqlite3_stmt *statement, store_visit *visit,
                       void *self, bool *go_on, struct lt_error *error);
// Does its topic match one of the patterns (none: yes). LT_DONE with *matches.
enum lt_code row_matches(struct store_reader *reader, sqlite3_stmt *statement,
                         const struct lt_slice *patterns, size_t count, bool *matches,
                         struct lt_error *error);

#endif
