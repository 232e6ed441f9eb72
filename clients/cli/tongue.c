// Which language, and looking up.
#include "tongue.h"

#include <stdlib.h>
#include <string.h>

static bool speaks(const char *name, size_t size, const char *language)
{
    const size_t length = strlen(language);
    return size >= length && strncmp(name, language, length) == 0 &&
           (size == length || strchr("_.@-", name[length]) != NULL);
}

static const char *locale_of_messages(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') {
            return value;
        }
    }
    return "C";
}

// The first of LANGUAGE that is spoken here; English where none is.
static bool list_is_vietnamese(const char *list)
{
    while (*list != '\0') {
        const size_t size = strcspn(list, ":");
        if (speaks(list, size, "vi")) {
            return true;
        }
        if (speaks(list, size, "en") || speaks(list, size, "C")) {
            return false;
        }
        list += size + (list[size] == ':');
    }
    return false;
}

bool tongue_is_vietnamese(void)
{
    const char *locale = locale_of_messages();
    const char *list = getenv("LANGUAGE");
    if (strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0) {
        return false;
    }
    return list != NULL && list[0] != '\0' ? list_is_vietnamese(list)
                                           : speaks(locale, strlen(locale), "vi");
}

static int compare(const void *key, const void *phrase)
{
    return strcmp(key, ((const struct tongue_phrase *)phrase)->english);
}

static const struct tongue_phrase *find(const char *english)
{
    return bsearch(english, tongue_phrases, tongue_phrase_count, sizeof tongue_phrases[0], compare);
}

const char *tongue(const char *english)
{
    const struct tongue_phrase *phrase = tongue_is_vietnamese() ? find(english) : NULL;
    return phrase != NULL ? phrase->vietnamese : english;
}

enum {
    HOLES_MAX = 12,
    NESTED_MAX = 4,
    STEPS_MAX = 20000,
    CUT_FROM = LT_TEXT_MAX - 4, // a sentence as long as this may have lost its end
    CUT_LEAST = 24,             // and so much of a format must be there to know it by
    OWN_LEAST = 9,              // bytes that a format must have of its own: "%s is %s" is anybody's
    OWN_BESIDE_NUMBERS = 5,     // "%d days" is not
};

struct match {
    struct lt_slice holes[HOLES_MAX];
    size_t count, literal; // of literal: bytes that are the format's own
    bool has_text;         // a hole takes any text, not only a number
    bool may_be_cut;
    int steps;
};

// What stands behind '%' up to its letter.
static size_t conversion_size(const char *at)
{
    const size_t flags = strspn(at + 1, "0123456789$.*-+ #'lzhjt");
    return 1 + flags + (at[1 + flags] != '\0');
}

static bool fits(char letter, const char *text, size_t size)
{
    switch (letter) {
    case 's':
        return true;
    case 'x':
        return size > 0 && strspn(text, "0123456789abcdef") >= size;
    case 'c':
        return size == 1;
    default:
        return size > 0 && strspn(text, "-0123456789") >= size;
    }
}

// Does the text have the format's form: the shortest holes that let the rest fit.
static bool matches(const char *format, const char *text, struct match *match)
{
    while (*format != '\0') {
        if (match->steps-- <= 0) {
            return false;
        }
        if (*format != '%' || format[1] == '%') {
            if ((*text == '\0' || strcmp(text, "…") == 0) && match->may_be_cut &&
                match->literal >= CUT_LEAST) {
                return true;
            }
            if (*text != *format) {
                return false;
            }
            format += *format == '%' ? 2 : 1;
            text++;
            match->literal++;
            continue;
        }
        const size_t skip = conversion_size(format);
        if (match->count == HOLES_MAX) {
            return false;
        }
        struct lt_slice *hole = &match->holes[match->count++];
        const struct match before = *match;
        for (size_t size = 0; size <= strlen(text); size++) {
            *hole = (struct lt_slice){(const uint8_t *)text, size};
            match->has_text = match->has_text || format[skip - 1] == 's';
            if (fits(format[skip - 1], text, size) && matches(format + skip, text + size, match)) {
                return true;
            }
            const int steps = match->steps;
            *match = before;
            match->steps = steps;
        }
        return false;
    }
    return *text == '\0';
}

static bool sentence(const char *english, int nested, struct lt_buffer *out);

static void print_hole(struct lt_slice hole, int nested, struct lt_buffer *out)
{
    char text[LT_TEXT_MAX * 4];
    if (hole.size >= sizeof text) {
        lt_buffer_add(out, hole.data, hole.size);
        return;
    }
    memcpy(text, hole.data, hole.size);
    text[hole.size] = '\0';
    if (strchr(text, ' ') == NULL) {
        lt_buffer_add(out, hole.data, hole.size); // a name, whatever else it may mean
    } else {
        sentence(text, nested + 1, out);
    }
}

// The translation with what the holes stand for; "%2$s" takes the second.
static void fill(const char *format, const struct match *match, int nested, struct lt_buffer *out)
{
    size_t next = 0;
    while (*format != '\0') {
        if (*format != '%' || format[1] == '%') {
            lt_buffer_add(out, format, 1);
            format += *format == '%' ? 2 : 1;
            continue;
        }
        const size_t digits = strspn(format + 1, "0123456789");
        const size_t index = digits > 0 && format[1 + digits] == '$'
                                 ? (size_t)strtoul(format + 1, NULL, 10) - 1
                                 : next++;
        if (index < match->count) {
            print_hole(match->holes[index], nested, out);
        } else {
            lt_buffer_add(out, "…", strlen("…")); // it was cut off
        }
        format += conversion_size(format);
    }
}

// The phrase with the most of its own that the sentence has the form of; NULL: there is none.
static const struct tongue_phrase *find_form(const char *english, struct match *found)
{
    const struct tongue_phrase *best = NULL;
    *found = (struct match){.literal = 0};
    for (size_t i = 0; i < tongue_phrase_count; i++) {
        const struct tongue_phrase *phrase = &tongue_phrases[i];
        struct match match = {.steps = STEPS_MAX, .may_be_cut = strlen(english) >= CUT_FROM};
        if (strchr(phrase->english, '%') != NULL && matches(phrase->english, english, &match) &&
            match.literal >= (match.has_text ? OWN_LEAST : OWN_BESIDE_NUMBERS) &&
            match.literal > found->literal) {
            *found = match;
            best = phrase;
        }
    }
    return best;
}

// "body.channels[2]: …", "commune.yaml:3:1: …", "to-so.an-thuong: …": what stands before is a name.
static bool behind_name(const char *english, int nested, struct lt_buffer *out)
{
    const char *colon = strstr(english, ": ");
    if (colon == NULL || colon == english ||
        memchr(english, ' ', (size_t)(colon - english)) != NULL) {
        return false;
    }
    const struct lt_buffer before = *out;
    lt_buffer_add(out, english, (size_t)(colon - english) + 2);
    if (sentence(colon + 2, nested + 1, out)) {
        return true;
    }
    out->size = before.size;
    return false;
}

static bool piece(const char *text, size_t size, int nested, struct lt_buffer *out)
{
    char copy[LT_TEXT_MAX * 4];
    if (size >= sizeof copy) {
        lt_buffer_add(out, text, size);
        return false;
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    return sentence(copy, nested + 1, out);
}

// What stands behind the first colon.
static bool behind_colon(const char *text, int nested, struct lt_buffer *out)
{
    const struct lt_buffer before = *out;
    const char *colon = strstr(text, ": ");
    if (colon == NULL) {
        return false;
    }
    lt_buffer_add(out, text, (size_t)(colon - text) + 2);
    if (piece(colon + 2, strlen(colon + 2), nested, out)) {
        return true;
    }
    out->size = before.size;
    return false;
}

// "không phát được qua card: the sound card …; đã phát 3 giây": a bridge, whose own words are Vietnamese, tells in them what a
// library has said.
static bool in_others_words(const char *text, int nested, struct lt_buffer *out)
{
    bool known = false;
    const char *end = strstr(text, "; ");
    if (end == NULL) {
        return behind_colon(text, nested, out);
    }
    for (; end != NULL; end = strstr(text, "; ")) {
        known = piece(text, (size_t)(end - text), nested, out) || known;
        lt_buffer_add(out, "; ", 2);
        text = end + 2;
    }
    return piece(text, strlen(text), nested, out) || known;
}

static bool sentence(const char *english, int nested, struct lt_buffer *out)
{
    struct match found = {.literal = 0};
    const struct tongue_phrase *phrase = find(english);
    if (phrase == NULL && nested < NESTED_MAX) {
        phrase = find_form(english, &found);
    }
    if (phrase != NULL) {
        fill(phrase->vietnamese, &found, nested, out);
        return true;
    }
    const struct lt_buffer before = *out;
    if (nested < NESTED_MAX &&
        (behind_name(english, nested, out) || in_others_words(english, nested, out))) {
        return true;
    }
    out->size = before.size;
    lt_buffer_add(out, english, strlen(english));
    return false;
}

bool tongue_sentence(const char *english, struct lt_buffer *out)
{
    if (!tongue_is_vietnamese()) {
        lt_buffer_add(out, english, strlen(english));
        return true;
    }
    return sentence(english, 0, out);
}
