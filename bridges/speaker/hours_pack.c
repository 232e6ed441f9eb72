// What has nothing to say is left out, as in speaker-hours.v1.
#include <stdio.h>

#include <lienthon/pack.h>

#include "hours.h"

enum { HOUR = 60, DAY_MINUTES = 1440, WEEK = 7 };

static void pack_hour(struct lt_buffer *body, const char *key, unsigned minute)
{
    char text[sizeof "00:00"];
    minute %= DAY_MINUTES;
    snprintf(text, sizeof text, "%02u:%02u", minute / HOUR, minute % HOUR);
    lt_pack_text(body, key);
    lt_pack_text(body, text);
}

static void pack_span(struct lt_buffer *body, const char *key, const struct hours_span *span)
{
    lt_pack_text(body, key);
    lt_pack_map(body, 2);
    pack_hour(body, "from", span->from);
    pack_hour(body, "to", span->to);
}

static void pack_days(struct lt_buffer *body, uint8_t days)
{
    size_t count = 0;
    for (unsigned day = 1; day <= WEEK; day++)
        count += (days & (1U << day)) != 0;
    lt_pack_text(body, "days");
    lt_pack_array(body, count);
    for (unsigned day = 1; day <= WEEK; day++)
        if (days & (1U << day))
            lt_pack_uint(body, day);
}

static void pack_programme(struct lt_buffer *body, const struct hours_programme *programme)
{
    bool some_days = programme->days != HOURS_EVERY_DAY;
    lt_pack_map(body, 3U + some_days + !programme->closing);
    lt_pack_text(body, "name");
    lt_pack_text(body, programme->name);
    pack_hour(body, "at", programme->at);
    lt_pack_text(body, "minutes");
    lt_pack_uint(body, programme->minutes);
    if (some_days)
        pack_days(body, programme->days);
    if (!programme->closing) {
        lt_pack_text(body, "closing");
        lt_pack_bool(body, false);
    }
}

static void pack_lists(struct lt_buffer *body, const struct hours *hours)
{
    if (hours->programme_count > 0) {
        lt_pack_text(body, "programmes");
        lt_pack_array(body, hours->programme_count);
    }
    for (size_t i = 0; i < hours->programme_count; i++)
        pack_programme(body, &hours->programmes[i]);
    if (hours->volume_count > 0) {
        lt_pack_text(body, "volume");
        lt_pack_array(body, hours->volume_count);
    }
    for (size_t i = 0; i < hours->volume_count; i++) {
        const struct hours_volume *volume = &hours->volumes[i];
        lt_pack_map(body, 3);
        pack_hour(body, "from", volume->span.from);
        pack_hour(body, "to", volume->span.to);
        lt_pack_text(body, "percent");
        lt_pack_uint(body, volume->percent);
    }
}

bool hours_pack(const struct hours_kept *kept, struct lt_buffer *body)
{
    const struct hours *hours = kept->hours;
    bool has_quiet = hours->quiet.from != hours->quiet.to;
    size_t more = (size_t)has_quiet + kept->own + (kept->told > 0) + (hours->programme_count > 0) +
                  (hours->volume_count > 0);
    lt_pack_map(body, 3 + more);
    lt_pack_text(body, "hamlet");
    lt_pack_text(body, kept->hamlet[0] ? kept->hamlet : "tat-ca");
    if (kept->own) {
        lt_pack_text(body, "own");
        lt_pack_bool(body, true);
    }
    if (kept->told > 0) {
        lt_pack_text(body, "told");
        lt_pack_uint(body, kept->told);
    }
    pack_lists(body, hours);
    pack_span(body, "day", &hours->day);
    if (has_quiet)
        pack_span(body, "quiet", &hours->quiet);
    lt_pack_text(body, "repeat_minutes");
    lt_pack_uint(body, hours->repeat_minutes);
    return !body->failed;
}
