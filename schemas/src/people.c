// Records of grants and the principals that they name; a change works on copies of what others share.
#include "people.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void record_destroy(struct shared *object)
{
    struct record *record = (struct record *)object;
    lt_grant_destroy(&record->grant);
    free(record);
}

struct record *record_new(struct lt_slice bytes, enum lt_code *code, struct lt_error *error)
{
    struct record *record = calloc(1, sizeof *record + bytes.size);
    if (record == NULL) {
        *code = lt_fail(error, LT_NO_MEMORY, "grant: no memory");
        return NULL;
    }
    record->shared = (struct shared){1, record_destroy};
    if (bytes.size > 0) {
        memcpy(record->bytes, bytes.data, bytes.size);
    }
    const struct lt_slice own = {record->bytes, bytes.size};
    *code = lt_sealed_decode(own, &record->sealed, error);
    if (*code == LT_DONE) {
        *code = lt_grant_open(&record->sealed.part, &record->grant, error);
    }
    if (*code != LT_DONE) {
        shared_unlink(&record->shared);
        return NULL;
    }
    lt_hash(record->sealed.part.bytes, record->hash);
    return record;
}

bool record_from_root(const struct record *record)
{
    return lt_slice_is(record->sealed.part.from, "root");
}

bool record_holds(struct record *record, const uint8_t key[LT_KEY_SIZE], const struct lt_book *book)
{
    if (!record->checked || memcmp(record->checked_key, key, LT_KEY_SIZE) != 0) {
        record->holds = lt_seal_verify(&record->sealed, key, book->checks->cache, NULL) == LT_DONE;
        memcpy(record->checked_key, key, LT_KEY_SIZE);
        record->checked = true;
    }
    return record->holds;
}

uint64_t people_hash(const struct lt_book *book, struct lt_slice bytes)
{
    uint64_t hash = 0;
    uint8_t out[crypto_shorthash_BYTES];
    (void)crypto_shorthash(out, bytes.data, bytes.size, book->hash_key);
    memcpy(&hash, out, sizeof hash);
    return hash;
}

static bool has_name(const struct shared *object, const void *key)
{
    const struct person *person = (const struct person *)object;
    const struct lt_slice *name = key;
    return lt_slice_equal((struct lt_slice){person->name, person->name_size}, *name);
}

struct person *people_find(const struct lt_book *book, struct lt_slice name)
{
    return (struct person *)map_find(&book->people, people_hash(book, name), has_name, &name);
}

static void person_destroy(struct shared *object)
{
    struct person *person = (struct person *)object;
    for (size_t i = 0; i < person->record_count; i++) {
        shared_unlink(&person->records[i]->shared);
    }
    free(person->records);
    free(person->issued);
    free(person);
}

static struct person *person_new(struct lt_slice name)
{
    struct person *person =
        name.size == 0 || name.size > LT_PRINCIPAL_MAX ? NULL : calloc(1, sizeof *person);
    if (person == NULL) {
        return NULL;
    }
    person->shared = (struct shared){1, person_destroy};
    person->name_size = name.size;
    memcpy(person->name, name.data, name.size);
    return person;
}

// Copies a list with room for one more; *count stays.
static struct record **copy_list(struct record *const *list, size_t count, size_t *room)
{
    struct record **copy = calloc(count + 1, sizeof(struct record *));
    if (copy != NULL && count > 0) {
        memcpy(copy, list, count * sizeof(struct record *));
    }
    *room = count + 1;
    return copy;
}

static struct person *person_copy(const struct person *person)
{
    struct person *copy = malloc(sizeof *copy);
    if (copy == NULL) {
        return NULL;
    }
    *copy = *person;
    copy->shared.refs = 1;
    copy->records = copy_list(person->records, person->record_count, &copy->record_room);
    copy->issued = copy_list(person->issued, person->issued_count, &copy->issued_room);
    if (copy->records == NULL || copy->issued == NULL) {
        copy->record_count = 0;
        shared_unlink(&copy->shared);
        return NULL;
    }
    for (size_t i = 0; i < copy->record_count; i++) {
        shared_link(&copy->records[i]->shared);
    }
    return copy;
}

static struct person *add_person(struct lt_book *book, struct lt_slice name)
{
    struct person *person = person_new(name);
    if (person == NULL) {
        return NULL;
    }
    const bool added = map_put(&book->people, people_hash(book, name), &person->shared);
    struct person *mine = added ? person : NULL;
    shared_unlink(&person->shared);
    return mine;
}

struct person *people_own(struct lt_book *book, struct lt_slice name)
{
    if (people_find(book, name) == NULL) {
        return add_person(book, name);
    }
    struct shared **place = map_own(&book->people, people_hash(book, name), has_name, &name);
    if (place == NULL) {
        return NULL;
    }
    struct person *person = (struct person *)*place;
    if (person->shared.refs > 1) {
        struct person *copy = person_copy(person);
        if (copy == NULL) {
            return NULL;
        }
        shared_unlink(&person->shared);
        *place = &copy->shared;
        person = copy;
    }
    return person;
}

static bool append(struct record ***list, size_t *count, size_t *room, struct record *record)
{
    if (*count == *room) {
        const size_t wanted = *room == 0 ? 2 : *room * 2;
        struct record **grown = realloc(*list, wanted * sizeof(struct record *));
        if (grown == NULL) {
            return false;
        }
        *list = grown;
        *room = wanted;
    }
    (*list)[(*count)++] = record;
    return true;
}

static bool take_out(struct record **list, size_t *count, const struct record *record)
{
    for (size_t i = 0; i < *count; i++) {
        if (list[i] == record) {
            list[i] = list[--*count];
            return true;
        }
    }
    return false;
}

// The root keeps no list: it never changes, so nobody asks whom it gave what.
static struct person *own_issuer(struct lt_book *book, const struct record *record)
{
    return people_own(book, record->sealed.part.from);
}

// A short body may be large once it is opened.
static size_t weight_of(const struct record *record)
{
    const struct lt_powers *own = &record->grant->powers;
    const struct lt_powers *scope = &record->grant->scope;
    return sizeof *record + record->sealed.bytes.size + sizeof *record->grant +
           (own->publish_count + scope->publish_count) * sizeof *own->publish +
           (own->subscribe_count + scope->subscribe_count) * sizeof *own->subscribe;
}

bool people_add(struct lt_book *book, struct record *record)
{
    if (!record_from_root(record)) {
        struct person *issuer = own_issuer(book, record);
        if (issuer == NULL ||
            !append(&issuer->issued, &issuer->issued_count, &issuer->issued_room, record)) {
            return false;
        }
    }
    struct person *person = people_own(book, record->grant->principal);
    if (person == NULL ||
        !append(&person->records, &person->record_count, &person->record_room, record)) {
        return false;
    }
    shared_link(&record->shared);
    book->count++;
    book->bytes += weight_of(record);
    return true;
}

static bool forget_if_empty(struct lt_book *book, const struct person *person)
{
    if (person->record_count > 0 || person->issued_count > 0 || person->used) {
        return true;
    }
    const struct lt_slice name = {person->name, person->name_size};
    return map_remove(&book->people, people_hash(book, name), &person->shared);
}

bool people_remove(struct lt_book *book, struct record *record)
{
    if (!record_from_root(record)) {
        struct person *issuer = own_issuer(book, record);
        if (issuer == NULL) {
            return false;
        }
        (void)take_out(issuer->issued, &issuer->issued_count, record);
        if (!forget_if_empty(book, issuer)) {
            return false;
        }
    }
    struct person *person = people_own(book, record->grant->principal);
    if (person == NULL) {
        return false;
    }
    if (!take_out(person->records, &person->record_count, record)) {
        return true;
    }
    book->count--;
    book->bytes -= weight_of(record);
    const bool done = forget_if_empty(book, person);
    shared_unlink(&record->shared);
    return done;
}
