// Equality, multiples and showing of values, on MessagePack bytes.
#include "schema_value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool value_is_number(const struct lt_value *value)
{
    return value->kind == LT_UINT || value->kind == LT_NEGATIVE || value->kind == LT_FLOAT;
}

double value_number(const struct lt_value *value)
{
    if (value->kind == LT_FLOAT) {
        return value->real;
    }
    return value->kind == LT_UINT ? (double)value->uint : (double)value->negative;
}

bool value_is_whole(double number)
{
    return isfinite(number) && floor(number) == number;
}

struct decimal { // digits × 10^exponent, digits below 10^17
    uint64_t digits;
    int exponent;
};

// The fewest digits that read back as the same number. Written and read in whatever locale there is.
static struct decimal decimal_of(double number)
{
    char text[40] = "";
    for (int digits = 14; digits < 17; digits++) {
        snprintf(text, sizeof text, "%.*e", digits, fabs(number));
        if (strtod(text, NULL) == fabs(number)) {
            break;
        }
    }
    struct decimal decimal = {0};
    const char *at = text;
    for (int places = -1; *at != '\0' && *at != 'e'; at++) {
        if (*at >= '0' && *at <= '9') {
            decimal.digits = decimal.digits * 10 + (uint64_t)(*at - '0');
            places++;
            decimal.exponent = -places;
        }
    }
    if (*at == 'e') {
        decimal.exponent += (int)strtol(at + 1, NULL, 10);
    }
    while (decimal.digits != 0 && decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        decimal.exponent++;
    }
    return decimal;
}

// a × b mod m, for a, b < m < 2^63.
static uint64_t multiply_modulo(uint64_t a, uint64_t b, uint64_t m)
{
    uint64_t product = 0;
    for (; b != 0; b >>= 1) {
        if ((b & 1U) != 0) {
            product = (product + a) % m;
        }
        a = a * 2 % m;
    }
    return product;
}

bool value_is_multiple(double number, double step)
{
    if (!isfinite(number)) {
        return false;
    }
    const struct decimal a = decimal_of(number);
    const struct decimal b = decimal_of(step);
    if (a.digits == 0) {
        return true;
    }
    if (b.digits == 0) {
        return false;
    }
    int shift = a.exponent - b.exponent;
    if (shift >= 0) {
        uint64_t rest = a.digits % b.digits;
        for (; shift > 0 && rest != 0; shift--) {
            rest = multiply_modulo(rest, 10 % b.digits, b.digits);
        }
        return rest == 0;
    }
    uint64_t divisor = b.digits;
    for (; shift < 0 && divisor <= a.digits; shift++) {
        divisor *= 10;
    }
    return shift == 0 && a.digits % divisor == 0;
}

static bool numbers_equal(const struct lt_value *a, const struct lt_value *b)
{
    if (a->kind == LT_UINT && b->kind == LT_UINT) {
        return a->uint == b->uint;
    }
    if (a->kind == LT_NEGATIVE && b->kind == LT_NEGATIVE) {
        return a->negative == b->negative;
    }
    return value_number(a) == value_number(b);
}

static bool walk_equal(struct lt_cursor *a, struct lt_cursor *b, uint64_t *budget);

// Steps a and b over their `count` pairs each.
static bool maps_equal(struct lt_cursor *a, struct lt_cursor *b, uint32_t count, uint64_t *budget)
{
    const struct lt_cursor pairs = *b;
    struct lt_slice skipped;
    for (uint32_t i = 0; i < count; i++) {
        struct lt_value key;
        struct lt_slice value;
        if (!lt_cursor_next(a, &key) || key.kind != LT_STR || !lt_cursor_skip(a, &value)) {
            return false;
        }
        struct lt_cursor other = pairs;
        bool found = false;
        for (uint32_t k = 0; k < count && !found; k++) {
            struct lt_value name;
            struct lt_slice of;
            if (*budget == 0 || !lt_cursor_next(&other, &name) || name.kind != LT_STR ||
                !lt_cursor_skip(&other, &of)) {
                return false;
            }
            --*budget;
            found = lt_slice_equal(key.bytes, name.bytes);
            if (found && !value_equal(value, of, budget)) {
                return false;
            }
        }
        if (!found) {
            return false;
        }
    }
    for (uint32_t i = 0; i < count * 2; i++) {
        if (!lt_cursor_skip(b, &skipped)) {
            return false;
        }
    }
    return true;
}

static bool walk_equal(struct lt_cursor *a, struct lt_cursor *b, uint64_t *budget)
{
    struct lt_value one;
    struct lt_value other;
    if (*budget == 0 || !lt_cursor_next(a, &one) || !lt_cursor_next(b, &other)) {
        return false;
    }
    --*budget;
    if (value_is_number(&one) && value_is_number(&other)) {
        return numbers_equal(&one, &other);
    }
    if (one.kind != other.kind) {
        return false;
    }
    switch (one.kind) {
    case LT_BOOL:
        return one.boolean == other.boolean;
    case LT_STR:
    case LT_BIN:
        return lt_slice_equal(one.bytes, other.bytes);
    case LT_ARRAY:
        if (one.count != other.count) {
            return false;
        }
        for (uint32_t i = 0; i < one.count; i++) {
            if (!walk_equal(a, b, budget)) {
                return false;
            }
        }
        return true;
    case LT_MAP:
        return one.count == other.count && maps_equal(a, b, one.count, budget);
    default:
        return one.kind == LT_NIL;
    }
}

bool value_equal(struct lt_slice a, struct lt_slice b, uint64_t *budget)
{
    struct lt_cursor one = lt_cursor_of(a);
    struct lt_cursor other = lt_cursor_of(b);
    return walk_equal(&one, &other, budget);
}

static void show_text(struct lt_slice text, char out[VALUE_SHOWN])
{
    enum { MOST = 48 };
    size_t size = text.size;
    if (size > MOST) {
        size = MOST;
        while (size > 0 && (text.data[size] & 0xC0U) == 0x80U) {
            size--;
        }
    }
    snprintf(out, VALUE_SHOWN, "'%.*s%s'", (int)size, size > 0 ? (const char *)text.data : "",
             size < text.size ? "…" : "");
    for (char *at = out; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F) {
            *at = '?';
        }
    }
}

void value_show_number(double number, char out[VALUE_SHOWN])
{
    const bool exact = value_is_whole(number) && fabs(number) < 9007199254740992.0;
    snprintf(out, VALUE_SHOWN, exact ? "%.0f" : "%.15g", number);
}

void value_show(struct lt_slice bytes, char out[VALUE_SHOWN])
{
    struct lt_cursor cursor = lt_cursor_of(bytes);
    struct lt_value value;
    if (!lt_cursor_next(&cursor, &value)) {
        snprintf(out, VALUE_SHOWN, "?");
        return;
    }
    switch (value.kind) {
    case LT_NIL:
        snprintf(out, VALUE_SHOWN, "null");
        break;
    case LT_BOOL:
        snprintf(out, VALUE_SHOWN, "%s", value.boolean ? "true" : "false");
        break;
    case LT_UINT:
        snprintf(out, VALUE_SHOWN, "%" PRIu64, value.uint);
        break;
    case LT_NEGATIVE:
        snprintf(out, VALUE_SHOWN, "%" PRId64, value.negative);
        break;
    case LT_FLOAT:
        value_show_number(value.real, out);
        break;
    case LT_STR:
        show_text(value.bytes, out);
        break;
    case LT_BIN:
        snprintf(out, VALUE_SHOWN, "%zu bytes", value.bytes.size);
        break;
    case LT_ARRAY:
        snprintf(out, VALUE_SHOWN, "a list");
        break;
    case LT_MAP:
        snprintf(out, VALUE_SHOWN, "a map");
        break;
    case LT_EXT:
        snprintf(out, VALUE_SHOWN, "an ext");
        break;
    }
}
