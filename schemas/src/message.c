// The part: decoding what came, encoding a draft, and the rules that both hold to.
#include "lienthon/message.h"

#include <sodium.h>
#include <string.h>

#include "lienthon/cursor.h"
#include "lienthon/pack.h"

enum { PART_FIELDS = 15, VERSION = 1, FLAGS_MAX = 7, MINUTE = 60 * 1000 };
#define DAY UINT64_C(86400000)

static enum lt_code wrong(struct lt_error *error, const char *where, const char *what)
{
    return lt_fail(error, LT_MALFORMED, "part%s: %s", where, what);
}

static bool is_uuid7(const uint8_t id[LT_ID_SIZE])
{
    return id[6] >> 4 == 7 && id[8] >> 6 == 2;
}

static bool within_a_minute(uint64_t a, uint64_t b)
{
    return (a > b ? a - b : b - a) <= MINUTE;
}

static enum lt_code check_names(const struct lt_part *part, struct lt_error *error)
{
    if (!lt_principal_valid(part->from)) {
        return wrong(error, "[2] from", "not a principal: segments of a-z 0-9 - joined by '.'");
    }
    if (!lt_topic_valid(part->topic)) {
        return wrong(error, "[3] topic", "not a topic: levels of a-z 0-9 _ - joined by '/'");
    }
    if (!lt_type_valid(part->type)) {
        return wrong(error, "[4] type", "not a type: a name, '.v' and a number, as notice.v1");
    }
    if (part->origin.data != NULL && !lt_origin_valid(part->origin)) {
        return wrong(error, "[13] origin",
                     "not '<bridge>:<the far side's id>', or above 128 bytes");
    }
    return LT_DONE;
}

static enum lt_code check_times(const struct lt_part *part, struct lt_error *error)
{
    if (part->created > LT_INT_MAX || part->expires > LT_INT_MAX || part->deliver_at > LT_INT_MAX) {
        return wrong(error, "[7..9]", "a time above 2^53 - 1");
    }
    if (!within_a_minute(lt_id_time(part->id), part->created)) {
        return wrong(error, "[1] id", "its time is more than a minute from created");
    }
    if (part->expires != 0 && part->deliver_at >= part->expires) {
        return wrong(error, "[9] deliver_at", "not before it expires");
    }
    if (part->priority == LT_HOA_TOC &&
        (part->expires == 0 || part->expires > part->created + DAY)) {
        return wrong(error, "[8] expires", "priority 3 must expire within 24 h of created");
    }
    return LT_DONE;
}

static enum lt_code check(const struct lt_part *part, struct lt_error *error)
{
    if (!is_uuid7(part->id)) {
        return wrong(error, "[1] id", "not a UUIDv7");
    }
    if (part->priority > LT_HOA_TOC) {
        return wrong(error, "[5] priority", "not 0 to 3");
    }
    if (part->label > LT_MAT) {
        return wrong(error, "[6] label", "not 0 to 2");
    }
    if (part->relation > LT_CANCELS) {
        return wrong(error, "[10] relation", "not 0 to 3");
    }
    if (part->relation != LT_NOTHING && memcmp(part->re, part->id, LT_ID_SIZE) == 0) {
        return wrong(error, "[11] re", "is its own id");
    }
    if (part->flags > FLAGS_MAX) {
        return wrong(error, "[12] flags", "a bit that is not known");
    }
    const enum lt_code code = check_names(part, error);
    return code == LT_DONE ? check_times(part, error) : code;
}

static bool take_small(struct lt_cursor *cursor, uint64_t max, uint8_t *value)
{
    uint64_t number = 0;
    if (!lt_cursor_uint(cursor, max, &number)) {
        return false;
    }
    *value = (uint8_t)number;
    return true;
}

static bool take_id(struct lt_cursor *cursor, uint8_t id[LT_ID_SIZE])
{
    struct lt_slice bytes = {0};
    if (!lt_cursor_bin(cursor, &bytes) || bytes.size != LT_ID_SIZE) {
        return false;
    }
    memcpy(id, bytes.data, LT_ID_SIZE);
    return true;
}

static enum lt_code take_head(struct lt_cursor *cursor, struct lt_part *part,
                              struct lt_error *error)
{
    uint32_t count = 0;
    uint64_t version = 0;
    if (!lt_cursor_array(cursor, &count) || count != PART_FIELDS) {
        return wrong(error, "", "not an array of 15");
    }
    if (!lt_cursor_uint(cursor, LT_INT_MAX, &version) || version != VERSION) {
        return wrong(error, "[0] version", "not 1");
    }
    if (!take_id(cursor, part->id)) {
        return wrong(error, "[1] id", "not 16 bytes");
    }
    if (!lt_cursor_str(cursor, &part->from)) {
        return wrong(error, "[2] from", "not a string");
    }
    if (!lt_cursor_str(cursor, &part->topic)) {
        return wrong(error, "[3] topic", "not a string");
    }
    if (!lt_cursor_str(cursor, &part->type)) {
        return wrong(error, "[4] type", "not a string");
    }
    if (!take_small(cursor, LT_HOA_TOC, &part->priority)) {
        return wrong(error, "[5] priority", "not an integer from 0 to 3");
    }
    if (!take_small(cursor, LT_MAT, &part->label)) {
        return wrong(error, "[6] label", "not an integer from 0 to 2");
    }
    return LT_DONE;
}

static enum lt_code take_times(struct lt_cursor *cursor, struct lt_part *part,
                               struct lt_error *error)
{
    if (!lt_cursor_uint(cursor, LT_INT_MAX, &part->created)) {
        return wrong(error, "[7] created", "not an integer from 0 to 2^53 - 1");
    }
    if (!lt_cursor_uint(cursor, LT_INT_MAX, &part->expires)) {
        return wrong(error, "[8] expires", "not an integer from 0 to 2^53 - 1");
    }
    if (!lt_cursor_uint(cursor, LT_INT_MAX, &part->deliver_at)) {
        return wrong(error, "[9] deliver_at", "not an integer from 0 to 2^53 - 1");
    }
    return LT_DONE;
}

static enum lt_code take_rest(struct lt_cursor *cursor, struct lt_part *part,
                              struct lt_error *error)
{
    if (!take_small(cursor, LT_CANCELS, &part->relation)) {
        return wrong(error, "[10] relation", "not an integer from 0 to 3");
    }
    if (part->relation == LT_NOTHING ? !lt_cursor_nil(cursor) : !take_id(cursor, part->re)) {
        return wrong(error, "[11] re", "not 16 bytes, or not nil where relation is 0");
    }
    if (!take_small(cursor, FLAGS_MAX, &part->flags)) {
        return wrong(error, "[12] flags", "not an integer from 0 to 7");
    }
    if (!lt_cursor_nil(cursor) && !lt_cursor_str(cursor, &part->origin)) {
        return wrong(error, "[13] origin", "neither a string nor nil");
    }
    if (!lt_cursor_bin(cursor, &part->body)) {
        return wrong(error, "[14] body", "not bytes");
    }
    if (!lt_cursor_at_end(cursor)) {
        return wrong(error, "", "bytes after the array");
    }
    return LT_DONE;
}

enum lt_code lt_part_decode(struct lt_slice bytes, struct lt_part *part, struct lt_error *error)
{
    struct lt_cursor cursor = lt_cursor_of(bytes);
    *part = (struct lt_part){.bytes = bytes};
    enum lt_code code = take_head(&cursor, part, error);
    if (code == LT_DONE) {
        code = take_times(&cursor, part, error);
    }
    if (code == LT_DONE) {
        code = take_rest(&cursor, part, error);
    }
    return code == LT_DONE ? check(part, error) : code;
}

enum lt_code lt_part_encode(const struct lt_part *part, struct lt_buffer *out,
                            struct lt_error *error)
{
    const enum lt_code code = check(part, error);
    if (code != LT_DONE) {
        return code;
    }
    const size_t before = out->size;
    lt_pack_array(out, PART_FIELDS);
    lt_pack_uint(out, VERSION);
    lt_pack_bin(out, part->id, LT_ID_SIZE);
    lt_pack_str(out, part->from);
    lt_pack_str(out, part->topic);
    lt_pack_str(out, part->type);
    lt_pack_uint(out, part->priority);
    lt_pack_uint(out, part->label);
    lt_pack_uint(out, part->created);
    lt_pack_uint(out, part->expires);
    lt_pack_uint(out, part->deliver_at);
    lt_pack_uint(out, part->relation);
    if (part->relation == LT_NOTHING) {
        lt_pack_nil(out);
    } else {
        lt_pack_bin(out, part->re, LT_ID_SIZE);
    }
    lt_pack_uint(out, part->flags);
    if (part->origin.data == NULL) {
        lt_pack_nil(out);
    } else {
        lt_pack_str(out, part->origin);
    }
    lt_pack_bin(out, part->body.data, part->body.size);
    if (out->failed) {
        out->size = before;
        return lt_fail(error, LT_TOO_LARGE, "part: above the %zu bytes that it may have", out->max);
    }
    return LT_DONE;
}

void lt_id_make(uint64_t ms, uint8_t id[LT_ID_SIZE])
{
    randombytes_buf(id, LT_ID_SIZE);
    for (size_t i = 0; i < 6; i++) {
        id[i] = (uint8_t)(ms >> (40 - 8 * i));
    }
    id[6] = (uint8_t)(0x70 | (id[6] & 0x0F));
    id[8] = (uint8_t)(0x80 | (id[8] & 0x3F));
}

uint64_t lt_id_time(const uint8_t id[LT_ID_SIZE])
{
    uint64_t ms = 0;
    for (size_t i = 0; i < 6; i++) {
        ms = ms << 8 | id[i];
    }
    return ms;
}

static bool is_before_hyphen(size_t byte)
{
    return byte == 3 || byte == 5 || byte == 7 || byte == 9;
}

void lt_id_print(const uint8_t id[LT_ID_SIZE], char out[37])
{
    char *at = out;
    for (size_t i = 0; i < LT_ID_SIZE; i++) {
        lt_hex_encode((struct lt_slice){&id[i], 1}, at);
        at += 2;
        if (is_before_hyphen(i)) {
            *at++ = '-';
        }
    }
    *at = '\0';
}

bool lt_id_parse(const char *text, uint8_t id[LT_ID_SIZE])
{
    const bool hyphens = strlen(text) == 36;
    if (!hyphens && strlen(text) != 32) {
        return false;
    }
    for (size_t i = 0; i < LT_ID_SIZE; i++) {
        if (!lt_hex_decode((struct lt_slice){(const uint8_t *)text, 2}, &id[i], 1)) {
            return false;
        }
        text += 2;
        if (hyphens && is_before_hyphen(i) && *text++ != '-') {
            return false;
        }
    }
    return true;
}

bool lt_part_takes_place(const struct lt_part *fresh, const struct lt_part *old)
{
    if (fresh->relation != LT_REPLACES && fresh->relation != LT_CANCELS) {
        return false;
    }
    if (memcmp(fresh->re, old->id, LT_ID_SIZE) != 0 || !lt_slice_equal(fresh->topic, old->topic) ||
        !lt_slice_equal(fresh->type, old->type) || ((fresh->flags ^ old->flags) & LT_DRILL) != 0) {
        return false;
    }
    if (lt_slice_equal(fresh->from, old->from)) {
        return fresh->priority >= old->priority;
    }
    return fresh->priority > old->priority || fresh->priority == LT_HOA_TOC;
}

void lt_hash(struct lt_slice bytes, uint8_t hash[LT_HASH_SIZE])
{
    (void)crypto_generichash(hash, LT_HASH_SIZE, bytes.data, bytes.size, NULL, 0);
}
