// Is a message authorised, at the judge's own time (wire.md section 4).
#include <string.h>

#include "grant.h"
#include "lienthon/cursor.h"
#include "people.h"

#define RECEIPT_TOPICS "$lt/receipts/"

// `$lt/receipts/` and any principal.
static bool is_receipt_topic(struct lt_slice topic)
{
    const size_t head = sizeof RECEIPT_TOPICS - 1;
    uint8_t name[LT_PRINCIPAL_MAX];
    if (topic.size <= head || topic.size - head > sizeof name ||
        memcmp(topic.data, RECEIPT_TOPICS, head) != 0) {
        return false;
    }
    const size_t size = topic.size - head;
    for (size_t i = 0; i < size; i++) {
        const uint8_t c = topic.data[head + i];
        name[i] = c == '/' ? '.' : c;
    }
    return lt_principal_valid((struct lt_slice){name, size});
}

// What everyone with a grant may say, without its saying so.
static bool is_everyones_receipt(const struct lt_part *part)
{
    return lt_slice_is(part->type, "receipt.v1") && is_receipt_topic(part->topic) &&
           part->relation == LT_ANSWERS && part->priority <= LT_KHAN && part->label <= LT_NOI_BO &&
           (part->flags & ~LT_DRILL) == 0;
}

// The type that an approval names, and that it is well made.
static enum lt_code read_approval(const struct lt_part *part, struct lt_slice *type,
                                  struct lt_error *error)
{
    struct lt_slice from = {0};
    struct lt_slice id = {0};
    if (lt_body_check(part->body, error) != LT_DONE) {
        return LT_BODY_WRONG;
    }
    if (!lt_map_str(part->body, "from", &from) || !lt_principal_valid(from) ||
        !lt_map_bin(part->body, "id", &id) || id.size != LT_ID_SIZE ||
        !lt_map_str(part->body, "type", type) || !lt_type_valid(*type)) {
        return lt_fail(error, LT_BODY_WRONG,
                       "body: an approval has from, id and type of a message");
    }
    if (part->relation != LT_ANSWERS || memcmp(part->re, id.data, LT_ID_SIZE) != 0) {
        return lt_fail(error, LT_BODY_WRONG, "body.id: an approval answers the message it names");
    }
    if (lt_slice_equal(from, part->from)) {
        return lt_fail(error, LT_NOT_ALLOWED, "body.from: nobody approves a message of one's own");
    }
    return LT_DONE;
}

static enum lt_code ask_entries(const struct lt_grant *grant, const struct lt_part *part,
                                struct lt_error *error)
{
    struct lt_slice type = part->type;
    const bool is_approval = lt_slice_is(type, "approval.v1");
    bool two_hands = false;
    if (is_approval) {
        const enum lt_code code = read_approval(part, &type, error);
        if (code != LT_DONE) {
            return code;
        }
    }
    if (!lt_grant_may_publish(grant, part->topic, type, part->priority, part->label, &two_hands)) {
        return lt_fail(
            error, LT_NOT_ALLOWED, "%.*s may not say %.*s on %.*s with priority %u and label %u",
            (int)part->from.size, (const char *)part->from.data, (int)type.size,
            (const char *)type.data, (int)part->topic.size, (const char *)part->topic.data,
            (unsigned)part->priority, (unsigned)part->label);
    }
    return two_hands && !is_approval ? LT_ONE_HAND : LT_DONE;
}

static enum lt_code ask_time(const struct lt_grant *grant, const struct lt_part *part, uint64_t now,
                             struct lt_error *error)
{
    const int size = (int)part->from.size;
    const char *name = (const char *)part->from.data;
    if (part->created < grant->not_before) {
        return lt_fail(error, LT_NOT_VALID, "made before the grant of %.*s holds", size, name);
    }
    if (part->created >= grant->expires) {
        return lt_fail(error, LT_NOT_VALID, "made after the grant of %.*s ended", size, name);
    }
    if (now >= grant->expires) {
        return lt_fail(error, LT_NOT_VALID, "the grant of %.*s has ended", size, name);
    }
    return LT_DONE;
}

// A grant in its place needs no entry: it is authorised if the hub would take it, or has.
static enum lt_code ask_grant(const struct lt_book *book, const struct lt_sealed *sealed,
                              struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    struct record *record = record_new(sealed->bytes, &code, error);
    if (record == NULL) {
        return code;
    }
    const struct person *person = people_find(book, record->grant->principal);
    bool is_kept = false;
    for (size_t i = 0; person != NULL && i < person->record_count && !is_kept; i++) {
        is_kept = memcmp(person->records[i]->hash, record->hash, LT_HASH_SIZE) == 0 &&
                  standing_is_dear(person, person->records[i]);
    }
    if (!is_kept) {
        code = book_judge_grant(book, record, error);
    }
    shared_unlink(&record->shared);
    return code;
}

static enum lt_code ask_seal(const struct lt_book *book, const struct lt_sealed *sealed,
                             bool seal_checked, lt_seal_cache *cache, struct lt_error *error)
{
    const struct lt_slice from = sealed->part.from;
    const uint8_t *key = lt_book_key(book, from);
    bool revoked = false;
    if (key == NULL && lt_book_find(book, from, &revoked) == NULL && revoked) {
        return lt_fail(error, LT_NOT_VALID, "the grant of %.*s is revoked", (int)from.size,
                       (const char *)from.data);
    }
    if (key == NULL) {
        return lt_fail(error, LT_UNKNOWN_PRINCIPAL, "%.*s is not known here: it has no grant",
                       (int)from.size, (const char *)from.data);
    }
    return seal_checked ? LT_DONE : lt_seal_verify(sealed, key, cache, error);
}

enum lt_code lt_book_authorise(const lt_book *book, const struct lt_sealed *sealed, uint64_t now,
                               bool seal_checked, lt_seal_cache *cache, struct lt_error *error)
{
    const struct lt_part *part = &sealed->part;
    if (lt_slice_is(part->type, GRANT_TYPE)) {
        return ask_grant(book, sealed, error);
    }
    enum lt_code code = ask_seal(book, sealed, seal_checked, cache, error);
    if (code != LT_DONE) {
        return code;
    }
    if (lt_slice_is(part->from, "root")) {
        return lt_fail(error, LT_NOT_ALLOWED, "the root seals grants and nothing else");
    }
    if (lt_slice_is(part->type, "root.v1") || lt_slice_is(part->topic, "$lt/root")) {
        return lt_fail(error, LT_NOT_ALLOWED, "$lt/root and root.v1 are kept for later");
    }
    bool revoked = false;
    const struct lt_grant *grant = lt_book_find(book, part->from, &revoked);
    if (grant == NULL) {
        return lt_fail(error, LT_NOT_VALID, "the grant of %.*s %s", (int)part->from.size,
                       (const char *)part->from.data,
                       revoked ? "is revoked" : "has fallen with its issuer's");
    }
    code = ask_time(grant, part, now, error);
    if (code != LT_DONE || is_everyones_receipt(part)) {
        return code;
    }
    return ask_entries(grant, part, error);
}
