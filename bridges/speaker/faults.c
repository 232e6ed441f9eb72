// speaker-state is told again when something has changed.
#include "faults.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "turns.h"

enum { LOOK_MS = 1000, REMIND_TURNS = 10 };

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// name: what it is about.
static void ill(struct speaker *speaker, struct illness_cause *cause, const char *name,
                const char *why)
{
    char text[ILLNESS_TEXT + PLAYER_NAME];
    snprintf(text, sizeof text, "%s: %s", name, why);
    illness_ill(&speaker->illness, cause, text);
}

void faults_of_sound(struct speaker *speaker)
{
    for (size_t i = 0; i < speaker->player.count; i++) {
        const struct player_outlet *place = &speaker->player.outlets[i];
        struct illness_cause *cause = &speaker->faults.outlets[i].sound;
        const char *why = player_amiss(place);
        cause->keeps_sound = !player_counts(&speaker->player, place);
        if (why)
            ill(speaker, cause, place->name, why);
        else if (place->heard > 0)
            illness_well(&speaker->illness, cause, "an outlet plays again");
    }
}

static bool is_silenced(const struct speaker *speaker)
{
    if (speaker->voice_fault.is_ill && !speaker->voice_fault.keeps_sound)
        return true;
    for (size_t i = 0; i < speaker->player.count; i++)
        if (player_counts(&speaker->player, &speaker->player.outlets[i]) &&
            !speaker->faults.outlets[i].sound.is_ill && !speaker->faults.outlets[i].now.is_ill)
            return false;
    return true;
}

const char *faults_state(const struct speaker *speaker)
{
    return is_silenced(speaker) ? "fault" : "idle";
}

// What was away and has come back is taken to be well.
static void look_at(struct speaker *speaker, size_t i, uint64_t now_ms)
{
    const struct player_outlet *place = &speaker->player.outlets[i];
    const struct outlet_kind *kind = place->outlet->kind;
    struct illness_cause *now = &speaker->faults.outlets[i].now;
    if (kind->look)
        kind->look(place->outlet, now_ms);
    const char *fault = kind->fault ? kind->fault(place->outlet) : NULL;
    now->keeps_sound = !player_counts(&speaker->player, place);
    if (fault) {
        ill(speaker, now, place->name, fault);
    } else if (now->is_ill) {
        illness_well(&speaker->illness, now, "an outlet is there again");
        illness_well(&speaker->illness, &speaker->faults.outlets[i].sound,
                     "an outlet is there again");
    }
}

static void tell_state(struct speaker *speaker)
{
    bool speaks = strcmp(speaker->state.state, "speaking") == 0;
    speaker->faults.told = speaker->illness.changes;
    turns_tell_state(speaker, speaks ? "speaking" : faults_state(speaker));
}

static void look(void *user)
{
    struct speaker *speaker = user;
    struct faults *faults = &speaker->faults;
    uint64_t now = clock_ms();
    for (size_t i = 0; i < speaker->player.count; i++)
        look_at(speaker, i, now);
    if (faults->told != speaker->illness.changes)
        tell_state(speaker);
    if (++faults->quiet >= REMIND_TURNS) {
        faults->quiet = 0;
        illness_remind(&speaker->illness);
    }
    lt_timer_set(faults->timer, LOOK_MS);
}

enum lt_code faults_open(struct speaker *speaker, struct lt_error *error)
{
    speaker->faults.timer = lt_timer_new(speaker->host, look, speaker);
    if (!speaker->faults.timer)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a timer");
    lt_timer_set(speaker->faults.timer, LOOK_MS);
    return LT_DONE;
}

void faults_close(struct speaker *speaker)
{
    lt_timer_destroy(&speaker->faults.timer);
}
