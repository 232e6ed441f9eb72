// Who says so? The seal, under the key that is or last was its sender's. (18, 19)
#include <string.h>

#include "rooms.h"

bool authenticate_key(struct passage *passage, const lt_book *book)
{
    struct lt_slice from = passage->sealed.part.from;
    const uint8_t *key = lt_book_key(book, from);
    if (!key)
        return passage_refuse(passage, LT_UNKNOWN_PRINCIPAL, "no grant for %.*s is known",
                              (int)from.size, (const char *)from.data);
    memcpy(passage->key, key, sizeof passage->key);
    return true;
}

// Whoever carries what another has sealed needs the right to; asked here, said by authorise, so that
// nobody else learns which ids exist.
static bool may_bear(const struct passage *passage, const lt_book *book)
{
    if (passage->is_own || passage->is_joining ||
        lt_slice_is(passage->sealed.part.from, passage->bearer))
        return true;
    const struct lt_grant *grant = lt_book_find(book, lt_slice_of(passage->bearer), NULL);
    return grant && (grant->powers.rights & LT_RELAY);
}

bool authenticate(struct passage *passage, const lt_book *book, lt_seal_cache *seals)
{
    struct lt_error error = {0};
    const uint8_t *key = lt_book_key(book, passage->sealed.part.from);
    if (!key || memcmp(key, passage->key, sizeof passage->key) != 0) {
        // In a run of grants the one before may have given this sender another key.
        passage->is_checked = false;
        if (!authenticate_key(passage, book))
            return false;
    }
    if (!passage->is_checked)
        passage->checked = lt_seal_verify(&passage->sealed, passage->key, seals, &error);
    passage->is_checked = true;
    if (passage->checked != LT_DONE)
        return passage_refuse(passage, LT_BAD_SEAL, "%s",
                              error.text[0] ? error.text
                                            : "the seal does not hold under its sender's key");
    passage->may_bear = may_bear(passage, book);
    return true;
}
