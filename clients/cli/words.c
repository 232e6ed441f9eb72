// NFC and slugs by utf8proc.
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

enum { NAMES_MAX = 256 };

enum lt_code words_nfc(const char *text, const char *what, char **out, struct lt_error *error)
{
    *out = NULL;
    if (!lt_utf8_valid(lt_slice_of(text))) {
        return lt_fail(error, LT_BAD_USE, "%s is not UTF-8 text; is the terminal's locale UTF-8?",
                       what);
    }
    utf8proc_uint8_t *mapped = utf8proc_NFC((const utf8proc_uint8_t *)text);
    if (mapped == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory to bring %s into NFC", what);
    }
    *out = (char *)mapped;
    return LT_DONE;
}

// The kinds of place that a commune's name may begin with, folded.
static size_t kind_of_place(const char *folded)
{
    static const char *const kinds[] = {"xa ", "phuong ", "thi tran ", "thi xa ", "dac khu "};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const size_t size = strlen(kinds[i]);
        if (strncmp(folded, kinds[i], size) == 0 && folded[size] != '\0') {
            return size;
        }
    }
    return 0;
}

// đ has no decomposition: it is folded here.
static void fold_barred_d(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (from[0] == '\xC4' && (from[1] == '\x90' || from[1] == '\x91')) {
            *to++ = 'd';
            from++;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

static void hyphenate(const char *folded, char *slug)
{
    char *to = slug;
    for (; *folded != '\0'; folded++) {
        const char c = *folded;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            *to++ = c;
        } else if (to != slug && to[-1] != '-') {
            *to++ = '-';
        }
    }
    if (to != slug && to[-1] == '-') {
        to--;
    }
    *to = '\0';
}

enum lt_code words_slug(const char *name, char **out, struct lt_error *error)
{
    *out = NULL;
    utf8proc_uint8_t *folded = NULL;
    if (utf8proc_map((const utf8proc_uint8_t *)name, 0, &folded,
                     (utf8proc_option_t)(UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
                                         UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD)) < 0) {
        return lt_fail(error, LT_BAD_USE, "the name is not UTF-8 text");
    }
    char *text = (char *)folded;
    fold_barred_d(text);
    memmove(text, text + kind_of_place(text), strlen(text + kind_of_place(text)) + 1);
    hyphenate(text, text);
    if (text[0] == '\0') {
        free(text);
        return lt_fail(error, LT_BAD_USE, "no short name can be made of '%s'; give one with --xa",
                       name);
    }
    *out = text;
    return LT_DONE;
}

enum lt_code words_check_hamlet(const struct lt_option_map *hamlets, const char *slug,
                                struct lt_error *error)
{
    const char *names[NAMES_MAX] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < hamlets->count; i++) {
        if (strcmp(hamlets->items[i].name, slug) == 0) {
            return LT_DONE;
        }
        if (count < NAMES_MAX) {
            names[count++] = hamlets->items[i].name;
        }
    }
    const char *near = lt_nearest(slug, names, count);
    if (near != NULL) {
        return lt_fail(error, LT_BAD_USE,
                       "there is no hamlet '%s' in commune.yaml; did you mean %s?", slug, near);
    }
    struct lt_buffer list = {.max = 160};
    for (size_t i = 0; i < count; i++) {
        lt_buffer_print(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    lt_fail(error, LT_BAD_USE, "there is no hamlet '%s' in commune.yaml; there are %.*s", slug,
            (int)list.size, (const char *)list.data);
    lt_buffer_clear(&list);
    return LT_BAD_USE;
}

enum lt_code words_from_stdin(struct lt_buffer *out, size_t max, struct lt_error *error)
{
    char piece[8192];
    *out = (struct lt_buffer){.max = max};
    size_t got = 0;
    while ((got = fread(piece, 1, sizeof piece, stdin)) > 0) {
        if (!lt_buffer_add(out, piece, got)) {
            return lt_fail(error, LT_TOO_LARGE, "standard input has more than %zu bytes", max);
        }
    }
    return ferror(stdin) ? lt_fail(error, LT_IO, "standard input cannot be read") : LT_DONE;
}

bool words_next(const char **list, char *out, size_t size)
{
    while (**list == ',' || **list == ' ') {
        (*list)++;
    }
    const size_t length = strcspn(*list, ", ");
    if (length == 0 || length >= size) {
        return false;
    }
    memcpy(out, *list, length);
    out[length] = '\0';
    *list += length;
    return true;
}

enum lt_code words_check_list(const char *list, const char *option, size_t size, size_t most,
                              struct lt_error *error)
{
    size_t count = 0;
    for (const char *at = list; *(at += strspn(at, ", ")) != '\0'; count++) {
        const size_t length = strcspn(at, ", ");
        if (length >= size) {
            return lt_fail(error, LT_BAD_USE,
                           "--%s: a name has at most %zu characters, and this one more: %.*s",
                           option, size - 1, (int)length, at);
        }
        at += length;
    }
    return count > 0 && count <= most
               ? LT_DONE
               : lt_fail(error, LT_BAD_USE, "--%s: from 1 to %zu names are allowed, not '%s'",
                         option, most, list);
}
