// The grant in force of one's own principal: told to the caller when it is first known, and whenever it is another.
#include "engine.h"

#include <stdio.h>
#include <string.h>

static const char *why_none(const struct lt_grant *grant, bool revoked)
{
    if (revoked)
        return "has been revoked";
    return grant ? "is for other keys than these" : "stands no longer: its issuer's has ended";
}

static bool is_for_us(const struct engine *engine, const struct lt_grant *grant)
{
    return memcmp(grant->key, lt_signer_key(engine->signer), LT_KEY_SIZE) == 0 &&
           memcmp(grant->curve, engine->curve_key, LT_KEY_SIZE) == 0;
}

static struct event *say(const struct engine *engine, const struct lt_grant *grant, bool revoked,
                         struct lt_slice sealed)
{
    char text[LT_TEXT_MAX + 1] = "";
    bool ours = grant && is_for_us(engine, grant);
    if (!ours) {
        snprintf(text, sizeof text, "the grant of %s %s", engine->principal,
                 why_none(grant, revoked));
        sealed = (struct lt_slice){0};
    }
    struct event *event = event_new(LT_EVENT_GRANT, sealed, lt_slice_of(text));
    if (!event)
        return NULL;
    event->told.code = ours ? LT_DONE : LT_NOT_VALID;
    event->told.value = (struct lt_slice){event->bytes, event->size};
    return event;
}

void own_grant_turn(struct engine *engine)
{
    const struct lt_book *book = engine->keeper.book;
    struct lt_slice principal = lt_slice_of(engine->principal);
    uint8_t hash[LT_HASH_SIZE] = {0};
    bool revoked = false;
    // Grants come in any order: before all have, what is missing says nothing.
    if (engine->own_version == lt_book_version(book) || engine->session.state == SESSION_LEARNING)
        return;
    const struct lt_grant *grant = lt_book_find(book, principal, &revoked);
    struct lt_slice sealed = lt_book_sealed(book, principal);
    if (grant)
        lt_hash(sealed, hash);
    hash[0] = revoked ? 1 : hash[0];
    if (memcmp(hash, engine->own_told, sizeof hash) != 0) {
        struct event *event = say(engine, grant, revoked, sealed);
        if (!event)
            return; // at the next turn
        memcpy(engine->own_told, hash, sizeof hash);
        engine_tell(engine, event);
    }
    engine->own_version = lt_book_version(book);
}
