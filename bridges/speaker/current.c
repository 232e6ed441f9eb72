// Sound is made while it is played; when it ends, one way or another, it is settled.
#include "current.h"

#include <stdlib.h>
#include <time.h>

#include "part.h"
#include "recording.h"
#include "turns.h"

// An alarm waits no longer for a command that hangs.
enum { COMMAND_RESTS_MS = 300000, ALARM_WAITS_MS = 5000 };

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void current_free(struct job **job)
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

struct job *current_fall_silent(struct zone *zone, const char *how)
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

void current_settle(struct zone *zone, struct job **job, enum lt_settled outcome, const char *why)
{
    static const char *const outcomes[] = {"done", "failed", "failed", "skipped"};
    if ((*job)->delivery) {
        if ((*job)->has_words) // before that it stays one: what fails comes again
            corrections_drop(&zone->corrections, (*job)->said.id);
        zone->state.last = (*job)->said;
        zone->state.last.at = lt_bridge_now(zone->speaker->host);
        zone->state.last.outcome = outcomes[outcome];
        plan_ended(zone, &(*job)->delivery, outcome, why, sound_ms((*job)->heard));
    }
    current_free(job);
}

static void fail_current(struct zone *zone, const struct lt_error *why)
{
    struct job *job = current_fall_silent(zone, "failed");
    current_settle(zone, &job, why->code == LT_TOO_LARGE ? LT_GAVE_UP : LT_AGAIN, why->text);
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
void current_settle_said(struct zone *zone, struct job **job)
{
    char detail[PART_DETAIL];
    part_detail(*job, detail);
    current_settle(zone, job, (*job)->unheard ? LT_GAVE_UP : LT_DELIVERED, detail);
}

static void say_played(struct zone *zone)
{
    struct job *job = current_fall_silent(zone, "whole");
    look_at_voice(zone, &job->reading);
    illness_worked(&zone->speaker->illness, "played to the end");
    current_settle_said(zone, &job);
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
bool current_turn(struct zone *zone)
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

void current_start(struct zone *zone, struct job *job)
{
    struct lt_error error = {0};
    zone->current = job;
    if (!begin_reading(zone, job, &error)) {
        fail_reading(zone, &error);
        return;
    }
    // What rings already is heard before anything else is done.
    if (turn_player(zone) && current_turn(zone))
        turns_tell_state(zone, "speaking");
}
