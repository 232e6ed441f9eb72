// Principals and topics, written once each and named by a number; and the store's tally, which is
// written with every commit.
#include <stdlib.h>
#include <string.h>

#include "sqlite.h"

bool names_init(struct names *names)
{
    names->slots = calloc(NAME_SLOTS, sizeof *names->slots);
    return names->slots != NULL;
}

void names_clear(struct names *names)
{
    free(names->slots);
    names->slots = NULL;
}

void names_forget(struct names *names)
{
    memset(names->slots, 0, NAME_SLOTS * sizeof *names->slots);
}

static size_t slot_of_text(struct lt_slice text)
{
    uint32_t hash = 2166136261U; // FNV-1a: who makes it collide only costs us a look into the table
    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ text.data[i]) * 16777619U;
    }
    return hash % NAME_SLOTS;
}

static void keep(struct name *slot, int64_t id, struct lt_slice text)
{
    slot->id = id;
    slot->asked = 0;
    slot->size = text.size;
    memcpy(slot->text, text.data, text.size);
}

int64_t names_intern(struct names *names, struct sqlite *sqlite, struct lt_slice text)
{
    if (text.size == 0 || text.size > LT_TOPIC_MAX) {
        return 0;
    }
    struct name *slot = &names->slots[slot_of_text(text)];
    if (slot->id != 0 && slot->size == text.size && memcmp(slot->text, text.data, text.size) == 0) {
        return slot->id;
    }
    sqlite3_stmt *find = sqlite_statement(sqlite, NAME_FIND);
    sqlite3_stmt *add = sqlite_statement(sqlite, NAME_ADD);
    if (find == NULL || add == NULL) {
        return 0;
    }
    sqlite_bind_text(find, 1, text);
    const int found = sqlite3_step(find);
    int64_t id = found == SQLITE_ROW ? sqlite3_column_int64(find, 0) : 0;
    sqlite_end(find);
    if (found == SQLITE_DONE) {
        sqlite_bind_text(add, 1, text);
        id = sqlite_done(add) ? sqlite3_last_insert_rowid(sqlite->db) : 0;
    }
    if (id != 0) {
        keep(slot, id, text);
    }
    return id;
}

struct name *names_text(struct names *names, struct sqlite *sqlite, int64_t id)
{
    struct name *slot = &names->slots[(uint64_t)id % NAME_SLOTS];
    if (slot->id == id && id != 0) {
        return slot;
    }
    sqlite3_stmt *statement = sqlite_statement(sqlite, NAME_TEXT);
    if (statement == NULL) {
        return NULL;
    }
    (void)sqlite3_bind_int64(statement, 1, id);
    struct lt_slice text = {0};
    if (sqlite3_step(statement) == SQLITE_ROW) {
        text = sqlite_bytes(statement, 0);
    }
    const bool found = text.size > 0 && text.size <= LT_TOPIC_MAX;
    if (found) {
        keep(slot, id, text);
    }
    sqlite_end(statement);
    return found ? slot : NULL;
}

enum lt_code tally_read(struct tally *tally, struct sqlite *sqlite, struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(sqlite, STATE_READ);
    if (statement == NULL || sqlite3_step(statement) != SQLITE_ROW) {
        const enum lt_code code = sqlite_fail(sqlite, "reading the store's state", error);
        if (statement != NULL) {
            sqlite_end(statement);
        }
        return code;
    }
    *tally = (struct tally){.epoch = sqlite_uint(statement, 0),
                            .version = sqlite_uint(statement, 1),
                            .messages = sqlite_uint(statement, 2),
                            .stored = sqlite_uint(statement, 3),
                            .tree.size = sqlite_uint(statement, 4)};
    const struct lt_slice edge = sqlite_bytes(statement, 5);
    size_t at = 0;
    for (size_t level = 0; level < 64; level++) {
        if ((tally->tree.size >> level & 1U) != 0 && edge.size - at >= LT_HASH_SIZE) {
            memcpy(tally->tree.edge[level], edge.data + at, LT_HASH_SIZE);
            at += LT_HASH_SIZE;
        }
    }
    const bool whole =
        at == edge.size && at == LT_HASH_SIZE * (size_t)__builtin_popcountll(tally->tree.size);
    sqlite_end(statement);
    return whole ? LT_DONE
                 : lt_fail(error, LT_BAD_FILE,
                           "the store's log is damaged: its edge does not fit "
                           "its size: restore the last backup");
}

bool tally_write(const struct tally *tally, struct sqlite *sqlite)
{
    sqlite3_stmt *statement = sqlite_statement(sqlite, STATE_WRITE);
    if (statement == NULL) {
        return false;
    }
    uint8_t edge[64 * LT_HASH_SIZE];
    size_t size = 0;
    for (size_t level = 0; level < 64; level++) {
        if ((tally->tree.size >> level & 1U) != 0) {
            memcpy(edge + size, tally->tree.edge[level], LT_HASH_SIZE);
            size += LT_HASH_SIZE;
        }
    }
    sqlite_bind_uint(statement, 1, tally->version);
    sqlite_bind_uint(statement, 2, tally->messages);
    sqlite_bind_uint(statement, 3, tally->stored);
    sqlite_bind_uint(statement, 4, tally->tree.size);
    sqlite_bind_bytes(statement, 5, (struct lt_slice){edge, size});
    return sqlite_done(statement);
}
