// MessagePack written into a struct lt_buffer, in the shortest widths; a thin coat over msgpack-c.
// A failed write sets buffer->failed, so look once at the end.
#ifndef LIENTHON_PACK_H
#define LIENTHON_PACK_H

#include "bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

void lt_pack_nil(struct lt_buffer *out);
void lt_pack_bool(struct lt_buffer *out, bool value);
void lt_pack_uint(struct lt_buffer *out, uint64_t value);
void lt_pack_int(struct lt_buffer *out, int64_t value);
void lt_pack_float(struct lt_buffer *out, double value);
void lt_pack_str(struct lt_buffer *out, struct lt_slice text);
void lt_pack_text(struct lt_buffer *out, const char *text); // a C string
void lt_pack_bin(struct lt_buffer *out, const void *bytes, size_t size);
void lt_pack_array(struct lt_buffer *out, size_t count);
void lt_pack_map(struct lt_buffer *out, size_t count);
void lt_pack_raw(struct lt_buffer *out, struct lt_slice value); // already MessagePack

#ifdef __cplusplus
}
#endif
#endif
