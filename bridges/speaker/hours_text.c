// Hours as people read them.
#include <stdio.h>

#include <lienthon/lunar.h>

#include "hours.h"

enum { HOUR = 60, DAY_MINUTES = 1440, WEEK = 7 };
#define MINUTE_MS UINT64_C(60000)

void hours_print(const struct hours *hours, uint64_t when, char text[HOURS_TEXT])
{
    struct lt_solar_date date;
    uint64_t minutes = when / MINUTE_MS + (uint64_t)hours->utc_minutes;
    unsigned minute = (unsigned)(minutes % DAY_MINUTES);
    lt_solar_of((int64_t)(minutes / DAY_MINUTES), &date);
    snprintf(text, HOURS_TEXT, "%02u:%02u ngày %02d/%02d/%d", minute / HOUR, minute % HOUR,
             date.day, date.month, date.year);
}

static void tell_hour(unsigned minute, struct lt_buffer *out)
{
    lt_buffer_print(out, "%02u:%02u", minute / HOUR, minute % HOUR);
}

static void tell_span(const char *name, const struct hours_span *span, struct lt_buffer *out)
{
    lt_buffer_print(out, "; %s ", name);
    if (span->from == span->to) {
        lt_buffer_print(out, "none");
        return;
    }
    tell_hour(span->from, out);
    lt_buffer_print(out, "-");
    tell_hour(span->to, out);
}

static void tell_programme(const struct hours_programme *programme, struct lt_buffer *out)
{
    lt_buffer_print(out, "%s ", programme->name);
    tell_hour(programme->at, out);
    lt_buffer_print(out, " %um", programme->minutes);
    if (programme->days != HOURS_EVERY_DAY)
        lt_buffer_print(out, " days");
    for (unsigned day = 1; programme->days != HOURS_EVERY_DAY && day <= WEEK; day++)
        if (programme->days & (1U << day))
            lt_buffer_print(out, " %u", day);
    if (!programme->closing)
        lt_buffer_print(out, " no-closing");
}

bool hours_tell(const struct hours *hours, struct lt_buffer *out)
{
    lt_buffer_print(out, "programmes ");
    for (size_t i = 0; i < hours->programme_count; i++) {
        lt_buffer_print(out, "%s", i ? ", " : "");
        tell_programme(&hours->programmes[i], out);
    }
    if (hours->programme_count == 0)
        lt_buffer_print(out, "none");
    tell_span("day", &hours->day, out);
    tell_span("quiet", &hours->quiet, out);
    lt_buffer_print(out, "; volume ");
    for (size_t i = 0; i < hours->volume_count; i++) {
        tell_hour(hours->volumes[i].span.from, out);
        lt_buffer_print(out, "-");
        tell_hour(hours->volumes[i].span.to, out);
        lt_buffer_print(out, " %u, ", hours->volumes[i].percent);
    }
    lt_buffer_print(out, "%s100", hours->volume_count ? "else " : "");
    lt_buffer_print(out, "; repeat %um", hours->repeat_minutes);
    return !out->failed;
}
