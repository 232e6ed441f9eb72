// Each item is brought to letters without marks and hyphens, "thu7", and then read.
#include "every.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/settings/option.h>

#include "cli.h"
#include "words.h"

enum { ITEM_MAX = 64, WEEK = 7, MONTH = 31, LUNAR_MONTH = 30, FULL_MOON = 15, MONG_MAX = 10 };

const char *const every_words[] = {"ngay",       "thu-hai",  "thu-ba",   "thu-tu",     "thu-nam",
                                   "thu-sau",    "thu-bay",  "chu-nhat", "ngay-1",     "ngay-15",
                                   "cuoi-thang", "mong-mot", "ram",      "ngay-23-am", NULL};

#define BIT(day) (UINT32_C(1) << (day))

struct word {
    const char *text;
    enum every_kind kind;
    uint32_t days;
};

static const struct word fixed[] = {
    {"ngay", EVERY_DAY, 0},
    {"hangngay", EVERY_DAY, 0},
    {"moingay", EVERY_DAY, 0},
    {"day", EVERY_DAY, 0},
    {"daily", EVERY_DAY, 0},
    {"everyday", EVERY_DAY, 0},
    {"chunhat", EVERY_WEEKDAY, BIT(7)},
    {"cn", EVERY_WEEKDAY, BIT(7)},
    {"monday", EVERY_WEEKDAY, BIT(1)},
    {"tuesday", EVERY_WEEKDAY, BIT(2)},
    {"wednesday", EVERY_WEEKDAY, BIT(3)},
    {"thursday", EVERY_WEEKDAY, BIT(4)},
    {"friday", EVERY_WEEKDAY, BIT(5)},
    {"saturday", EVERY_WEEKDAY, BIT(6)},
    {"sunday", EVERY_WEEKDAY, BIT(7)},
    {"cuoithang", EVERY_MONTH_DAY, BIT(0)},
    {"ram", EVERY_LUNAR_DAY, BIT(FULL_MOON)},
    {"ngayram", EVERY_LUNAR_DAY, BIT(FULL_MOON)},
    {"cuoithangam", EVERY_LUNAR_DAY, BIT(0)},
    {"cuoithangamlich", EVERY_LUNAR_DAY, BIT(0)},
};

// 1 to 10 in letters or figures; 0: it is none.
static unsigned count_of(const char *text)
{
    static const char *const names[] = {"mot", "hai", "ba",  "bon",  "nam",
                                        "sau", "bay", "tam", "chin", "muoi"};
    for (unsigned i = 0; i < MONG_MAX; i++) {
        if (strcmp(text, names[i]) == 0) {
            return i + 1;
        }
    }
    if (strcmp(text, "tu") == 0) {
        return 4;
    }
    const size_t size = strspn(text, "0123456789");
    const unsigned long number = size > 0 && size <= 2 ? strtoul(text, NULL, 10) : 0;
    return text[size] == '\0' ? (unsigned)number : 0;
}

static const char *behind(const char *text, const char *begin)
{
    const size_t size = strlen(begin);
    return strncmp(text, begin, size) == 0 ? text + size : NULL;
}

// Why a day is none, though it looks like one.
enum beyond { NOT_BEYOND, BEYOND_WEEK, BEYOND_MONG, BEYOND_MONTH };

static bool is_number(const char *text)
{
    return count_of(text) > 0 || text[strspn(text, "0123456789")] == '\0';
}

static bool read_weekday(const char *text, struct word *word, enum beyond *beyond)
{
    const char *rest = behind(text, "thu");
    if (rest == NULL) {
        rest = behind(text, "t");
    }
    const unsigned count = rest != NULL ? count_of(rest) : 0;
    if (count < 2 || count > WEEK) {
        *beyond = rest != NULL && is_number(rest) ? BEYOND_WEEK : *beyond;
        return false;
    }
    *word = (struct word){text, EVERY_WEEKDAY, BIT(count - 1)}; // "the second" is Monday
    return true;
}

static bool read_mong(const char *text, struct word *word, enum beyond *beyond)
{
    const char *rest = behind(text, "mong");
    if (rest == NULL) {
        rest = behind(text, "mung");
    }
    const unsigned count = rest != NULL ? count_of(rest) : 0;
    if (count < 1 || count > MONG_MAX) {
        *beyond = rest != NULL && is_number(rest) ? BEYOND_MONG : *beyond;
        return false;
    }
    *word = (struct word){text, EVERY_LUNAR_DAY, BIT(count)};
    return true;
}

// "ngay5", "ngay5hangthang", "ngay23am", "23amlich".
static bool read_month_day(const char *text, struct word *word, enum beyond *beyond)
{
    const char *number = behind(text, "ngay");
    const bool is_named = number != NULL;
    number = is_named ? number : text;
    const size_t size = strspn(number, "0123456789");
    const char *rest = number + size;
    const bool is_lunar = strcmp(rest, "am") == 0 || strcmp(rest, "amlich") == 0;
    const bool is_solar = is_named && (rest[0] == '\0' || strcmp(rest, "hangthang") == 0);
    if (size == 0 || (!is_lunar && !is_solar)) {
        return false;
    }
    const unsigned long day = size <= 2 ? strtoul(number, NULL, 10) : MONTH + 1;
    if (day < 1 || day > (is_lunar ? LUNAR_MONTH : MONTH)) {
        *beyond = BEYOND_MONTH;
        return false;
    }
    *word = (struct word){text, is_lunar ? EVERY_LUNAR_DAY : EVERY_MONTH_DAY, BIT(day)};
    return true;
}

static bool read_word(const char *text, struct word *word, enum beyond *beyond)
{
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (strcmp(fixed[i].text, text) == 0) {
            *word = fixed[i];
            return true;
        }
    }
    return read_weekday(text, word, beyond) || read_mong(text, word, beyond) ||
           read_month_day(text, word, beyond);
}

static void squeeze(const char *slug, char *out)
{
    for (; *slug != '\0'; slug++) {
        if (*slug != '-') {
            *out++ = *slug;
        }
    }
    *out = '\0';
}

static enum lt_code unknown(const char *item, const char *slug, enum beyond beyond,
                            struct lt_error *error)
{
    size_t count = 0;
    while (every_words[count] != NULL) {
        count++;
    }
    switch (beyond) {
    case BEYOND_WEEK:
        return lt_fail(error, LT_BAD_USE,
                       "--every: no week has the day '%s': a week has thu-hai (thu-2) to thu-bay "
                       "(thu-7) and chu-nhat",
                       item);
    case BEYOND_MONG:
        return lt_fail(error, LT_BAD_USE,
                       "--every: no month has the day '%s': mong-1 to mong-10 are allowed, and "
                       "ngay-11-am to ngay-30-am for the others of the lunar month",
                       item);
    case BEYOND_MONTH:
        return lt_fail(error, LT_BAD_USE,
                       "--every: no month has the day '%s': a month has 1 to 31, a lunar one 1 to "
                       "30",
                       item);
    case NOT_BEYOND:
        break;
    }
    const char *near = lt_nearest(slug, every_words, count);
    return near != NULL
               ? lt_fail(error, LT_BAD_USE, "--every: '%s' is no day; did you mean %s?", item, near)
               : lt_fail(error, LT_BAD_USE,
                         "--every: '%s' is no day; allowed are ngay, thu-hai to thu-bay, chu-nhat, "
                         "ngay-1 to ngay-31, cuoi-thang; by the moon ram, mong-1 to mong-10, "
                         "ngay-23-am",
                         item);
}

static enum lt_code add(const struct word *word, bool is_first, struct every *every,
                        struct lt_error *error)
{
    if (!is_first && word->kind != every->kind) {
        return lt_fail(error, LT_BAD_USE,
                       "--every: of one kind only: each day, or days of the week, or days of the "
                       "month, or days of the lunar month; give a second notice for the others");
    }
    every->kind = word->kind;
    every->days |= word->days;
    return LT_DONE;
}

// One item: "thứ hai", also two with "và" between.
static enum lt_code read_item(const char *item, bool *is_first, struct every *every,
                              struct lt_error *error)
{
    char *slug = NULL;
    char plain[ITEM_MAX];
    enum beyond beyond = NOT_BEYOND;
    enum lt_code code = words_slug(item, &slug, error);
    if (code != LT_DONE) {
        return unknown(item, "", NOT_BEYOND, error);
    }
    char *next = slug;
    while (code == LT_DONE && next != NULL) {
        char *one = next;
        char *and = strstr(one, "-va-");
        struct word word;
        next = and != NULL ? and+strlen("-va-") : NULL;
        if (and != NULL) {
            *and = '\0';
        }
        plain[0] = '\0';
        if (strlen(one) < sizeof plain) {
            squeeze(one, plain);
        }
        code = read_word(plain, &word, &beyond) ? add(&word, *is_first, every, error)
                                                : unknown(item, one, beyond, error);
        *is_first = false;
    }
    free(slug);
    return code;
}

enum lt_code every_read(const char *words, struct every *every, struct lt_error *error)
{
    bool is_first = true;
    enum lt_code code = LT_DONE;
    *every = (struct every){0};
    if (!lt_utf8_valid(lt_slice_of(words))) {
        return lt_fail(error, LT_BAD_USE, "%s is not UTF-8 text; is the terminal's locale UTF-8?",
                       "--every");
    }
    while (code == LT_DONE && *words != '\0') {
        words += strspn(words, " ");
        const size_t size = strcspn(words, ",");
        char *item = cli_copy((struct lt_slice){(const uint8_t *)words, size});
        if (size > 0) {
            code = read_item(item, &is_first, every, error);
        }
        free(item);
        words += size + (words[size] == ',');
    }
    return code == LT_DONE && is_first ? unknown("", "", NOT_BEYOND, error) : code;
}

static json_t *days_of(uint32_t days)
{
    json_t *list = json_array();
    for (int day = 1; day <= MONTH; day++) {
        if ((days & BIT(day)) != 0) {
            json_array_append_new(list, json_integer(day));
        }
    }
    if ((days & BIT(0)) != 0) {
        json_array_append_new(list, json_integer(-1));
    }
    return list;
}

json_t *every_repeat(const struct every *every)
{
    switch (every->kind) {
    case EVERY_WEEKDAY:
        return json_pack("{s:s, s:o}", "every", "week", "weekdays", days_of(every->days));
    case EVERY_MONTH_DAY:
    case EVERY_LUNAR_DAY:
        return json_pack("{s:s, s:o}", "every", "month", "month_days", days_of(every->days));
    case EVERY_DAY:
        break;
    }
    return json_pack("{s:s}", "every", "day");
}
