// Looking for words in a body: any str in it, keys apart, whatever the case of its letters.
#define _GNU_SOURCE // memmem

#include <stdlib.h>
#include <string.h>

#include "queries.h"

enum { DEPTH_MAX = 2 * LT_BODY_DEPTH };

// Small letters for capital ones: ASCII, Latin-1 and what Vietnamese writes beyond them. Each pair
// has the same size in UTF-8, so it is done in place.
static void fold(uint8_t *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const uint8_t lead = text[i];
        if (lead >= 'A' && lead <= 'Z') {
            text[i] = (uint8_t)(lead + 0x20);
        } else if (lead == 0xC3 && i + 1 < size) {
            const uint8_t next = text[++i];
            if (next >= 0x80 && next <= 0x9E && next != 0x97) { // × has no small one
                text[i] = (uint8_t)(next + 0x20);
            }
        } else if ((lead == 0xC4 || lead == 0xC5 || lead == 0xC6) && i + 1 < size) {
            const uint8_t next = text[++i];
            if ((lead == 0xC4 && (next == 0x82 || next == 0x90 || next == 0xA8)) || // Ă Đ Ĩ
                (lead == 0xC5 && next == 0xA8) ||                                   // Ũ
                (lead == 0xC6 && (next == 0xA0 || next == 0xAF))) {                 // Ơ Ư
                text[i] = (uint8_t)(next + 1);
            }
        } else if (lead == 0xE1 && i + 2 < size) {
            const bool is_vietnamese = (text[i + 1] == 0xBA && text[i + 2] >= 0xA0) ||
                                       (text[i + 1] == 0xBB && text[i + 2] <= 0xB9);
            i += 2;
            if (is_vietnamese && text[i] % 2 == 0) {
                text[i]++;
            }
        }
    }
}

static bool str_matches(struct lt_slice str, const uint8_t *folded, size_t size)
{
    if (str.size < size) {
        return false;
    }
    uint8_t *copy = malloc(str.size + 1);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, str.data, str.size);
    fold(copy, str.size);
    const bool found = memmem(copy, str.size, folded, size) != NULL;
    free(copy);
    return found;
}

static bool value_matches(struct lt_cursor *cursor, const uint8_t *folded, size_t size,
                          unsigned depth)
{
    struct lt_value value = {0};
    bool found = false;
    if (depth > DEPTH_MAX || !lt_cursor_next(cursor, &value)) {
        return false;
    }
    if (value.kind == LT_STR) {
        return str_matches(value.bytes, folded, size);
    }
    if (value.kind != LT_ARRAY && value.kind != LT_MAP) {
        return false;
    }
    for (uint32_t i = 0; i < value.count && !found; i++) {
        if (value.kind == LT_MAP && !lt_cursor_skip(cursor, NULL)) {
            return false;
        }
        found = value_matches(cursor, folded, size, depth + 1);
    }
    return found;
}

bool query_text_matches(struct lt_slice body, const char *text)
{
    uint8_t folded[QUERY_TEXT_MAX + 1];
    const size_t size = strlen(text);
    struct lt_cursor cursor = lt_cursor_of(body);
    memcpy(folded, text, size + 1);
    fold(folded, size);
    return value_matches(&cursor, folded, size, 0);
}
