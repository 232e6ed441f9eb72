// One announcement at a time: its turn comes, it is made into sound, played, and settled. Life and
// property interrupts what is playing, which then begins again.
#include "turns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plan.h"

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
    speaker->state.speaks = job != NULL;
    if (job)
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
    announcement_clear(&(*job)->announcement);
    sound_clear(&(*job)->sound);
    free(*job);
    *job = NULL;
}

static void watch_render(struct speaker *speaker)
{
    int fd = render_fd(&speaker->render);
    if (fd == speaker->watched)
        return;
    if (speaker->watched >= 0)
        lt_bridge_unwatch(speaker->host, speaker->watched);
    speaker->watched = fd >= 0 && lt_bridge_watch(speaker->host, fd) == LT_DONE ? fd : -1;
}

// Falls silent at once. The job stays the caller's.
static void fall_silent(struct speaker *speaker)
{
    if (speaker->watched >= 0)
        lt_bridge_unwatch(speaker->host, speaker->watched);
    speaker->watched = -1;
    render_stop(&speaker->render);
    player_stop(&speaker->player);
    speaker->current = NULL;
}

static void settle(struct speaker *speaker, struct job **job, enum lt_settled outcome,
                   const char *why)
{
    static const char *const outcomes[] = {"done", "failed", "failed", "skipped"};
    speaker->state.last = (*job)->said;
    speaker->state.last.at = lt_bridge_now(speaker->host);
    speaker->state.last.outcome = outcomes[outcome];
    plan_ended(speaker, &(*job)->delivery, outcome, why, sound_ms((*job)->sound.count));
    free_job(job);
}

static void fail_current(struct speaker *speaker, const struct lt_error *why)
{
    struct job *job = speaker->current;
    fall_silent(speaker);
    lt_bridge_ill(speaker->host, why->text);
    snprintf(speaker->state.fault, sizeof speaker->state.fault, "%s", why->text);
    settle(speaker, &job, why->code == LT_TOO_LARGE ? LT_GAVE_UP : LT_AGAIN, why->text);
    turns_tell_state(speaker, "fault");
}

static void start_playing(struct speaker *speaker)
{
    struct lt_error error = {0};
    struct job *job = speaker->current;
    time_t now = (time_t)(lt_bridge_now(speaker->host) / 1000);
    struct tm local;
    char at[24], id[37];
    localtime_r(&now, &local);
    strftime(at, sizeof at, "%Y%m%d-%H%M%S", &local);
    lt_id_print(job->said.id, id);
    snprintf(job->name, sizeof job->name, "%s-%s", at, id);
    if (player_start(&speaker->player, &job->sound, job->name, clock_ms(), &error) != LT_DONE) {
        fail_current(speaker, &error);
        return;
    }
    plan_wake_in(speaker, 0);
}

static void start_job(struct speaker *speaker, struct job *job)
{
    struct lt_error error = {0};
    speaker->current = job;
    turns_tell_state(speaker, "speaking");
    if (job->made) {
        start_playing(speaker);
        return;
    }
    if (render_start(&speaker->render, &speaker->style, &job->announcement, clock_ms(), &error) !=
        LT_DONE) {
        fail_current(speaker, &error);
        return;
    }
    watch_render(speaker);
    plan_wake_in(speaker, (int64_t)speaker->style.timeout_ms);
}

// Life and property does not wait for what is playing.
static void interrupt_for_urgent(struct speaker *speaker)
{
    struct job *current = speaker->current;
    const struct queue_place *first = speaker->queue.first;
    if (!current || !first || first->priority < LT_HOA_TOC || current->place.priority >= LT_HOA_TOC)
        return;
    fall_silent(speaker);
    queue_again(&speaker->queue, &current->place);
}

// Begins the next, if it is silent and there is one.
static void go_on(struct speaker *speaker)
{
    interrupt_for_urgent(speaker);
    bool was_silent = !speaker->current;
    while (!speaker->current) {
        struct job *job = (struct job *)queue_take(&speaker->queue);
        if (!job)
            break;
        if (lt_delivery_begin(&job->delivery))
            start_job(speaker, job);
        else
            free_job(&job);
    }
    if (was_silent && !speaker->current)
        plan_wake_in(speaker, -1);
}

static bool is_late(struct speaker *speaker, const struct lt_part *message)
{
    uint64_t meant =
        message->deliver_at > message->created ? message->deliver_at : message->created;
    return lt_bridge_now(speaker->host) > meant + (uint64_t)speaker->late_after_ms;
}

void turns_deliver(void *state, lt_delivery *delivery, const struct lt_part *message)
{
    struct speaker *speaker = state;
    struct lt_error error = {0};
    struct job *job = calloc(1, sizeof *job);
    if (!job) {
        lt_delivery_settle(&delivery, LT_AGAIN, "no memory");
        return;
    }
    enum lt_code code = announcement_read(message, &speaker->words, &job->announcement, &error);
    if (code == LT_DONE && job->announcement.drop_late && is_late(speaker, message))
        code = lt_fail(&error, LT_NOT_ALLOWED, "không phát: thông báo đến muộn");
    if (code != LT_DONE) {
        free_job(&job);
        lt_delivery_settle(&delivery, code == LT_NOT_ALLOWED ? LT_SKIPPED : LT_GAVE_UP, error.text);
        return;
    }
    job->delivery = delivery;
    memcpy(job->said.id, message->id, LT_ID_SIZE);
    snprintf(job->said.from, sizeof job->said.from, "%.*s", (int)message->from.size,
             (const char *)message->from.data);
    lt_delivery_set_user(delivery, job);
    lt_delivery_report(delivery, LT_SEEN_RECEIVED, "đang chờ phát");
    queue_add(&speaker->queue, &job->place, message->priority);
    go_on(speaker);
}

void turns_cancel(void *state, lt_delivery *delivery, const struct lt_part *by)
{
    struct speaker *speaker = state;
    struct job *job = lt_delivery_user(delivery);
    bool was_playing = job == speaker->current;
    if (was_playing)
        fall_silent(speaker);
    else
        queue_drop(&speaker->queue, &job->place);
    settle(speaker, &job, LT_SKIPPED, by->relation == LT_CANCELS ? "cancelled" : "replaced");
    if (was_playing) {
        go_on(speaker);
        if (!speaker->current)
            turns_tell_state(speaker, "idle");
    }
}

static void turn_render(struct speaker *speaker)
{
    struct lt_error error = {0};
    struct job *job = speaker->current;
    switch (render_turn(&speaker->render, &speaker->style, &job->announcement, clock_ms(),
                        &job->sound, &error)) {
    case VOICE_WORKS:
        watch_render(speaker);
        break;
    case VOICE_DONE:
        watch_render(speaker);
        job->made = true;
        start_playing(speaker);
        break;
    case VOICE_FAILED:
        watch_render(speaker);
        fail_current(speaker, &error);
        break;
    }
}

static void say_played(struct speaker *speaker)
{
    struct job *job = speaker->current;
    char detail[64];
    uint64_t tenths = sound_ms(job->sound.count) / 100;
    snprintf(detail, sizeof detail, "đã phát %llu,%llu giây", (unsigned long long)(tenths / 10),
             (unsigned long long)(tenths % 10));
    lt_bridge_well(speaker->host, "played to the end");
    speaker->state.fault[0] = '\0';
    fall_silent(speaker);
    settle(speaker, &job, LT_DELIVERED, detail);
}

static void turn_player(struct speaker *speaker)
{
    struct lt_error error = {0};
    switch (player_turn(&speaker->player, clock_ms(), &error)) {
    case OUTLET_PLAYS:
        plan_wake_in(speaker, PLAYER_TURN_MS);
        break;
    case OUTLET_ENDED:
        say_played(speaker);
        go_on(speaker);
        if (!speaker->current)
            turns_tell_state(speaker, "idle");
        break;
    case OUTLET_FAILED:
        fail_current(speaker, &error);
        break;
    }
}

void turns_wake(void *state, int fd)
{
    struct speaker *speaker = state;
    (void)fd;
    if (speaker->current && speaker->player.plays)
        turn_player(speaker);
    else if (speaker->current)
        turn_render(speaker);
    go_on(speaker);
}

void turns_end(struct speaker *speaker)
{
    struct job *job = speaker->current;
    if (speaker->host)
        fall_silent(speaker);
    if (job)
        free_job(&job);
    while ((job = (struct job *)queue_take(&speaker->queue)))
        free_job(&job);
}
