// Nothing is remembered of the clock but the programme on air, so that a jump does no more than put things earlier or later.
#include "programme.h"

#include <lienthon/message.h>

#define MINUTE_MS UINT64_C(60000)
#define DAY_MS    (1440 * MINUTE_MS)

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

// In the day, and not in the quiet hours. Two turns: the one's end may lie in the other.
static uint64_t in_day(const struct hours *hours, uint64_t when, bool by_day)
{
    for (int i = 0; i < 2; i++) {
        uint64_t day = when;
        if (by_day && hours_begin(hours, hours->day, when, &day))
            when = day;
        when = hours_end(hours, hours->quiet, when);
    }
    return when;
}

struct programme_time programme_time(const struct hours *hours, const struct programme_item *item,
                                     uint64_t now)
{
    struct hours_slot slot;
    uint64_t left_at =
        item->left_at <= now + DAY_MS ? item->left_at : 0; // by a clock that was wrong
    uint64_t from = later(item->from, left_at), at = later(from, now);
    if (item->priority >= LT_THUONG_KHAN)
        return (struct programme_time){.when = at, .until = at};
    if (item->priority < LT_KHAN && !item->has_hour && hours_slot(hours, from, now, &slot))
        return (struct programme_time){later(slot.begin, now), slot.end, slot.begin,
                                       slot.programme};
    at = in_day(hours, at, !item->has_hour || item->priority >= LT_KHAN);
    return (struct programme_time){.when = at, .until = at};
}

bool programme_is_late(const struct hours *hours, const struct programme_item *item, uint64_t now,
                       uint64_t grace_ms)
{
    return !item->left_at && now > programme_time(hours, item, item->from).until + grace_ms;
}

void programme_add(struct programme *programme, struct programme_item *item)
{
    item->next = programme->first;
    programme->first = item;
    programme->count++;
}

bool programme_drop(struct programme *programme, struct programme_item *item)
{
    for (struct programme_item **at = &programme->first; *at; at = &(*at)->next) {
        if (*at != item)
            continue;
        *at = item->next;
        item->next = NULL;
        programme->count--;
        return true;
    }
    return false;
}

static bool is_before(const struct programme_item *a, const struct programme_item *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    return a->from != b->from ? a->from < b->from : a->created < b->created;
}

static void open_programme(struct programme *programme, const struct programme_time *time)
{
    if (programme->on && programme->began == time->begin && programme->on == time->in)
        return;
    programme->on = time->in;
    programme->began = time->begin;
    programme->ends = time->until;
    programme->spoke = false;
}

// What a whole programme has no room for would else never be said; the first of one that has just begun is such, too, since its
// seconds count. But after a power cut near its end nothing long begins.
static bool goes_first(const struct programme *programme, const struct programme_item *item,
                       const struct programme_time *time, uint64_t now)
{
    return !programme->spoke && (item->length_ms > time->until - time->begin ||
                                 (now >= time->begin && now - time->begin < MINUTE_MS));
}

// false: it is left for the next.
static bool has_room(struct programme *programme, struct programme_item *item,
                     const struct programme_time *time, uint64_t now)
{
    open_programme(programme, time);
    if (now + item->length_ms <= time->until || goes_first(programme, item, time, now))
        return true;
    item->left_at = time->until;
    return false;
}

static struct programme_item *best(struct programme *programme, const struct hours *hours,
                                   uint64_t now, bool busy)
{
    struct programme_item *found = NULL;
    for (struct programme_item *item = programme->first; item; item = item->next) {
        if (item->held || (busy && item->priority < LT_KHAN) || (found && is_before(found, item)))
            continue;
        struct programme_time time = programme_time(hours, item, now);
        if (time.when <= now && !(time.in && item->unmeasured))
            found = item;
    }
    return found;
}

struct programme_item *programme_take(struct programme *programme, const struct hours *hours,
                                      uint64_t now, bool busy)
{
    struct programme_item *item;
    while ((item = best(programme, hours, now, busy))) {
        struct programme_time time = programme_time(hours, item, now);
        if (time.in && !has_room(programme, item, &time, now))
            continue;
        if (time.in)
            programme->spoke = true;
        programme_drop(programme, item);
        break;
    }
    return item;
}

bool programme_close(struct programme *programme, const struct hours *hours, uint64_t now)
{
    if (!programme->on)
        return false;
    for (const struct programme_item *item = programme->first; item && now < programme->ends;
         item = item->next) {
        struct programme_time time = programme_time(hours, item, now);
        if (time.in && time.when <= now)
            return false;
    }
    bool chimes = programme->spoke && programme->on->closing;
    programme->on = NULL;
    programme->began = programme->ends = 0;
    return chimes;
}

uint64_t programme_next(const struct programme *programme, const struct hours *hours, uint64_t now)
{
    uint64_t next = UINT64_MAX;
    for (const struct programme_item *item = programme->first; item; item = item->next) {
        uint64_t when = programme_time(hours, item, now).when;
        if (when < next)
            next = when;
    }
    return next;
}

// --- again and again ---

// A clock that was so far ahead has settled what has not been.
#define WRONG_MS (2 * DAY_MS)

// A programme that is named and begins then is waited for; else the hour is the series' own.
static void place(const struct programme_series *series, const struct hours *hours, uint64_t when,
                  struct programme_item *item)
{
    struct hours_slot slot;
    bool in_programme = series->schedule.programme.size > 0 &&
                        hours_slot(hours, when, when, &slot) && slot.begin == when;
    item->from = when;
    item->has_hour = !in_programme;
    item->left_at = 0;
}

// Is this time over, and not to be made up for?
static bool is_missed(const struct programme_series *series, const struct hours *hours,
                      uint64_t now, uint64_t grace_ms, const struct programme_item *item)
{
    if (!programme_is_late(hours, item, now, grace_ms))
        return false;
    switch (series->schedule.missed) {
    case LT_MISSED_ONCE:
        return false;
    case LT_MISSED_IF_LESS_THAN:
        return now - item->from > series->schedule.missed_minutes * MINUTE_MS;
    case LT_MISSED_SKIP:
        break;
    }
    return true;
}

// A schedule that has had none so often on a day on which its programme is on air will have none: of Sundays, where that is on
// air from Monday to Saturday.
enum { OFF_AIR_MOST = 30 };

// Behind `after`, of the days on which the programme that it names is on air.
static enum programme_due next_time(const struct programme_series *series,
                                    const struct hours *hours,
                                    const struct lt_schedule_place *where, uint64_t after,
                                    uint64_t *when)
{
    const struct lt_slice name = series->schedule.programme;
    for (int i = 0; i < OFF_AIR_MOST; i++, after = *when) {
        if (!lt_schedule_next(&series->schedule, where, after, when))
            return PROGRAMME_OVER;
        if (name.size == 0 || hours_has(hours, name, *when))
            return PROGRAMME_DUE;
    }
    return PROGRAMME_UNKNOWN;
}

enum programme_due programme_series_next(struct programme_series *series, const struct hours *hours,
                                         uint64_t now, uint64_t grace_ms,
                                         struct programme_item *item, unsigned *missed)
{
    struct lt_schedule_place where = {
        .utc_minutes = hours->utc_minutes,
        .programme_minute = hours_minute_of(hours, series->schedule.programme),
        .made = series->made,
    };
    uint64_t when, after;
    *missed = 0;
    if (series->schedule.programme.size > 0 && where.programme_minute < 0)
        return PROGRAMME_UNKNOWN;
    if (series->last > now + WRONG_MS)
        series->last = now;
    enum programme_due due;
    while ((due = next_time(series, hours, &where, series->last, &when)) == PROGRAMME_DUE) {
        place(series, hours, when, item);
        bool makes_up = now > when &&
                        next_time(series, hours, &where, when, &after) == PROGRAMME_DUE &&
                        after <= now; // of several that were missed the last is made up for
        if (!makes_up && !is_missed(series, hours, now, grace_ms, item))
            return PROGRAMME_DUE;
        series->last = when;
        ++*missed;
    }
    return due;
}
