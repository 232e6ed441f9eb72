// The topics' retained values, where their table could not be read: they are messages of the store, so they are found again in
// the order in which they came. Without them nobody who comes later hears of a grant or a revocation, and the sweep takes both.
#include "sqlite.h"

struct mending {
    struct sqlite *to;
    sqlite3_stmt *current; // the sealed bytes of a topic's value
};

// Is the topic's value, as far as it is found again, one whose place this message takes.
static bool takes_place(const struct mending *mending, int64_t topic, const struct lt_part *part)
{
    struct lt_sealed old = {0};
    (void)sqlite3_bind_int64(mending->current, 1, topic);
    const bool takes = sqlite3_step(mending->current) == SQLITE_ROW &&
                       lt_sealed_decode(sqlite_bytes(mending->current, 0), &old, NULL) == LT_DONE &&
                       lt_part_takes_place(part, &old.part);
    (void)sqlite3_reset(mending->current);
    return takes;
}

// As it was when it came (sqlite_append.c).
static bool put_again(const struct mending *mending, uint64_t seq, int64_t topic,
                      const struct lt_part *part)
{
    const bool takes = part->relation >= LT_REPLACES && takes_place(mending, topic, part);
    const bool retain = part->relation != LT_CANCELS && (takes || (part->flags & LT_RETAIN) != 0);
    if (!retain && !takes) {
        return true;
    }
    sqlite3_stmt *statement = sqlite_statement(mending->to, !retain ? LAST_CLEAR
                                                            : takes ? LAST_SET
                                                                    : LAST_OFFER);
    if (statement == NULL) {
        return false;
    }
    (void)sqlite3_bind_int64(statement, 1, topic);
    if (retain) {
        sqlite_bind_uint(statement, 2, seq);
        sqlite_bind_uint(statement, 3, part->created);
        sqlite_bind_bytes(statement, 4, (struct lt_slice){part->id, LT_ID_SIZE});
        sqlite_bind_uint(statement, 5, part->expires);
    }
    return sqlite_done(statement);
}

static bool walk_messages(const struct mending *mending, sqlite3_stmt *walk)
{
    bool mended = true;
    int stepped = SQLITE_ROW;
    while (mended && (stepped = sqlite3_step(walk)) == SQLITE_ROW) {
        struct lt_sealed sealed = {0};
        if (lt_sealed_decode(sqlite_bytes(walk, 2), &sealed, NULL) == LT_DONE) {
            mended = put_again(mending, sqlite_uint(walk, 0), sqlite3_column_int64(walk, 1),
                               &sealed.part);
        }
    }
    return mended && stepped == SQLITE_DONE;
}

enum lt_code mend_last(struct sqlite *to, struct lt_error *error)
{
    struct mending mending = {.to = to};
    sqlite3_stmt *walk = NULL;
    // A topic of which the value could be read keeps it.
    enum lt_code code = sqlite_run(to,
                                   "DELETE FROM last WHERE seq NOT IN (SELECT seq FROM message);"
                                   "CREATE TEMP TABLE kept AS SELECT topic FROM last;",
                                   error);
    if (code != LT_DONE) {
        return code;
    }
    const bool mended =
        sqlite3_prepare_v2(to->db,
                           "SELECT sealed FROM last JOIN message ON message.seq = last.seq "
                           "WHERE last.topic = ?1",
                           -1, &mending.current, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(to->db,
                           "SELECT seq, topic, sealed FROM message "
                           "WHERE topic NOT IN (SELECT topic FROM temp.kept) ORDER BY seq",
                           -1, &walk, NULL) == SQLITE_OK &&
        walk_messages(&mending, walk);
    if (!mended) {
        code = sqlite_fail(to, "salvaging the store", error);
    }
    (void)sqlite3_finalize(walk);
    (void)sqlite3_finalize(mending.current);
    return code == LT_DONE ? sqlite_run(to, "DROP TABLE temp.kept", error) : code;
}
