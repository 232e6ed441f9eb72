// Writing MessagePack: msgpack-c's packer over a buffer.
#include "lienthon/pack.h"

#include <msgpack.h>
#include <string.h>

static msgpack_packer packer_of(struct lt_buffer *out)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, out, lt_buffer_pack);
    return packer;
}

void lt_pack_nil(struct lt_buffer *out)
{
    msgpack_packer packer = packer_of(out);
    (void)msgpack_pack_nil(&packer);
}

void lt_pack_bool(struct lt_buffer *out, bool value)
{
    msgpack_packer packer = packer_of(out);
    (void)(value ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer));
}

void lt_pack_uint(struct lt_buffer *out, uint64_t value)
{
    msgpack_packer packer = packer_of(out);
    (void)msgpack_pack_uint64(&packer, value);
}

void lt_pack_int(struct lt_buffer *out, int64_t value)
{
    msgpack_packer packer = packer_of(out);
    (void)msgpack_pack_int64(&packer, value);
}

void lt_pack_float(struct lt_buffer *out, double value)
{
    msgpack_packer packer = packer_of(out);
    (void)msgpack_pack_double(&packer, value);
}

void lt_pack_str(struct lt_buffer *out, struct lt_slice text)
{
    msgpack_packer packer = packer_of(out);
    (void)msgpack_pack_str(&packer, text.size);
    (void)lt_buffer_add(out, text.data, text.size);
}

void lt_pack_text(struct lt_buffer *out, const char *text)
{
    lt_pack_str(out, lt_slice_of(text));
}

void lt_pack_bin(struct lt_buffer *out, const void *bytes, size_t size)
{
    msgpack_packer packer = packer_of(out);
    (void)msgpack_pack_bin(&packer, size);
    (void)lt_buffer_add(out, bytes, size);
}

void lt_pack_array(struct lt_buffer *out, size_t count)
{
    msgpack_packer packer = packer_of(out);
    (void)msgpack_pack_array(&packer, count);
}

void lt_pack_map(struct lt_buffer *out, size_t count)
{
    msgpack_packer packer = packer_of(out);
    (void)msgpack_pack_map(&packer, count);
}

void lt_pack_raw(struct lt_buffer *out, struct lt_slice value)
{
    (void)lt_buffer_add(out, value.data, value.size);
}
