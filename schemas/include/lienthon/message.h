// The part (wire.md section 2): what a sender signs. Decoded as views into the bytes that came;
// those bytes are stored, forwarded and verified, never re-encoded.
#ifndef LIENTHON_MESSAGE_H
#define LIENTHON_MESSAGE_H

#include "name.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LT_ID_SIZE = 16, LT_KEY_SIZE = 32, LT_HASH_SIZE = 32, LT_BODY_DEPTH = 16 };
enum lt_priority { LT_THUONG = 0, LT_KHAN = 1, LT_THUONG_KHAN = 2, LT_HOA_TOC = 3 };
enum lt_label { LT_CONG_KHAI = 0, LT_NOI_BO = 1, LT_MAT = 2 };
enum lt_relation { LT_NOTHING = 0, LT_ANSWERS = 1, LT_REPLACES = 2, LT_CANCELS = 3 };
enum lt_flag { LT_RETAIN = 1, LT_RECEIPT = 2, LT_DRILL = 4 };

#define LT_INT_MAX UINT64_C(9007199254740991) // 2^53 - 1

struct lt_part {
    struct lt_slice bytes; // the whole part; empty in a draft
    uint8_t id[LT_ID_SIZE];
    struct lt_slice from, topic, type;
    uint8_t priority, label, relation, flags;
    uint8_t re[LT_ID_SIZE];                // all zero when relation is LT_NOTHING
    uint64_t created, expires, deliver_at; // ms; 0: never, at once
    struct lt_slice origin;                // data NULL: nil
    struct lt_slice body;
};

// Checks shape, ranges and grammar as wire.md section 2 asks; does not open the body. Only LT_DONE or
// LT_MALFORMED; the sentence names the field ("part[3] topic: …").
enum lt_code lt_part_decode(struct lt_slice bytes, struct lt_part *part, struct lt_error *error);
// Appends the part's bytes in the shortest widths. Refuses (LT_MALFORMED) what decode would refuse.
enum lt_code lt_part_encode(const struct lt_part *part, struct lt_buffer *out,
                            struct lt_error *error);

// A UUIDv7 of that time (ms), the rest random.
void lt_id_make(uint64_t ms, uint8_t id[LT_ID_SIZE]);
uint64_t lt_id_time(const uint8_t id[LT_ID_SIZE]);
// Lower-case with hyphens, as people see it: 36 characters and NUL. Parsing takes it also without.
void lt_id_print(const uint8_t id[LT_ID_SIZE], char out[37]);
bool lt_id_parse(const char *text, uint8_t id[LT_ID_SIZE]);

// May `fresh` take the place of `old`: replace or cancel (wire.md section 2), judged from the parts alone.
bool lt_part_takes_place(const struct lt_part *fresh, const struct lt_part *old);

// Is this a body at all (22 otherwise): one map, no key twice, str keys, no ext, NaN or infinity, integers
// within ±(2^53-1), at most 16 deep, valid UTF-8, nothing after it.
enum lt_code lt_body_check(struct lt_slice body, struct lt_error *error);

// H of wire.md: BLAKE2b with 32 bytes of output, unkeyed.
void lt_hash(struct lt_slice bytes, uint8_t hash[LT_HASH_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
