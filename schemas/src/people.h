// Inside the book of grants: principals, the grants that each was given, and where each stands.
#ifndef SCHEMAS_PEOPLE_H
#define SCHEMAS_PEOPLE_H

#include "lienthon/book.h"
#include "map.h"

enum { LINKS = 4, NO_LINK = LINKS + 1, PEOPLE_KEY_SIZE = 16 };

// A grant, opened once and shared by all copies of a book. Nothing in it changes but what is remembered
// of its last signature check.
struct record {
    struct shared shared;
    struct lt_sealed sealed;
    struct lt_grant *grant;
    uint8_t hash[LT_HASH_SIZE]; // H of the part
    uint8_t checked_key[LT_KEY_SIZE];
    bool checked, holds;
    uint8_t bytes[]; // what sealed looks into
};

// What the set of grants makes of one principal.
struct standing {
    struct record *in_force;       // NULL: none
    unsigned link;                 // of the grant in force: 1 is the root's own
    struct record *bar[LINKS + 1]; // at each link the revocation that counts
};

struct person {
    struct shared shared;
    struct standing standing;
    struct standing *fresh;  // while standings are worked out anew, else NULL
    struct record **records; // its grants, each counted
    struct record **issued;  // what it gave to others; counted there
    size_t record_count, record_room, issued_count, issued_room;
    uint8_t key[LT_KEY_SIZE]; // in force, or the last that was
    bool has_key;
    bool used; // an invitation's one grant is given: used_for is H of its part
    uint8_t used_for[LT_HASH_SIZE];
    size_t name_size;
    uint8_t name[LT_PRINCIPAL_MAX];
};

struct checks { // the cache of checked seals, shared by copies
    struct shared shared;
    lt_seal_cache *cache;
};

struct lt_book {
    uint8_t root[LT_KEY_SIZE];
    uint8_t hash_key[PEOPLE_KEY_SIZE]; // so that strangers cannot choose names that collide
    struct map people, curves;         // curves: the records in force, by their connection key
    size_t count, max;                 // grants
    size_t bytes, max_bytes;           // that they take in memory; beyond, only dear ones stay
    uint64_t version;
    struct checks *checks;
};

struct record *record_new(struct lt_slice bytes, enum lt_code *code, struct lt_error *error);
bool record_from_root(const struct record *record);
bool record_holds(struct record *record, const uint8_t key[LT_KEY_SIZE],
                  const struct lt_book *book);

uint64_t people_hash(const struct lt_book *book, struct lt_slice bytes);
struct person *people_find(const struct lt_book *book, struct lt_slice name);
// One that no other book shares, made if it is not there; NULL: no memory.
struct person *people_own(struct lt_book *book, struct lt_slice name);
bool people_add(struct lt_book *book, struct record *record);
bool people_remove(struct lt_book *book, struct record *record);

// Where this person would stand with one more grant (NULL: none), all others standing where they do.
struct standing standing_of(const struct lt_book *book, const struct person *person,
                            struct record *more);
// Works out anew who stands where, after this person's grants have changed. false: no memory.
bool standing_settle(struct lt_book *book, struct lt_slice name);
bool standing_is_dear(const struct person *person, const struct record *record);

// Would the hub take it: the codes of lt_book_take.
enum lt_code book_judge_grant(const struct lt_book *book, struct record *record,
                              struct lt_error *error);

#endif
