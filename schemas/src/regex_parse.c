// Reads a pattern into a tree; refuses what is outside the subset that regex.h states.
#include "regex_program.h"

#include <stdlib.h>
#include <string.h>

enum { NESTED_MAX = 50, REPEAT_MAX = 1000 };

bool regex_fail(struct regex_compiler *c, const char *why)
{
    if (c->why == NULL) {
        c->why = why;
    }
    return false;
}

uint32_t regex_character(const uint8_t **at, const uint8_t *end)
{
    const uint8_t lead = *(*at)++;
    int more = 0;
    uint32_t point = lead;
    if (lead >= 0xF0) {
        more = 3;
        point = lead & 0x07U;
    } else if (lead >= 0xE0) {
        more = 2;
        point = lead & 0x0FU;
    } else if (lead >= 0xC0) {
        more = 1;
        point = lead & 0x1FU;
    }
    for (; more > 0 && *at < end; more--) {
        point = point << 6 | (*(*at)++ & 0x3FU);
    }
    return point;
}

static uint16_t add_tree(struct regex_compiler *c, struct regex_tree tree)
{
    if (c->tree_count == REGEX_TREES_MAX) {
        regex_fail(c, "it is too long");
        return 0;
    }
    c->trees[c->tree_count] = tree;
    return (uint16_t)c->tree_count++;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool take_hex(struct regex_compiler *c, int least, int most, uint32_t *point)
{
    int count = 0;
    *point = 0;
    while (count < most && c->at < c->end && hex_value(*c->at) >= 0) {
        *point = *point << 4 | (uint32_t)hex_value(*c->at++);
        count++;
    }
    return count >= least || regex_fail(c, "an escape with too few hexadecimal digits");
}

static bool take_unicode(struct regex_compiler *c, uint32_t *point)
{
    if (c->at < c->end && *c->at == '{') {
        c->at++;
        if (!take_hex(c, 1, 6, point)) {
            return false;
        }
        if (c->at == c->end || *c->at++ != '}' || *point > CODE_POINT_MAX) {
            return regex_fail(c, "\\u{…} is no character");
        }
        return true;
    }
    if (!take_hex(c, 4, 4, point)) {
        return false;
    }
    if (*point >= 0xD800 && *point <= 0xDBFF && c->end - c->at >= 6 && c->at[0] == '\\' &&
        c->at[1] == 'u') {
        uint32_t low = 0;
        c->at += 2;
        if (!take_hex(c, 4, 4, &low) || low < 0xDC00 || low > 0xDFFF) {
            return regex_fail(c, "half a surrogate pair");
        }
        *point = 0x10000 + ((*point - 0xD800) << 10) + (low - 0xDC00);
    }
    return (*point < 0xD800 || *point > 0xDFFF) || regex_fail(c, "half a surrogate pair");
}

// What stands behind a backslash, when it is one character.
static bool take_escaped(struct regex_compiler *c, bool in_class, uint32_t *point)
{
    static const char names[] = "tnrfv";
    static const char values[] = "\t\n\r\f\v";
    if (c->at == c->end) {
        return regex_fail(c, "a backslash at the end");
    }
    const uint8_t letter = *c->at++;
    const char *named = letter != '\0' ? strchr(names, letter) : NULL;
    if (named != NULL) {
        *point = (uint8_t)values[named - names];
        return true;
    }
    if (letter == 'x') {
        return take_hex(c, 2, 2, point);
    }
    if (letter == 'u') {
        return take_unicode(c, point);
    }
    if (letter == '0' && (c->at == c->end || *c->at < '0' || *c->at > '9')) {
        *point = 0;
        return true;
    }
    *point = letter;
    if (letter != '\0' &&
        (strchr("^$\\.*+?()[]{}|/", letter) != NULL || (in_class && letter == '-'))) {
        return true;
    }
    c->at--;
    return regex_fail(c, "an escape that is not understood (no backreferences, \\b, \\p)");
}

static bool is_named_set(const struct regex_compiler *c)
{
    return c->end - c->at >= 2 && c->at[0] == '\\' && c->at[1] != '\0' &&
           strchr("dDwWsS", c->at[1]) != NULL;
}

static bool take_class_character(struct regex_compiler *c, uint32_t *point)
{
    if (*c->at == '\\') {
        c->at++;
        if (c->at < c->end && *c->at == 'b') {
            c->at++;
            *point = '\b';
            return true;
        }
        return take_escaped(c, true, point);
    }
    *point = regex_character(&c->at, c->end);
    return true;
}

static bool take_class_item(struct regex_compiler *c)
{
    if (is_named_set(c)) {
        c->at += 2;
        if (!regex_add_named(c, c->at[-1])) {
            return false;
        }
        if (c->end - c->at >= 2 && c->at[0] == '-' && c->at[1] != ']') {
            return regex_fail(c, "a range that begins with a set");
        }
        return true;
    }
    uint32_t low = 0;
    if (!take_class_character(c, &low)) {
        return false;
    }
    if (c->end - c->at < 2 || c->at[0] != '-' || c->at[1] == ']') {
        return regex_add_range(c, low, low);
    }
    c->at++;
    if (is_named_set(c)) {
        return regex_fail(c, "a range that ends with a set");
    }
    uint32_t high = 0;
    if (!take_class_character(c, &high)) {
        return false;
    }
    return low <= high ? regex_add_range(c, low, high) : regex_fail(c, "a range that goes down");
}

static uint16_t set_from(struct regex_compiler *c, size_t first)
{
    const struct regex_tree set = {.kind = TREE_SET,
                                   .first = (uint16_t)first,
                                   .count = (uint16_t)(c->regex->range_count - first)};
    return add_tree(c, set);
}

static uint16_t take_class(struct regex_compiler *c)
{
    const size_t first = c->regex->range_count;
    c->at++;
    const bool negated = c->at < c->end && *c->at == '^';
    c->at += negated;
    if (c->at < c->end && *c->at == ']') {
        regex_fail(c, "an empty [ ]");
        return 0;
    }
    while (c->why == NULL && c->at < c->end && *c->at != ']') {
        take_class_item(c);
    }
    if (c->why == NULL && c->at == c->end) {
        regex_fail(c, "a [ without its ]");
    }
    if (c->why != NULL || (negated && !regex_negate(c, first))) {
        return 0;
    }
    c->at++;
    return set_from(c, first);
}

static uint16_t take_either(struct regex_compiler *c);

static uint16_t take_group(struct regex_compiler *c)
{
    c->at++;
    if (c->end - c->at >= 2 && c->at[0] == '?') {
        if (c->at[1] != ':') {
            regex_fail(c, "look-around and named groups are not understood");
            return 0;
        }
        c->at += 2;
    }
    if (++c->nested > NESTED_MAX) {
        regex_fail(c, "it is nested too deep");
        return 0;
    }
    const uint16_t inside = take_either(c);
    c->nested--;
    if (c->why == NULL && (c->at == c->end || *c->at != ')')) {
        regex_fail(c, "a ( without its )");
    }
    c->at += c->why == NULL;
    return inside;
}

static uint16_t take_character(struct regex_compiler *c)
{
    const size_t first = c->regex->range_count;
    uint32_t point = 0;
    if (is_named_set(c)) {
        c->at += 2;
        regex_add_named(c, c->at[-1]);
        return set_from(c, first);
    }
    if (*c->at == '\\') {
        c->at++;
        if (!take_escaped(c, false, &point)) {
            return 0;
        }
    } else if (*c->at != '\0' && strchr("*+?{}]", *c->at) != NULL) {
        regex_fail(c, "nothing to repeat, or a bracket that must be escaped");
        return 0;
    } else {
        point = regex_character(&c->at, c->end);
    }
    regex_add_range(c, point, point);
    return set_from(c, first);
}

static uint16_t take_atom(struct regex_compiler *c, bool *can_repeat)
{
    *can_repeat = true;
    switch (*c->at) {
    case '(':
        return take_group(c);
    case '[':
        return take_class(c);
    case '^':
    case '$':
        *can_repeat = false;
        return add_tree(c, (struct regex_tree){.kind = *c->at++ == '^' ? TREE_BEGIN : TREE_END});
    case '.': {
        const size_t first = c->regex->range_count;
        c->at++;
        regex_add_any(c);
        return set_from(c, first);
    }
    default:
        return take_character(c);
    }
}

static bool take_count(struct regex_compiler *c, int *count)
{
    *count = 0;
    const uint8_t *begin = c->at;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
        *count = *count * 10 + (*c->at++ - '0');
        if (*count > REPEAT_MAX) {
            return regex_fail(c, "a repeat of more than 1000");
        }
    }
    return c->at > begin;
}

static bool take_braces(struct regex_compiler *c, int *least, int *most)
{
    c->at++;
    if (!take_count(c, least)) {
        return regex_fail(c, "a { that is no repeat; write \\{");
    }
    *most = *least;
    if (c->at < c->end && *c->at == ',') {
        c->at++;
        if (!take_count(c, most)) {
            *most = REGEX_ENDLESS;
        }
    }
    if (c->why != NULL || c->at == c->end || *c->at++ != '}') {
        return regex_fail(c, "a { that is no repeat; write \\{");
    }
    return *most == REGEX_ENDLESS || *least <= *most || regex_fail(c, "a repeat that goes down");
}

static uint16_t take_repeated(struct regex_compiler *c)
{
    bool can_repeat = false;
    const uint16_t atom = take_atom(c, &can_repeat);
    if (c->why != NULL || c->at == c->end || *c->at == '\0' || strchr("*+?{", *c->at) == NULL) {
        return atom;
    }
    if (!can_repeat) {
        regex_fail(c, "an anchor cannot be repeated");
        return 0;
    }
    struct regex_tree repeat = {
        .kind = TREE_REPEAT, .left = atom, .least = 0, .most = REGEX_ENDLESS};
    if (*c->at == '{') {
        take_braces(c, &repeat.least, &repeat.most);
    } else {
        repeat.least = *c->at == '+' ? 1 : 0;
        repeat.most = *c->at == '?' ? 1 : REGEX_ENDLESS;
        c->at++;
    }
    c->at += c->why == NULL && c->at < c->end && *c->at == '?'; // lazy: matches the same
    return add_tree(c, repeat);
}

static uint16_t take_concat(struct regex_compiler *c)
{
    uint16_t left = add_tree(c, (struct regex_tree){.kind = TREE_EMPTY});
    while (c->why == NULL && c->at < c->end && *c->at != '|' && *c->at != ')') {
        const uint16_t right = take_repeated(c);
        left = add_tree(c, (struct regex_tree){.kind = TREE_CONCAT, .left = left, .right = right});
    }
    return left;
}

static uint16_t take_either(struct regex_compiler *c)
{
    uint16_t left = take_concat(c);
    while (c->why == NULL && c->at < c->end && *c->at == '|') {
        c->at++;
        const uint16_t right = take_concat(c);
        left = add_tree(c, (struct regex_tree){.kind = TREE_EITHER, .left = left, .right = right});
    }
    return left;
}

uint16_t regex_parse(struct regex_compiler *c)
{
    const uint16_t root = take_either(c);
    if (c->why == NULL && c->at < c->end) {
        regex_fail(c, "a ) without its (");
    }
    return root;
}
