// Day by day: which days are of the schedule, and at which hours of them. The days' dates are walked along
// and only computed where a month begins, since the lunar ones are dear.
#include "lienthon/schedule.h"

#include <stdlib.h>

#include "lienthon/cursor.h"
#include "lienthon/lunar.h"

enum { MINUTE_MS = 60000, DAY_MINUTES = 1440, DAYS_AHEAD = LT_SCHEDULE_YEARS * 366 };

#define LUNATION 29.530588861

// --- reading ---

static bool read_every(struct lt_slice repeat, struct lt_schedule *schedule)
{
    static const char *const names[] = {"", "day", "week", "month", "year"};
    struct lt_slice every;
    if (!lt_map_str(repeat, "every", &every))
        return false;
    for (int i = LT_EVERY_DAY; i <= LT_EVERY_YEAR; i++) {
        if (lt_slice_is(every, names[i]))
            schedule->every = (enum lt_every)i;
    }
    return schedule->every != LT_ONCE;
}

// A list of small numbers as bits; -1 is bit 0.
static bool read_bits(struct lt_slice repeat, const char *key, unsigned most, uint32_t *bits)
{
    struct lt_slice list;
    uint32_t count = 0;
    *bits = 0;
    if (!lt_map_find(repeat, key, &list))
        return true;
    struct lt_cursor cursor = lt_cursor_of(list);
    if (!lt_cursor_array(&cursor, &count))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct lt_value value;
        if (!lt_cursor_next(&cursor, &value))
            return false;
        if (value.kind == LT_NEGATIVE && value.negative == -1)
            *bits |= 1;
        else if (value.kind == LT_UINT && value.uint >= 1 && value.uint <= most)
            *bits |= UINT32_C(1) << value.uint;
        else
            return false;
    }
    return *bits != 0;
}

static bool read_minute(struct lt_slice text, uint16_t *minute)
{
    const uint8_t *t = text.data;
    if (text.size != 5 || t[2] != ':')
        return false;
    for (size_t i = 0; i < 5; i++) {
        if (i != 2 && (t[i] < '0' || t[i] > '9'))
            return false;
    }
    unsigned hours = (unsigned)(t[0] - '0') * 10 + (unsigned)(t[1] - '0');
    unsigned minutes = (unsigned)(t[3] - '0') * 10 + (unsigned)(t[4] - '0');
    *minute = (uint16_t)(hours * 60 + minutes);
    return hours < 24 && minutes < 60;
}

static int by_size(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

static bool read_times(struct lt_slice repeat, struct lt_schedule *schedule)
{
    struct lt_slice list, text;
    uint32_t count = 0;
    if (!lt_map_find(repeat, "times", &list))
        return true;
    struct lt_cursor cursor = lt_cursor_of(list);
    if (!lt_cursor_array(&cursor, &count) || count > LT_SCHEDULE_TIMES)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!lt_cursor_str(&cursor, &text) || !read_minute(text, &schedule->times[i]))
            return false;
    }
    schedule->time_count = count;
    qsort(schedule->times, count, sizeof *schedule->times, by_size);
    return count > 0;
}

static bool read_repeat(struct lt_slice repeat, struct lt_schedule *schedule)
{
    uint32_t weekdays = 0, months = 0;
    uint64_t interval = 1;
    if (!read_every(repeat, schedule) || !read_bits(repeat, "weekdays", 7, &weekdays) ||
        !read_bits(repeat, "month_days", 31, &schedule->month_days) ||
        !read_bits(repeat, "months", 12, &months) || !read_times(repeat, schedule))
        return false;
    if (lt_map_uint(repeat, "interval", &interval) && (interval < 1 || interval > 99))
        return false;
    schedule->interval = (unsigned)interval;
    schedule->weekdays = (uint8_t)weekdays;
    schedule->months = (uint16_t)months;
    return !((weekdays | months) & 1);
}

static bool read_missed(struct lt_slice map, struct lt_schedule *schedule)
{
    struct lt_slice missed;
    uint64_t minutes = 0;
    if (lt_map_uint(map, "missed_minutes", &minutes))
        schedule->missed_minutes = (unsigned)(minutes < 10080 ? minutes : 10080);
    if (!lt_map_str(map, "missed", &missed) || lt_slice_is(missed, "skip"))
        return true;
    schedule->missed = lt_slice_is(missed, "once") ? LT_MISSED_ONCE : LT_MISSED_IF_LESS_THAN;
    return schedule->missed == LT_MISSED_ONCE ||
           (lt_slice_is(missed, "if-less-than") && minutes > 0);
}

bool lt_schedule_read(struct lt_slice map, struct lt_schedule *read)
{
    struct lt_slice value;
    *read = (struct lt_schedule){.interval = 1};
    (void)lt_map_uint(map, "at", &read->at);
    (void)lt_map_uint(map, "until", &read->until);
    (void)lt_map_str(map, "programme", &read->programme);
    read->is_lunar = lt_map_str(map, "calendar", &value) && lt_slice_is(value, "lunar");
    if (lt_map_find(map, "repeat", &value) && !read_repeat(value, read))
        return false;
    return read_missed(map, read) && (read->at || read->programme.size || read->every != LT_ONCE);
}

// --- days ---

struct date {
    int64_t number;
    int year, month, day;
    bool leap, last; // of a leap month; the last of its month
};

static bool date_of(const struct lt_schedule *schedule, int64_t number, struct date *date)
{
    struct lt_solar_date solar, next;
    struct lt_lunar_date lunar, after;
    if (schedule->is_lunar) {
        if (!lt_lunar_of(number, &lunar))
            return false;
        bool may_end = lunar.day >= 29;
        bool ends = may_end && (!lt_lunar_of(number + 1, &after) || after.day == 1);
        *date = (struct date){number, lunar.year, lunar.month, lunar.day, lunar.leap, ends};
        return true;
    }
    lt_solar_of(number, &solar);
    lt_solar_of(number + 1, &next);
    *date = (struct date){number, solar.year, solar.month, solar.day, false, next.day == 1};
    return true;
}

static bool next_date(const struct lt_schedule *schedule, struct date *date)
{
    if (date->day >= 27 || date->last) // the 28th may be the last
        return date_of(schedule, date->number + 1, date);
    date->number++;
    date->day++;
    return true;
}

static int64_t weekday_of(int64_t number) // 1 Monday
{
    return ((number + 3) % 7 + 7) % 7 + 1;
}

// How many months, weeks … lie between the anchor's and the date's.
static int64_t steps(const struct lt_schedule *schedule, const struct date *from,
                     const struct date *to)
{
    int64_t first = from->number - from->day, last = to->number - to->day;
    switch (schedule->every) {
    case LT_EVERY_WEEK:
        return (to->number - weekday_of(to->number) - from->number + weekday_of(from->number)) / 7;
    case LT_EVERY_MONTH:
        if (schedule->is_lunar)
            return (int64_t)((double)(last - first) / LUNATION + 0.5);
        return (to->year - from->year) * 12 + to->month - from->month;
    case LT_EVERY_YEAR:
        return to->year - from->year;
    default:
        return to->number - from->number;
    }
}

static bool is_month_day(const struct lt_schedule *schedule, const struct date *date)
{
    bool is_day = date->day <= 31 && (schedule->month_days & (UINT32_C(1) << date->day));
    return is_day || (date->last && (schedule->month_days & 1));
}

// What is not given is as on the first day.
static bool is_of(const struct lt_schedule *schedule, const struct date *first,
                  const struct date *date)
{
    bool by_month = schedule->every >= LT_EVERY_MONTH;
    if (steps(schedule, first, date) % schedule->interval != 0)
        return false;
    if (schedule->weekdays ? !(schedule->weekdays & (1U << weekday_of(date->number)))
                           : schedule->every == LT_EVERY_WEEK &&
                                 weekday_of(date->number) != weekday_of(first->number))
        return false;
    if (schedule->month_days ? !is_month_day(schedule, date)
                             : by_month && !schedule->weekdays && date->day != first->day)
        return false;
    if (schedule->months)
        return !date->leap && (schedule->months & (1U << date->month));
    return schedule->every != LT_EVERY_YEAR || (date->month == first->month && !date->leap);
}

// --- hours ---

static int64_t floor_div(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static int64_t local_minute(const struct lt_schedule_place *place, uint64_t ms)
{
    return (int64_t)(ms / MINUTE_MS) + place->utc_minutes;
}

static uint64_t ms_of(const struct lt_schedule_place *place, int64_t day, int64_t minute)
{
    int64_t utc = day * DAY_MINUTES + minute - place->utc_minutes;
    return utc > 0 ? (uint64_t)utc * MINUTE_MS : 0;
}

// The hours of one day: those that are listed, else the programme's, else that of the first time.
static size_t hours_of(const struct lt_schedule *schedule, const struct lt_schedule_place *place,
                       const uint16_t **hours, uint16_t *one)
{
    *hours = schedule->times;
    if (schedule->time_count && !schedule->programme.size)
        return schedule->time_count;
    bool uses_at = schedule->at && !schedule->programme.size;
    if (!uses_at && place->programme_minute < 0)
        return 0;
    int64_t minute = local_minute(place, schedule->at);
    *one = (uint16_t)(uses_at ? minute - floor_div(minute, DAY_MINUTES) * DAY_MINUTES
                              : place->programme_minute);
    *hours = one;
    return 1;
}

static bool once(const struct lt_schedule *schedule, const struct lt_schedule_place *place,
                 uint64_t *when)
{
    uint64_t from = schedule->at ? schedule->at : place->made;
    *when = from;
    if (!schedule->programme.size)
        return schedule->at > 0;
    if (place->programme_minute < 0)
        return false;
    int64_t day = floor_div(local_minute(place, from), DAY_MINUTES);
    *when = ms_of(place, day, place->programme_minute);
    if (*when < from)
        *when = ms_of(place, day + 1, place->programme_minute);
    return true;
}

bool lt_schedule_next(const struct lt_schedule *schedule, const struct lt_schedule_place *place,
                      uint64_t after, uint64_t *when)
{
    uint64_t from = schedule->at ? schedule->at : place->made, end = schedule->until;
    const uint16_t *hours = NULL;
    uint16_t one = 0;
    struct date first, date;
    if (schedule->every == LT_ONCE)
        return once(schedule, place, when) && *when > after && (!end || *when < end);
    size_t count = hours_of(schedule, place, &hours, &one);
    int64_t begin = floor_div(local_minute(place, from), DAY_MINUTES);
    int64_t now = floor_div(local_minute(place, after), DAY_MINUTES);
    if (!date_of(schedule, begin, &first) || !date_of(schedule, now > begin ? now : begin, &date))
        return false;
    for (int days = 0; count && days < DAYS_AHEAD; days++) {
        for (size_t i = 0; i < count && is_of(schedule, &first, &date); i++) {
            *when = ms_of(place, date.number, hours[i]);
            if (end && *when >= end)
                return false;
            if (*when > after && *when >= from)
                return true;
        }
        if (!next_date(schedule, &date))
            return false;
    }
    return false;
}
