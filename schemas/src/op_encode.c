// Frame 0 written out.
#include <string.h>

#include "frame.h"

static void pack_limits(struct lt_buffer *out, const struct lt_limits *limits)
{
    lt_pack_map(out, FRAME_LIMITS);
    for (size_t i = 0; i < FRAME_LIMITS; i++) {
        uint64_t number = 0;
        memcpy(&number, (const uint8_t *)limits + frame_limits[i].offset, sizeof number);
        lt_pack_text(out, frame_limits[i].key);
        lt_pack_uint(out, number);
    }
}

static void pack_ref(struct lt_buffer *out, const struct lt_ref *ref)
{
    if (ref->size == 0) {
        out->failed = true; // nobody could answer it
        return;
    }
    lt_pack_raw(out, (struct lt_slice){ref->bytes, ref->size});
}

static void pack_list(struct lt_buffer *out, struct lt_slice list)
{
    if (list.size == 0) {
        lt_pack_array(out, 0);
    } else {
        lt_pack_raw(out, list);
    }
}

static void pack_args(struct lt_buffer *out, struct lt_slice args)
{
    if (args.size == 0) {
        lt_pack_map(out, 0);
    } else {
        lt_pack_raw(out, args);
    }
}

static void pack_value(struct lt_buffer *out, struct lt_slice value)
{
    if (value.size == 0) {
        lt_pack_nil(out);
    } else {
        lt_pack_raw(out, value);
    }
}

static void pack_field(struct lt_buffer *out, const struct lt_frame *frame, enum field field)
{
    switch (field) {
    case FIELD_NONE:
        break;
    case FIELD_REF:
        pack_ref(out, &frame->ref);
        break;
    case FIELD_SID:
        pack_ref(out, &frame->sid);
        break;
    case FIELD_VERSION:
        lt_pack_uint(out, frame->version);
        break;
    case FIELD_AGENT:
        lt_pack_str(out, frame->agent);
        break;
    case FIELD_HUB:
        lt_pack_str(out, frame->hub);
        break;
    case FIELD_NOW:
        lt_pack_uint(out, frame->now);
        break;
    case FIELD_LIMITS:
        pack_limits(out, &frame->limits);
        break;
    case FIELD_CODE:
        lt_pack_uint(out, frame->code);
        break;
    case FIELD_TEXT:
        lt_pack_str(out, frame->text);
        break;
    case FIELD_TEXT_OR_NUMBER:
        if (frame->text.data == NULL) {
            lt_pack_uint(out, frame->number);
        } else {
            lt_pack_str(out, frame->text);
        }
        break;
    case FIELD_NUMBER:
        lt_pack_uint(out, frame->number);
        break;
    case FIELD_PATTERNS:
    case FIELD_PUBLISHED:
    case FIELD_DELIVERED:
    case FIELD_SETTLED:
    case FIELD_SEQS:
        pack_list(out, frame->list);
        break;
    case FIELD_ARGS:
        pack_args(out, frame->args);
        break;
    case FIELD_FLAG:
        lt_pack_bool(out, frame->flag);
        break;
    case FIELD_NAME:
        lt_pack_str(out, frame->name);
        break;
    case FIELD_VALUE:
        pack_value(out, frame->value);
        break;
    case FIELD_SHA256:
        lt_pack_bin(out, frame->sha256.data, frame->sha256.size);
        break;
    case FIELD_SIZE:
        lt_pack_uint(out, frame->size);
        break;
    case FIELD_OFFSET:
        lt_pack_uint(out, frame->offset);
        break;
    case FIELD_LENGTH:
        lt_pack_uint(out, frame->length);
        break;
    }
}

bool lt_frame_encode(const struct lt_frame *frame, struct lt_buffer *out)
{
    const struct shape *shape = frame_shape((unsigned)frame->op);
    if (shape == NULL || out->failed) {
        return false;
    }
    const size_t before = out->size;
    const bool explains = frame->op == LT_CHUNK && frame->text.size > 0;
    size_t count = 0;
    while (count < FRAME_FIELDS && shape->fields[count] != FIELD_NONE) {
        count++;
    }
    lt_pack_array(out, 1 + count + (explains ? 1 : 0));
    lt_pack_uint(out, (uint64_t)frame->op);
    for (size_t i = 0; i < count; i++) {
        pack_field(out, frame, shape->fields[i]);
    }
    if (explains) {
        lt_pack_str(out, frame->text);
    }
    if (out->failed) {
        out->size = before;
    }
    return !out->failed;
}
