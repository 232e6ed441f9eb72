// One announcement at a time: its turn comes, it is made into sound while it is played, and settled. Life and
// property interrupts what is playing, which goes on later at the beginning of its sentence.
#include "turns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "current.h"
#include "part.h"
#include "plan.h"
#include "recording.h"
#include "zones.h"

enum { PARTLY = 128 };

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void turns_tell_state(struct zone *zone, const char *state)
{
    struct job *job = zone->current;
    zone->state.state = state;
    zone->state.at = lt_bridge_now(zone->speaker->host);
    zone->state.queue = zone->queue.count;
    zone->state.fault = faults_first(zone);
    zone->state.speaks = job && job->delivery;
    if (zone->state.speaks)
        zone->state.playing = job->said;
    zones_tell_state(zone->speaker);
}

// Life and property does not wait for what is playing.
static void interrupt_for_urgent(struct zone *zone)
{
    struct job *current = zone->current;
    const struct queue_place *first = zone->queue.first;
    if (!current || !first || first->priority < LT_HOA_TOC || current->place.priority >= LT_HOA_TOC)
        return;
    bool played = zone->player.plays;
    current_fall_silent(zone, "interrupted");
    if (played && reading_is_said(&current->reading, current->stopped_at)) {
        current_settle_said(zone, &current);
        return;
    }
    if (played) {
        current->resumes = true;
        current->cuts++;
        current->again_at = reading_sentence(&current->reading, current->stopped_at);
    }
    queue_again(&zone->queue, &current->place);
}

uint64_t turns_next(const struct zone *zone)
{
    const struct job *job = zone->current;
    uint64_t deadline = job ? reading_deadline(&job->reading) : 0;
    if (zone->player.plays || zone->player.drains)
        return clock_ms() + PLAYER_TURN_MS;
    return deadline ? deadline : UINT64_MAX;
}

// Begins the next, if it is silent and there is one.
static void go_on(struct zone *zone)
{
    interrupt_for_urgent(zone);
    while (!zone->current) {
        struct job *job = (struct job *)queue_take(&zone->queue);
        if (!job)
            break;
        if (!job->delivery || plan_begin(zone, &job->delivery))
            current_start(zone, job);
        else
            current_free(&job);
    }
    if (!zone->current && strcmp(zone->state.state, "speaking") == 0)
        turns_tell_state(zone, faults_state(zone));
    zones_ask_to_be_woken(zone->speaker);
}

static enum lt_code read_job(struct zone *zone, const struct lt_part *message, struct job *job,
                             struct lt_error *error)
{
    enum lt_code code =
        announcement_read(message, &zone->speaker->words, &job->announcement, error);
    job->announcement.volume =
        job->announcement.volume * plan_percent(zone, message->priority) / 100;
    if (code == LT_DONE && corrections_have(&zone->corrections, message->id) &&
        !announcement_correct(&job->announcement))
        code = lt_fail(error, LT_NO_MEMORY, "no memory for the words of correction");
    return code;
}

// It has not failed at once.
static bool is_there(const struct zone *zone, const struct job *job)
{
    const struct queue_place *at = zone->queue.first;
    while (at && at != &job->place)
        at = at->next;
    return at || zone->current == job;
}

void turns_deliver(struct zone *zone, lt_delivery *delivery, const struct lt_part *message,
                   uint64_t arrived)
{
    struct lt_error error = {0};
    struct job *job = calloc(1, sizeof *job);
    if (!job) {
        plan_ended(zone, &delivery, LT_AGAIN, "no memory", 0);
        return;
    }
    enum lt_code code = read_job(zone, message, job, &error);
    if (code != LT_DONE) {
        current_free(&job);
        plan_ended(zone, &delivery, code == LT_NOT_ALLOWED ? LT_SKIPPED : LT_GAVE_UP, error.text,
                   0);
        return;
    }
    recording_foresee(zone, message);
    job->delivery = delivery;
    job->arrived = arrived;
    memcpy(job->said.id, message->id, LT_ID_SIZE);
    snprintf(job->said.from, sizeof job->said.from, "%.*s", (int)message->from.size,
             (const char *)message->from.data);
    lt_delivery_set_user(delivery, job);
    queue_add(&zone->queue, &job->place, message->priority);
    go_on(zone);
    // An alarm is heard before it is reported. That it failed before is not hidden by this.
    if (is_there(zone, job) && !plan_has_failed(zone, delivery))
        lt_delivery_report(delivery, LT_SEEN_RECEIVED, "đang chờ phát");
}

bool turns_say(struct zone *zone, const char *words, uint8_t priority)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job || !announcement_own(words, &job->announcement)) {
        if (job)
            current_free(&job);
        return false;
    }
    job->announcement.volume = plan_percent(zone, priority);
    job->arrived = lt_bridge_now(zone->speaker->host);
    queue_add(&zone->queue, &job->place, priority);
    return true;
}

void turns_close(struct zone *zone)
{
    struct job *job = zone->speaker->style.chime ? calloc(1, sizeof *job) : NULL;
    if (!job || !announcement_own("", &job->announcement)) {
        if (job)
            current_free(&job);
        return;
    }
    job->announcement.has_chime = true;
    job->announcement.chime = CHIME_CLOSING;
    job->announcement.volume = plan_percent(zone, LT_THUONG);
    job->arrived = lt_bridge_now(zone->speaker->host);
    queue_add(&zone->queue, &job->place, LT_THUONG);
    go_on(zone);
}

// People who have heard words of it are not left with them. Of one that an alarm has interrupted nobody may take it that the
// alarm is called off.
static void take_back(struct zone *zone, uint8_t priority, const struct lt_part *by,
                      bool is_interrupted)
{
    if (by->relation == LT_CANCELS) {
        if (!turns_say(zone,
                       is_interrupted ? "Thông báo bị ngắt lúc nãy đã được hủy."
                                      : "Thông báo vừa đọc đã được hủy.",
                       priority))
            lt_bridge_log(zone->speaker->host, "no memory to say that a notice was cancelled");
        return;
    }
    corrections_add(&zone->corrections, by->id);
}

void turns_cancel(struct zone *zone, lt_delivery *delivery, const struct lt_part *by)
{
    struct job *job = lt_delivery_user(delivery);
    const char *how = by->relation == LT_CANCELS ? "cancelled" : "replaced";
    bool is_interrupted = job != zone->current;
    if (!is_interrupted)
        current_fall_silent(zone, how);
    else
        queue_drop(&zone->queue, &job->place);
    char partly[PARTLY];
    uint64_t tenths = sound_ms(job->heard) / 100;
    snprintf(partly, sizeof partly, "đã đọc %llu,%llu giây rồi thôi, vì tin %s",
             (unsigned long long)tenths / 10, (unsigned long long)tenths % 10,
             by->relation == LT_CANCELS ? "đã bị hủy" : "đã được thay thế");
    if (job->has_words)
        take_back(zone, job->place.priority, by, is_interrupted);
    current_settle(zone, &job, LT_SKIPPED, job->has_words ? partly : how);
    go_on(zone);
}

// Of the one that is heard now by the time that has passed: the outlets say it only when it ends.
static bool has_words(const struct zone *zone, const struct job *job)
{
    uint64_t now = lt_bridge_now(zone->speaker->host);
    if (job->has_words || job != zone->current || !job->part_begun)
        return job->has_words;
    return now < job->part_begun ||
           reading_has_words(&job->reading, (now - job->part_begun) * SOUND_RATE / 1000);
}

bool turns_leave_out(struct zone *zone, lt_delivery *delivery, const char *why)
{
    struct job *job = lt_delivery_user(delivery);
    if (has_words(zone, job))
        return false;
    if (job == zone->current)
        current_fall_silent(zone, "cancelled");
    else
        queue_drop(&zone->queue, &job->place);
    current_settle(zone, &job, LT_SKIPPED, why);
    go_on(zone);
    return true;
}

void turns_turn(struct zone *zone)
{
    part_turn(zone);
    if (zone->player.drains)
        player_drain(&zone->player, clock_ms());
    if (zone->current)
        current_turn(zone);
    go_on(zone);
}

void turns_end(struct zone *zone)
{
    struct job *job = NULL;
    if (zone->current && zone->speaker->host) {
        job = current_fall_silent(zone, "stopped");
        current_free(&job);
    }
    while ((job = (struct job *)queue_take(&zone->queue)))
        current_free(&job);
}
