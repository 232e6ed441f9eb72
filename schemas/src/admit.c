// Would the hub take this grant: asked before anything is changed (wire.md section 4).
#include <string.h>

#include "people.h"

static enum lt_code judge_issuer(const struct lt_book *book, struct record *record,
                                 const struct person *issuer, struct lt_error *error)
{
    const struct lt_part *part = &record->sealed.part;
    const int size = (int)part->from.size;
    const char *name = (const char *)part->from.data;
    const struct lt_grant *grant =
        issuer->standing.in_force == NULL ? NULL : issuer->standing.in_force->grant;
    if (!record_holds(record, issuer->key, book)) {
        return lt_fail(error, LT_BAD_SEAL, "grant: its seal does not hold under %.*s's key", size,
                       name);
    }
    if (grant == NULL) {
        return lt_fail(error, LT_NOT_VALID, "grant: %.*s, who issued it, has no grant in force",
                       size, name);
    }
    if (part->created < grant->not_before || part->created >= grant->expires) {
        return lt_fail(error, LT_NOT_VALID, "grant: made outside the time of %.*s's own grant",
                       size, name);
    }
    if ((grant->powers.rights & (LT_GRANT | LT_ENROL)) == 0) {
        return lt_fail(error, LT_NOT_ALLOWED, "grant: %.*s has neither the right grant nor enrol",
                       size, name);
    }
    if (issuer->standing.link == LINKS) {
        return lt_fail(error, LT_NOT_ALLOWED, "grant: %.*s is %d links from the root already", size,
                       name, LINKS);
    }
    const enum lt_code code = lt_grant_inside(record->grant, grant, error);
    if (code != LT_DONE) {
        return code;
    }
    if ((grant->powers.rights & LT_GRANT) == 0 && issuer->used &&
        memcmp(issuer->used_for, record->hash, LT_HASH_SIZE) != 0) {
        return lt_fail(error, LT_INVITATION_USED, "grant: the invitation %.*s has been used", size,
                       name);
    }
    return LT_DONE;
}

struct curve_key {
    struct lt_slice curve, but;
};

static bool is_anothers(const struct shared *object, const void *key)
{
    const struct record *record = (const struct record *)object;
    const struct curve_key *wanted = key;
    return memcmp(record->grant->curve, wanted->curve.data, LT_KEY_SIZE) == 0 &&
           !lt_slice_equal(record->grant->principal, wanted->but);
}

static enum lt_code judge_revocation(const struct standing *fresh, const struct record *record,
                                     struct lt_error *error)
{
    for (unsigned link = 1; link <= LINKS; link++) {
        if (fresh->bar[link] == record) {
            return LT_DONE;
        }
    }
    return lt_fail(error, LT_NOT_VALID,
                   "grant: a revocation with serial %llu voids nothing: a higher one stands, or a "
                   "nearer issuer's grant",
                   (unsigned long long)record->grant->serial);
}

// Against what the principal has already.
static enum lt_code judge_standing(const struct lt_book *book, struct record *record,
                                   struct lt_error *error)
{
    const struct lt_grant *grant = record->grant;
    const struct person *person = people_find(book, grant->principal);
    const struct record *held = person == NULL ? NULL : person->standing.in_force;
    const struct standing fresh = standing_of(book, person, record);
    if (grant->revoked) {
        return judge_revocation(&fresh, record, error);
    }
    if (held != NULL && held->grant->serial == grant->serial) {
        return lt_fail(error, LT_NOT_VALID, "grant: another with serial %llu is in force",
                       (unsigned long long)grant->serial);
    }
    if (fresh.in_force != record) {
        return lt_fail(error, LT_NOT_VALID,
                       "grant: with serial %llu it would not be in force: a higher one, a "
                       "revocation or a nearer issuer's grant stands",
                       (unsigned long long)grant->serial);
    }
    const struct curve_key key = {{grant->curve, LT_KEY_SIZE}, grant->principal};
    if (map_find(&book->curves, people_hash(book, key.curve), is_anothers, &key) != NULL) {
        return lt_fail(error, LT_NOT_ALLOWED, "body.curve: is another principal's already");
    }
    return LT_DONE;
}

enum lt_code book_judge_grant(const struct lt_book *book, struct record *record,
                              struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    if (record_from_root(record)) {
        if (!record_holds(record, book->root, book)) {
            return lt_fail(error, LT_BAD_SEAL, "grant: its seal does not hold under the root key");
        }
    } else {
        const struct lt_slice from = record->sealed.part.from;
        const struct person *issuer = people_find(book, from);
        if (issuer == NULL || !issuer->has_key) {
            return lt_fail(error, LT_UNKNOWN_PRINCIPAL, "grant: %.*s, who issued it, is not known",
                           (int)from.size, (const char *)from.data);
        }
        code = judge_issuer(book, record, issuer, error);
    }
    return code == LT_DONE ? judge_standing(book, record, error) : code;
}
