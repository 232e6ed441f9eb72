// What came from the hub fits its type, if the hub is honest: all is looked at again.
#include "kept.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/cursor.h>

enum { HOUR = 60, DAY_MINUTES = 1440, WEEK = 7, EVERY_DAY = 0xFE, USUAL_REPEAT = 15 };

// --- reading ---

static bool read_hour(struct lt_slice map, const char *key, uint16_t *minute)
{
    struct lt_slice text;
    char hour[sizeof "00:00-00:00"];
    struct lt_hours_span span;
    if (!lt_map_str(map, key, &text) || text.size != 5) {
        return false;
    }
    snprintf(hour, sizeof hour, "%.5s-00:00", (const char *)text.data);
    if (!lt_hours_read_span(hour, &span)) {
        return false;
    }
    *minute = span.from;
    return true;
}

static bool read_span(struct lt_slice map, struct lt_hours_span *span)
{
    return read_hour(map, "from", &span->from) && read_hour(map, "to", &span->to);
}

// The list of that name; an empty one where there is none.
static bool list_of(struct lt_slice map, const char *key, uint32_t most, struct lt_cursor *cursor,
                    uint32_t *count)
{
    struct lt_slice list;
    *count = 0;
    if (!lt_map_find(map, key, &list)) {
        return true;
    }
    *cursor = lt_cursor_of(list);
    return lt_cursor_array(cursor, count) && *count <= most;
}

static bool read_bool(struct lt_slice map, const char *key, bool fallback, bool *value)
{
    struct lt_slice found;
    *value = fallback;
    if (!lt_map_find(map, key, &found)) {
        return true;
    }
    struct lt_cursor cursor = lt_cursor_of(found);
    return lt_cursor_bool(&cursor, value);
}

static bool read_days(struct lt_slice map, uint8_t *days)
{
    struct lt_cursor cursor;
    uint32_t count = 0;
    if (!list_of(map, "days", WEEK, &cursor, &count)) {
        return false;
    }
    *days = count > 0 ? 0 : EVERY_DAY;
    while (count-- > 0) {
        uint64_t day = 0;
        if (!lt_cursor_uint(&cursor, WEEK, &day) || day == 0) {
            return false;
        }
        *days = (uint8_t)(*days | 1U << day);
    }
    return true;
}

static bool read_name(struct lt_slice map, const char *key, char name[KEPT_NAME])
{
    struct lt_slice text;
    if (!lt_map_str(map, key, &text) || text.size == 0 || text.size >= KEPT_NAME) {
        return false;
    }
    snprintf(name, KEPT_NAME, "%.*s", (int)text.size, (const char *)text.data);
    return true;
}

static bool read_programme(struct lt_slice map, struct kept_programme *programme)
{
    uint64_t minutes = 0;
    if (!read_name(map, "name", programme->name) || !read_hour(map, "at", &programme->is.at) ||
        !lt_map_uint(map, "minutes", &minutes) || minutes > DAY_MINUTES) {
        return false;
    }
    programme->is.minutes = (uint16_t)minutes;
    return read_days(map, &programme->is.days) &&
           read_bool(map, "closing", true, &programme->is.closing);
}

static int compare_names(const void *one, const void *other)
{
    const struct kept_programme *a = one;
    const struct kept_programme *b = other;
    return strcmp(a->name, b->name);
}

static bool read_programmes(struct lt_slice map, struct kept *kept)
{
    struct lt_cursor cursor;
    struct lt_slice programme;
    uint32_t count = 0;
    if (!list_of(map, "programmes", KEPT_PROGRAMMES, &cursor, &count)) {
        return false;
    }
    for (; kept->programme_count < count; kept->programme_count++) {
        if (!lt_cursor_skip(&cursor, &programme) ||
            !read_programme(programme, &kept->programmes[kept->programme_count])) {
            return false;
        }
    }
    qsort(kept->programmes, count, sizeof kept->programmes[0], compare_names);
    return true;
}

static bool read_volume(struct lt_slice map, struct kept *kept)
{
    struct lt_cursor cursor;
    struct lt_slice loud;
    uint32_t count = 0;
    uint64_t percent = 0;
    if (!list_of(map, "volume", LT_HOURS_VOLUMES, &cursor, &count)) {
        return false;
    }
    for (; kept->volume_count < count; kept->volume_count++) {
        struct lt_hours_span *span = &kept->volume[kept->volume_count];
        if (!lt_cursor_skip(&cursor, &loud) || !read_span(loud, span) ||
            !lt_map_uint(loud, "percent", &percent) || percent > 100) {
            return false;
        }
        span->percent = (uint8_t)percent;
    }
    return true;
}

bool kept_read(struct lt_slice map, struct kept *kept)
{
    struct lt_slice span;
    *kept = (struct kept){.repeat_minutes = USUAL_REPEAT};
    (void)lt_map_uint(map, "told", &kept->told);
    (void)lt_map_uint(map, "repeat_minutes", &kept->repeat_minutes);
    if (lt_map_find(map, "quiet", &span) && !read_span(span, &kept->quiet)) {
        return false;
    }
    return read_name(map, "hamlet", kept->hamlet) && read_bool(map, "own", false, &kept->own) &&
           lt_map_find(map, "day", &span) && read_span(span, &kept->day) &&
           read_programmes(map, kept) && read_volume(map, kept);
}

bool kept_of_hamlet(struct lt_slice body, const char *hamlet, struct kept *kept)
{
    struct lt_cursor cursor;
    struct lt_slice area;
    struct kept one;
    uint32_t count = 0;
    bool is_there = false;
    if (!list_of(body, "areas", UINT32_MAX, &cursor, &count)) {
        return false;
    }
    while (count-- > 0 && lt_cursor_skip(&cursor, &area)) {
        if (!kept_read(area, &one)) {
            continue;
        }
        const bool is_its = strcmp(one.hamlet, hamlet) == 0;
        if (is_its || strcmp(one.hamlet, "tat-ca") == 0) {
            *kept = one;
            is_there = true;
        }
        if (is_its) {
            break;
        }
    }
    return is_there;
}

// --- judging ---

static bool same_span(const struct lt_hours_span *one, const struct lt_hours_span *other)
{
    const bool never = one->from == one->to && other->from == other->to;
    return never || (one->from == other->from && one->to == other->to);
}

static bool same_programme(const struct kept_programme *one, const struct kept_programme *other)
{
    return strcmp(one->name, other->name) == 0 && one->is.at == other->is.at &&
           one->is.minutes == other->is.minutes && one->is.days == other->is.days &&
           one->is.closing == other->is.closing;
}

bool kept_same(const struct kept *one, const struct kept *other)
{
    bool same = one->programme_count == other->programme_count &&
                one->volume_count == other->volume_count && same_span(&one->day, &other->day) &&
                same_span(&one->quiet, &other->quiet) &&
                one->repeat_minutes == other->repeat_minutes;
    for (size_t i = 0; same && i < one->programme_count; i++) {
        same = same_programme(&one->programmes[i], &other->programmes[i]);
    }
    for (size_t i = 0; same && i < one->volume_count; i++) {
        same = same_span(&one->volume[i], &other->volume[i]) &&
               one->volume[i].percent == other->volume[i].percent;
    }
    return same;
}

static bool is_in(const struct lt_hours_span *span, unsigned minute)
{
    return span->from <= span->to ? minute >= span->from && minute < span->to
                                  : minute >= span->from || minute < span->to;
}

// As the loudspeaker has it: the first span that fits.
static bool is_loud(const struct kept *kept, unsigned minute)
{
    for (size_t i = 0; i < kept->volume_count; i++) {
        if (is_in(&kept->volume[i], minute)) {
            return kept->volume[i].percent > 0;
        }
    }
    return true;
}

bool kept_is_heard(const struct kept *kept, const struct kept_programme *programme)
{
    for (unsigned i = 0; i < programme->is.minutes; i++) {
        const unsigned minute = (programme->is.at + i) % DAY_MINUTES;
        if (!is_in(&kept->quiet, minute) && is_loud(kept, minute)) {
            return true;
        }
    }
    return false;
}

// --- telling ---

static void say_span(const struct lt_hours_span *span, char text[32])
{
    if (span->from == span->to) {
        snprintf(text, 32, "none");
    } else {
        snprintf(text, 32, "%02d:%02d-%02d:%02d", span->from / HOUR, span->from % HOUR,
                 span->to / HOUR, span->to % HOUR);
    }
}

__attribute__((format(printf, 2, 3))) static void append(char text[KEPT_TEXT], const char *format,
                                                         ...)
{
    const size_t used = strlen(text);
    va_list values;
    va_start(values, format);
    (void)vsnprintf(text + used, KEPT_TEXT - used, format, values);
    va_end(values);
}

// As in commune.yaml.
static void say_programme(const struct kept_programme *programme, char text[KEPT_TEXT])
{
    append(text, "%s%s %02d:%02d %dm", text[0] != '\0' ? ", " : "", programme->name,
           programme->is.at / HOUR, programme->is.at % HOUR, programme->is.minutes);
    if (programme->is.days != EVERY_DAY) {
        append(text, " days");
    }
    for (unsigned day = 1; programme->is.days != EVERY_DAY && day <= WEEK; day++) {
        if ((programme->is.days & (1U << day)) != 0) {
            append(text, " %u", day);
        }
    }
    if (!programme->is.closing) {
        append(text, " no-closing");
    }
}

void kept_say(const struct kept *kept, struct kept_words *words)
{
    char span[32];
    *words = (struct kept_words){0};
    for (size_t i = 0; i < kept->programme_count; i++) {
        say_programme(&kept->programmes[i], words->programmes);
    }
    if (kept->programme_count == 0) {
        append(words->programmes, "none");
    }
    say_span(&kept->day, words->day);
    say_span(&kept->quiet, words->quiet);
    for (size_t i = 0; i < kept->volume_count; i++) {
        say_span(&kept->volume[i], span);
        append(words->volume, "%s %d, ", span, kept->volume[i].percent);
    }
    append(words->volume, "%s100", kept->volume_count > 0 ? "else " : "");
}
