#include "letter.h"

#include <stdlib.h>
#include <string.h>

#include <czmq.h>

static uint64_t from_now(int64_t now, int64_t in)
{
    return in ? (uint64_t)(now + in) : 0;
}

enum lt_code letter_write(const struct town *town, const struct lt_part *draft,
                          const struct wish *wish, struct letter **out, struct lt_error *error)
{
    int64_t now = zclock_time();
    struct lt_part part = *draft;
    struct letter *letter = calloc(1, sizeof *letter);
    *out = NULL;
    if (!letter)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a message");
    letter->sealed.max = LT_MESSAGE_LIMIT;
    letter->priority = part.priority = wish->priority;
    letter->attempt = 1;
    part.created = (uint64_t)(now + wish->created_in);
    lt_id_make(part.created, part.id);
    memcpy(letter->id, part.id, LT_ID_SIZE);
    part.expires = from_now(now, wish->expires_in);
    // Life and property always ends within a day.
    if (!part.expires && wish->priority == LT_HOA_TOC)
        part.expires = from_now(now, (int64_t)3600 * 1000);
    part.deliver_at = from_now(now, wish->due_in);
    part.relation = wish->relation;
    if (wish->re)
        memcpy(part.re, wish->re->id, LT_ID_SIZE);
    part.flags = (uint8_t)(wish->flags | (wish->no_receipt ? 0 : LT_RECEIPT));
    part.origin = (struct lt_slice){0};
    if (wish->body.data)
        part.body = wish->body;
    enum lt_code code = town_seal(town, wish->from, &part, &letter->sealed, error);
    if (code != LT_DONE)
        letter_free(&letter);
    *out = letter;
    return code;
}

void letter_free(struct letter **letter)
{
    if (!*letter)
        return;
    lt_buffer_clear(&(*letter)->sealed);
    free(*letter);
    *letter = NULL;
}
