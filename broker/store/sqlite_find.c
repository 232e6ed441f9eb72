// Finding a stored message: by id, by seq, by origin.
#include <string.h>

#include "sqlite.h"

static enum lt_code failed(struct store_reader *reader, struct lt_error *error)
{
    return sqlite_fail(&reader->sqlite, "finding a message", error);
}

enum lt_code store_find_seq(struct store_reader *reader, uint64_t seq, store_visit *visit,
                            void *self, struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(&reader->sqlite, MESSAGE_BY_SEQ);
    if (statement == NULL) {
        return failed(reader, error);
    }
    sqlite_bind_uint(statement, 1, seq);
    const int stepped = sqlite3_step(statement);
    enum lt_code code = LT_NOT_FOUND;
    bool go_on = true;
    if (stepped == SQLITE_ROW) {
        code = row_visit(reader, statement, visit, self, &go_on, error);
    } else if (stepped != SQLITE_DONE) {
        code = failed(reader, error);
    }
    sqlite_end(statement);
    return code == LT_NOT_FOUND
               ? lt_fail(error, code, "there is no message %llu", (unsigned long long)seq)
               : code;
}

// Whoever is asked for; any when empty.
static bool is_from(struct store_reader *reader, sqlite3_stmt *statement, struct lt_slice from)
{
    if (from.size == 0) {
        return true;
    }
    const struct name *sender =
        names_text(&reader->names, &reader->sqlite, sqlite3_column_int64(statement, ROW_SENDER));
    return sender != NULL && sender->size == from.size &&
           memcmp(sender->text, from.data, from.size) == 0;
}

enum lt_code store_find(struct store_reader *reader, struct lt_slice from,
                        const uint8_t id[LT_ID_SIZE], store_visit *visit, void *self,
                        struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(&reader->sqlite, MESSAGE_BY_ID);
    if (statement == NULL) {
        return failed(reader, error);
    }
    sqlite_bind_bytes(statement, 1, (struct lt_slice){id, LT_ID_SIZE});
    enum lt_code code = LT_DONE;
    bool found = false;
    bool go_on = true;
    int stepped = SQLITE_ROW;
    while (code == LT_DONE && go_on && (stepped = sqlite3_step(statement)) == SQLITE_ROW) {
        if (is_from(reader, statement, from)) {
            found = true;
            code = row_visit(reader, statement, visit, self, &go_on, error);
        }
    }
    sqlite_end(statement);
    if (code == LT_DONE && stepped != SQLITE_ROW && stepped != SQLITE_DONE) {
        return failed(reader, error);
    }
    if (code == LT_DONE && !found) {
        char text[37];
        lt_id_print(id, text);
        return lt_fail(error, LT_NOT_FOUND, "there is no message %s", text);
    }
    return code;
}

enum lt_code store_find_origin(struct store_reader *reader, struct lt_slice from,
                               struct lt_slice topic, struct lt_slice origin, uint64_t *seq,
                               struct lt_error *error)
{
    sqlite3_stmt *statement = sqlite_statement(&reader->sqlite, MESSAGE_ORIGIN);
    if (statement == NULL) {
        return failed(reader, error);
    }
    sqlite_bind_text(statement, 1, origin);
    sqlite_bind_text(statement, 2, from);
    bool found = false;
    int stepped = SQLITE_ROW;
    while (!found && (stepped = sqlite3_step(statement)) == SQLITE_ROW) {
        found = topic.size == 0 || lt_slice_equal(sqlite_bytes(statement, 1), topic);
        *seq = sqlite_uint(statement, 0);
    }
    sqlite_end(statement);
    if (stepped != SQLITE_ROW && stepped != SQLITE_DONE) {
        return failed(reader, error);
    }
    return found ? LT_DONE : lt_fail(error, LT_NOT_FOUND, "nothing has come from there before");
}
