// Formats, read by hand: dates that exist, times with their offset, UUIDs, URIs.
#include "format.h"

#include <string.h>

struct text {
    const uint8_t *at, *end;
};

static const struct {
    const char *name, *about;
} formats[] = {
    [FORMAT_DATE_TIME] = {"date-time", "a date and time as 2026-11-22T17:00:00+07:00"},
    [FORMAT_DATE] = {"date", "a date as 2026-11-22"},
    [FORMAT_TIME] = {"time", "a time with its offset as 17:00:00+07:00"},
    [FORMAT_UUID] = {"uuid", "a UUID as 2eb8aa08-aa98-11ea-b4aa-73b441d16380"},
    [FORMAT_URI] = {"uri", "a URI as https://example.vn/tin"},
};

enum format format_of(const char *name)
{
    for (size_t i = FORMAT_DATE_TIME; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i].name, name) == 0) {
            return (enum format)i;
        }
    }
    return FORMAT_NONE;
}

const char *format_describe(enum format format)
{
    return format == FORMAT_NONE ? "" : formats[format].about;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool take(struct text *text, char c)
{
    if (text->at == text->end || *text->at != (uint8_t)c) {
        return false;
    }
    text->at++;
    return true;
}

// Exactly so many digits, at most four.
static bool take_digits(struct text *text, int count, int *number)
{
    *number = 0;
    for (int i = 0; i < count; i++) {
        if (text->at == text->end || !is_digit(*text->at)) {
            return false;
        }
        *number = *number * 10 + (*text->at++ - '0');
    }
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool take_date(struct text *text)
{
    int year = 0;
    int month = 0;
    int day = 0;
    return take_digits(text, 4, &year) && take(text, '-') && take_digits(text, 2, &month) &&
           take(text, '-') && take_digits(text, 2, &day) && month >= 1 && month <= 12 && day >= 1 &&
           day <= days_in(year, month);
}

// Minutes to take from the local time for UTC.
static bool take_offset(struct text *text, int *minutes)
{
    *minutes = 0;
    if (take(text, 'Z') || take(text, 'z')) {
        return true;
    }
    const bool east = take(text, '+');
    int hour = 0;
    int minute = 0;
    if ((!east && !take(text, '-')) || !take_digits(text, 2, &hour) || !take(text, ':') ||
        !take_digits(text, 2, &minute) || hour > 23 || minute > 59) {
        return false;
    }
    *minutes = (hour * 60 + minute) * (east ? 1 : -1);
    return true;
}

static bool take_time(struct text *text)
{
    int hour = 0;
    int minute = 0;
    int second = 0;
    int offset = 0;
    if (!take_digits(text, 2, &hour) || !take(text, ':') || !take_digits(text, 2, &minute) ||
        !take(text, ':') || !take_digits(text, 2, &second)) {
        return false;
    }
    if (take(text, '.')) {
        const uint8_t *begin = text->at;
        while (text->at < text->end && is_digit(*text->at)) {
            text->at++;
        }
        if (text->at == begin) {
            return false;
        }
    }
    if (!take_offset(text, &offset) || hour > 23 || minute > 59 || second > 60) {
        return false;
    }
    // A leap second is the last of a UTC day.
    const int utc = ((hour * 60 + minute - offset) % 1440 + 1440) % 1440;
    return second < 60 || utc == 1439;
}

static bool take_date_time(struct text *text)
{
    return take_date(text) && (take(text, 'T') || take(text, 't')) && take_time(text);
}

static bool take_uuid(struct text *text)
{
    static const int groups[] = {8, 4, 4, 4, 12};
    for (size_t i = 0; i < 5; i++) {
        if (i > 0 && !take(text, '-')) {
            return false;
        }
        for (int k = 0; k < groups[i]; k++) {
            if (text->at == text->end || !is_hex(*text->at)) {
                return false;
            }
            text->at++;
        }
    }
    return true;
}

// Characters of RFC 3986's pchar and those in `more`, with %XX; stops at the first other one.
static bool take_characters(struct text *text, const char *more)
{
    while (text->at < text->end) {
        const uint8_t c = *text->at;
        if (c == '%') {
            if (text->end - text->at < 3 || !is_hex(text->at[1]) || !is_hex(text->at[2])) {
                return false;
            }
            text->at += 3;
        } else if (is_letter(c) || is_digit(c) ||
                   (c != '\0' && strchr("-._~!$&'()*+,;=", c) != NULL) ||
                   (c != '\0' && strchr(more, c) != NULL)) {
            text->at++;
        } else {
            return true;
        }
    }
    return true;
}

static bool take_scheme(struct text *text)
{
    if (text->at == text->end || !is_letter(*text->at)) {
        return false;
    }
    while (text->at < text->end &&
           (is_letter(*text->at) || is_digit(*text->at) || strchr("+-.", *text->at) != NULL)) {
        if (*text->at == '\0') {
            return false;
        }
        text->at++;
    }
    return take(text, ':');
}

static bool is_ipv4(const uint8_t *at, const uint8_t *end)
{
    struct text text = {at, end};
    for (int i = 0; i < 4; i++) {
        if (i > 0 && !take(&text, '.')) {
            return false;
        }
        int number = 0;
        int digits = 0;
        for (; text.at < text.end && is_digit(*text.at) && digits < 3; digits++) {
            number = number * 10 + (*text.at++ - '0');
        }
        const bool padded = digits > 1 && text.at[-digits] == '0';
        if (digits == 0 || number > 255 || padded) {
            return false;
        }
    }
    return text.at == text.end;
}

// What stands between [ and ]: eight groups, `::` for some, the last two may be an IPv4 address.
static bool is_ipv6(const uint8_t *at, const uint8_t *end)
{
    int groups = 0;
    bool has_gap = false;
    if (end - at >= 2 && at[0] == ':' && at[1] == ':') {
        has_gap = true;
        at += 2;
    }
    while (at < end) {
        const uint8_t *begin = at;
        while (at < end && is_hex(*at)) {
            at++;
        }
        if (at < end && *at == '.') {
            return is_ipv4(begin, end) && (has_gap ? groups <= 5 : groups == 6);
        }
        if (at == begin || at - begin > 4) {
            return false;
        }
        groups++;
        if (at == end) {
            break;
        }
        if (*at++ != ':' || at == end) {
            return false;
        }
        if (*at == ':') {
            if (has_gap) {
                return false;
            }
            has_gap = true;
            at++;
        }
    }
    return has_gap ? groups <= 7 : groups == 8;
}

// IPvFuture: "v" hex "." characters.
static bool is_ip_future(const uint8_t *at, const uint8_t *end)
{
    struct text text = {at, end};
    if (!take(&text, 'v') && !take(&text, 'V')) {
        return false;
    }
    const uint8_t *begin = text.at;
    while (text.at < text.end && is_hex(*text.at)) {
        text.at++;
    }
    if (text.at == begin || !take(&text, '.') || text.at == text.end || *text.at == '%') {
        return false;
    }
    return take_characters(&text, ":") && text.at == text.end;
}

static bool take_host(struct text *text)
{
    if (!take(text, '[')) {
        return take_characters(text, "");
    }
    const uint8_t *begin = text->at;
    const uint8_t *close = memchr(begin, ']', (size_t)(text->end - begin));
    if (close == NULL || !(is_ipv6(begin, close) || is_ip_future(begin, close))) {
        return false;
    }
    text->at = close + 1;
    return true;
}

static bool take_authority(struct text *text)
{
    const uint8_t *end = text->at;
    const uint8_t *user_end = NULL;
    while (end < text->end && *end != '/' && *end != '?' && *end != '#') {
        user_end = *end == '@' ? end : user_end;
        end++;
    }
    struct text part = {text->at, end};
    if (user_end != NULL) {
        struct text user = {text->at, user_end};
        if (!take_characters(&user, ":") || user.at != user.end) {
            return false;
        }
        part.at = user_end + 1;
    }
    if (!take_host(&part)) {
        return false;
    }
    if (take(&part, ':')) {
        while (part.at < part.end && is_digit(*part.at)) {
            part.at++;
        }
    }
    text->at = end;
    return part.at == part.end;
}

static bool take_uri(struct text *text)
{
    if (!take_scheme(text)) {
        return false;
    }
    if (text->end - text->at >= 2 && text->at[0] == '/' && text->at[1] == '/') {
        text->at += 2;
        if (!take_authority(text)) {
            return false;
        }
    }
    if (!take_characters(text, ":@/")) {
        return false;
    }
    if (take(text, '?') && !take_characters(text, ":@/?")) {
        return false;
    }
    return !take(text, '#') || take_characters(text, ":@/?");
}

bool format_fits(enum format format, struct lt_slice slice)
{
    struct text text = {slice.data, slice.data + slice.size};
    bool fits = true;
    switch (format) {
    case FORMAT_DATE_TIME:
        fits = take_date_time(&text);
        break;
    case FORMAT_DATE:
        fits = take_date(&text);
        break;
    case FORMAT_TIME:
        fits = take_time(&text);
        break;
    case FORMAT_UUID:
        fits = take_uuid(&text);
        break;
    case FORMAT_URI:
        fits = take_uri(&text);
        break;
    case FORMAT_NONE:
        return true;
    }
    return fits && text.at == text.end;
}
