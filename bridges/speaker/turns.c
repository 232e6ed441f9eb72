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

// An alarm waits no longer for a command that hangs.
enum { COMMAND_RESTS_MS = 300000, ALARM_WAITS_MS = 5000 };

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void turns_tell_state(struct speaker *speaker, const char *state)
{
    struct lt_buffer body = {.max = 4096};
    struct lt_error error = {0};
    const char *topic = lt_bridge_topic(speaker->host, "speaker-state.v1");
    struct job *job = speaker->current;
    speaker->state.state = state;
    speaker->state.at = lt_bridge_now(speaker->host);
    speaker->state.queue = speaker->queue.count;
    speaker->state.fault = illness_first(&speaker->illness);
    speaker->state.speaks = job && job->delivery;
    if (speaker->state.speaks)
        speaker->state.playing = job->said;
    if (topic && speaker_state_write(&speaker->state, &body)) {
        struct lt_part draft = {
            .topic = lt_slice_of(topic),
            .type = lt_slice_of("speaker-state.v1"),
            .label = LT_NOI_BO,
            .flags = LT_RETAIN,
            .body = lt_buffer_slice(&body),
        };
        if (lt_bridge_publish(speaker->host, &draft, NULL, NULL, &error) != LT_DONE)
            lt_bridge_log(speaker->host, "the state could not be published");
    }
    lt_buffer_clear(&body);
}

static void free_job(struct job **job)
{
    reading_clear(&(*job)->reading);
    announcement_clear(&(*job)->announcement);
    free(*job);
    *job = NULL;
}

// While a command rests after its failure, espeak-ng speaks.
static struct render_style style_now(const struct speaker *speaker, const struct job *job)
{
    struct render_style style = speaker->style;
    if (job->place.priority >= LT_HOA_TOC && style.timeout_ms > ALARM_WAITS_MS)
        style.timeout_ms = ALARM_WAITS_MS;
    if (clock_ms() < speaker->command_from)
        style.command = NULL;
    return style;
}

static void watch_reading(struct speaker *speaker)
{
    int fd = speaker->current ? reading_fd(&speaker->current->reading) : -1;
    if (fd == speaker->watched)
        return;
    if (speaker->watched >= 0)
        lt_bridge_unwatch(speaker->host, speaker->watched);
    speaker->watched = fd >= 0 && lt_bridge_watch(speaker->host, fd) == LT_DONE ? fd : -1;
}

// What is heard dies away. The job is the caller's again.
static struct job *fall_silent(struct speaker *speaker, const char *how)
{
    struct job *job = speaker->current;
    if (speaker->watched >= 0)
        lt_bridge_unwatch(speaker->host, speaker->watched);
    speaker->watched = -1;
    player_stop(
        &speaker->player); // first: to end what is being made takes as long as its process takes
    reading_rest(&job->reading);
    job->stopped_at = job->part_begun ? speaker->player.heard : 0;
    part_end(speaker, job, how);
    speaker->current = NULL;
    return job;
}

// Else its sender would hear nothing until it has been given up.
static void report_again(lt_delivery *delivery, const char *why)
{
    struct lt_error text = {0}; // cut at a character
    lt_fail(&text, LT_DONE, "chưa phát được, sẽ phát lại: %s", why);
    lt_delivery_report(delivery, LT_SEEN_RECEIVED, text.text);
}

// Takes the job.
static void settle(struct speaker *speaker, struct job **job, enum lt_settled outcome,
                   const char *why)
{
    static const char *const outcomes[] = {"done", "failed", "failed", "skipped"};
    if ((*job)->delivery) {
        speaker->state.last = (*job)->said;
        speaker->state.last.at = lt_bridge_now(speaker->host);
        speaker->state.last.outcome = outcomes[outcome];
        if (outcome == LT_AGAIN)
            report_again((*job)->delivery, why);
        plan_ended(speaker, &(*job)->delivery, outcome, why, sound_ms((*job)->heard));
    }
    free_job(job);
}

static void fail_current(struct speaker *speaker, const struct lt_error *why)
{
    struct job *job = fall_silent(speaker, "failed");
    settle(speaker, &job, why->code == LT_TOO_LARGE ? LT_GAVE_UP : LT_AGAIN, why->text);
    turns_tell_state(speaker, faults_state(speaker));
}

// That it is too long is no fault of the voice.
static void fail_reading(struct speaker *speaker, const struct lt_error *why)
{
    if (why->code != LT_TOO_LARGE) {
        speaker->voice_fault.keeps_sound = false;
        illness_ill(&speaker->illness, &speaker->voice_fault, why->text);
    }
    fail_current(speaker, why);
}

// By what was read to its end. While a command rests nothing is known of it.
static void look_at_voice(struct speaker *speaker, const struct reading *reading)
{
    bool by_voice = reading->mark_count > 0 && !reading->recording[0];
    if (reading->fell_back.code) {
        speaker->voice_fault.keeps_sound = true;
        illness_ill(&speaker->illness, &speaker->voice_fault, reading->fell_back.text);
    } else if (by_voice && (!speaker->style.command || reading->by_command)) {
        illness_well(&speaker->illness, &speaker->voice_fault, "the voice speaks");
    }
}

// Given out to its end. What nobody has heard is not `done`; nor is it said once more by itself, for the same silence: it is
// given up, and whoever has mended what was wrong can have it delivered again.
static void settle_said(struct speaker *speaker, struct job **job)
{
    char detail[PART_DETAIL];
    part_detail(*job, detail);
    settle(speaker, job, (*job)->unheard ? LT_GAVE_UP : LT_DELIVERED, detail);
}

static void say_played(struct speaker *speaker)
{
    struct job *job = fall_silent(speaker, "whole");
    look_at_voice(speaker, &job->reading);
    illness_worked(&speaker->illness, "played to the end");
    settle_said(speaker, &job);
}

// Makes more of the sound. false: it failed, and there is no current any more.
static bool turn_reading(struct speaker *speaker)
{
    struct lt_error error = {0};
    struct job *job = speaker->current;
    struct render_style style = style_now(speaker, job);
    bool fell_back = job->reading.fell_back.code != LT_DONE;
    enum reading_state state =
        reading_turn(&job->reading, &style, &job->announcement, clock_ms(), &error);
    watch_reading(speaker);
    if (!fell_back && job->reading.fell_back.code)
        speaker->command_from = clock_ms() + COMMAND_RESTS_MS;
    if (state != READING_FAILED)
        return true;
    fail_reading(speaker, &error);
    return false;
}

// Of every outlet that failed.
static void name_outlets(const struct speaker *speaker, struct lt_error *error)
{
    char amiss[PLAYER_TEXT];
    (void)player_was_heard(&speaker->player, amiss);
    if (amiss[0])
        lt_fail(error, error->code, "%s", amiss);
}

static bool turn_player(struct speaker *speaker)
{
    struct lt_error error = {0};
    struct job *job = speaker->current;
    enum outlet_state state = OUTLET_PLAYS;
    if (!speaker->player.plays && job->reading.sound.count == 0)
        return true;
    if (!speaker->player.plays && part_begin(speaker, job, clock_ms(), &error) != LT_DONE)
        state = OUTLET_FAILED;
    else
        state = player_turn(&speaker->player, clock_ms(), &error);
    if (state == OUTLET_PLAYS)
        return true;
    if (state == OUTLET_ENDED) {
        say_played(speaker);
        return false;
    }
    name_outlets(speaker, &error);
    fail_current(speaker, &error);
    return false;
}

// Makes and plays what is the current's turn. false: it has ended, one way or the other.
static bool turn_current(struct speaker *speaker)
{
    return (!speaker->current->reading.sound.more || turn_reading(speaker)) && turn_player(speaker);
}

static bool begin_reading(struct speaker *speaker, struct job *job, struct lt_error *error)
{
    struct render_style style = style_now(speaker, job);
    enum lt_code code = LT_DONE;
    if (!job->reading.begun)
        code = reading_start(&job->reading, &style, &job->announcement, error);
    if (!job->resumes)
        recording_use(speaker, job, clock_ms());
    else if (code == LT_DONE)
        code = reading_resume(&job->reading, &style, job->stopped_at, error);
    job->resumes = false;
    return code == LT_DONE;
}

static void start_job(struct speaker *speaker, struct job *job)
{
    struct lt_error error = {0};
    speaker->current = job;
    if (!begin_reading(speaker, job, &error)) {
        fail_reading(speaker, &error);
        return;
    }
    // What rings already is heard before anything else is done.
    if (turn_player(speaker) && turn_current(speaker))
        turns_tell_state(speaker, "speaking");
}

// Life and property does not wait for what is playing.
static void interrupt_for_urgent(struct speaker *speaker)
{
    struct job *current = speaker->current;
    const struct queue_place *first = speaker->queue.first;
    if (!current || !first || first->priority < LT_HOA_TOC || current->place.priority >= LT_HOA_TOC)
        return;
    bool played = speaker->player.plays;
    fall_silent(speaker, "interrupted");
    if (played && reading_is_said(&current->reading, current->stopped_at)) {
        settle_said(speaker, &current);
        return;
    }
    if (played) {
        current->resumes = true;
        current->cuts++;
        current->again_at = reading_sentence(&current->reading, current->stopped_at);
    }
    queue_again(&speaker->queue, &current->place);
}

// When turns_wake is wanted next.
static void ask_to_be_woken(struct speaker *speaker)
{
    const struct job *job = speaker->current;
    uint64_t now = clock_ms(), deadline = job ? reading_deadline(&job->reading) : 0;
    if (speaker->player.plays || speaker->player.drains)
        lt_bridge_wake_in(speaker->host, PLAYER_TURN_MS);
    else if (deadline)
        lt_bridge_wake_in(speaker->host, deadline > now ? (int64_t)(deadline - now) : 0);
    else
        lt_bridge_wake_in(speaker->host, -1);
}

// Begins the next, if it is silent and there is one.
static void go_on(struct speaker *speaker)
{
    interrupt_for_urgent(speaker);
    while (!speaker->current) {
        struct job *job = (struct job *)queue_take(&speaker->queue);
        if (!job)
            break;
        if (!job->delivery || plan_begin(speaker, &job->delivery))
            start_job(speaker, job);
        else
            free_job(&job);
    }
    if (!speaker->current && strcmp(speaker->state.state, "speaking") == 0)
        turns_tell_state(speaker, faults_state(speaker));
    ask_to_be_woken(speaker);
}

static bool takes_the_place(struct speaker *speaker, const struct lt_part *message)
{
    bool does = speaker->corrects && memcmp(speaker->correction, message->id, LT_ID_SIZE) == 0;
    speaker->corrects = speaker->corrects && !does;
    return does;
}

static enum lt_code read_job(struct speaker *speaker, const struct lt_part *message,
                             struct job *job, struct lt_error *error)
{
    enum lt_code code = announcement_read(message, &speaker->words, &job->announcement, error);
    job->announcement.volume =
        job->announcement.volume * plan_percent(speaker, message->priority) / 100;
    if (code == LT_DONE && takes_the_place(speaker, message) &&
        !announcement_correct(&job->announcement))
        code = lt_fail(error, LT_NO_MEMORY, "no memory for the words of correction");
    return code;
}

// It has not failed at once.
static bool is_there(const struct speaker *speaker, const struct job *job)
{
    const struct queue_place *at = speaker->queue.first;
    while (at && at != &job->place)
        at = at->next;
    return at || speaker->current == job;
}

void turns_deliver(struct speaker *speaker, lt_delivery *delivery, const struct lt_part *message,
                   uint64_t arrived)
{
    struct lt_error error = {0};
    struct job *job = calloc(1, sizeof *job);
    if (!job) {
        plan_ended(speaker, &delivery, LT_AGAIN, "no memory", 0);
        return;
    }
    enum lt_code code = read_job(speaker, message, job, &error);
    if (code != LT_DONE) {
        free_job(&job);
        plan_ended(speaker, &delivery, code == LT_NOT_ALLOWED ? LT_SKIPPED : LT_GAVE_UP, error.text,
                   0);
        return;
    }
    recording_foresee(speaker, message);
    job->delivery = delivery;
    job->arrived = arrived;
    memcpy(job->said.id, message->id, LT_ID_SIZE);
    snprintf(job->said.from, sizeof job->said.from, "%.*s", (int)message->from.size,
             (const char *)message->from.data);
    lt_delivery_set_user(delivery, job);
    queue_add(&speaker->queue, &job->place, message->priority);
    go_on(speaker);
    // An alarm is heard before it is reported.
    if (is_there(speaker, job))
        lt_delivery_report(delivery, LT_SEEN_RECEIVED, "đang chờ phát");
}

bool turns_say(struct speaker *speaker, const char *words, uint8_t priority)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job || !announcement_own(words, &job->announcement)) {
        if (job)
            free_job(&job);
        return false;
    }
    job->arrived = lt_bridge_now(speaker->host);
    queue_add(&speaker->queue, &job->place, priority);
    return true;
}

void turns_close(struct speaker *speaker)
{
    struct job *job = speaker->style.chime ? calloc(1, sizeof *job) : NULL;
    if (!job || !announcement_own("", &job->announcement)) {
        if (job)
            free_job(&job);
        return;
    }
    job->announcement.has_chime = true;
    job->announcement.chime = CHIME_CLOSING;
    job->announcement.volume = plan_percent(speaker, LT_THUONG);
    job->arrived = lt_bridge_now(speaker->host);
    queue_add(&speaker->queue, &job->place, LT_THUONG);
    go_on(speaker);
}

// People who have heard words of it are not left with them.
static void take_back(struct speaker *speaker, uint8_t priority, const struct lt_part *by)
{
    if (by->relation == LT_CANCELS) {
        if (!turns_say(speaker, "Thông báo vừa đọc đã được hủy.", priority))
            lt_bridge_log(speaker->host, "no memory to say that a notice was cancelled");
        return;
    }
    speaker->corrects = true;
    memcpy(speaker->correction, by->id, LT_ID_SIZE);
}

void turns_cancel(void *state, lt_delivery *delivery, const struct lt_part *by)
{
    struct speaker *speaker = state;
    struct job *job = lt_delivery_user(delivery);
    const char *how = by->relation == LT_CANCELS ? "cancelled" : "replaced";
    if (job == speaker->current)
        fall_silent(speaker, how);
    else
        queue_drop(&speaker->queue, &job->place);
    if (job->has_words)
        take_back(speaker, job->place.priority, by);
    settle(speaker, &job, LT_SKIPPED, how);
    go_on(speaker);
}

void turns_wake(void *state, int fd)
{
    struct speaker *speaker = state;
    (void)fd;
    if (speaker->player.drains)
        player_drain(&speaker->player, clock_ms());
    if (speaker->current)
        turn_current(speaker);
    go_on(speaker);
}

void turns_end(struct speaker *speaker)
{
    struct job *job = NULL;
    if (speaker->current && speaker->host) {
        job = fall_silent(speaker, "stopped");
        free_job(&job);
    }
    while ((job = (struct job *)queue_take(&speaker->queue)))
        free_job(&job);
}
