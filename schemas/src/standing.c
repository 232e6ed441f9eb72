// Which grants are in force: link by link from the root, four at most (wire.md section 4). Where somebody
// stands depends on issuers one link nearer the root, so after a change only those are asked again to whom
// the changed one has given something, and those to whom they have, and so on.
#include <stdlib.h>
#include <string.h>

#include "people.h"

static const struct standing *standing_now(const struct person *person)
{
    return person->fresh != NULL ? person->fresh : &person->standing;
}

// The link at which this record's issuer stands: 0 for the root, NO_LINK for one with nothing in force.
static unsigned issuer_link(const struct lt_book *book, const struct record *record,
                            const struct lt_grant **issuer)
{
    *issuer = NULL;
    if (record_from_root(record)) {
        return 0;
    }
    const struct person *person = people_find(book, record->sealed.part.from);
    const struct standing *standing = person == NULL ? NULL : standing_now(person);
    if (standing == NULL || standing->in_force == NULL) {
        return NO_LINK;
    }
    *issuer = standing->in_force->grant;
    return standing->link;
}

static bool is_candidate(const struct lt_book *book, struct record *record,
                         const struct lt_grant *issuer)
{
    if (issuer == NULL) {
        return record_holds(record, book->root, book);
    }
    const uint64_t created = record->sealed.part.created;
    return (issuer->powers.rights & (LT_GRANT | LT_ENROL)) != 0 && created >= issuer->not_before &&
           created < issuer->expires && record_holds(record, issuer->key, book) &&
           lt_grant_inside(record->grant, issuer, NULL) == LT_DONE;
}

static bool beats(const struct record *a, const struct record *b)
{
    if (b == NULL || a->grant->serial != b->grant->serial) {
        return b == NULL || a->grant->serial > b->grant->serial;
    }
    if (a->grant->revoked != b->grant->revoked) {
        return a->grant->revoked;
    }
    return memcmp(a->hash, b->hash, LT_HASH_SIZE) > 0;
}

static void consider(const struct lt_book *book, struct record *record, unsigned link,
                     struct record **best)
{
    const struct lt_grant *issuer = NULL;
    if (issuer_link(book, record, &issuer) + 1 == link && beats(record, *best) &&
        is_candidate(book, record, issuer)) {
        *best = record;
    }
}

static bool is_barred(const struct standing *standing, const struct record *record)
{
    for (unsigned link = 1; link <= LINKS; link++) {
        const struct record *bar = standing->bar[link];
        if (bar != NULL && bar->grant->serial >= record->grant->serial) {
            return true;
        }
    }
    return false;
}

// What this link makes of a person whom no earlier one has settled.
static void settle_link(const struct lt_book *book, const struct person *person,
                        struct record *more, unsigned link, struct standing *standing)
{
    struct record *best = NULL;
    if (standing->in_force != NULL) {
        return;
    }
    for (size_t i = 0; i < person->record_count; i++) {
        consider(book, person->records[i], link, &best);
    }
    if (more != NULL) {
        consider(book, more, link, &best);
    }
    if (best == NULL || is_barred(standing, best)) {
        return;
    }
    if (best->grant->revoked) {
        standing->bar[link] = best;
    } else {
        standing->in_force = best;
        standing->link = link;
    }
}

struct standing standing_of(const struct lt_book *book, const struct person *person,
                            struct record *more)
{
    static const struct person nobody = {0};
    struct standing standing = {0};
    for (unsigned link = 1; link <= LINKS; link++) {
        settle_link(book, person == NULL ? &nobody : person, more, link, &standing);
    }
    return standing;
}

bool standing_is_dear(const struct person *person, const struct record *record)
{
    for (unsigned link = 1; link <= LINKS; link++) {
        if (person->standing.bar[link] == record) {
            return true;
        }
    }
    return person->standing.in_force == record;
}

// Those whose standing a change can reach.
struct reach {
    struct person **people;
    struct standing *fresh;
    size_t count, room;
    bool failed;
    struct standing marked; // only its address is used: "is in the list already"
};

static void reach_add(struct reach *reach, struct person *person)
{
    if (person == NULL || person->fresh != NULL) {
        return;
    }
    if (reach->count == reach->room) {
        const size_t room = reach->room == 0 ? 16 : reach->room * 2;
        struct person **grown = realloc(reach->people, room * sizeof(struct person *));
        if (grown == NULL) {
            reach->failed = true;
            return;
        }
        reach->people = grown;
        reach->room = room;
    }
    reach->people[reach->count++] = person;
    person->fresh = &reach->marked;
}

static void reach_collect(struct reach *reach, const struct lt_book *book, struct person *first)
{
    reach_add(reach, first);
    for (size_t i = 0; i < reach->count && !reach->failed; i++) {
        const struct person *person = reach->people[i];
        for (size_t j = 0; j < person->issued_count; j++) {
            reach_add(reach, people_find(book, person->issued[j]->grant->principal));
        }
    }
    reach->fresh = calloc(reach->count == 0 ? 1 : reach->count, sizeof *reach->fresh);
    reach->failed = reach->failed || reach->fresh == NULL;
}

static void reach_settle(struct reach *reach, const struct lt_book *book)
{
    for (size_t i = 0; i < reach->count; i++) {
        reach->people[i]->fresh = &reach->fresh[i];
    }
    for (unsigned link = 1; link <= LINKS; link++) {
        for (size_t i = 0; i < reach->count; i++) {
            settle_link(book, reach->people[i], NULL, link, &reach->fresh[i]);
        }
    }
}

static bool move_curve(struct lt_book *book, struct record *old, struct record *fresh)
{
    if (old != NULL) {
        const struct lt_slice curve = {old->grant->curve, LT_KEY_SIZE};
        if (!map_remove(&book->curves, people_hash(book, curve), &old->shared)) {
            return false;
        }
    }
    if (fresh == NULL) {
        return true;
    }
    const struct lt_slice curve = {fresh->grant->curve, LT_KEY_SIZE};
    return map_put(&book->curves, people_hash(book, curve), &fresh->shared);
}

static bool same_bars(const struct standing *a, const struct standing *b)
{
    return memcmp(a->bar, b->bar, sizeof a->bar) == 0;
}

static bool apply(struct lt_book *book, const struct person *person, const struct standing *fresh)
{
    const struct standing *old = &person->standing;
    if (old->in_force == fresh->in_force && old->link == fresh->link && same_bars(old, fresh)) {
        return true;
    }
    struct person *own = people_own(book, (struct lt_slice){person->name, person->name_size});
    if (own == NULL) {
        return false;
    }
    if (own->standing.in_force != fresh->in_force) {
        if (!move_curve(book, own->standing.in_force, fresh->in_force)) {
            return false;
        }
        if (fresh->in_force != NULL) {
            memcpy(own->key, fresh->in_force->grant->key, LT_KEY_SIZE);
            own->has_key = true;
        }
    }
    own->standing = *fresh;
    book->version++;
    return true;
}

bool standing_settle(struct lt_book *book, struct lt_slice name)
{
    struct person *person = people_find(book, name);
    const struct standing fresh = standing_of(book, person, NULL);
    if (person == NULL) {
        return true;
    }
    if (fresh.in_force == person->standing.in_force && fresh.link == person->standing.link) {
        return apply(book, person, &fresh);
    }
    struct reach reach = {0};
    reach_collect(&reach, book, person);
    if (!reach.failed) {
        reach_settle(&reach, book);
    }
    for (size_t i = 0; i < reach.count; i++) {
        reach.people[i]->fresh = NULL;
    }
    bool done = !reach.failed;
    for (size_t i = 0; i < reach.count && done; i++) {
        done = apply(book, reach.people[i], &reach.fresh[i]);
    }
    free(reach.people);
    free(reach.fresh);
    return done;
}
