// Views and buffers of bytes, and the ways in which bytes are written as text.
#include "lienthon/bytes.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

struct lt_slice lt_slice_of(const char *text)
{
    if (text == NULL) {
        return (struct lt_slice){NULL, 0};
    }
    return (struct lt_slice){(const uint8_t *)text, strlen(text)};
}

bool lt_slice_equal(struct lt_slice a, struct lt_slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool lt_slice_is(struct lt_slice a, const char *text)
{
    return lt_slice_equal(a, lt_slice_of(text));
}

// Bytes of the character at data[0], of which `left` are there; 0: not UTF-8.
static size_t character_size(const uint8_t *data, size_t left)
{
    const uint8_t lead = data[0];
    size_t size = 0;
    uint8_t low = 0x80;
    uint8_t high = 0xBF;
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        size = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        size = 3;
        low = lead == 0xE0 ? 0xA0 : 0x80;  // else overlong
        high = lead == 0xED ? 0x9F : 0xBF; // else a surrogate
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        size = 4;
        low = lead == 0xF0 ? 0x90 : 0x80;  // else overlong
        high = lead == 0xF4 ? 0x8F : 0xBF; // else above U+10FFFF
    }
    if (size == 0 || size > left || data[1] < low || data[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) {
        if ((data[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return size;
}

bool lt_utf8_valid(struct lt_slice text)
{
    for (size_t i = 0; i < text.size;) {
        const size_t size = character_size(text.data + i, text.size - i);
        if (size == 0) {
            return false;
        }
        i += size;
    }
    return true;
}

size_t lt_utf8_length(struct lt_slice text)
{
    size_t length = 0;
    for (size_t i = 0; i < text.size; i++) {
        length += (text.data[i] & 0xC0) != 0x80;
    }
    return length;
}

// Room for `more` bytes behind the content.
static bool has_room(struct lt_buffer *buffer, size_t more)
{
    if (more > buffer->max || buffer->size > buffer->max - more) {
        buffer->failed = true;
        return false;
    }
    const size_t wanted = buffer->size + more;
    if (wanted <= buffer->room) {
        return true;
    }
    size_t room = buffer->room < FIRST_ROOM ? FIRST_ROOM : buffer->room;
    while (room < wanted) {
        room = room > buffer->max / 2 ? buffer->max : room * 2;
    }
    if (room > buffer->max) {
        room = buffer->max;
    }
    uint8_t *data = realloc(buffer->data, room);
    if (data == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->room = room;
    return true;
}

bool lt_buffer_add(struct lt_buffer *buffer, const void *bytes, size_t size)
{
    if (size == 0) {
        return true;
    }
    if (!has_room(buffer, size)) {
        return false;
    }
    memcpy(buffer->data + buffer->size, bytes, size);
    buffer->size += size;
    return true;
}

bool lt_buffer_print(struct lt_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    const int wanted = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    bool written = false;
    if (wanted < 0) {
        buffer->failed = true;
    } else {
        // vsnprintf writes its NUL too, which is then left outside the content.
        char *text = malloc((size_t)wanted + 1);
        if (text == NULL) {
            buffer->failed = true;
        } else {
            (void)vsnprintf(text, (size_t)wanted + 1, format, again);
            written = lt_buffer_add(buffer, text, (size_t)wanted);
            free(text);
        }
    }
    va_end(again);
    return written;
}

int lt_buffer_pack(void *user, const char *bytes, size_t size)
{
    return lt_buffer_add(user, bytes, size) ? 0 : -1;
}

void lt_buffer_empty(struct lt_buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = false;
}

void lt_buffer_clear(struct lt_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct lt_buffer){.max = buffer->max};
}

struct lt_slice lt_buffer_slice(const struct lt_buffer *buffer)
{
    return (struct lt_slice){buffer->data, buffer->size};
}

bool lt_base64url_encode(struct lt_slice bytes, struct lt_buffer *out)
{
    if (bytes.size == 0) {
        return true;
    }
    if (bytes.size > out->max) {
        out->failed = true;
        return false;
    }
    const size_t room =
        sodium_base64_encoded_len(bytes.size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = malloc(room);
    if (text == NULL) {
        out->failed = true;
        return false;
    }
    sodium_bin2base64(text, room, bytes.data, bytes.size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    const bool written = lt_buffer_add(out, text, room - 1);
    sodium_memzero(text, room); // it may be a seed
    free(text);
    return written;
}

bool lt_base64url_decode(struct lt_slice text, uint8_t *out, size_t size)
{
    size_t written = 0;
    return sodium_base642bin(out, size, (const char *)text.data, text.size, NULL, &written, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           written == size;
}

void lt_hex_encode(struct lt_slice bytes, char *out)
{
    sodium_bin2hex(out, bytes.size * 2 + 1, bytes.data, bytes.size);
}

bool lt_hex_decode(struct lt_slice text, uint8_t *out, size_t size)
{
    size_t written = 0;
    return text.size == size * 2 &&
           sodium_hex2bin(out, size, (const char *)text.data, text.size, NULL, &written, NULL) ==
               0 &&
           written == size;
}
