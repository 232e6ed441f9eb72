// The book of grants from outside: made, copied, changed as a whole or not at all, and looked up.
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "people.h"

enum {
    GRANTS_MAX = 65536,
    CHECKS = 1024,
    EVICTED_SHARE = 16,
    IDLE_BYTES = 128 * 1024 * 1024, // beyond, only grants that count find room
};

static void checks_destroy(struct shared *object)
{
    struct checks *checks = (struct checks *)object;
    lt_seal_cache_destroy(&checks->cache);
    free(checks);
}

static struct checks *checks_new(void)
{
    struct checks *checks = calloc(1, sizeof *checks);
    if (checks == NULL) {
        return NULL;
    }
    checks->shared = (struct shared){1, checks_destroy};
    checks->cache = lt_seal_cache_new(CHECKS);
    if (checks->cache == NULL) {
        shared_unlink(&checks->shared);
        return NULL;
    }
    return checks;
}

lt_book *lt_book_new(const uint8_t root[LT_KEY_SIZE])
{
    if (sodium_init() < 0) {
        return NULL;
    }
    lt_book *book = calloc(1, sizeof *book);
    if (book == NULL) {
        return NULL;
    }
    book->max = GRANTS_MAX;
    book->max_bytes = IDLE_BYTES;
    memcpy(book->root, root, LT_KEY_SIZE);
    randombytes_buf(book->hash_key, sizeof book->hash_key);
    book->checks = checks_new();
    if (book->checks == NULL) {
        lt_book_destroy(&book);
    }
    return book;
}

lt_book *lt_book_copy(const lt_book *book)
{
    lt_book *copy = malloc(sizeof *copy);
    if (copy == NULL) {
        return NULL;
    }
    *copy = *book;
    copy->people = map_copy(&book->people);
    copy->curves = map_copy(&book->curves);
    shared_link(&book->checks->shared);
    return copy;
}

void lt_book_destroy(lt_book **book)
{
    if (*book != NULL) {
        map_clear(&(*book)->people);
        map_clear(&(*book)->curves);
        shared_unlink((*book)->checks == NULL ? NULL : &(*book)->checks->shared);
        free(*book);
        *book = NULL;
    }
}

const uint8_t *lt_book_root(const lt_book *book)
{
    return book->root;
}

void lt_book_limit(lt_book *book, size_t max)
{
    book->max = max;
}

void lt_book_limit_bytes(lt_book *book, size_t max)
{
    book->max_bytes = max;
}

size_t lt_book_bytes(const lt_book *book)
{
    return book->bytes;
}

uint64_t lt_book_version(const lt_book *book)
{
    return book->version;
}

// Grants that could go: neither in force nor a revocation that counts.
struct idle {
    struct record **list;
    size_t count, room;
    bool failed;
};

static bool collect_idle(void *self, struct shared *object)
{
    struct idle *idle = self;
    const struct person *person = (const struct person *)object;
    for (size_t i = 0; i < person->record_count; i++) {
        if (standing_is_dear(person, person->records[i])) {
            continue;
        }
        if (idle->count == idle->room) {
            const size_t room = idle->room == 0 ? 64 : idle->room * 2;
            struct record **grown = realloc(idle->list, room * sizeof(struct record *));
            if (grown == NULL) {
                idle->failed = true;
                return false;
            }
            idle->list = grown;
            idle->room = room;
        }
        idle->list[idle->count++] = person->records[i];
    }
    return true;
}

static int older_first(const void *a, const void *b)
{
    const struct record *one = *(struct record *const *)a;
    const struct record *other = *(struct record *const *)b;
    if (one->sealed.part.created != other->sealed.part.created) {
        return one->sealed.part.created < other->sealed.part.created ? -1 : 1;
    }
    return memcmp(one->hash, other->hash, LT_HASH_SIZE);
}

// Makes room for `fresh`, which is in the book already: the oldest idle ones go, a share at once, so that
// looking for them is rare.
static enum lt_code make_room(lt_book *book, const struct record *fresh)
{
    const struct person *person = people_find(book, fresh->grant->principal);
    if (book->count <= book->max && book->bytes <= book->max_bytes) {
        return LT_DONE;
    }
    if (!standing_is_dear(person, fresh)) {
        return LT_TOO_LARGE;
    }
    struct idle idle = {0};
    (void)map_each(&book->people, collect_idle, &idle);
    enum lt_code code = idle.failed ? LT_NO_MEMORY : LT_DONE;
    if (idle.count > 1) {
        qsort(idle.list, idle.count, sizeof(struct record *), older_first);
    }
    const size_t wanted = book->max - book->max / EVICTED_SHARE;
    const size_t light = book->max_bytes - book->max_bytes / EVICTED_SHARE;
    for (size_t i = 0;
         i < idle.count && code == LT_DONE && (book->count > wanted || book->bytes > light); i++) {
        code = people_remove(book, idle.list[i]) ? LT_DONE : LT_NO_MEMORY;
    }
    free(idle.list);
    return code == LT_DONE && book->count > book->max ? LT_TOO_LARGE : code;
}

static bool mark_used(lt_book *book, struct lt_slice invitation, const uint8_t hash[LT_HASH_SIZE])
{
    struct person *person = people_own(book, invitation);
    if (person == NULL) {
        return false;
    }
    person->used = true;
    memcpy(person->used_for, hash, LT_HASH_SIZE);
    return true;
}

static bool is_invitation(const lt_book *book, struct lt_slice name)
{
    const struct lt_grant *grant = lt_book_find(book, name, NULL);
    return grant != NULL && (grant->powers.rights & (LT_ENROL | LT_GRANT)) == LT_ENROL;
}

static enum lt_code change(lt_book *edit, struct record *record, bool hub)
{
    const struct lt_slice issuer = record->sealed.part.from;
    if (hub && !record_from_root(record) && is_invitation(edit, issuer) &&
        !mark_used(edit, issuer, record->hash)) {
        return LT_NO_MEMORY;
    }
    if (!people_add(edit, record) || !standing_settle(edit, record->grant->principal)) {
        return LT_NO_MEMORY;
    }
    return make_room(edit, record);
}

// All or nothing: the change is made on a copy, which shares what does not change.
static enum lt_code keep(lt_book *book, struct record *record, bool hub, struct lt_error *error)
{
    lt_book *edit = lt_book_copy(book);
    if (edit == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "grant: no memory");
    }
    const enum lt_code code = change(edit, record, hub);
    if (code == LT_DONE) {
        const lt_book old = *book;
        *book = *edit;
        *edit = old;
    }
    lt_book_destroy(&edit);
    if (code == LT_NO_MEMORY) {
        return lt_fail(error, code, "grant: no memory");
    }
    return code == LT_DONE ? code : lt_fail(error, code, "grant: the book is full");
}

// The same grant: under the same seal, or in force under another.
static bool has(const lt_book *book, const struct record *record)
{
    const struct person *person = people_find(book, record->grant->principal);
    for (size_t i = 0; person != NULL && i < person->record_count; i++) {
        const struct record *kept = person->records[i];
        if (memcmp(kept->hash, record->hash, LT_HASH_SIZE) == 0 &&
            (standing_is_dear(person, kept) ||
             lt_slice_equal(kept->sealed.bytes, record->sealed.bytes))) {
            return true;
        }
    }
    return false;
}

enum lt_code lt_book_take(lt_book *book, struct lt_slice sealed, struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    struct record *record = record_new(sealed, &code, error);
    if (record == NULL) {
        return code;
    }
    if (!has(book, record)) {
        code = book_judge_grant(book, record, error);
        if (code == LT_DONE) {
            code = keep(book, record, true, error);
        }
    }
    shared_unlink(&record->shared);
    return code;
}

// A seal that names the issuer's key and does not hold under it will hold under none.
static bool is_forged(const lt_book *book, struct record *record)
{
    uint8_t id[LT_KEY_ID_SIZE];
    const uint8_t *key = lt_book_key(book, record->sealed.part.from);
    if (key == NULL) {
        return false;
    }
    lt_key_id(key, id);
    const bool is_its_key = memcmp(id, record->sealed.seal.key_id.data, LT_KEY_ID_SIZE) == 0;
    return (is_its_key || record_from_root(record)) && !record_holds(record, key, book);
}

enum lt_code lt_book_learn(lt_book *book, struct lt_slice sealed, struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    struct record *record = record_new(sealed, &code, error);
    if (record == NULL) {
        return code;
    }
    if (is_forged(book, record)) {
        code = lt_fail(error, LT_BAD_SEAL, "grant: its seal does not hold under its issuer's key");
    } else if (!has(book, record)) {
        code = keep(book, record, false, error);
    }
    shared_unlink(&record->shared);
    return code;
}

bool lt_book_mark_used(lt_book *book, struct lt_slice invitation, const uint8_t hash[LT_HASH_SIZE])
{
    return mark_used(book, invitation, hash);
}

static const struct record *in_force(const lt_book *book, struct lt_slice principal)
{
    const struct person *person = people_find(book, principal);
    return person == NULL ? NULL : person->standing.in_force;
}

static bool is_revoked(const struct person *person)
{
    for (unsigned link = 1; link <= LINKS; link++) {
        if (person->standing.bar[link] != NULL) {
            return person->standing.in_force == NULL;
        }
    }
    return false;
}

struct lt_slice lt_book_revocation(const lt_book *book, struct lt_slice principal)
{
    const struct person *person = people_find(book, principal);
    for (unsigned link = 1; person != NULL && is_revoked(person) && link <= LINKS; link++) {
        if (person->standing.bar[link] != NULL) {
            return person->standing.bar[link]->sealed.bytes;
        }
    }
    return (struct lt_slice){0};
}

const struct lt_grant *lt_book_find(const lt_book *book, struct lt_slice principal, bool *revoked)
{
    const struct person *person = people_find(book, principal);
    if (revoked != NULL) {
        *revoked = person != NULL && is_revoked(person);
    }
    return person == NULL || person->standing.in_force == NULL ? NULL
                                                               : person->standing.in_force->grant;
}

// Where two have one connection key (only a receiver's book can hold that), the nearer to the root has it,
// then the lesser name.
struct curve_search {
    const uint8_t *curve;
    const lt_book *book;
    const struct record *best;
    unsigned link;
};

static bool look_at_curve(const struct shared *object, const void *key)
{
    const struct record *record = (const struct record *)object;
    struct curve_search *search = *(struct curve_search *const *)key;
    if (memcmp(record->grant->curve, search->curve, LT_KEY_SIZE) != 0) {
        return false;
    }
    const struct lt_slice name = record->grant->principal;
    const struct lt_slice other =
        search->best == NULL ? (struct lt_slice){0} : search->best->grant->principal;
    const unsigned link = people_find(search->book, name)->standing.link;
    const size_t shorter = name.size < other.size ? name.size : other.size;
    const int order = shorter == 0 ? 0 : memcmp(name.data, other.data, shorter);
    if (search->best == NULL || link < search->link ||
        (link == search->link && (order < 0 || (order == 0 && name.size < other.size)))) {
        search->best = record;
        search->link = link;
    }
    return false; // look at the others too
}

const struct lt_grant *lt_book_find_curve(const lt_book *book, const uint8_t curve[LT_KEY_SIZE])
{
    struct curve_search search = {.curve = curve, .book = book};
    struct curve_search *const key = &search;
    const uint64_t hash = people_hash(book, (struct lt_slice){curve, LT_KEY_SIZE});
    (void)map_find(&book->curves, hash, look_at_curve, &key);
    return search.best == NULL ? NULL : search.best->grant;
}

const uint8_t *lt_book_key(const lt_book *book, struct lt_slice principal)
{
    if (lt_slice_is(principal, "root")) {
        return book->root;
    }
    const struct person *person = people_find(book, principal);
    return person != NULL && person->has_key ? person->key : NULL;
}

struct lt_slice lt_book_sealed(const lt_book *book, struct lt_slice principal)
{
    const struct record *record = in_force(book, principal);
    return record == NULL ? (struct lt_slice){0} : record->sealed.bytes;
}

struct lt_slice lt_book_issuer(const lt_book *book, struct lt_slice principal)
{
    const struct record *record = in_force(book, principal);
    return record == NULL ? (struct lt_slice){0} : record->sealed.part.from;
}

struct each {
    bool (*visit)(void *self, const struct lt_grant *grant, struct lt_slice sealed);
    void *self;
};

static bool visit_person(void *self, struct shared *object)
{
    const struct each *each = self;
    const struct record *record = ((const struct person *)object)->standing.in_force;
    return record == NULL || each->visit(each->self, record->grant, record->sealed.bytes);
}

void lt_book_each(const lt_book *book,
                  bool (*visit)(void *self, const struct lt_grant *grant, struct lt_slice sealed),
                  void *self)
{
    struct each each = {visit, self};
    (void)map_each(&book->people, visit_person, &each);
}
