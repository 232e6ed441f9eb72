// One announcement at a time: its turn comes, it is made into sound while it is played, and settled. Life and
// property interrupts what is playing, which goes on later at the beginning of its sentence.
#include "turns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "part.h"
#include "plan.h"
#include "recording.h"
#include "zones.h"

// An alarm waits no longer for a command that hangs.
enum { COMMAND_RESTS_MS = 300000, ALARM_WAITS_MS = 5000 };

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

static void free_job(struct job **job)
{
    reading_clear(&(*job)->reading);
    announcement_clear(&(*job)->announcement);
    free(*job);
    *job = NULL;
}

// While a command rests after its failure, espeak-ng speaks.
static struct render_style style_now(const struct zone *zone, const struct job *job)
{
    struct render_style style = zone->speaker->style;
    if (job->place.priority >= LT_HOA_TOC && style.timeout_ms > ALARM_WAITS_MS)
        style.timeout_ms = ALARM_WAITS_MS;
    if (clock_ms() < zone->speaker->command_from)
        style.command = NULL;
    return style;
}

// What is heard dies away. The job is the caller's again.
static struct job *fall_silent(struct zone *zone, const char *how)
{
    struct job *job = zone->current;
    player_stop(
        &zone->player); // first: to end what is being made takes as long as its process takes
    reading_rest(&job->reading);
    job->stopped_at = job->part_begun ? zone->player.heard : 0;
    part_end(zone, job, how);
    zone->current = NULL;
    return job;
}

// Takes the job.
static void settle(struct zone *zone, struct job **job, enum lt_settled outcome, const char *why)
{
    static const char *const outcomes[] = {"done", "failed", "failed", "skipped"};
    if ((*job)->delivery) {
        zone->state.last = (*job)->said;
        zone->state.last.at = lt_bridge_now(zone->speaker->host);
        zone->state.last.outcome = outcomes[outcome];
        plan_ended(zone, &(*job)->delivery, outcome, why, sound_ms((*job)->heard));
    }
    free_job(job);
}

static void fail_current(struct zone *zone, const struct lt_error *why)
{
    struct job *job = fall_silent(zone, "failed");
    settle(zone, &job, why->code == LT_TOO_LARGE ? LT_GAVE_UP : LT_AGAIN, why->text);
    turns_tell_state(zone, faults_state(zone));
}

// That it is too long is no fault of the voice.
static void fail_reading(struct zone *zone, const struct lt_error *why)
{
    if (why->code != LT_TOO_LARGE) {
        zone->speaker->voice_fault.keeps_sound = false;
        illness_ill(&zone->speaker->illness, &zone->speaker->voice_fault, why->text);
    }
    fail_current(zone, why);
}

// By what was read to its end. While a command rests nothing is known of it.
static void look_at_voice(struct zone *zone, const struct reading *reading)
{
    bool by_voice = reading->mark_count > 0 && !reading->recording[0];
    if (reading->fell_back.code) {
        zone->speaker->voice_fault.keeps_sound = true;
        illness_ill(&zone->speaker->illness, &zone->speaker->voice_fault, reading->fell_back.text);
    } else if (by_voice && (!zone->speaker->style.command || reading->by_command)) {
        illness_well(&zone->speaker->illness, &zone->speaker->voice_fault, "the voice speaks");
    }
}

// Given out to its end. What nobody has heard is not `done`; nor is it said once more by itself, for the same silence: it is
// given up, and whoever has mended what was wrong can have it delivered again.
static void settle_said(struct zone *zone, struct job **job)
{
    char detail[PART_DETAIL];
    part_detail(*job, detail);
    settle(zone, job, (*job)->unheard ? LT_GAVE_UP : LT_DELIVERED, detail);
}

static void say_played(struct zone *zone)
{
    struct job *job = fall_silent(zone, "whole");
    look_at_voice(zone, &job->reading);
    illness_worked(&zone->speaker->illness, "played to the end");
    settle_said(zone, &job);
}

// Makes more of the sound. false: it failed, and there is no current any more.
static bool turn_reading(struct zone *zone)
{
    struct lt_error error = {0};
    struct job *job = zone->current;
    struct render_style style = style_now(zone, job);
    bool fell_back = job->reading.fell_back.code != LT_DONE;
    enum reading_state state =
        reading_turn(&job->reading, &style, &job->announcement, clock_ms(), &error);
    if (!fell_back && job->reading.fell_back.code)
        zone->speaker->command_from = clock_ms() + COMMAND_RESTS_MS;
    if (state != READING_FAILED)
        return true;
    fail_reading(zone, &error);
    return false;
}

// Of every outlet that failed.
static void name_outlets(const struct zone *zone, struct lt_error *error)
{
    char amiss[PLAYER_TEXT];
    (void)player_was_heard(&zone->player, amiss);
    if (amiss[0])
        lt_fail(error, error->code, "%s", amiss);
}

static bool turn_player(struct zone *zone)
{
    struct lt_error error = {0};
    struct job *job = zone->current;
    enum outlet_state state = OUTLET_PLAYS;
    if (!zone->player.plays && job->reading.sound.count == 0)
        return true;
    if (!zone->player.plays && part_begin(zone, job, clock_ms(), &error) != LT_DONE)
        state = OUTLET_FAILED;
    else
        state = player_turn(&zone->player, clock_ms(), &error);
    if (state == OUTLET_PLAYS)
        return true;
    if (state == OUTLET_ENDED) {
        say_played(zone);
        return false;
    }
    name_outlets(zone, &error);
    fail_current(zone, &error);
    return false;
}

// Makes and plays what is the current's turn. false: it has ended, one way or the other.
static bool turn_current(struct zone *zone)
{
    return (!zone->current->reading.sound.more || turn_reading(zone)) && turn_player(zone);
}

static bool begin_reading(struct zone *zone, struct job *job, struct lt_error *error)
{
    struct render_style style = style_now(zone, job);
    enum lt_code code = LT_DONE;
    if (!job->reading.begun)
        code = reading_start(&job->reading, &style, &job->announcement, error);
    if (!job->resumes)
        recording_use(zone, job, clock_ms());
    else if (code == LT_DONE)
        code = reading_resume(&job->reading, &style, job->stopped_at, error);
    job->resumes = false;
    return code == LT_DONE;
}

static void start_job(struct zone *zone, struct job *job)
{
    struct lt_error error = {0};
    zone->current = job;
    if (!begin_reading(zone, job, &error)) {
        fail_reading(zone, &error);
        return;
    }
    // What rings already is heard before anything else is done.
    if (turn_player(zone) && turn_current(zone))
        turns_tell_state(zone, "speaking");
}

// Life and property does not wait for what is playing.
static void interrupt_for_urgent(struct zone *zone)
{
    struct job *current = zone->current;
    const struct queue_place *first = zone->queue.first;
    if (!current || !first || first->priority < LT_HOA_TOC || current->place.priority >= LT_HOA_TOC)
        return;
    bool played = zone->player.plays;
    fall_silent(zone, "interrupted");
    if (played && reading_is_said(&current->reading, current->stopped_at)) {
        settle_said(zone, &current);
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
            start_job(zone, job);
        else
            free_job(&job);
    }
    if (!zone->current && strcmp(zone->state.state, "speaking") == 0)
        turns_tell_state(zone, faults_state(zone));
    zones_ask_to_be_woken(zone->speaker);
}

static bool takes_the_place(struct zone *zone, const struct lt_part *message)
{
    bool does = zone->corrects && memcmp(zone->correction, message->id, LT_ID_SIZE) == 0;
    zone->corrects = zone->corrects && !does;
    return does;
}

static enum lt_code read_job(struct zone *zone, const struct lt_part *message, struct job *job,
                             struct lt_error *error)
{
    enum lt_code code =
        announcement_read(message, &zone->speaker->words, &job->announcement, error);
    job->announcement.volume =
        job->announcement.volume * plan_percent(zone, message->priority) / 100;
    if (code == LT_DONE && takes_the_place(zone, message) &&
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
        free_job(&job);
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
            free_job(&job);
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
            free_job(&job);
        return;
    }
    job->announcement.has_chime = true;
    job->announcement.chime = CHIME_CLOSING;
    job->announcement.volume = plan_percent(zone, LT_THUONG);
    job->arrived = lt_bridge_now(zone->speaker->host);
    queue_add(&zone->queue, &job->place, LT_THUONG);
    go_on(zone);
}

// People who have heard words of it are not left with them.
static void take_back(struct zone *zone, uint8_t priority, const struct lt_part *by)
{
    if (by->relation == LT_CANCELS) {
        if (!turns_say(zone, "Thông báo vừa đọc đã được hủy.", priority))
            lt_bridge_log(zone->speaker->host, "no memory to say that a notice was cancelled");
        return;
    }
    zone->corrects = true;
    memcpy(zone->correction, by->id, LT_ID_SIZE);
}

void turns_cancel(struct zone *zone, lt_delivery *delivery, const struct lt_part *by)
{
    struct job *job = lt_delivery_user(delivery);
    const char *how = by->relation == LT_CANCELS ? "cancelled" : "replaced";
    if (job == zone->current)
        fall_silent(zone, how);
    else
        queue_drop(&zone->queue, &job->place);
    if (job->has_words)
        take_back(zone, job->place.priority, by);
    settle(zone, &job, LT_SKIPPED, how);
    go_on(zone);
}

void turns_turn(struct zone *zone)
{
    part_turn(zone);
    if (zone->player.drains)
        player_drain(&zone->player, clock_ms());
    if (zone->current)
        turn_current(zone);
    go_on(zone);
}

void turns_end(struct zone *zone)
{
    struct job *job = NULL;
    if (zone->current && zone->speaker->host) {
        job = fall_silent(zone, "stopped");
        free_job(&job);
    }
    while ((job = (struct job *)queue_take(&zone->queue)))
        free_job(&job);
}
