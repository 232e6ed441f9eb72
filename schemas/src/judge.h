// Inside a receiver's judgement: what it remembers.
#ifndef SCHEMAS_JUDGE_H
#define SCHEMAS_JUDGE_H

#include "lienthon/judge.h"
#include "recall.h"

enum { JUDGE_SALT_SIZE = 16, JUDGE_HASH_SIZE = RECALL_KEY_SIZE };

struct seen { // by sender and id
    struct recall_head head;
};

struct displaced { // by the id that is cancelled or replaced, with topic, type and drill bit
    struct recall_head head;
    uint8_t from[JUDGE_HASH_SIZE]; // who did it
    uint8_t priority;
};

struct approval { // by all that an approval and its message must have in common
    struct recall_head head;
    uint64_t expires;
    bool is_drill;
    uint8_t size;
    uint8_t approver[LT_PRINCIPAL_MAX];
};

struct value { // the newest retained value of a topic
    struct recall_head head;
    uint64_t created;
    uint8_t id[LT_ID_SIZE];
};

struct told { // the highest sealed time, by whom, and under which key
    uint64_t time;
    uint8_t size;
    uint8_t teller[LT_PRINCIPAL_MAX];
    uint8_t key[LT_KEY_SIZE];
};

struct lt_judge {
    lt_book *book; // lent
    lt_seal_cache *cache;
    uint8_t salt[JUDGE_SALT_SIZE]; // keys of records are hashes under it: nobody can choose them
    struct recall seen, displaced, approvals, values;
    uint64_t floor; // what was to be remembered until then, or less, may have been forgotten
    struct told told;
};

void judge_forget_all(struct lt_judge *judge);

#endif
