// 17h30, 17h, 17g30, 17:30, and from one to the other: 7h-11h, 7-11h.
#include "scan.h"
#include "spell.h"

struct hour {
    unsigned hours, minutes, seconds;
    bool has_seconds;
    size_t size;
};

// Letter or colon behind the hours; a lone g may be grams, unless a word says that it is an hour.
static bool marks(const struct scan *scan, size_t i, bool *is_letter)
{
    int c = scan_byte(scan, i);
    *is_letter = c == 'h' || c == 'H' || c == 'g';
    return *is_letter || c == ':';
}

static bool is_announced(const struct scan *scan)
{
    static const char *const words[] = {"lúc", "từ",  "vào",    "trước", "sau",
                                        "đến", "tới", "khoảng", "hồi",   NULL};
    return scan_behind_one_of(scan, words);
}

static size_t minute_mark(const struct scan *scan, size_t i)
{
    static const char *const written[] = {"phút", "ph", "p", "'"};
    for (size_t k = 0; k < sizeof written / sizeof *written; k++) {
        size_t size = lt_slice_of(written[k]).size;
        if (scan_stands(scan, i, written[k]) && !scan_is_word(scan_byte(scan, i + size)))
            return size;
    }
    return 0;
}

static bool read_hour(const struct scan *scan, size_t i, struct hour *hour)
{
    bool is_letter = false;
    *hour = (struct hour){0};
    size_t a = scan_digits(scan, i, 2, &hour->hours);
    if (!a || hour->hours > 24 || !marks(scan, i + a, &is_letter))
        return false;
    size_t b = scan_digits(scan, i + a + 1, 2, &hour->minutes);
    bool is_lone = b == 0 && (scan_byte(scan, i + a) != 'g' || is_announced(scan));
    if (hour->minutes > 59 || !(b == 2 || (is_letter && is_lone)))
        return false;
    hour->size = a + 1 + b;
    if (b && scan_byte(scan, i + hour->size) == ':' &&
        scan_digits(scan, i + hour->size + 1, 2, &hour->seconds) == 2 && hour->seconds < 60) {
        hour->has_seconds = true;
        hour->size += 3;
    }
    if (b)
        hour->size += minute_mark(scan, i + hour->size);
    return !scan_is_word(scan_byte(scan, i + hour->size));
}

static void say_hour(const struct hour *hour, struct lt_buffer *out)
{
    spell_number(hour->hours, out);
    lt_buffer_print(out, " giờ");
    if (hour->minutes || hour->has_seconds) {
        lt_buffer_print(out, " ");
        spell_number(hour->minutes, out);
        lt_buffer_print(out, " phút");
    }
    if (hour->has_seconds) {
        lt_buffer_print(out, " ");
        spell_number(hour->seconds, out);
        lt_buffer_print(out, " giây");
    }
}

// 7-11h: the first has no mark of its own.
static size_t short_range(struct scan *scan)
{
    unsigned from = 0;
    struct hour to;
    size_t a = scan_digits(scan, scan->at, 2, &from);
    size_t dash = a ? scan_dash(scan, scan->at + a) : 0;
    if (!dash || from > 24 || !read_hour(scan, scan->at + a + dash, &to) || to.hours < from)
        return 0;
    spell_number(from, scan->out);
    lt_buffer_print(scan->out, " giờ đến ");
    say_hour(&to, scan->out);
    return a + dash + to.size;
}

size_t scan_hour(struct scan *scan)
{
    struct hour from, to;
    if (!read_hour(scan, scan->at, &from))
        return short_range(scan);
    say_hour(&from, scan->out);
    size_t dash = scan_dash(scan, scan->at + from.size);
    if (!dash || !read_hour(scan, scan->at + from.size + dash, &to))
        return from.size;
    lt_buffer_print(scan->out, " đến ");
    say_hour(&to, scan->out);
    return from.size + dash + to.size;
}
