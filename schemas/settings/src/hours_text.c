// The texts in which hours are written: "05:00, 30m, days 1-6", "06:00-21:00", "05:00-06:00 60".
#include <string.h>

#include "hours.h"

enum { ITEM = 64, DAYS = 7 };

const char hours_programme_form[] =
    "an hour, and behind commas what else is wanted: \"05:00, 30m, "
    "days 1-6, no-closing\", or none for a hamlet that has not got it";
const char hours_span_form[] = "two hours, as \"06:00-21:00\"";
const char hours_volume_form[] = "two hours and percent, several with commas: \"05:00-06:00 60, "
                                 "11:30-13:30 50\"";

// One to `digits` digits at the text's beginning. How many there were; 0: none.
static size_t take_number(const char **text, size_t digits, long *number)
{
    size_t size = 0;
    *number = 0;
    while (size < digits && (*text)[size] >= '0' && (*text)[size] <= '9') {
        *number = *number * 10 + ((*text)[size++] - '0');
    }
    *text += size;
    return size;
}

// "HH:MM" at the text's beginning.
static bool take_hour(const char **text, uint16_t *minute)
{
    long hours = 0;
    long minutes = 0;
    const char *at = *text;
    if (take_number(&at, 2, &hours) != 2 || *at++ != ':' || take_number(&at, 2, &minutes) != 2 ||
        hours > 23 || minutes > 59) {
        return false;
    }
    *minute = (uint16_t)(hours * 60 + minutes);
    *text = at;
    return true;
}

static bool take_span(const char **text, struct lt_hours_span *span)
{
    return take_hour(text, &span->from) && *(*text)++ == '-' && take_hour(text, &span->to);
}

// "days 1-6" or "days 1 3 5".
static bool read_days(const char *text, uint8_t *days)
{
    *days = 0;
    for (long last = 0; *text != '\0'; text++) {
        const bool is_range = *text == '-';
        text += is_range;
        const long day = *text - '0';
        if (day < 1 || day > DAYS || (is_range && (last == 0 || day < last))) {
            return false;
        }
        for (long each = is_range ? last : day; each <= day; each++) {
            *days = (uint8_t)(*days | 1U << each);
        }
        last = day;
        if (text[1] == ' ') {
            text++;
        }
    }
    return *days != 0;
}

static bool read_word(const char *word, struct lt_hours_programme *programme)
{
    if (strcmp(word, "no-closing") == 0) {
        programme->closing = false;
        return true;
    }
    if (strncmp(word, "days ", 5) == 0) {
        return read_days(word + 5, &programme->days);
    }
    long minutes = 0;
    const bool fits = take_number(&word, 3, &minutes) > 0 && strcmp(word, "m") == 0 &&
                      minutes >= 1 && minutes <= 240;
    programme->minutes = (uint16_t)minutes;
    return fits;
}

bool lt_hours_read_programme(const char *text, struct lt_hours_programme *programme)
{
    *programme = (struct lt_hours_programme){0};
    programme->minutes = 30;
    programme->closing = true;
    programme->none = strcmp(text, "none") == 0;
    if (programme->none) {
        return true;
    }
    if (!take_hour(&text, &programme->at)) {
        return false;
    }
    while (*text == ',') {
        char word[ITEM];
        text += 1 + strspn(text + 1, " ");
        const size_t size = strcspn(text, ",");
        if (size >= sizeof word) {
            return false;
        }
        memcpy(word, text, size);
        word[size] = '\0';
        text += size;
        if (!read_word(word, programme)) {
            return false;
        }
    }
    return *text == '\0';
}

bool lt_hours_read_volume(const char *text, struct lt_hours_span spans[LT_HOURS_VOLUMES],
                          size_t *count)
{
    for (*count = 0; *count < LT_HOURS_VOLUMES; text++) {
        struct lt_hours_span *span = &spans[*count];
        long percent = 0;
        if (!take_span(&text, span)) {
            return false;
        }
        text += strspn(text, " ");
        if (take_number(&text, 3, &percent) == 0 || percent > 100) {
            return false;
        }
        span->percent = (uint8_t)percent;
        ++*count;
        if (*text == '\0') {
            return true;
        }
        if (*text != ',') {
            return false;
        }
        text += strspn(text + 1, " ");
    }
    return false;
}

bool lt_hours_read_span(const char *text, struct lt_hours_span *span)
{
    return take_span(&text, span) && *text == '\0';
}

static enum lt_code allow(bool right, const char *allowed, struct lt_error *error)
{
    return right ? LT_DONE : lt_fail(error, LT_BAD_USE, "allowed: %s", allowed);
}

enum lt_code lt_hours_check_programme(const char *text, struct lt_error *error)
{
    struct lt_hours_programme one;
    return allow(lt_hours_read_programme(text, &one), hours_programme_form, error);
}

enum lt_code lt_hours_check_span(const char *text, struct lt_error *error)
{
    struct lt_hours_span span;
    return allow(lt_hours_read_span(text, &span), hours_span_form, error);
}

enum lt_code lt_hours_check_volume(const char *text, struct lt_error *error)
{
    struct lt_hours_span spans[LT_HOURS_VOLUMES];
    size_t count = 0;
    return allow(lt_hours_read_volume(text, spans, &count), hours_volume_form, error);
}
