// Times as people type and read them.
#include "when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lienthon/settings/option.h>

#include "say.h"
#include "tongue.h"

void when_zone(const char *name)
{
    char path[256];
    const int size = snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    const bool known = size > 0 && (size_t)size < sizeof path && access(path, R_OK) == 0;
    if (known) {
        setenv("TZ", name, 1);
    } else if (strcmp(name, "Asia/Ho_Chi_Minh") == 0) {
        setenv("TZ", "<+07>-7", 1);
    } else {
        say_aside("the time zone %s is not known here (is tzdata installed?); times are UTC", name);
        setenv("TZ", "UTC0", 1);
    }
    tzset();
}

static struct tm broken(uint64_t ms)
{
    const time_t seconds = (time_t)(ms / 1000);
    struct tm out = {0};
    localtime_r(&seconds, &out);
    return out;
}

static bool to_ms(struct tm *fields, uint64_t *ms)
{
    fields->tm_isdst = -1;
    const struct tm asked = *fields;
    const time_t seconds = mktime(fields);
    if (seconds < 0 || fields->tm_mday != asked.tm_mday || fields->tm_hour != asked.tm_hour ||
        fields->tm_mon != asked.tm_mon) {
        return false; // 30/02, 25:00
    }
    *ms = (uint64_t)seconds * 1000;
    return true;
}

struct clock {
    int hour, minute, second;
};

// A number of at most `digits` digits.
static bool read_number(const char **at, int digits, int *number)
{
    const char *begin = *at;
    for (*number = 0; **at >= '0' && **at <= '9' && *at - begin < digits; (*at)++) {
        *number = *number * 10 + (**at - '0');
    }
    return *at != begin;
}

static bool read_char(const char **at, char wanted)
{
    if (**at != wanted) {
        return false;
    }
    (*at)++;
    return true;
}

// "17:00" or "17:00:30", or as people write it, "17h30" and "17h"; *at is behind it then.
static bool read_clock(const char **at, struct clock *clock)
{
    *clock = (struct clock){0};
    if (!read_number(at, 2, &clock->hour)) {
        return false;
    }
    if (read_char(at, 'h')) {
        read_number(at, 2, &clock->minute);
    } else if (!read_char(at, ':') || !read_number(at, 2, &clock->minute) ||
               (read_char(at, ':') && !read_number(at, 2, &clock->second))) {
        return false;
    }
    return clock->hour < 24 && clock->minute < 60 && clock->second < 60;
}

// That time of the day, `days` after that of `now`.
static bool clock_on_day(const struct clock *clock, uint64_t now, int days, uint64_t *ms)
{
    struct tm fields = broken(now);
    fields.tm_hour = clock->hour;
    fields.tm_min = clock->minute;
    fields.tm_sec = clock->second;
    fields.tm_mday += days;
    fields.tm_isdst = -1;
    const time_t seconds = mktime(&fields);
    *ms = (uint64_t)seconds * 1000;
    return seconds >= 0;
}

static bool only_clock(const char *text, struct clock *clock)
{
    return read_clock(&text, clock) && *text == '\0';
}

static bool next_clock(const char *text, uint64_t now, uint64_t *ms)
{
    struct clock clock;
    return only_clock(text, &clock) && clock_on_day(&clock, now, 0, ms) &&
           (*ms > now || clock_on_day(&clock, now, 1, ms));
}

// Behind date and time: "Z" or "+07:00".
static bool shift_by_offset(const char *offset, const struct tm *fields, uint64_t *ms)
{
    struct tm copy = *fields;
    int hours = 0;
    int minutes = 0;
    const long sign = *offset == '-' ? -1 : 1;
    if (strcmp(offset, "Z") != 0) {
        if ((!read_char(&offset, '+') && !read_char(&offset, '-')) ||
            !read_number(&offset, 2, &hours) || !read_char(&offset, ':') ||
            !read_number(&offset, 2, &minutes) || *offset != '\0' || hours > 14 || minutes > 59) {
            return false;
        }
    }
    const time_t utc = timegm(&copy);
    const long shift = ((long)hours * 60 + minutes) * 60 * sign;
    if (utc < 0 || utc < shift || copy.tm_mday != fields->tm_mday ||
        copy.tm_mon != fields->tm_mon) {
        return false; // 30/02
    }
    *ms = (uint64_t)(utc - shift) * 1000;
    return true;
}

// "2026-11-22", "22/11/2026" or "22/11", this year's.
static bool read_date(const char **at, uint64_t now, struct tm *fields)
{
    int first = 0;
    int second = 0;
    int third = 0;
    *fields = broken(now);
    if (!read_number(at, 4, &first)) {
        return false;
    }
    const bool year_first = **at == '-';
    const char between = year_first ? '-' : '/';
    if (!read_char(at, between) || !read_number(at, 2, &second)) {
        return false;
    }
    const bool has_third = read_char(at, between);
    if (has_third ? !read_number(at, 4, &third) : year_first) {
        return false;
    }
    fields->tm_mon = second - 1;
    fields->tm_mday = year_first ? third : first;
    if (has_third) {
        fields->tm_year = (year_first ? first : third) - 1900;
    }
    return true;
}

static bool date_and_clock(const char *text, uint64_t now, uint64_t *ms)
{
    struct tm fields;
    struct clock clock;
    if (!read_date(&text, now, &fields) || (!read_char(&text, ' ') && !read_char(&text, 'T')) ||
        !read_clock(&text, &clock)) {
        return false;
    }
    fields.tm_hour = clock.hour;
    fields.tm_min = clock.minute;
    fields.tm_sec = clock.second;
    return *text == '\0' ? to_ms(&fields, ms) : shift_by_offset(text, &fields, ms);
}

enum lt_code when_parse(const char *text, uint64_t now, uint64_t *ms, struct lt_error *error)
{
    int64_t later = 0;
    if (text[0] == '+' && lt_duration_parse(text + 1, &later) && later > 0) {
        *ms = now + (uint64_t)later;
        return LT_DONE;
    }
    if (next_clock(text, now, ms) || date_and_clock(text, now, ms)) {
        return LT_DONE;
    }
    return lt_fail(error, LT_BAD_USE,
                   "'%s' is no time; allowed are 17:00, 17h30, 22/11 17:00, 2026-11-22 17:00, "
                   "2026-11-22T17:00:00+07:00, +2h",
                   text);
}

enum lt_code when_past(const char *text, uint64_t now, uint64_t *ms, struct lt_error *error)
{
    struct clock clock;
    int64_t ago = 0;
    if (text[0] == '-' && lt_duration_parse(text + 1, &ago) && ago > 0 && (uint64_t)ago < now) {
        *ms = now - (uint64_t)ago;
        return LT_DONE;
    }
    if (only_clock(text, &clock)) {
        const bool is_found =
            clock_on_day(&clock, now, 0, ms) && (*ms <= now || clock_on_day(&clock, now, -1, ms));
        return is_found ? LT_DONE : lt_fail(error, LT_BAD_USE, "'%s' is no time", text);
    }
    if (date_and_clock(text, now, ms)) {
        return LT_DONE;
    }
    return lt_fail(error, LT_BAD_USE,
                   "'%s' is no time; allowed are 17:00, 17h30, 22/11 17:00, 2026-11-22 17:00, "
                   "2026-11-22T17:00:00+07:00, -2h",
                   text);
}

enum lt_code when_duration(const char *text, const char *option, uint64_t *ms,
                           struct lt_error *error)
{
    int64_t parsed = 0;
    if (!lt_duration_parse(text, &parsed) || parsed <= 0) {
        return lt_fail(error, LT_BAD_USE, "--%s %s: a span of time is allowed, as 30m, 2h, 7d",
                       option, text);
    }
    *ms = (uint64_t)parsed;
    return LT_DONE;
}

bool when_minute(const char *text, unsigned *minute)
{
    struct clock clock;
    if (!only_clock(text, &clock) || clock.second != 0) {
        return false;
    }
    *minute = (unsigned)(clock.hour * 60 + clock.minute);
    return true;
}

enum lt_code when_day_end(const char *text, const char *option, uint64_t now, uint64_t *ms,
                          struct lt_error *error)
{
    const char *at = text;
    struct tm fields;
    bool is_date = read_date(&at, now, &fields) && *at == '\0';
    const bool has_year = strchr(text, '-') != NULL || strchr(text, '/') != strrchr(text, '/');
    for (int years = 0; is_date && years < 2; years++) {
        struct tm day = fields;
        day.tm_year += years;
        day.tm_hour = day.tm_min = day.tm_sec = 0;
        is_date = to_ms(&day, ms) && clock_on_day(&(struct clock){0}, *ms, 1, ms);
        if (has_year || (is_date && *ms > now)) {
            break;
        }
    }
    return is_date ? LT_DONE
                   : lt_fail(error, LT_BAD_USE,
                             "--%s %s: a day is allowed, as 31/12, 31/12/2026 or 2026-12-31",
                             option, text);
}

int when_utc_minutes(uint64_t ms)
{
    return (int)(broken(ms).tm_gmtoff / 60);
}

void when_short(uint64_t ms, uint64_t now, char out[WHEN_SIZE])
{
    const struct tm then = broken(ms);
    const struct tm today = broken(now);
    const bool same_day = then.tm_yday == today.tm_yday && then.tm_year == today.tm_year;
    const char *format = same_day                        ? "%H:%M:%S"
                         : then.tm_year == today.tm_year ? "%d/%m %H:%M:%S"
                                                         : "%d/%m/%Y %H:%M:%S";
    strftime(out, WHEN_SIZE, format, &then);
}

void when_full(uint64_t ms, char out[WHEN_SIZE])
{
    const struct tm then = broken(ms);
    strftime(out, WHEN_SIZE, "%Y-%m-%d %H:%M:%S", &then);
}

void when_day(uint64_t ms, char out[WHEN_SIZE])
{
    const struct tm then = broken(ms);
    strftime(out, WHEN_SIZE, "%Y-%m-%d", &then);
}

void when_said(uint64_t ms, char out[WHEN_SIZE])
{
    const struct tm then = broken(ms);
    strftime(out, WHEN_SIZE, tongue_is_vietnamese() ? "%d/%m/%Y %H:%M:%S" : "%Y-%m-%d %H:%M:%S",
             &then);
}

void when_said_day(uint64_t ms, char out[WHEN_SIZE])
{
    const struct tm then = broken(ms);
    strftime(out, WHEN_SIZE, tongue_is_vietnamese() ? "%d/%m/%Y" : "%Y-%m-%d", &then);
}
