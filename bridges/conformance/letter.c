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

struct letter *letter_for(struct letter *first, const char *target)
{
    struct letter *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    *made = (struct letter){.target = target,
                            .priority = first->priority,
                            .attempt = first->attempt,
                            .seq = first->seq,
                            .sealed.max = LT_MESSAGE_LIMIT};
    memcpy(made->id, first->id, LT_ID_SIZE);
    if (!lt_buffer_add(&made->sealed, first->sealed.data, first->sealed.size)) {
        letter_free(&made);
        return NULL;
    }
    while (first->twin)
        first = first->twin;
    first->twin = made;
    return made;
}

bool letter_is_settled(const struct letter *letter)
{
    return letter->settled;
}

bool letter_is_brought_in(const struct letter *letter)
{
    return letter->settled && (letter->said[SAID_DONE] || letter->said[SAID_SKIPPED] ||
                               letter->said[SAID_FAILED] || letter->ack == LT_ACK_GAVE_UP);
}

bool letter_is_done(const struct letter *letter)
{
    return letter->settled && letter->ack == LT_ACK_DONE && letter->said[SAID_DONE];
}

bool letter_says_done(const struct letter *letter)
{
    return letter->said[SAID_DONE] > 0;
}

bool letter_says_skipped(const struct letter *letter)
{
    return letter->said[SAID_SKIPPED] > 0;
}

bool letter_is_unseen(const struct letter *letter)
{
    return letter->effects == 0;
}

bool letters_all(const struct letter *first, letter_test *test)
{
    while (first && test(first))
        first = first->twin;
    return !first;
}

bool letters_any(const struct letter *first, letter_test *test)
{
    while (first && !test(first))
        first = first->twin;
    return first;
}

unsigned letters_effects(const struct letter *first)
{
    unsigned count = 0;
    for (; first; first = first->twin)
        count += first->effects;
    return count;
}

void letters_hold(struct letter *first, bool held)
{
    for (; first; first = first->twin)
        first->held = held;
}

void letter_free(struct letter **letter)
{
    if (!*letter)
        return;
    lt_buffer_clear(&(*letter)->sealed);
    free(*letter);
    *letter = NULL;
}
