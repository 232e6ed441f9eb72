// The messages of the topic since then are looked through for one that takes its place, and that one's roster is asked for.
#include "unaware.h"

#include <string.h>

#include <lienthon/pack.h>

#include "original.h"
#include "walk.h"

enum { ARGS_MAX = 1024, LOOK_THROUGH = 1000 };

static bool is_state(const struct roster_row *row, const char *state)
{
    return row->state != NULL && strcmp(row->state, state) == 0;
}

// It says itself that it is there, or has acknowledged it, and nothing was heard since. To the hub it may be cancelled.
static bool is_kept(const struct roster_row *row)
{
    return row->expected &&
           (row->outcome != NULL ? strcmp(row->outcome, "received") == 0 : is_state(row, "done"));
}

static void history_args(const struct roster *roster, struct lt_buffer *args)
{
    *args = (struct lt_buffer){.max = ARGS_MAX};
    lt_pack_map(args, 3);
    lt_pack_text(args, "pattern");
    lt_pack_text(args, roster->topic);
    lt_pack_text(args, "since");
    lt_pack_uint(args, roster->stored);
    lt_pack_text(args, "limit");
    lt_pack_uint(args, LOOK_THROUGH);
}

// The id and sender of what has taken its place. false: nothing has.
static bool find_fresh(const struct lt_buffer *values, const lt_book *book, const uint8_t *id,
                       char fresh[37], char from[LT_PRINCIPAL_MAX + 1])
{
    struct lt_sealed sealed;
    struct walk walk = walk_of(values);
    while (walk_sealed(&walk, &sealed)) {
        const struct lt_part *part = &sealed.part;
        if ((part->relation != LT_CANCELS && part->relation != LT_REPLACES) ||
            memcmp(part->re, id, LT_ID_SIZE) != 0 || part->from.size > LT_PRINCIPAL_MAX ||
            lt_book_authorise(book, &sealed, part->created, false, NULL, NULL) != LT_DONE) {
            continue;
        }
        lt_id_print(part->id, fresh);
        memcpy(from, part->from.data, part->from.size);
        from[part->from.size] = '\0';
        return true;
    }
    return false;
}

static void mark(struct roster *roster, const struct roster *fresh)
{
    for (size_t i = 0; i < roster->count; i++) {
        struct roster_row *row = &roster->rows[i];
        for (size_t k = 0; is_kept(row) && k < fresh->count; k++) {
            const struct roster_row *other = &fresh->rows[k];
            if (strcmp(row->principal, other->principal) == 0 &&
                strcmp(row->target, other->target) == 0) {
                row->unaware = other->outcome == NULL &&
                               (is_state(other, "waiting") || is_state(other, "delivered"));
            }
        }
    }
}

static bool anyone_keeps(const struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++) {
        if (is_kept(&roster->rows[i])) {
            return true;
        }
    }
    return false;
}

enum lt_code unaware_mark_by(struct session *session, const lt_book *book, const char *id,
                             const char *from, struct roster *roster)
{
    if (!anyone_keeps(roster)) {
        return LT_DONE;
    }
    struct lt_error *error = &session->cli->error;
    struct lt_buffer args = {.max = ARGS_MAX};
    struct lt_buffer answer = {.max = SESSION_ANSWER_MAX};
    struct roster fresh = {0};
    enum lt_code code = original_args(id, from, &args, error);
    if (code == LT_DONE) {
        code = session_ask(session, "status", lt_buffer_slice(&args), &answer);
    }
    if (code == LT_DONE) {
        code = roster_read(lt_buffer_slice(&answer), book, &fresh, error);
    }
    if (code == LT_DONE) {
        mark(roster, &fresh);
    }
    roster_clear(&fresh);
    lt_buffer_clear(&args);
    lt_buffer_clear(&answer);
    return code;
}

bool unaware_is_taken_back(struct session *session, const lt_book *book,
                           const struct roster *roster)
{
    struct lt_buffer args;
    struct lt_buffer values = {.max = SESSION_ANSWER_MAX};
    char fresh[37];
    char from[LT_PRINCIPAL_MAX + 1];
    uint8_t id[LT_ID_SIZE];
    history_args(roster, &args);
    const bool is_taken =
        lt_id_parse(roster->id, id) &&
        session_ask(session, "history", lt_buffer_slice(&args), &values) == LT_DONE &&
        find_fresh(&values, book, id, fresh, from);
    lt_buffer_clear(&args);
    lt_buffer_clear(&values);
    return is_taken;
}

enum lt_code unaware_mark(struct session *session, const lt_book *book, struct roster *roster)
{
    struct lt_buffer args;
    struct lt_buffer values = {.max = SESSION_ANSWER_MAX};
    char fresh[37];
    char from[LT_PRINCIPAL_MAX + 1];
    uint8_t id[LT_ID_SIZE];
    if (!anyone_keeps(roster) || !lt_id_parse(roster->id, id)) {
        return LT_DONE;
    }
    history_args(roster, &args);
    enum lt_code code = session_ask(session, "history", lt_buffer_slice(&args), &values);
    if (code == LT_DONE && find_fresh(&values, book, id, fresh, from)) {
        code = unaware_mark_by(session, book, fresh, from, roster);
    }
    lt_buffer_clear(&args);
    lt_buffer_clear(&values);
    return code;
}
