// Frame 0 of the connection's messages (wire.md section 5), both ways.
#ifndef LIENTHON_OP_H
#define LIENTHON_OP_H

#include "message.h"
#include "pack.h"

#ifdef __cplusplus
extern "C" {
#endif

enum lt_op {
    LT_HELLO = 1,
    LT_WELCOME,
    LT_PUBLISH,
    LT_PUBLISHED,
    LT_SUBSCRIBE,
    LT_SUBSCRIBED,
    LT_DELIVER,
    LT_ACK,
    LT_CREDIT,
    LT_UNSUBSCRIBE,
    LT_ASK,
    LT_RESULT,
    LT_PUT,
    LT_GET,
    LT_CHUNK,
    LT_PING,
    LT_PONG,
    LT_BYE,
    LT_JOIN,
    LT_JOINED,
    LT_SAY_AGAIN, // LT_ASK is QUERY, whose name the right has; LT_SAY_AGAIN is AGAIN, which a bridge has
    LT_OP_LAST = LT_SAY_AGAIN,
};

enum {
    LT_FRAME_MAX = 128 * 1024,        // frame 0, but of RESULT
    LT_RESULT_MAX = 4 * 1024 * 1024,  // frame 0 of RESULT
    LT_PAYLOAD_MAX = 4 * 1024 * 1024, // all payload of a PUBLISH or DELIVER
    LT_PUBLISH_MAX = 256,             // sealed messages in one PUBLISH
    LT_PATTERNS_MAX = 64,
    LT_AGAIN_MAX = 256, // dead letters in one AGAIN
    LT_REF_MAX = 64,
    LT_CHUNK_MAX = 256 * 1024,
    LT_MESSAGE_DEFAULT = 256 * 1024,
    LT_MESSAGE_LIMIT = 1024 * 1024,
};

enum lt_outcome { LT_ACK_DONE = 0, LT_ACK_AGAIN = 1, LT_ACK_GAVE_UP = 2, LT_ACK_WORKING = 3 };

// The client's own name for a request or a subscription: an int or a str, kept as MessagePack in its shortest
// width, so that equal refs are equal bytes.
struct lt_ref {
    uint8_t size;
    uint8_t bytes[LT_REF_MAX + 2];
};
struct lt_ref lt_ref_of(uint64_t number);
bool lt_ref_equal(const struct lt_ref *a, const struct lt_ref *b);
bool lt_ref_number(const struct lt_ref *ref, uint64_t *number); // false: it is a str

struct lt_limits { // as WELCOME tells them: bytes, counts, seconds
    uint64_t message, blob, batch, credit, heartbeat, age, ahead;
};

// One frame 0. Which fields an op has stands behind it, in the order of the wire; others are zero.
//   HELLO version agent · WELCOME version hub now limits · PUBLISH ref · PUBLISHED ref list
//   SUBSCRIBE ref sid list args · SUBSCRIBED ref code (text or number: how many wait) · DELIVER sid list
//   ACK sid list · CREDIT sid number · UNSUBSCRIBE ref sid flag(forget) · QUERY ref name args
//   RESULT ref code value flag(more) · PUT ref sha256 size offset · GET ref sha256 offset length
//   CHUNK ref code size offset (and text behind them, where there is one) · PING ref · PONG ref now · BYE code text
//   JOIN ref name(invitation) · JOINED ref code text(url or sentence) now
//   AGAIN ref name(principal) text(durable) list
struct lt_frame {
    enum lt_op op;
    struct lt_ref ref, sid;
    uint64_t code, version, now, number;
    uint64_t size, offset, length;
    struct lt_slice agent, hub, text, name;
    struct lt_slice sha256; // 32 bytes
    struct lt_slice list;   // the array whole, as MessagePack: walk it with the functions below
    struct lt_slice args;   // the map whole
    struct lt_slice value;  // any value whole
    struct lt_limits limits;
    bool flag;
};

// LT_DONE; LT_MALFORMED; LT_TOO_LARGE (a frame, text or list above its maximum). An op that is not known is
// LT_MALFORMED with frame->op set to it (a client ignores it). What is behind the known fields is ignored.
// frame->ref is set whenever it could be read, so that a refusal can be answered by it (ref.size 0: it could not).
enum lt_code lt_frame_decode(struct lt_slice bytes, struct lt_frame *frame, struct lt_error *error);
// Appends it. list, args, value are taken as they are (list empty: an empty array; args empty: an empty map;
// value empty: nil; SUBSCRIBED's text.data NULL: its number). false: it does not fit, or lacks its ref or sid.
bool lt_frame_encode(const struct lt_frame *frame, struct lt_buffer *out);

// Walk a list: start with lt_list_of(frame.list); each call reads one entry, false at the end or where
// an entry is wrong (then list->wrong is true; lt_frame_decode has checked them, so only a caller's own bytes can be).
struct lt_list {
    const uint8_t *at, *end;
    uint32_t left;
    bool wrong;
};
struct lt_list lt_list_of(struct lt_slice array);
bool lt_list_pattern(struct lt_list *list, struct lt_slice *pattern);
bool lt_list_published(struct lt_list *list, uint64_t *code, uint64_t *seq, struct lt_slice *text);
bool lt_list_delivered(struct lt_list *list, uint64_t *seq, uint64_t *attempt);
bool lt_list_settled(struct lt_list *list, uint64_t *seq, enum lt_outcome *outcome,
                     struct lt_slice *detail);
bool lt_list_seq(struct lt_list *list, uint64_t *seq); // of AGAIN

const char *lt_op_name(unsigned op); // "PUBLISH"; "?" for an unknown one

#ifdef __cplusplus
}
#endif
#endif
