// The grammars of principals, topics, types and origins. Bytes are compared, never normalised.
#include "lienthon/name.h"

#include <string.h>

enum { LEVEL_MAX = 64, PRINCIPAL_SEGMENTS = 8, LT_ID_DIGITS = 32 };

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c);
}

static bool is_level_rest(uint8_t c)
{
    return is_alnum(c) || c == '_' || c == '-';
}

static bool level_valid(struct lt_slice level)
{
    if (level.size == 0 || level.size > LEVEL_MAX || level.data[0] == '-') {
        return false;
    }
    for (size_t i = 0; i < level.size; i++) {
        if (!is_level_rest(level.data[i])) {
            return false;
        }
    }
    return true;
}

static bool segment_valid(struct lt_slice segment)
{
    if (segment.size == 0 || !is_alnum(segment.data[0]) ||
        !is_alnum(segment.data[segment.size - 1])) {
        return false;
    }
    for (size_t i = 0; i < segment.size; i++) {
        if (!is_alnum(segment.data[i]) && segment.data[i] != '-') {
            return false;
        }
    }
    return true;
}

// Cuts the text before the next separator off *rest. *last: it was the last piece.
static struct lt_slice cut(struct lt_slice *rest, char separator, bool *last)
{
    const uint8_t *found = memchr(rest->data, separator, rest->size);
    struct lt_slice piece = *rest;
    *last = found == NULL;
    if (found != NULL) {
        piece.size = (size_t)(found - rest->data);
        rest->data = found + 1;
        rest->size -= piece.size + 1;
    }
    return piece;
}

static bool levels_valid(struct lt_slice text, bool wildcards)
{
    if (text.size == 0 || text.size > LT_TOPIC_MAX) {
        return false;
    }
    bool last = false;
    for (size_t level = 0; !last; level++) {
        const struct lt_slice piece = cut(&text, '/', &last);
        const bool is_wildcard =
            wildcards && (lt_slice_is(piece, "+") || (last && lt_slice_is(piece, "#")));
        const bool is_hub = level == 0 && lt_slice_is(piece, "$lt");
        if (level == LT_TOPIC_LEVELS || (!is_wildcard && !is_hub && !level_valid(piece))) {
            return false;
        }
    }
    return true;
}

bool lt_topic_valid(struct lt_slice topic)
{
    return levels_valid(topic, false);
}

bool lt_pattern_valid(struct lt_slice pattern)
{
    return levels_valid(pattern, true);
}

static bool segments_valid(struct lt_slice text, bool wildcards)
{
    if (text.size == 0 || text.size > LT_PRINCIPAL_MAX) {
        return false;
    }
    bool last = false;
    for (size_t segment = 0; !last; segment++) {
        const struct lt_slice piece = cut(&text, '.', &last);
        const bool is_wildcard =
            wildcards && (lt_slice_is(piece, "*") || (last && lt_slice_is(piece, "**")));
        if (segment == PRINCIPAL_SEGMENTS || (!is_wildcard && !segment_valid(piece))) {
            return false;
        }
    }
    return true;
}

bool lt_principal_valid(struct lt_slice name)
{
    return segments_valid(name, false);
}

bool lt_principal_pattern_valid(struct lt_slice pattern)
{
    return segments_valid(pattern, true);
}

bool lt_type_valid(struct lt_slice type)
{
    if (type.size == 0 || type.size > LT_TYPE_MAX) {
        return false;
    }
    bool last = false;
    struct lt_slice version = type;
    const struct lt_slice name = cut(&version, '.', &last);
    if (last || name.size == 0 || name.data[0] < 'a' || name.data[0] > 'z') {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        if (!is_alnum(name.data[i]) && name.data[i] != '-') {
            return false;
        }
    }
    if (version.size < 2 || version.data[0] != 'v' || version.data[1] == '0') {
        return false;
    }
    for (size_t i = 1; i < version.size; i++) {
        if (!is_digit(version.data[i])) {
            return false;
        }
    }
    return true;
}

static bool is_id(struct lt_slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i]) && (text.data[i] < 'a' || text.data[i] > 'f')) {
            return false;
        }
    }
    return text.size == LT_ID_DIGITS;
}

// C0, DEL and C1 (in UTF-8 0xC2 and then 0x80 to 0x9F).
static bool has_control(struct lt_slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.data[i];
        if (c < 0x20 || c == 0x7F) {
            return true;
        }
        if (c == 0xC2 && i + 1 < text.size && text.data[i + 1] < 0xA0) {
            return true;
        }
    }
    return false;
}

bool lt_origin_valid(struct lt_slice origin)
{
    if (origin.size == 0 || origin.size > LT_ORIGIN_MAX || !lt_utf8_valid(origin)) {
        return false;
    }
    bool last = false;
    struct lt_slice rest = origin;
    const struct lt_slice bridge = cut(&rest, ':', &last);
    if (last || rest.size == 0 || bridge.size == 0 || !is_alnum(bridge.data[0])) {
        return false;
    }
    for (size_t i = 0; i < bridge.size; i++) {
        if (!is_alnum(bridge.data[i]) && bridge.data[i] != '.' && bridge.data[i] != '-') {
            return false;
        }
    }
    return lt_slice_is(bridge, "lt") ? is_id(rest) : !has_control(rest);
}

bool lt_durable_valid(struct lt_slice name)
{
    for (size_t i = 0; i < name.size; i++) {
        const uint8_t c = name.data[i];
        if (!is_level_rest(c) && c != '.') {
            return false;
        }
    }
    return name.size >= 1 && name.size <= LT_DURABLE_MAX;
}

size_t lt_principal_topic(const char *prefix, struct lt_slice principal, char *out)
{
    const size_t head = strlen(prefix);
    out[0] = '\0';
    if (head > LT_TOPIC_MAX || principal.size > LT_TOPIC_MAX - head) {
        return 0;
    }
    memcpy(out, prefix, head);
    for (size_t i = 0; i < principal.size; i++) {
        out[head + i] = principal.data[i] == '.' ? '/' : (char)principal.data[i];
    }
    out[head + principal.size] = '\0';
    return head + principal.size;
}
