// Which topics a pattern takes, which patterns another covers, and the same over principals.
#include <string.h>

#include "lienthon/name.h"

// The pieces of a name between separators, one after the other.
struct pieces {
    struct lt_slice rest;
    char separator;
    bool ended;
};

static struct pieces pieces_of(struct lt_slice text, char separator)
{
    return (struct pieces){text, separator, false};
}

static bool next(struct pieces *pieces, struct lt_slice *piece)
{
    if (pieces->ended) {
        return false;
    }
    *piece = pieces->rest;
    const uint8_t *found = pieces->rest.size == 0
                               ? NULL
                               : memchr(pieces->rest.data, pieces->separator, pieces->rest.size);
    if (found == NULL) {
        pieces->ended = true;
        return true;
    }
    piece->size = (size_t)(found - pieces->rest.data);
    pieces->rest.data = found + 1;
    pieces->rest.size -= piece->size + 1;
    return true;
}

static bool is_char(struct lt_slice piece, char c)
{
    return piece.size == 1 && piece.data[0] == (uint8_t)c;
}

static bool is_hub(struct lt_slice level)
{
    return level.size == 3 && memcmp(level.data, "$lt", 3) == 0;
}

bool lt_pattern_covers(struct lt_slice outer, struct lt_slice inner)
{
    struct pieces outers = pieces_of(outer, '/');
    struct pieces inners = pieces_of(inner, '/');
    struct lt_slice over = {0};
    struct lt_slice under = {0};
    for (bool first = true; next(&outers, &over); first = false) {
        const bool has_under = next(&inners, &under);
        if (first && has_under && is_hub(under) && !is_hub(over)) {
            return false; // what is the hub's own must be named
        }
        if (is_char(over, '#')) {
            return true;
        }
        if (!has_under ||
            (is_char(over, '+') ? is_char(under, '#') : !lt_slice_equal(over, under))) {
            return false;
        }
    }
    return !next(&inners, &under);
}

bool lt_pattern_matches(struct lt_slice pattern, struct lt_slice topic)
{
    return lt_pattern_covers(pattern, topic); // a topic is a pattern without wildcards
}

static bool is_any_rest(struct lt_slice piece)
{
    return piece.size == 2 && piece.data[0] == '*' && piece.data[1] == '*';
}

bool lt_principal_covers(struct lt_slice outer, struct lt_slice inner)
{
    struct pieces outers = pieces_of(outer, '.');
    struct pieces inners = pieces_of(inner, '.');
    struct lt_slice over = {0};
    struct lt_slice under = {0};
    while (next(&outers, &over)) {
        if (!next(&inners, &under)) {
            return false; // also under `**`: it wants one segment at the least
        }
        if (is_any_rest(over)) {
            return true;
        }
        if (is_char(over, '*') ? is_any_rest(under) : !lt_slice_equal(over, under)) {
            return false;
        }
    }
    return !next(&inners, &under);
}

bool lt_principal_matches(struct lt_slice pattern, struct lt_slice principal)
{
    return lt_principal_covers(pattern, principal);
}
