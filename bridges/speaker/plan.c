// Once a second, and when an hour comes: what has ended by itself is settled, what is due is handed over, and senders hear
// for when the rest waits.
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plan_again.h"
#include "plan_end.h"
#include "plan_length.h"
#include "recording.h"
#include "turns.h"

enum {
    TURN_MS = 1000,
    JUMP_MS = 5000,    // so much more or less than the steady clock, and the clock has jumped
    HOLD_MS = 30000,   // then nothing is ended by it for so long
    AHEAD_MS = 900000, // so far a sender's clock may be ahead
    TOLD_TRIES = 12,   // of what is tried again and again, one in so many is told
};

static const char all_clear[] = "đã báo yên";

static uint64_t steady_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct entry *find(const struct plan *plan, const lt_delivery *delivery)
{
    struct entry *entry = plan->entries;
    while (entry && entry->delivery != delivery)
        entry = entry->next;
    return entry;
}

// In the order in which they came.
static void append(struct plan *plan, struct entry *entry)
{
    struct entry **at = &plan->entries;
    while (*at)
        at = &(*at)->next;
    *at = entry;
}

static void tell_waits(struct zone *zone, struct entry *entry, const struct programme_time *time)
{
    char hour[HOURS_TEXT], last[HOURS_TEXT], said[PLAN_TEXT] = "", text[2 * PLAN_TEXT];
    if (entry->told == time->when)
        return;
    entry->told = time->when;
    hours_print(&zone->plan.hours, time->when, hour);
    if (entry->memory.said > 0) { // this takes the place of the receipt that has told so
        hours_print(&zone->plan.hours, entry->memory.last, last);
        snprintf(said, sizeof said, "đã phát %llu lần, gần nhất %s; ",
                 (unsigned long long)entry->memory.said, last);
    }
    snprintf(text, sizeof text, "%s%s%s %s", said,
             entry->item.left_at ? "chương trình trước đã hết giờ; " : "",
             time->in ? "chờ chương trình" : "chờ đến", hour);
    lt_delivery_report(entry->delivery, LT_SEEN_RECEIVED, text);
    lt_delivery_keep(entry->delivery);
}

static void hand_over(struct zone *zone, struct entry *entry, uint64_t arrived)
{
    entry->handed_over = entry->is_out = true;
    if (entry->tries == 0)
        entry->settling = entry->item.from;
    turns_deliver(zone, entry->delivery, entry->message, arrived);
}

static bool is_busy(const struct plan *plan)
{
    for (const struct entry *entry = plan->entries; entry; entry = entry->next)
        if (entry->handed_over)
            return true;
    return false;
}

static void hand_over_due(struct zone *zone, uint64_t now)
{
    struct plan *plan = &zone->plan;
    struct entry *entry;
    while ((entry =
                (struct entry *)programme_take(&plan->programme, &plan->hours, now, is_busy(plan))))
        hand_over(zone, entry, now);
    if (!is_busy(plan) && programme_close(&plan->programme, &plan->hours, now))
        turns_close(zone);
}

static void look_at_clock(struct plan *plan, uint64_t now)
{
    uint64_t steady = steady_ms();
    int64_t jump = (int64_t)(now - plan->clock) - (int64_t)(steady - plan->steady);
    if (plan->steady && (jump > JUMP_MS || jump < -JUMP_MS))
        plan->ends_from = steady + HOLD_MS;
    plan->clock = now;
    plan->steady = steady;
}

static void set_timer(struct zone *zone, uint64_t now)
{
    uint64_t next = programme_next(&zone->plan.programme, &zone->plan.hours, now);
    lt_timer_set(zone->plan.timer,
                 next > now && next - now < TURN_MS ? (int64_t)(next - now) : TURN_MS);
}

static void turn(void *user)
{
    struct zone *zone = user;
    struct plan *plan = &zone->plan;
    uint64_t now = lt_bridge_now(zone->speaker->host);
    look_at_clock(plan, now);
    zone->state.volume = (unsigned)zone->speaker->volume * plan_percent(zone, LT_THUONG) / 100;
    for (struct entry *entry = plan->entries, *next; entry; entry = next) {
        next = entry->next;
        again_keep_up(zone, entry, now);
        entry->item.held = end_is_held(zone, entry, now);
        if (!entry->handed_over)
            (void)end_by_itself(zone, entry, now);
    }
    length_look(zone);
    hand_over_due(zone, now);
    for (struct entry *entry = plan->entries; entry; entry = entry->next) {
        if (entry->is_out)
            continue;
        struct programme_time time = programme_time(&plan->hours, &entry->item, now);
        if (time.when > now)
            tell_waits(zone, entry, &time);
    }
    set_timer(zone, now);
}

// Soon, but not within the call of somebody who is not done with it: of those that are given back one after the other after
// a power cut the first to come need not be the first to be said.
static void turn_soon(struct zone *zone)
{
    lt_timer_set(zone->plan.timer, 0);
}

// Where the sender's clock is ahead of ours, nobody has named that hour. Of a clock that is years behind, as one without a battery
// is at first, what is routine is not taken to be of then.
static uint64_t made_by(const struct lt_part *message, uint64_t now)
{
    bool is_ahead = message->created > now &&
                    (message->priority >= LT_THUONG_KHAN || message->created - now < AHEAD_MS);
    return is_ahead ? now : message->created;
}

// Reads what the plan must know of it, and whether it can be said at all.
static enum lt_code read_entry(const struct zone *zone, struct entry *entry, struct lt_error *error)
{
    struct announcement said;
    const struct lt_part *message = entry->message;
    enum lt_code code = announcement_read(message, &zone->speaker->words, &said, error);
    if (code == LT_DONE) {
        length_read(zone, entry, &said);
        entry->item.drops_late = said.drop_late;
    }
    announcement_clear(&said);
    if (code != LT_DONE)
        return code;
    entry->item.priority = message->priority;
    entry->item.created = message->created;
    entry->item.has_hour = message->deliver_at > message->created;
    entry->item.from = entry->item.has_hour ? message->deliver_at
                                            : made_by(message, lt_bridge_now(zone->speaker->host));
    return again_read(zone, entry, error);
}

void plan_deliver(struct zone *zone, lt_delivery *delivery, const struct lt_part *message)
{
    struct lt_error error = {0};
    uint64_t now = lt_bridge_now(zone->speaker->host);
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry) {
        lt_delivery_settle(&delivery, LT_AGAIN, "no memory");
        return;
    }
    recording_foresee(zone, message);
    if (message->relation == LT_REPLACES) // what was given back meanwhile is not stopped here
        corrections_pass(&zone->corrections, message->re, message->id);
    entry->delivery = delivery;
    entry->message = message;
    append(&zone->plan, entry);
    enum lt_code code = read_entry(zone, entry, &error);
    if (code != LT_DONE) {
        end_settle(zone, &entry, code == LT_NOT_ALLOWED ? LT_SKIPPED : LT_GAVE_UP, error.text);
        return;
    }
    plan_all_clear(zone, message);
    bool at_once = !entry->is_series && entry->item.from <= now &&
                   (!zone->speaker->programme || message->priority >= LT_THUONG_KHAN);
    if (at_once && !entry->item.drops_late) {
        hand_over(zone, entry, now);
        return;
    }
    entry->is_out = entry->is_series; // till its time is known
    if (!entry->is_out)
        programme_add(&zone->plan.programme, &entry->item);
    turn_soon(zone);
}

void plan_measured(struct zone *zone)
{
    turn_soon(zone);
}

void plan_cancel(struct zone *zone, lt_delivery *delivery, const struct lt_part *by)
{
    bool cancels = by->relation == LT_CANCELS;
    struct entry *entry = find(&zone->plan, delivery);
    if (entry && !cancels)
        corrections_pass(&zone->corrections, entry->message->id, by->id);
    if (entry && entry->handed_over)
        turns_cancel(zone, delivery, by);
    else if (entry)
        end_stopped(zone, &entry, cancels ? "cancelled" : "replaced",
                    cancels ? "đã bị hủy" : "đã được thay thế");
}

void plan_all_clear(struct zone *zone, const struct lt_part *clear)
{
    if (!again_is_all_clear(clear))
        return;
    struct entry *next = NULL;
    for (struct entry *entry = zone->plan.entries; entry; entry = next) {
        next = entry->next;
        if (!entry->repeats || !again_clears(clear, entry->message))
            continue;
        if (!entry->handed_over) {
            end_stopped(zone, &entry, "cancelled", all_clear);
            continue;
        }
        entry->repeats = false; // what is heard is brought to its end, and not begun again
        entry->cleared = true;
        if (turns_leave_out(zone, entry->delivery, "cancelled"))
            next = zone->plan.entries; // others may have gone with it
    }
}

// Else its sender would hear nothing until it has been given up.
static void report_again(lt_delivery *delivery, const char *why)
{
    struct lt_error text = {0}; // cut at a character
    lt_fail(&text, LT_DONE, "chưa phát được, sẽ phát lại: %s", why);
    lt_delivery_report(delivery, LT_SEEN_RECEIVED, text.text);
}

void plan_ended(struct zone *zone, lt_delivery **delivery, enum lt_settled outcome, const char *why,
                uint64_t length_ms)
{
    struct entry *entry = find(&zone->plan, *delivery);
    lt_delivery *own = *delivery;
    *delivery = NULL;
    (void)length_ms;
    turn_soon(zone);
    if (outcome == LT_AGAIN && (!entry || entry->tries % TOLD_TRIES == 0))
        report_again(own, why);
    if (!entry) {
        lt_delivery_settle(&own, outcome, why);
        return;
    }
    entry->handed_over = false;
    if (outcome == LT_SKIPPED && entry->memory.said > 0)
        end_stopped(zone, &entry, why, entry->cleared ? all_clear : "đã bị hủy hoặc thay thế");
    else if (outcome == LT_AGAIN && entry->cleared)
        end_over(zone, &entry, "không phát: đã báo yên", all_clear);
    else if (outcome == LT_SKIPPED || !(entry->is_series || entry->repeats) ||
             !again_goes_on(zone, entry, outcome, why))
        end_settle(zone, &entry, outcome, why);
}

bool plan_has_failed(const struct zone *zone, const lt_delivery *delivery)
{
    const struct entry *entry = find(&zone->plan, delivery);
    return entry && entry->tries > 0;
}

bool plan_begin(struct zone *zone, lt_delivery **delivery)
{
    struct entry *entry = find(&zone->plan, *delivery);
    if (lt_delivery_begin(delivery))
        return true;
    if (entry) // the message is gone with the delivery, which may come again
        end_forget(&zone->plan, &entry);
    turn_soon(zone);
    return false;
}

unsigned plan_percent(const struct zone *zone, uint8_t priority)
{
    return priority >= LT_THUONG_KHAN
               ? 100
               : hours_percent(&zone->plan.hours, lt_bridge_now(zone->speaker->host));
}

enum lt_code plan_open(struct zone *zone, struct lt_error *error)
{
    plan_hours_load(zone);
    zone->plan.timer = lt_timer_new(zone->speaker->host, turn, zone);
    if (!zone->plan.timer)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a timer");
    lt_timer_set(zone->plan.timer, TURN_MS);
    return LT_DONE;
}

void plan_close(struct zone *zone)
{
    lt_timer_destroy(&zone->plan.timer);
    while (zone->plan.entries) {
        struct entry *entry = zone->plan.entries;
        end_forget(&zone->plan, &entry);
    }
}
