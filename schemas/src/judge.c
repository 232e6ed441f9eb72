// A receiver's own judgement of a message (wire.md section 4).
#include "judge.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "grant.h"
#include "lienthon/cursor.h"

enum { SEALS = 256 };
#define WEEK UINT64_C(604800000)

lt_judge *lt_judge_new(lt_book *book, size_t remember)
{
    lt_judge *judge = calloc(1, sizeof *judge);
    if (judge == NULL) {
        return NULL;
    }
    judge->book = book;
    judge->seen = recall_of(sizeof(struct seen), remember);
    judge->displaced = recall_of(sizeof(struct displaced), remember);
    judge->approvals = recall_of(sizeof(struct approval), remember);
    judge->values = recall_of(sizeof(struct value), remember);
    judge->cache = lt_seal_cache_new(SEALS);
    if (judge->cache == NULL) {
        lt_judge_destroy(&judge);
        return NULL;
    }
    randombytes_buf(judge->salt, sizeof judge->salt);
    return judge;
}

void judge_forget_all(struct lt_judge *judge)
{
    recall_clear(&judge->seen);
    recall_clear(&judge->displaced);
    recall_clear(&judge->approvals);
    recall_clear(&judge->values);
}

void lt_judge_destroy(lt_judge **judge)
{
    if (*judge != NULL) {
        judge_forget_all(*judge);
        lt_seal_cache_destroy(&(*judge)->cache);
        free(*judge);
        *judge = NULL;
    }
}

// A hash over pieces, each behind its length.
static void hash_pieces(const struct lt_judge *judge, const struct lt_slice *pieces, size_t count,
                        uint8_t hash[JUDGE_HASH_SIZE])
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, judge->salt, JUDGE_SALT_SIZE, JUDGE_HASH_SIZE);
    for (size_t i = 0; i < count; i++) {
        const uint64_t size = pieces[i].size;
        (void)crypto_generichash_update(&state, (const uint8_t *)&size, sizeof size);
        (void)crypto_generichash_update(&state, pieces[i].data, pieces[i].size);
    }
    (void)crypto_generichash_final(&state, hash, JUDGE_HASH_SIZE);
}

static void hash_message(const struct lt_judge *judge, const struct lt_part *part,
                         uint8_t hash[JUDGE_HASH_SIZE])
{
    const struct lt_slice pieces[] = {part->from, {part->id, LT_ID_SIZE}};
    hash_pieces(judge, pieces, 2, hash);
}

// The place that a message of that id would have. All of it is in the key, so that whoever says much of one
// id makes no long way through the records of it.
static void hash_place(const struct lt_judge *judge, const struct lt_part *part,
                       const uint8_t id[LT_ID_SIZE], uint8_t hash[JUDGE_HASH_SIZE])
{
    const uint8_t drill = part->flags & LT_DRILL;
    const struct lt_slice pieces[] = {{id, LT_ID_SIZE}, part->topic, part->type, {&drill, 1}};
    hash_pieces(judge, pieces, 4, hash);
}

// What an approval approves: this sender's message with this id, as `part` says its topic and grades.
static void hash_approved(const struct lt_judge *judge, const struct lt_part *part,
                          struct lt_slice from, struct lt_slice id, struct lt_slice type,
                          uint8_t hash[JUDGE_HASH_SIZE])
{
    const uint8_t grades[] = {part->priority, part->label};
    const struct lt_slice pieces[] = {from, id, type, part->topic, {grades, sizeof grades}};
    hash_pieces(judge, pieces, 5, hash);
}

static enum lt_code no_memory(struct lt_error *error)
{
    return lt_fail(error, LT_NO_MEMORY, "no memory to remember messages");
}

// The rule of lt_part_takes_place, over what is remembered of the fresh one.
static bool is_displaced(const struct lt_judge *judge, const struct lt_part *part)
{
    uint8_t key[JUDGE_HASH_SIZE];
    uint8_t from[JUDGE_HASH_SIZE];
    hash_place(judge, part, part->id, key);
    const struct displaced *by = recall_find(&judge->displaced, key, NULL);
    if (by == NULL) {
        return false;
    }
    hash_pieces(judge, &part->from, 1, from);
    for (; by != NULL; by = recall_find(&judge->displaced, key, by)) {
        const bool is_own = memcmp(by->from, from, sizeof from) == 0;
        if (is_own ? by->priority >= part->priority
                   : by->priority > part->priority || by->priority == LT_HOA_TOC) {
            return true;
        }
    }
    return false;
}

// Kept as long as there is room, the one first forgotten that had to be kept least long.
static enum lt_code remember_displaced(struct lt_judge *judge, const struct lt_part *part,
                                       uint64_t now, struct lt_error *error)
{
    const uint64_t until = part->expires > now + WEEK ? part->expires : now + WEEK;
    struct displaced fresh = {.priority = part->priority};
    uint8_t key[JUDGE_HASH_SIZE];
    hash_place(judge, part, part->re, key);
    hash_pieces(judge, &part->from, 1, fresh.from);
    struct displaced *kept = recall_find(&judge->displaced, key, NULL);
    for (; kept != NULL; kept = recall_find(&judge->displaced, key, kept)) {
        if (memcmp(kept->from, fresh.from, sizeof fresh.from) == 0 &&
            kept->priority == fresh.priority) {
            recall_prolong(&judge->displaced, kept, until);
            return LT_DONE;
        }
    }
    uint64_t forgotten = 0;
    kept = recall_add(&judge->displaced, key, until, &forgotten);
    if (kept == NULL) {
        return no_memory(error);
    }
    fresh.head = kept->head;
    *kept = fresh;
    return LT_DONE;
}

static enum lt_code remember_approval(struct lt_judge *judge, const struct lt_part *part,
                                      uint64_t now, struct lt_error *error)
{
    struct lt_slice from = {0};
    struct lt_slice id = {0};
    struct lt_slice type = {0};
    uint8_t key[JUDGE_HASH_SIZE];
    uint64_t forgotten = 0;
    if (!lt_map_str(part->body, "from", &from) || !lt_map_bin(part->body, "id", &id) ||
        !lt_map_str(part->body, "type", &type)) {
        return lt_fail(error, LT_BODY_WRONG, "body: an approval has from, id and type");
    }
    hash_approved(judge, part, from, id, type, key);
    const uint64_t until = part->expires == 0 ? now + WEEK : part->expires;
    const bool is_drill = (part->flags & LT_DRILL) != 0;
    struct approval *kept = recall_find(&judge->approvals, key, NULL);
    for (; kept != NULL; kept = recall_find(&judge->approvals, key, kept)) {
        if (kept->is_drill == is_drill &&
            lt_slice_equal((struct lt_slice){kept->approver, kept->size}, part->from)) {
            if (kept->expires != 0 && (part->expires == 0 || part->expires > kept->expires)) {
                kept->expires = part->expires;
            }
            recall_prolong(&judge->approvals, kept, until);
            return LT_DONE;
        }
    }
    kept = recall_add(&judge->approvals, key, until, &forgotten);
    if (kept == NULL) {
        return no_memory(error);
    }
    kept->expires = part->expires;
    kept->is_drill = is_drill;
    kept->size = (uint8_t)part->from.size;
    memcpy(kept->approver, part->from.data, part->from.size);
    return LT_DONE;
}

// Another hand that still may: its approval not expired, its grant in force and in its time. A drill's
// approval is good for a drill only.
static bool is_approved(const struct lt_judge *judge, const struct lt_part *part, uint64_t now)
{
    uint8_t key[JUDGE_HASH_SIZE];
    hash_approved(judge, part, part->from, (struct lt_slice){part->id, LT_ID_SIZE}, part->type,
                  key);
    const struct approval *kept = recall_find(&judge->approvals, key, NULL);
    for (; kept != NULL; kept = recall_find(&judge->approvals, key, kept)) {
        const struct lt_slice approver = {kept->approver, kept->size};
        const struct lt_grant *grant = lt_book_find(judge->book, approver, NULL);
        if ((kept->expires == 0 || now < kept->expires) && grant != NULL && now < grant->expires &&
            (!kept->is_drill || (part->flags & LT_DRILL) != 0)) {
            return true;
        }
    }
    return false;
}

// The teller's key has changed since: its time starts again from its new grant.
static bool starts_again(const struct lt_judge *judge, uint64_t *created, const uint8_t **key)
{
    const struct lt_slice teller = {judge->told.teller, judge->told.size};
    const struct lt_grant *grant = lt_book_find(judge->book, teller, NULL);
    struct lt_sealed sealed = {0};
    if (grant == NULL || memcmp(grant->key, judge->told.key, LT_KEY_SIZE) == 0 ||
        lt_sealed_decode(lt_book_sealed(judge->book, teller), &sealed, NULL) != LT_DONE) {
        return false;
    }
    *created = sealed.part.created;
    *key = grant->key;
    return true;
}

uint64_t lt_judge_time(const lt_judge *judge)
{
    uint64_t created = 0;
    const uint8_t *key = NULL;
    return judge->told.size > 0 && starts_again(judge, &created, &key) ? created : judge->told.time;
}

static void hear_time(struct lt_judge *judge, const struct lt_part *part)
{
    struct told *told = &judge->told;
    uint64_t created = 0;
    const uint8_t *key = NULL;
    if (told->size > 0 && starts_again(judge, &created, &key)) {
        told->time = created;
        memcpy(told->key, key, LT_KEY_SIZE);
    }
    key = lt_book_key(judge->book, part->from);
    if (part->created > told->time && key != NULL) {
        told->time = part->created;
        told->size = (uint8_t)part->from.size;
        memcpy(told->teller, part->from.data, part->from.size);
        memcpy(told->key, key, LT_KEY_SIZE);
    }
}

static bool is_time(const struct lt_judge *judge, const struct lt_part *part)
{
    const struct lt_grant *grant = lt_book_find(judge->book, part->from, NULL);
    return lt_slice_is(part->type, "time.v1") && lt_slice_is(part->topic, "$lt/time") &&
           grant != NULL && lt_grant_tells_time(grant);
}

// When it began to count: a week later it is no longer new.
static uint64_t begin_of(const struct lt_part *part)
{
    return part->created > part->deliver_at ? part->created : part->deliver_at;
}

static uint64_t seen_until(const struct lt_part *part)
{
    const uint64_t until = begin_of(part) + WEEK;
    return part->expires > until ? part->expires : until;
}

// Neither a state to keep to, nor a cancellation, nor a receipt goes stale.
static bool can_be_stale(const struct lt_part *part)
{
    return (part->flags & LT_RETAIN) == 0 && part->relation != LT_CANCELS &&
           !lt_slice_is(part->type, "receipt.v1");
}

static enum lt_code check_new(const struct lt_judge *judge, const struct lt_part *part,
                              const uint8_t key[JUDGE_HASH_SIZE], uint64_t now,
                              struct lt_error *error)
{
    if (can_be_stale(part) && now >= begin_of(part) + WEEK) {
        return lt_fail(error, LT_STALE, "older than 7 days");
    }
    if (recall_find(&judge->seen, key, NULL) != NULL) {
        return lt_fail(error, LT_DONE_BEFORE, "seen before");
    }
    if (can_be_stale(part) && seen_until(part) <= judge->floor) {
        return lt_fail(error, LT_STALE, "so old that it may have been seen and forgotten");
    }
    if (now < part->deliver_at) {
        return lt_fail(error, LT_NOT_DUE, "not due yet");
    }
    return LT_DONE;
}

// Not forgotten by the clock, which may jump and come back, but only for want of room.
static enum lt_code remember_seen(struct lt_judge *judge, const struct lt_part *part,
                                  const uint8_t key[JUDGE_HASH_SIZE], struct lt_error *error)
{
    return recall_add(&judge->seen, key, seen_until(part), &judge->floor) == NULL ? no_memory(error)
                                                                                  : LT_DONE;
}

// Of two retained values for a topic the one with the higher `created` holds, then the higher id. The newer
// of it and what was known is known from now on.
static enum lt_code check_value(struct lt_judge *judge, const struct lt_part *part,
                                struct lt_error *error)
{
    uint8_t key[JUDGE_HASH_SIZE];
    uint64_t forgotten = 0;
    hash_pieces(judge, &part->topic, 1, key);
    struct value *value = recall_find(&judge->values, key, NULL);
    if (value != NULL &&
        (value->created > part->created ||
         (value->created == part->created && memcmp(value->id, part->id, LT_ID_SIZE) > 0))) {
        return lt_fail(error, LT_CANCELLED, "a newer value for this topic is known");
    }
    const uint64_t until = part->expires == 0 ? LT_INT_MAX : seen_until(part);
    if (value == NULL) {
        value = recall_add(&judge->values, key, until, &forgotten);
    } else {
        recall_prolong(&judge->values, value, until);
    }
    if (value == NULL) {
        return no_memory(error);
    }
    value->created = part->created;
    memcpy(value->id, part->id, LT_ID_SIZE);
    return LT_DONE;
}

// All after authority and expiry: of one that is authorised, by one hand alone where `one_hand`.
static enum lt_code judge_order(struct lt_judge *judge, const struct lt_part *part, uint64_t now,
                                bool one_hand, bool acts, struct lt_error *error)
{
    uint8_t key[JUDGE_HASH_SIZE];
    enum lt_code code = LT_DONE;
    if (is_displaced(judge, part)) {
        return lt_fail(error, LT_CANCELLED, "cancelled or replaced");
    }
    if (part->relation == LT_REPLACES || part->relation == LT_CANCELS) {
        code = remember_displaced(judge, part, now, error);
    }
    hash_message(judge, part, key);
    if (code == LT_DONE) {
        code = check_new(judge, part, key, now, error);
    }
    if (code == LT_DONE && one_hand && !is_approved(judge, part, now)) {
        code = lt_fail(error, LT_ONE_HAND, "waits for a second person's approval");
    }
    if (code == LT_DONE && lt_slice_is(part->type, "approval.v1")) {
        code = remember_approval(judge, part, now, error);
    }
    if (code == LT_DONE && (part->flags & LT_RETAIN) != 0) {
        code = check_value(judge, part, error);
    }
    return code == LT_DONE && acts ? remember_seen(judge, part, key, error) : code;
}

static enum lt_code judge_message(struct lt_judge *judge, const struct lt_sealed *sealed,
                                  uint64_t now, bool acts, struct lt_error *error)
{
    const struct lt_part *part = &sealed->part;
    if (lt_slice_is(part->type, GRANT_TYPE)) {
        return lt_book_learn(judge->book, sealed->bytes, error);
    }
    const enum lt_code code =
        lt_book_authorise(judge->book, sealed, now, false, judge->cache, error);
    if (code != LT_DONE && code != LT_ONE_HAND) {
        return code;
    }
    if (part->expires != 0 && now >= part->expires) {
        return lt_fail(error, LT_EXPIRED, "expired");
    }
    if (is_time(judge, part)) {
        hear_time(judge, part);
        return LT_DONE;
    }
    return judge_order(judge, part, now, code == LT_ONE_HAND, acts, error);
}

enum lt_code lt_judge_message(lt_judge *judge, const struct lt_sealed *sealed, uint64_t now,
                              struct lt_error *error)
{
    return judge_message(judge, sealed, now, true, error);
}

enum lt_code lt_judge_look(lt_judge *judge, const struct lt_sealed *sealed, uint64_t now,
                           struct lt_error *error)
{
    return judge_message(judge, sealed, now, false, error);
}

enum lt_code lt_judge_recall(lt_judge *judge, const struct lt_sealed *sealed, uint64_t then,
                             bool obeyed, struct lt_error *error)
{
    const struct lt_part *part = &sealed->part;
    const enum lt_code code = judge_message(judge, sealed, then, obeyed, error);
    if (code < LT_MALFORMED || code == LT_NO_MEMORY || lt_slice_is(part->type, GRANT_TYPE) ||
        lt_slice_is(part->type, "time.v1")) {
        return code;
    }
    uint8_t key[JUDGE_HASH_SIZE];
    enum lt_code recalled = LT_DONE;
    if (part->relation == LT_REPLACES || part->relation == LT_CANCELS) {
        recalled = remember_displaced(judge, part, then, error);
    }
    hash_message(judge, part, key);
    if (recalled == LT_DONE && obeyed && recall_find(&judge->seen, key, NULL) == NULL) {
        recalled = remember_seen(judge, part, key, error);
    }
    return recalled;
}
