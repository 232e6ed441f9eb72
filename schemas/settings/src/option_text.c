// Option tables as text for people: help, a sample file, and a filled struct written as YAML.
#include "lienthon/settings/option.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"

enum { WORD_MAX = 64, SECTION_MAX = 128 };

static size_t smallest(size_t a, size_t b, size_t c)
{
    const size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

// How many letters must be changed, added or dropped.
static size_t distance(const char *a, const char *b)
{
    const size_t length = strlen(b);
    size_t row[WORD_MAX + 1];
    if (length > WORD_MAX || strlen(a) > WORD_MAX) {
        return SIZE_MAX;
    }
    for (size_t k = 0; k <= length; k++) {
        row[k] = k;
    }
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t k = 1; k <= length; k++) {
            const size_t above = row[k];
            row[k] = smallest(above + 1, row[k - 1] + 1, diagonal + (a[i] != b[k - 1]));
            diagonal = above;
        }
    }
    return row[length];
}

const char *lt_nearest(const char *wrong, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t least = strlen(wrong) / 3 + 2; // so many changes are another word
    for (size_t i = 0; i < count; i++) {
        const size_t changes = distance(wrong, names[i]);
        if (changes < least && changes < strlen(names[i])) {
            least = changes;
            best = names[i];
        }
    }
    return best;
}

bool lt_options_help(const struct lt_option *options, struct lt_buffer *out)
{
    for (const struct lt_option *option = options; option->name != NULL; option++) {
        char allowed[LT_TEXT_MAX];
        value_describe(option, allowed, sizeof allowed);
        lt_buffer_print(out, "  %-20s %s\n  %-20s %s", option->name, option->help, "", allowed);
        if (option->fallback == LT_REQUIRED) {
            lt_buffer_print(out, "; must be given");
        } else if (option->fallback != NULL) {
            lt_buffer_print(out, " [%s]", option->fallback);
        }
        lt_buffer_print(out, "\n");
    }
    return !out->failed;
}

// What YAML takes for the end of a line, or does not print: NEL and its like, U+2028, U+2029. Bytes of it, else 0.
static size_t odd_character(const char *at, unsigned *point)
{
    const unsigned char *byte = (const unsigned char *)at;
    if (byte[0] == 0xC2 && byte[1] >= 0x80 && byte[1] < 0xA0) {
        *point = byte[1];
        return 2;
    }
    if (byte[0] == 0xE2 && byte[1] == 0x80 && (byte[2] == 0xA8 || byte[2] == 0xA9)) {
        *point = 0x2000U + (byte[2] & 0x3FU);
        return 3;
    }
    *point = byte[0];
    return byte[0] < 0x20 || byte[0] == 0x7F ? 1 : 0;
}

static void quote(const char *text, struct lt_buffer *out)
{
    lt_buffer_print(out, "\"");
    for (const char *at = text; *at != '\0'; at++) {
        unsigned point = 0;
        const size_t odd = odd_character(at, &point);
        if (odd > 0) {
            lt_buffer_print(out, "\\u%04x", point);
            at += odd - 1;
        } else if (*at == '"' || *at == '\\') {
            lt_buffer_print(out, "\\%c", *at);
        } else {
            lt_buffer_add(out, at, 1);
        }
    }
    lt_buffer_print(out, "\"");
}

static bool is_plain_word(const char *text)
{
    return text[0] >= 'a' && text[0] <= 'z' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(text);
}

static void print_key(const char *name, struct lt_buffer *out)
{
    if (is_plain_word(name)) {
        lt_buffer_print(out, "%s", name);
    } else {
        quote(name, out);
    }
}

// Where the last name began: "hub.limits." of "hub.limits.batch".
static size_t section_size(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot == NULL ? 0 : (size_t)(dot - name) + 1;
}

static int depth_of(const char *name)
{
    int depth = 0;
    for (const char *at = name; *at != '\0'; at++) {
        depth += *at == '.';
    }
    return depth;
}

// Writes the heads of the maps that `name` lies in and that are not open yet.
static void open_sections(const char *name, char open[SECTION_MAX], struct lt_buffer *out)
{
    const size_t size = section_size(name);
    size_t begin = 0;
    int depth = 0;
    for (size_t i = 0; i < size; i++) {
        if (name[i] != '.') {
            continue;
        }
        if (strncmp(open, name, i + 1) != 0) {
            lt_buffer_print(out, "%*s%.*s:\n", depth * 2, "", (int)(i - begin), name + begin);
        }
        begin = i + 1;
        depth++;
    }
    snprintf(open, SECTION_MAX, "%.*s", (int)size, name);
}

static bool is_number(const struct lt_option *option)
{
    return option->kind == LT_OPTION_KIND_NUMBER || option->kind == LT_OPTION_KIND_BOOL ||
           option->kind == LT_OPTION_KIND_DURATION;
}

bool lt_options_sample(const struct lt_option *options, struct lt_buffer *out)
{
    char open[SECTION_MAX] = "";
    for (const struct lt_option *option = options; option->name != NULL; option++) {
        open_sections(option->name, open, out);
        const int indent = depth_of(option->name) * 2;
        const char *name = option->name + section_size(option->name);
        char allowed[LT_TEXT_MAX];
        value_describe(option, allowed, sizeof allowed);
        lt_buffer_print(out, "%*s# %s (%s%s)\n", indent, "", option->help, allowed,
                        option->fallback == LT_REQUIRED ? "; must be given" : "");
        if (option->fallback == NULL || option->fallback == LT_REQUIRED) {
            lt_buffer_print(out, "%*s#%s:\n", indent, "", name);
            continue;
        }
        lt_buffer_print(out, "%*s%s: ", indent, "", name);
        if (is_number(option)) {
            lt_buffer_print(out, "%s", option->fallback);
        } else {
            quote(option->fallback, out);
        }
        lt_buffer_print(out, "\n");
    }
    return !out->failed;
}

// A number that is its default says nothing, and a later version may have a better one.
static bool is_default(const struct lt_option *option, int64_t number)
{
    return option->kind == LT_OPTION_KIND_NUMBER && option->fallback != NULL &&
           option->fallback != LT_REQUIRED && strtoll(option->fallback, NULL, 10) == number;
}

static bool is_set(const struct lt_option *option, const void *field)
{
    static const uint8_t none[32];
    switch (option->kind) {
    case LT_OPTION_KIND_TEXT:
    case LT_OPTION_KIND_SECRET:
        return *(char *const *)field != NULL;
    case LT_OPTION_KIND_NUMBER:
    case LT_OPTION_KIND_DURATION:
        return *(const int64_t *)field >= option->min && *(const int64_t *)field <= option->max &&
               !is_default(option, *(const int64_t *)field);
    case LT_OPTION_KIND_KEY:
        return memcmp(field, none, sizeof none) != 0;
    case LT_OPTION_KIND_LIST:
        return ((const struct lt_option_list *)field)->count > 0;
    case LT_OPTION_KIND_MAP:
        return ((const struct lt_option_map *)field)->count > 0;
    default:
        return true;
    }
}

static void write_list(const struct lt_option_list *list, int indent, struct lt_buffer *out)
{
    for (size_t i = 0; i < list->count; i++) {
        lt_buffer_print(out, "\n%*s  - ", indent, "");
        quote(list->items[i], out);
    }
}

static void write_map(const struct lt_option_map *map, int indent, struct lt_buffer *out)
{
    for (size_t i = 0; i < map->count; i++) {
        lt_buffer_print(out, "\n%*s  ", indent, "");
        print_key(map->items[i].name, out);
        lt_buffer_print(out, ": ");
        quote(map->items[i].text, out);
    }
}

static void write_duration(int64_t ms, struct lt_buffer *out)
{
    char text[32];
    value_print_duration(ms, text, sizeof text);
    lt_buffer_print(out, " %s", text);
}

static void write_value(const struct lt_option *option, const void *field, int indent,
                        struct lt_buffer *out)
{
    switch (option->kind) {
    case LT_OPTION_KIND_TEXT:
    case LT_OPTION_KIND_SECRET:
        lt_buffer_print(out, " ");
        quote(*(char *const *)field, out);
        break;
    case LT_OPTION_KIND_NUMBER:
        lt_buffer_print(out, " %" PRId64, *(const int64_t *)field);
        break;
    case LT_OPTION_KIND_BOOL:
        lt_buffer_print(out, " %s", *(const bool *)field ? "yes" : "no");
        break;
    case LT_OPTION_KIND_CHOICE:
        lt_buffer_print(out, " ");
        quote(option->choices[*(const int *)field], out);
        break;
    case LT_OPTION_KIND_DURATION:
        write_duration(*(const int64_t *)field, out);
        break;
    case LT_OPTION_KIND_KEY:
        lt_buffer_print(out, " \"");
        lt_base64url_encode((struct lt_slice){field, 32}, out);
        lt_buffer_print(out, "\"");
        break;
    case LT_OPTION_KIND_LIST:
        write_list(field, indent, out);
        break;
    case LT_OPTION_KIND_MAP:
        write_map(field, indent, out);
        break;
    case LT_OPTION_KIND_END:
        break;
    }
}

bool lt_options_write(const struct lt_option *options, const void *from, struct lt_buffer *out)
{
    char open[SECTION_MAX] = "";
    for (const struct lt_option *option = options; option->name != NULL; option++) {
        const void *field = (const char *)from + option->offset;
        if (!is_set(option, field)) {
            continue;
        }
        open_sections(option->name, open, out);
        const int indent = depth_of(option->name) * 2;
        lt_buffer_print(out, "%*s%s:", indent, "", option->name + section_size(option->name));
        write_value(option, field, indent, out);
        lt_buffer_print(out, "\n");
    }
    return !out->failed;
}
