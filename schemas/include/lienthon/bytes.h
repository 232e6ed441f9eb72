// Bytes: a view of somebody's, and a buffer of one's own that grows up to a stated maximum.
#ifndef LIENTHON_BYTES_H
#define LIENTHON_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "code.h"

#ifdef __cplusplus
extern "C" {
#endif

// A view, alive as long as what it looks into. data NULL: there is none (nil); size is then 0.
struct lt_slice {
    const uint8_t *data;
    size_t size;
};

struct lt_slice lt_slice_of(const char *text); // the bytes of a C string, without its NUL
bool lt_slice_equal(struct lt_slice a, struct lt_slice b);
bool lt_slice_is(struct lt_slice a, const char *text);

// Strict UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
bool lt_utf8_valid(struct lt_slice text);
// Code points of valid UTF-8.
size_t lt_utf8_length(struct lt_slice text);

// Begins as {.max = n}. A write past max or without memory fails, sets `failed`, and leaves the
// content as it was; so a row of writes needs one look at the end.
struct lt_buffer {
    uint8_t *data;
    size_t size, room, max;
    bool failed;
};

bool lt_buffer_add(struct lt_buffer *buffer, const void *bytes, size_t size);
bool lt_buffer_print(struct lt_buffer *buffer, const char *format, ...);
// The same as msgpack_packer_write wants it: 0 or -1; user is a struct lt_buffer *.
int lt_buffer_pack(void *user, const char *bytes, size_t size);
void lt_buffer_empty(struct lt_buffer *buffer); // keeps the room
void lt_buffer_clear(struct lt_buffer *buffer); // frees
struct lt_slice lt_buffer_slice(const struct lt_buffer *buffer);

// base64url without padding. Decoding is strict (no other characters, no stray bits); out holds
// `size` bytes and exactly that many must come out, else false.
bool lt_base64url_encode(struct lt_slice bytes, struct lt_buffer *out);
bool lt_base64url_decode(struct lt_slice text, uint8_t *out, size_t size);
// Hexadecimal, lower case; out has 2 * size + 1 bytes.
void lt_hex_encode(struct lt_slice bytes, char *out);
bool lt_hex_decode(struct lt_slice text, uint8_t *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
