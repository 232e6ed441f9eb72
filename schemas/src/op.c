// The ops of the connection: their shapes, refs, and frame 0 decoded.
#include "lienthon/op.h"

#include <string.h>

#include "frame.h"
#include "lienthon/cursor.h"

static const struct shape shapes[] = {
    [LT_HELLO] = {"HELLO", {FIELD_VERSION, FIELD_AGENT}},
    [LT_WELCOME] = {"WELCOME", {FIELD_VERSION, FIELD_HUB, FIELD_NOW, FIELD_LIMITS}},
    [LT_PUBLISH] = {"PUBLISH", {FIELD_REF}},
    [LT_PUBLISHED] = {"PUBLISHED", {FIELD_REF, FIELD_PUBLISHED}},
    [LT_SUBSCRIBE] = {"SUBSCRIBE", {FIELD_REF, FIELD_SID, FIELD_PATTERNS, FIELD_ARGS}},
    [LT_SUBSCRIBED] = {"SUBSCRIBED", {FIELD_REF, FIELD_CODE, FIELD_TEXT_OR_NUMBER}},
    [LT_DELIVER] = {"DELIVER", {FIELD_SID, FIELD_DELIVERED}},
    [LT_ACK] = {"ACK", {FIELD_SID, FIELD_SETTLED}},
    [LT_CREDIT] = {"CREDIT", {FIELD_SID, FIELD_NUMBER}},
    [LT_UNSUBSCRIBE] = {"UNSUBSCRIBE", {FIELD_REF, FIELD_SID, FIELD_FLAG}},
    [LT_ASK] = {"QUERY", {FIELD_REF, FIELD_NAME, FIELD_ARGS}},
    [LT_RESULT] = {"RESULT", {FIELD_REF, FIELD_CODE, FIELD_VALUE, FIELD_FLAG}},
    [LT_PUT] = {"PUT", {FIELD_REF, FIELD_SHA256, FIELD_SIZE, FIELD_OFFSET}},
    [LT_GET] = {"GET", {FIELD_REF, FIELD_SHA256, FIELD_OFFSET, FIELD_LENGTH}},
    [LT_CHUNK] = {"CHUNK", {FIELD_REF, FIELD_CODE, FIELD_SIZE, FIELD_OFFSET}},
    [LT_PING] = {"PING", {FIELD_REF}},
    [LT_PONG] = {"PONG", {FIELD_REF, FIELD_NOW}},
    [LT_BYE] = {"BYE", {FIELD_CODE, FIELD_TEXT}},
    [LT_JOIN] = {"JOIN", {FIELD_REF, FIELD_NAME}},
    [LT_JOINED] = {"JOINED", {FIELD_REF, FIELD_CODE, FIELD_TEXT, FIELD_NOW}},
    [LT_SAY_AGAIN] = {"AGAIN", {FIELD_REF, FIELD_NAME, FIELD_TEXT, FIELD_SEQS}},
};

const struct frame_limit frame_limits[FRAME_LIMITS] = {
    {"message", offsetof(struct lt_limits, message)},
    {"blob", offsetof(struct lt_limits, blob)},
    {"batch", offsetof(struct lt_limits, batch)},
    {"credit", offsetof(struct lt_limits, credit)},
    {"heartbeat", offsetof(struct lt_limits, heartbeat)},
    {"age", offsetof(struct lt_limits, age)},
    {"ahead", offsetof(struct lt_limits, ahead)},
};

const struct shape *frame_shape(unsigned op)
{
    return op < LT_HELLO || op > LT_OP_LAST ? NULL : &shapes[op];
}

const char *lt_op_name(unsigned op)
{
    const struct shape *shape = frame_shape(op);
    return shape == NULL ? "?" : shape->name;
}

struct lt_ref lt_ref_of(uint64_t number)
{
    struct lt_ref ref = {0};
    struct lt_buffer out = {.data = ref.bytes, .room = sizeof ref.bytes, .max = sizeof ref.bytes};
    lt_pack_uint(&out, number);
    ref.size = (uint8_t)out.size;
    return ref;
}

bool lt_ref_equal(const struct lt_ref *a, const struct lt_ref *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

bool lt_ref_number(const struct lt_ref *ref, uint64_t *number)
{
    struct lt_cursor cursor = lt_cursor_of((struct lt_slice){ref->bytes, ref->size});
    return lt_cursor_uint(&cursor, UINT64_MAX, number);
}

// An int or a str of at most 64 bytes, in its shortest width.
static bool take_ref(struct lt_cursor *cursor, struct lt_ref *ref)
{
    uint64_t number = 0;
    struct lt_slice text = {0};
    if (lt_cursor_uint(cursor, LT_INT_MAX, &number)) {
        *ref = lt_ref_of(number);
        return true;
    }
    if (!lt_cursor_str(cursor, &text) || text.size > LT_REF_MAX) {
        return false;
    }
    struct lt_buffer out = {
        .data = ref->bytes, .room = sizeof ref->bytes, .max = sizeof ref->bytes};
    lt_pack_str(&out, text);
    ref->size = (uint8_t)out.size;
    return true;
}

struct decoding {
    struct lt_cursor cursor;
    struct lt_frame *frame;
    const char *op;
    unsigned at; // index in the array
    struct lt_error *error;
};

static enum lt_code wrong(const struct decoding *decoding, const char *what)
{
    return lt_fail(decoding->error, LT_MALFORMED, "%s[%u]: %s", decoding->op, decoding->at, what);
}

static enum lt_code take_number(struct decoding *decoding, uint64_t *number)
{
    return lt_cursor_uint(&decoding->cursor, LT_INT_MAX, number)
               ? LT_DONE
               : wrong(decoding, "not an integer from 0 to 2^53 - 1");
}

static enum lt_code take_text(struct decoding *decoding, struct lt_slice *text)
{
    if (!lt_cursor_str(&decoding->cursor, text)) {
        return wrong(decoding, "not a string");
    }
    return text->size <= LT_TEXT_MAX
               ? LT_DONE
               : lt_fail(decoding->error, LT_TOO_LARGE, "%s[%u]: a text above %d bytes",
                         decoding->op, decoding->at, LT_TEXT_MAX);
}

static enum lt_code take_limits(struct decoding *decoding)
{
    struct lt_slice map = {0};
    if (!lt_cursor_skip(&decoding->cursor, &map)) {
        return wrong(decoding, "cut off");
    }
    for (size_t i = 0; i < FRAME_LIMITS; i++) {
        uint64_t number = 0;
        if (!lt_map_uint(map, frame_limits[i].key, &number)) {
            return wrong(decoding, "not a map of limits, or one is missing");
        }
        uint8_t *limits = (uint8_t *)&decoding->frame->limits;
        memcpy(limits + frame_limits[i].offset, &number, sizeof number);
    }
    return LT_DONE;
}

static enum lt_code take_args(struct decoding *decoding)
{
    struct lt_slice *args = &decoding->frame->args;
    if (!lt_cursor_skip(&decoding->cursor, args)) {
        return wrong(decoding, "cut off");
    }
    return lt_body_check(*args, NULL) == LT_DONE
               ? LT_DONE
               : wrong(decoding, "not a map, or one with a key twice or a value out of bounds");
}

// What every entry of a list must be; each says with `wrong` when it is not.
static bool next_entry(struct lt_list *list, enum field field)
{
    struct lt_slice text = {0};
    uint64_t a = 0;
    uint64_t b = 0;
    enum lt_outcome outcome = LT_ACK_DONE;
    switch (field) {
    case FIELD_PATTERNS:
        return lt_list_pattern(list, &text);
    case FIELD_PUBLISHED:
        return lt_list_published(list, &a, &b, &text);
    case FIELD_DELIVERED:
        return lt_list_delivered(list, &a, &b);
    case FIELD_SEQS:
        return lt_list_seq(list, &a);
    default:
        return lt_list_settled(list, &a, &outcome, &text);
    }
}

static enum lt_code take_list(struct decoding *decoding, enum field field)
{
    struct lt_slice *array = &decoding->frame->list;
    struct lt_cursor ahead = decoding->cursor;
    uint32_t count = 0;
    if (!lt_cursor_array(&ahead, &count) || !lt_cursor_skip(&decoding->cursor, array)) {
        return wrong(decoding, "not an array");
    }
    if (field == FIELD_PATTERNS && count > LT_PATTERNS_MAX) {
        return lt_fail(decoding->error, LT_TOO_LARGE, "%s[%u]: more than %d patterns", decoding->op,
                       decoding->at, LT_PATTERNS_MAX);
    }
    if (field == FIELD_SEQS && count > LT_AGAIN_MAX) {
        return lt_fail(decoding->error, LT_TOO_LARGE, "%s[%u]: more than %d messages", decoding->op,
                       decoding->at, LT_AGAIN_MAX);
    }
    struct lt_list list = lt_list_of(*array);
    while (next_entry(&list, field)) {
    }
    return list.wrong ? lt_fail(decoding->error, LT_MALFORMED, "%s[%u][%u]: %s", decoding->op,
                                decoding->at, (unsigned)(count - list.left),
                                field == FIELD_PATTERNS ? "not a pattern" : "not such an entry")
                      : LT_DONE;
}

static enum lt_code take_text_or_number(struct decoding *decoding)
{
    struct lt_cursor ahead = decoding->cursor;
    uint64_t number = 0;
    return lt_cursor_uint(&ahead, UINT64_MAX, &number)
               ? take_number(decoding, &decoding->frame->number)
               : take_text(decoding, &decoding->frame->text);
}

static enum lt_code take_sha256(struct decoding *decoding)
{
    return lt_cursor_bin(&decoding->cursor, &decoding->frame->sha256) &&
                   decoding->frame->sha256.size == FRAME_SHA256_SIZE
               ? LT_DONE
               : wrong(decoding, "not 32 bytes");
}

static enum lt_code take_field(struct decoding *decoding, enum field field)
{
    struct lt_frame *frame = decoding->frame;
    struct lt_cursor *cursor = &decoding->cursor;
    switch (field) {
    case FIELD_NONE:
        return LT_DONE;
    case FIELD_REF:
        return take_ref(cursor, &frame->ref) ? LT_DONE : wrong(decoding, "not an int or short str");
    case FIELD_SID:
        return take_ref(cursor, &frame->sid) ? LT_DONE : wrong(decoding, "not an int or short str");
    case FIELD_VERSION:
        return take_number(decoding, &frame->version);
    case FIELD_AGENT:
        return take_text(decoding, &frame->agent);
    case FIELD_HUB:
        return take_text(decoding, &frame->hub);
    case FIELD_NOW:
        return take_number(decoding, &frame->now);
    case FIELD_LIMITS:
        return take_limits(decoding);
    case FIELD_CODE:
        return take_number(decoding, &frame->code);
    case FIELD_TEXT:
        return take_text(decoding, &frame->text);
    case FIELD_TEXT_OR_NUMBER:
        return take_text_or_number(decoding);
    case FIELD_NUMBER:
        return take_number(decoding, &frame->number);
    case FIELD_PATTERNS:
    case FIELD_PUBLISHED:
    case FIELD_DELIVERED:
    case FIELD_SETTLED:
    case FIELD_SEQS:
        return take_list(decoding, field);
    case FIELD_ARGS:
        return take_args(decoding);
    case FIELD_FLAG:
        return lt_cursor_bool(cursor, &frame->flag) ? LT_DONE : wrong(decoding, "not a boolean");
    case FIELD_NAME:
        return take_text(decoding, &frame->name);
    case FIELD_VALUE:
        return lt_cursor_skip(cursor, &frame->value) ? LT_DONE : wrong(decoding, "cut off");
    case FIELD_SHA256:
        return take_sha256(decoding);
    case FIELD_SIZE:
        return take_number(decoding, &frame->size);
    case FIELD_OFFSET:
        return take_number(decoding, &frame->offset);
    case FIELD_LENGTH:
        return take_number(decoding, &frame->length);
    }
    return LT_MALFORMED;
}

static enum lt_code take_fields(struct decoding *decoding, const struct shape *shape,
                                uint32_t count)
{
    for (size_t i = 0; i < FRAME_FIELDS && shape->fields[i] != FIELD_NONE; i++) {
        decoding->at = (unsigned)i + 1;
        if (decoding->at >= count) {
            return wrong(decoding, "is missing");
        }
        const enum lt_code code = take_field(decoding, shape->fields[i]);
        if (code != LT_DONE) {
            return code;
        }
    }
    return LT_DONE;
}

// The sentence behind a CHUNK's four fields, if there is one; the rest of a longer frame is stepped over.
static enum lt_code take_rest(struct decoding *decoding, uint32_t count)
{
    struct lt_cursor *cursor = &decoding->cursor;
    struct lt_cursor ahead = *cursor;
    struct lt_slice text = {0};
    if (decoding->frame->op == LT_CHUNK && decoding->at + 1 < count &&
        lt_cursor_str(&ahead, &text) && text.size <= LT_TEXT_MAX) {
        decoding->frame->text = text;
    }
    for (uint32_t i = decoding->at + 1; i < count; i++) {
        if (!lt_cursor_skip(cursor, NULL)) {
            return wrong(decoding, "cut off behind this");
        }
    }
    return lt_cursor_at_end(cursor) ? LT_DONE : wrong(decoding, "bytes after the array");
}

enum lt_code lt_frame_decode(struct lt_slice bytes, struct lt_frame *frame, struct lt_error *error)
{
    struct decoding decoding = {lt_cursor_of(bytes), frame, "frame 0", 0, error};
    uint32_t count = 0;
    uint64_t op = 0;
    *frame = (struct lt_frame){0};
    if (!lt_cursor_array(&decoding.cursor, &count) || count == 0 ||
        !lt_cursor_uint(&decoding.cursor, INT32_MAX, &op)) {
        return lt_fail(error, LT_MALFORMED, "frame 0: not an array that begins with an op");
    }
    frame->op = (enum lt_op)op;
    const struct shape *shape = frame_shape((unsigned)op);
    if (shape == NULL) {
        return lt_fail(error, LT_MALFORMED, "frame 0: the op %u is not known", (unsigned)op);
    }
    decoding.op = shape->name;
    if (bytes.size > (op == LT_RESULT ? LT_RESULT_MAX : LT_FRAME_MAX)) {
        if (shape->fields[0] == FIELD_REF) {
            (void)take_ref(&decoding.cursor, &frame->ref);
        }
        return lt_fail(error, LT_TOO_LARGE, "%s: a frame 0 above %d bytes", shape->name,
                       op == LT_RESULT ? LT_RESULT_MAX : LT_FRAME_MAX);
    }
    const enum lt_code code = take_fields(&decoding, shape, count);
    return code == LT_DONE ? take_rest(&decoding, count) : code;
}
