// Days begin at midnight of the commune's time, which has no summer time.
#include "hours.h"

#include <string.h>

#include <lienthon/cursor.h>

enum { DAY_MINUTES = 1440, WEEK = 7 };
#define MINUTE_MS UINT64_C(60000)
#define DAY_MS    (DAY_MINUTES * MINUTE_MS)

void hours_default(struct hours *hours)
{
    *hours = (struct hours){
        .utc_minutes = 420,
        .programmes = {{"sang", 5 * 60, 30, HOURS_EVERY_DAY, true},
                       {"chieu", 17 * 60, 30, HOURS_EVERY_DAY, true}},
        .programme_count = 2,
        .day = {6 * 60, 21 * 60},
        .repeat_minutes = 15,
    };
}

void hours_at_once(struct hours *hours)
{
    hours->programme_count = 0;
    hours->day = hours->quiet = (struct hours_span){0, 0};
}

// --- reading ---

static bool read_hour(struct lt_slice map, const char *key, uint16_t *minute)
{
    struct lt_slice text;
    if (!lt_map_str(map, key, &text) || text.size != 5 || text.data[2] != ':')
        return false;
    for (size_t i = 0; i < 5; i++)
        if (i != 2 && (text.data[i] < '0' || text.data[i] > '9'))
            return false;
    unsigned hour = (unsigned)(text.data[0] - '0') * 10 + (unsigned)(text.data[1] - '0');
    unsigned past = (unsigned)(text.data[3] - '0') * 10 + (unsigned)(text.data[4] - '0');
    *minute = (uint16_t)(hour * 60 + past);
    return hour < 24 && past < 60;
}

static bool read_span(struct lt_slice map, struct hours_span *span)
{
    return read_hour(map, "from", &span->from) && read_hour(map, "to", &span->to);
}

static bool read_days(struct lt_slice map, uint8_t *days)
{
    struct lt_slice list;
    uint32_t count;
    *days = HOURS_EVERY_DAY;
    if (!lt_map_find(map, "days", &list))
        return true;
    struct lt_cursor cursor = lt_cursor_of(list);
    if (!lt_cursor_array(&cursor, &count))
        return false;
    for (*days = 0; count > 0; count--) {
        uint64_t day;
        if (!lt_cursor_uint(&cursor, WEEK, &day) || day < 1)
            return false;
        *days = (uint8_t)(*days | 1U << day);
    }
    return *days != 0;
}

static bool read_programme(struct lt_slice map, struct hours_programme *programme)
{
    struct lt_slice name, closing;
    uint64_t minutes;
    *programme = (struct hours_programme){.closing = true};
    if (!lt_map_str(map, "name", &name) || name.size == 0 || name.size >= HOURS_NAME ||
        !read_hour(map, "at", &programme->at) || !lt_map_uint(map, "minutes", &minutes) ||
        minutes < 1 || minutes > 240 || !read_days(map, &programme->days))
        return false;
    memcpy(programme->name, name.data, name.size);
    programme->minutes = (uint16_t)minutes;
    if (lt_map_find(map, "closing", &closing)) {
        struct lt_cursor cursor = lt_cursor_of(closing);
        return lt_cursor_bool(&cursor, &programme->closing);
    }
    return true;
}

static bool read_programmes(struct lt_slice area, struct hours *hours)
{
    struct lt_slice list;
    uint32_t count;
    if (!lt_map_find(area, "programmes", &list))
        return true;
    struct lt_cursor cursor = lt_cursor_of(list);
    if (!lt_cursor_array(&cursor, &count) || count > HOURS_PROGRAMMES)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct lt_slice map;
        if (!lt_cursor_skip(&cursor, &map) || !read_programme(map, &hours->programmes[i]))
            return false;
    }
    hours->programme_count = count;
    return true;
}

static bool read_volumes(struct lt_slice area, struct hours *hours)
{
    struct lt_slice list;
    uint32_t count;
    if (!lt_map_find(area, "volume", &list))
        return true;
    struct lt_cursor cursor = lt_cursor_of(list);
    if (!lt_cursor_array(&cursor, &count) || count > HOURS_VOLUMES)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct lt_slice map;
        uint64_t percent;
        if (!lt_cursor_skip(&cursor, &map) || !read_span(map, &hours->volumes[i].span) ||
            !lt_map_uint(map, "percent", &percent) || percent > 100)
            return false;
        hours->volumes[i].percent = (uint8_t)percent;
    }
    hours->volume_count = count;
    return true;
}

static bool read_area(struct lt_slice area, struct hours *hours)
{
    struct lt_slice map;
    uint64_t minutes = 15;
    if (lt_map_uint(area, "repeat_minutes", &minutes) && minutes > DAY_MINUTES)
        return false;
    hours->repeat_minutes = (uint16_t)minutes;
    if (lt_map_find(area, "quiet", &map) && !read_span(map, &hours->quiet))
        return false;
    return lt_map_find(area, "day", &map) && read_span(map, &hours->day) &&
           read_programmes(area, hours) && read_volumes(area, hours);
}

// That of the hamlet, else that of all.
static bool find_area(struct lt_slice body, struct lt_slice hamlet, struct lt_slice *area)
{
    struct lt_slice list, map, name;
    uint32_t count;
    bool found = false;
    if (!lt_map_find(body, "areas", &list))
        return false;
    struct lt_cursor cursor = lt_cursor_of(list);
    if (!lt_cursor_array(&cursor, &count))
        return false;
    for (; count > 0; count--) {
        if (!lt_cursor_skip(&cursor, &map) || !lt_map_str(map, "hamlet", &name))
            return false;
        bool is_ours = hamlet.size > 0 && lt_slice_equal(name, hamlet);
        if (is_ours || (lt_slice_is(name, "tat-ca") && !found)) {
            *area = map;
            found = true;
        }
        if (is_ours)
            return true;
    }
    return found;
}

bool hours_read(struct lt_slice body, struct lt_slice hamlet, struct hours *hours)
{
    struct hours read = {0};
    struct lt_slice area;
    uint64_t minutes;
    if (!lt_map_uint(body, "utc_minutes", &minutes) || minutes > 840 ||
        !find_area(body, hamlet, &area) || !read_area(area, &read))
        return false;
    read.utc_minutes = (int)minutes;
    *hours = read;
    return true;
}

// --- asking ---

static uint64_t local_ms(const struct hours *hours, uint64_t now)
{
    return now + (uint64_t)hours->utc_minutes * MINUTE_MS;
}

static unsigned minute_of(const struct hours *hours, uint64_t now)
{
    return (unsigned)(local_ms(hours, now) % DAY_MS / MINUTE_MS);
}

// The next time, from now on, at which the day's clock shows that minute.
static uint64_t next_at(const struct hours *hours, uint16_t minute, uint64_t now)
{
    uint64_t local = local_ms(hours, now);
    uint64_t when = local - local % DAY_MS + minute * MINUTE_MS;
    return (when < local ? when + DAY_MS : when) - (local - now);
}

bool hours_in(const struct hours *hours, struct hours_span span, uint64_t now)
{
    unsigned minute = minute_of(hours, now);
    if (span.from <= span.to)
        return minute >= span.from && minute < span.to;
    return minute >= span.from || minute < span.to;
}

bool hours_begin(const struct hours *hours, struct hours_span span, uint64_t now, uint64_t *when)
{
    *when = hours_in(hours, span, now) ? now : next_at(hours, span.from, now);
    return span.from != span.to;
}

uint64_t hours_end(const struct hours *hours, struct hours_span span, uint64_t now)
{
    return hours_in(hours, span, now) ? next_at(hours, span.to, now) : now;
}

unsigned hours_percent(const struct hours *hours, uint64_t now)
{
    for (size_t i = 0; i < hours->volume_count; i++)
        if (hours_in(hours, hours->volumes[i].span, now))
            return hours->volumes[i].percent;
    return 100;
}

static unsigned weekday_of(uint64_t day) // since 1970-01-01, a Thursday; 1 Monday
{
    return (unsigned)((day + 3) % WEEK + 1);
}

// What quiet hours leave of it. false: nothing.
static bool leave_quiet(const struct hours *hours, struct hours_slot *slot)
{
    uint64_t quiet;
    slot->begin = hours_end(hours, hours->quiet, slot->begin);
    if (hours_begin(hours, hours->quiet, slot->begin, &quiet) && quiet < slot->end)
        slot->end = quiet;
    return slot->begin < slot->end;
}

// The first of one programme.
static bool slot_of(const struct hours *hours, const struct hours_programme *programme,
                    uint64_t from, uint64_t now, struct hours_slot *slot)
{
    uint64_t ahead = (uint64_t)hours->utc_minutes * MINUTE_MS,
             length = programme->minutes * MINUTE_MS;
    uint64_t earliest = now >= length && from < now - length ? now - length : from;
    uint64_t day = (earliest + ahead) / DAY_MS;
    day -= day > 0; // that of yesterday may reach over midnight
    for (unsigned i = 0; i <= WEEK + 2; i++, day++) {
        uint64_t begin = day * DAY_MS + programme->at * MINUTE_MS - ahead;
        struct hours_slot found = {begin, begin + length, programme};
        if ((programme->days & (1U << weekday_of(day))) && leave_quiet(hours, &found) &&
            found.begin >= from && found.end > now) {
            *slot = found;
            return true;
        }
    }
    return false;
}

bool hours_slot(const struct hours *hours, uint64_t from, uint64_t now, struct hours_slot *slot)
{
    struct hours_slot one;
    bool found = false;
    for (size_t i = 0; i < hours->programme_count; i++) {
        if (slot_of(hours, &hours->programmes[i], from, now, &one) &&
            (!found || one.begin < slot->begin)) {
            *slot = one;
            found = true;
        }
    }
    return found;
}

bool hours_has(const struct hours *hours, struct lt_slice name, uint64_t when)
{
    uint64_t day = local_ms(hours, when) / DAY_MS;
    for (size_t i = 0; i < hours->programme_count; i++)
        if (lt_slice_is(name, hours->programmes[i].name) &&
            (hours->programmes[i].days & (1U << weekday_of(day))))
            return true;
    return false;
}

int hours_minute_of(const struct hours *hours, struct lt_slice name)
{
    for (size_t i = 0; i < hours->programme_count; i++)
        if (lt_slice_is(name, hours->programmes[i].name))
            return hours->programmes[i].at;
    return -1;
}
