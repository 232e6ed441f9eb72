// The same reckoning as the loudspeaker's (bridges/speaker/programme.c), by the hours that commune.yaml has here.
#include <stdio.h>
#include <string.h>

#include <lienthon/cursor.h>
#include <lienthon/lunar.h>
#include <lienthon/schedule.h>

#include "programmes.h"
#include "series.h"
#include "tongue.h"
#include "when.h"

enum {
    DAY_MINUTES = 1440,
    VIETNAM_MINUTES = 420, // the lunar calendar's
    OFF_AIR_MOST = 30,
    WEEK = 7,
    MONTH = 31,
    NAME_SIZE = 64,
    SECONDS_SIZE = 3, // ":00"
};
#define MINUTE_MS UINT64_C(60000)

static bool read_schedule(const struct lt_part *part, struct lt_schedule *schedule)
{
    struct lt_slice map;
    return lt_slice_is(part->type, "notice.v1") && lt_map_find(part->body, "schedule", &map) &&
           lt_schedule_read(map, schedule);
}

bool series_has(const struct lt_part *part)
{
    struct lt_schedule schedule;
    return read_schedule(part, &schedule);
}

static int64_t day_of(uint64_t ms, int utc_minutes)
{
    return ((int64_t)(ms / MINUTE_MS) + utc_minutes) / DAY_MINUTES;
}

static unsigned weekday_of(uint64_t ms)
{
    return (unsigned)((day_of(ms, when_utc_minutes(ms)) + 3) % WEEK) + 1;
}

// The second level of its topic; of several hamlets the first.
static void hamlet_of(const struct lt_part *part, char hamlet[NAME_SIZE])
{
    struct lt_slice list = {0};
    struct lt_slice name = {0};
    uint32_t count = 0;
    const uint8_t *slash = memchr(part->topic.data, '/', part->topic.size);
    if (slash != NULL) {
        const size_t left = part->topic.size - (size_t)(slash + 1 - part->topic.data);
        const uint8_t *end = memchr(slash + 1, '/', left);
        name = (struct lt_slice){slash + 1, end != NULL ? (size_t)(end - slash - 1) : left};
    }
    if (lt_slice_is(name, "tat-ca") && lt_map_find(part->body, "hamlets", &list)) {
        struct lt_cursor cursor = lt_cursor_of(list);
        if (lt_cursor_array(&cursor, &count) && count > 0) {
            (void)lt_cursor_str(&cursor, &name);
        }
    }
    snprintf(hamlet, NAME_SIZE, "%.*s", (int)name.size,
             name.data != NULL ? (const char *)name.data : "");
}

size_t series_next(const struct cli *cli, const struct lt_part *part, uint64_t after,
                   uint64_t times[SERIES_TIMES])
{
    struct lt_schedule schedule;
    struct programmes programmes;
    char hamlet[NAME_SIZE];
    size_t count = 0;
    if (!read_schedule(part, &schedule)) {
        return 0;
    }
    hamlet_of(part, hamlet);
    programmes_of(cli, hamlet, &programmes);
    const bool has_programme = schedule.programme.size > 0;
    const struct programme *programme =
        has_programme ? programmes_find(&programmes, schedule.programme) : NULL;
    const struct lt_schedule_place place = {
        .utc_minutes = when_utc_minutes(after),
        .programme_minute = programme != NULL ? (int)programme->minute : -1,
        .made = part->deliver_at > part->created ? part->deliver_at : part->created,
    };
    uint64_t when = 0;
    for (int off_air = 0; count < SERIES_TIMES && off_air < OFF_AIR_MOST &&
                          lt_schedule_next(&schedule, &place, after, &when);
         after = when) {
        if (part->expires != 0 && when >= part->expires) {
            break;
        }
        if (programme == NULL || (programme->days & (1U << weekday_of(when))) != 0) {
            times[count++] = when;
            off_air = 0;
        } else {
            off_air++;
        }
    }
    return count;
}

// --- in words ---

static const char *weekday_name(unsigned weekday)
{
    static const char *const names[] = {"",
                                        PHRASE("Monday"),
                                        PHRASE("Tuesday"),
                                        PHRASE("Wednesday"),
                                        PHRASE("Thursday"),
                                        PHRASE("Friday"),
                                        PHRASE("Saturday"),
                                        PHRASE("Sunday")};
    return tongue(names[weekday]);
}

static void tell_days(const struct lt_schedule *schedule, struct lt_buffer *out)
{
    const char *between = "";
    for (unsigned day = 1; day <= WEEK; day++) {
        if ((schedule->weekdays & (1U << day)) != 0) {
            lt_buffer_print(out, "%s%s", between, weekday_name(day));
            between = ", ";
        }
    }
    for (unsigned day = 1; day <= MONTH; day++) {
        if ((schedule->month_days & (UINT32_C(1) << day)) != 0) {
            lt_buffer_print(out, "%s%u", between, day);
            between = ", ";
        }
    }
    if ((schedule->month_days & 1) != 0) {
        lt_buffer_print(out, "%s%s", between, tongue("the last"));
    }
}

// "each lunar month on day 1, 15". What only other programs make is told by its times alone.
static bool tell_rhythm(const struct lt_schedule *schedule, struct lt_buffer *out)
{
    const bool has_days = schedule->weekdays != 0 || schedule->month_days != 0;
    if (schedule->interval != 1 || schedule->months != 0 || schedule->every == LT_ONCE ||
        schedule->every == LT_EVERY_YEAR || has_days == (schedule->every == LT_EVERY_DAY) ||
        (schedule->weekdays != 0 && schedule->month_days != 0)) {
        return false;
    }
    if (schedule->every == LT_EVERY_DAY) {
        lt_buffer_print(out, "%s", tongue("each day"));
        return true;
    }
    lt_buffer_print(out, "%s ",
                    schedule->every == LT_EVERY_WEEK ? tongue("each week on")
                    : schedule->is_lunar             ? tongue("each lunar month on day")
                                                     : tongue("each month on day"));
    tell_days(schedule, out);
    return true;
}

static void tell_hours(const struct lt_schedule *schedule, struct lt_buffer *out)
{
    if (schedule->programme.size > 0) {
        lt_buffer_print(out, tongue(", in the programme %.*s"), (int)schedule->programme.size,
                        (const char *)schedule->programme.data);
        return;
    }
    for (size_t i = 0; i < schedule->time_count; i++) {
        lt_buffer_print(out, "%s%02u:%02u", i == 0 ? tongue(", at ") : ", ",
                        schedule->times[i] / 60U, schedule->times[i] % 60U);
    }
}

static void tell_time(uint64_t when, struct lt_buffer *out)
{
    char at[WHEN_SIZE];
    struct lt_lunar_date lunar;
    when_said(when, at);
    at[strlen(at) - SECONDS_SIZE] = '\0';
    lt_buffer_print(out, "  %s %s", weekday_name(weekday_of(when)), at);
    if (lt_lunar_of(day_of(when, VIETNAM_MINUTES), &lunar)) {
        lt_buffer_print(out, tongue(" (lunar %d/%d%s)"), lunar.day, lunar.month,
                        lunar.leap ? tongue(", leap month") : "");
    }
    lt_buffer_print(out, "\n");
}

static bool knows_usual_only(const struct cli *cli, const struct lt_part *part)
{
    struct programmes programmes;
    char hamlet[NAME_SIZE];
    hamlet_of(part, hamlet);
    programmes_of(cli, hamlet, &programmes);
    return programmes.is_usual;
}

void series_tell(const struct cli *cli, const struct lt_part *part, struct lt_buffer *out)
{
    struct lt_schedule schedule;
    uint64_t times[SERIES_TIMES];
    if (!read_schedule(part, &schedule)) {
        return;
    }
    if (tell_rhythm(&schedule, out)) {
        tell_hours(&schedule, out);
        if (schedule.until > 0) {
            char day[WHEN_SIZE];
            when_said_day(schedule.until - 1, day);
            lt_buffer_print(out, tongue(", until %s"), day);
        }
        lt_buffer_print(out, "\n");
    }
    const size_t count = series_next(cli, part, cli_now(), times);
    if (schedule.programme.size > 0 && knows_usual_only(cli, part)) {
        lt_buffer_print(out, "%s\n",
                        tongue("(by the usual hours of programmes: commune.yaml, which may have "
                               "others, is not here)"));
    }
    lt_buffer_print(out, "%s\n",
                    count > 0 ? tongue("next times:") : tongue("it is not said any more"));
    for (size_t i = 0; i < count; i++) {
        tell_time(times[i], out);
    }
}

static json_t *time_json(uint64_t when)
{
    char day[WHEN_SIZE];
    char text[WHEN_SIZE];
    struct lt_lunar_date lunar = {0};
    when_day(when, day);
    (void)lt_lunar_of(day_of(when, VIETNAM_MINUTES), &lunar);
    snprintf(text, sizeof text, "%d/%d", lunar.day, lunar.month);
    return json_pack("{s:I, s:s, s:s, s:b}", "at", (json_int_t)when, "day", day, "lunar", text,
                     "leap", lunar.leap);
}

json_t *series_json(const struct cli *cli, const struct lt_part *part)
{
    struct lt_schedule schedule;
    uint64_t times[SERIES_TIMES];
    if (!read_schedule(part, &schedule)) {
        return NULL;
    }
    json_t *list = json_array();
    const size_t count = series_next(cli, part, cli_now(), times);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, time_json(times[i]));
    }
    return list;
}
