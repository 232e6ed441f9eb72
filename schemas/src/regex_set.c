// Sets of characters in patterns: ranges, the named ones, and what a set leaves out.
#include "regex_program.h"

#include <stdlib.h>
#include <string.h>

bool regex_add_range(struct regex_compiler *c, uint32_t low, uint32_t high)
{
    if (c->regex->range_count == REGEX_RANGES_MAX) {
        return regex_fail(c, "it has too many character ranges");
    }
    c->regex->ranges[c->regex->range_count++] = (struct regex_range){low, high};
    return true;
}

static const struct regex_range digits[] = {{'0', '9'}};
static const struct regex_range words[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
static const struct regex_range spaces[] = {
    {0x09, 0x0D},     {0x20, 0x20},     {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
    {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
static const struct regex_range line_ends[] = {{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};

// The ranges must be in order; negated: what lies between them.
static bool add_ranges(struct regex_compiler *c, const struct regex_range *ranges, size_t count,
                       bool negated)
{
    uint32_t from = 0;
    for (size_t i = 0; i < count; i++) {
        if (!negated && !regex_add_range(c, ranges[i].low, ranges[i].high)) {
            return false;
        }
        if (negated && ranges[i].low > from && !regex_add_range(c, from, ranges[i].low - 1)) {
            return false;
        }
        from = ranges[i].high + 1;
    }
    return !negated || from > CODE_POINT_MAX || regex_add_range(c, from, CODE_POINT_MAX);
}

// \d and its like. false: it is none of them.
bool regex_add_named(struct regex_compiler *c, uint8_t letter)
{
    switch (letter) {
    case 'd':
    case 'D':
        return add_ranges(c, digits, sizeof digits / sizeof digits[0], letter == 'D');
    case 'w':
    case 'W':
        return add_ranges(c, words, sizeof words / sizeof words[0], letter == 'W');
    case 's':
    case 'S':
        return add_ranges(c, spaces, sizeof spaces / sizeof spaces[0], letter == 'S');
    default:
        return false;
    }
}

static int by_low(const void *a, const void *b)
{
    const struct regex_range *one = a;
    const struct regex_range *other = b;
    return (one->low > other->low) - (one->low < other->low);
}

// Turns the ranges from `first` on into what they leave out.
bool regex_negate(struct regex_compiler *c, size_t first)
{
    struct regex_range *ranges = c->regex->ranges + first;
    const size_t count = c->regex->range_count - first;
    struct regex_range *old = calloc(count + 1, sizeof *old);
    if (old == NULL) {
        c->no_memory = true;
        return regex_fail(c, "no memory");
    }
    memcpy(old, ranges, count * sizeof *old);
    qsort(old, count, sizeof *old, by_low);
    size_t kept = 0; // overlapping ones become one
    for (size_t i = 1; i < count; i++) {
        if (old[i].low <= old[kept].high + 1) {
            old[kept].high = old[i].high > old[kept].high ? old[i].high : old[kept].high;
        } else {
            old[++kept] = old[i];
        }
    }
    c->regex->range_count = first;
    const bool done = add_ranges(c, old, count > 0 ? kept + 1 : 0, true);
    free(old);
    return done;
}

bool regex_add_any(struct regex_compiler *c)
{
    return add_ranges(c, line_ends, sizeof line_ends / sizeof line_ends[0], true);
}
