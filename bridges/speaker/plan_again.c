// The receipt of a time is in the outbox before it counts as said, and that before the host forgets that it was begun: cut off
// in between it is said again, and the receipt says so.
#include "plan_again.h"

#include <stdio.h>
#include <string.h>

#include <lienthon/cursor.h>

#include "turns.h"

enum { TRIES = 3, TRY_AGAIN_MS = 30000, ALARM_AGAIN_MS = 5000 };
#define MINUTE_MS UINT64_C(60000)

enum lt_code again_read(const struct zone *zone, struct entry *entry, struct lt_error *error)
{
    const struct lt_part *message = entry->message;
    const char *folder = lt_bridge_folder(zone->speaker->host);
    struct lt_slice schedule;
    const char *of = zone->speaker->zone_count > 1 ? zone->name : NULL;
    if (!memory_name(message, of, entry->memory_name))
        return lt_fail(error, LT_NO_MEMORY, "no memory for what was said");
    if (lt_slice_is(message->type, "notice.v1") &&
        lt_map_find(message->body, "schedule", &schedule)) {
        if (!lt_schedule_read(schedule, &entry->series.schedule))
            return lt_fail(error, LT_BODY_WRONG, "body.schedule: không hiểu được lịch phát");
        memory_load(folder, entry->memory_name, &entry->memory);
        entry->is_series = true;
        entry->series.made =
            message->deliver_at > message->created ? message->deliver_at : message->created;
        entry->series.last = entry->memory.last;
        return LT_DONE;
    }
    entry->repeats = message->priority >= LT_HOA_TOC && zone->plan.hours.repeat_minutes > 0 &&
                     !again_is_all_clear(message);
    if (entry->repeats)
        memory_load(folder, entry->memory_name, &entry->memory);
    if (entry->memory.said > 0)
        entry->item.from = entry->memory.last + zone->plan.hours.repeat_minutes * MINUTE_MS;
    return LT_DONE;
}

static void remember(struct zone *zone, const struct entry *entry)
{
    struct lt_error error = {0};
    if (memory_save(lt_bridge_folder(zone->speaker->host), entry->memory_name, &entry->memory,
                    &error) != LT_DONE) {
        zone->speaker->memory_fault.keeps_sound = true;
        illness_ill(&zone->speaker->illness, &zone->speaker->memory_fault, error.text);
    } else {
        illness_well(&zone->speaker->illness, &zone->speaker->memory_fault,
                     "what was said is kept");
    }
}

static void put_in(struct zone *zone, struct entry *entry)
{
    if (entry->is_out)
        programme_add(&zone->plan.programme, &entry->item);
    entry->is_out = false;
}

// It is not over for that: the commune may have it in its hours tomorrow, or has not told them to a new loudspeaker yet.
static void take_out(struct zone *zone, struct entry *entry)
{
    const struct lt_slice *name = &entry->series.schedule.programme;
    char text[PLAN_TEXT];
    if (!entry->is_out)
        programme_drop(&zone->plan.programme, &entry->item);
    entry->is_out = true;
    if (entry->told == UINT64_MAX)
        return;
    entry->told = UINT64_MAX;
    snprintf(text, sizeof text, "chưa phát: ở đây không có chương trình %.*s%s", (int)name->size,
             (const char *)name->data,
             hours_minute_of(&zone->plan.hours, *name) < 0 ? "" : " vào những ngày ấy");
    lt_delivery_report(entry->delivery, LT_SEEN_RECEIVED, text);
    lt_delivery_keep(entry->delivery);
}

bool again_place(struct zone *zone, struct entry *entry, uint64_t now)
{
    unsigned missed = 0;
    char text[PLAN_TEXT];
    if (entry->tries > 0 || entry->item.left_at > 0)
        return true; // it is being tried again, or waits for the next programme
    enum programme_due due =
        programme_series_next(&entry->series, &zone->plan.hours, now,
                              (uint64_t)zone->speaker->late_after_ms, &entry->item, &missed);
    bool is_due = due == PROGRAMME_DUE;
    if (due == PROGRAMME_UNKNOWN) {
        take_out(zone, entry);
        return true;
    }
    if (is_due)
        put_in(zone, entry);
    if (missed > 0) {
        entry->memory.last = entry->series.last;
        remember(zone, entry);
        snprintf(text, sizeof text, "đã lỡ %u lần phát theo lịch", missed);
        lt_delivery_report(entry->delivery, is_due ? LT_SEEN_RECEIVED : LT_SEEN_FAILED, text);
    }
    return is_due;
}

static void report(struct zone *zone, struct entry *entry, enum lt_seen seen, const char *why)
{
    char at[HOURS_TEXT], text[PLAN_TEXT];
    hours_print(&zone->plan.hours, lt_bridge_now(zone->speaker->host), at);
    snprintf(text, sizeof text, "%.300s; lần %llu, xong lúc %s%s", why ? why : "",
             (unsigned long long)entry->memory.said + (seen != LT_SEEN_DONE), at,
             lt_delivery_was_cut_off(entry->delivery) ? "; làm lại từ đầu vì lần trước bị ngắt"
                                                      : "");
    lt_delivery_report(entry->delivery, seen, text);
}

// The sound failed: the same time once more, and after some tries it is given up, but not those after it. What concerns life
// is tried until it is over.
static bool try_again(struct zone *zone, struct entry *entry)
{
    if (++entry->tries >= TRIES && !entry->repeats)
        return false;
    entry->item.from =
        lt_bridge_now(zone->speaker->host) + (entry->repeats ? ALARM_AGAIN_MS : TRY_AGAIN_MS);
    entry->told = entry->item.from; // why it waits has been told
    lt_delivery_keep(entry->delivery);
    entry->item.has_hour = true;
    return true;
}

bool again_goes_on(struct zone *zone, struct entry *entry, enum lt_settled outcome, const char *why)
{
    uint64_t now = lt_bridge_now(zone->speaker->host);
    uint16_t minutes = zone->plan.hours.repeat_minutes;
    if (outcome == LT_AGAIN && try_again(zone, entry)) {
        put_in(zone, entry);
        return true;
    }
    if (entry->repeats && minutes == 0)
        return false; // the commune has taken the repeating back meanwhile
    if (outcome != LT_DELIVERED) {
        report(zone, entry, LT_SEEN_FAILED, why);
        entry->in_vain = true;
    }
    entry->memory.said += outcome == LT_DELIVERED;
    if (outcome == LT_DELIVERED)
        report(zone, entry, LT_SEEN_DONE, why);
    entry->memory.last = entry->is_series ? entry->settling : now;
    remember(zone, entry);
    lt_delivery_rest(entry->delivery);
    lt_delivery_keep(entry->delivery);
    entry->tries = 0;
    entry->item.left_at = 0;
    if (entry->is_series) {
        entry->series.last = entry->memory.last;
        return again_place(zone, entry, now);
    }
    entry->item.from = now + minutes * MINUTE_MS;
    put_in(zone, entry);
    return true;
}

void again_keep_up(const struct zone *zone, struct entry *entry, uint64_t now)
{
    uint64_t latest = now + zone->plan.hours.repeat_minutes * MINUTE_MS;
    if (entry->repeats && entry->memory.said > 0 && latest > now && entry->item.from > latest)
        entry->item.from = latest;
}

bool again_is_all_clear(const struct lt_part *message)
{
    struct lt_slice value;
    bool is_clear = false;
    if (!lt_slice_is(message->type, "alert.v1") || !lt_map_find(message->body, "all_clear", &value))
        return false;
    struct lt_cursor cursor = lt_cursor_of(value);
    return lt_cursor_bool(&cursor, &is_clear) && is_clear;
}

// As of who may replace it (wire.md section 2).
bool again_clears(const struct lt_part *clear, const struct lt_part *message)
{
    if (clear->relation == LT_NOTHING || memcmp(clear->re, message->id, LT_ID_SIZE) != 0 ||
        !lt_slice_equal(clear->topic, message->topic) ||
        !lt_slice_equal(clear->type, message->type))
        return false;
    return clear->priority == LT_HOA_TOC || clear->priority > message->priority ||
           (lt_slice_equal(clear->from, message->from) && clear->priority >= message->priority);
}
