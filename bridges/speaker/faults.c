// speaker-state is told again when something has changed.
#include "faults.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "turns.h"
#include "zone.h"

enum { LOOK_MS = 1000, REMIND_TURNS = 10 };

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// name: what it is about.
static void ill(struct zone *zone, struct illness_cause *cause, const char *name, const char *why)
{
    char text[ILLNESS_TEXT + PLAYER_NAME];
    snprintf(text, sizeof text, "%s%s%s: %s", zone->speaker->zone_count > 1 ? zone->name : "",
             zone->speaker->zone_count > 1 ? ", " : "", name, why);
    illness_ill(&zone->speaker->illness, cause, text);
}

void faults_of_sound(struct zone *zone)
{
    for (size_t i = 0; i < zone->player.count; i++) {
        const struct player_outlet *place = &zone->player.outlets[i];
        struct illness_cause *cause = &zone->faults.outlets[i].sound;
        const char *why = player_amiss(place);
        cause->keeps_sound = !player_counts(&zone->player, place);
        if (why)
            ill(zone, cause, place->name, why);
        else if (place->heard > 0)
            illness_well(&zone->speaker->illness, cause, "an outlet plays again");
    }
}

static bool is_silent(const struct zone *zone, size_t i)
{
    bool muted = zone->contact.says == CONTACT_MUTED &&
                 player_is_at_station(&zone->player, &zone->player.outlets[i]);
    return muted || zone->faults.outlets[i].sound.is_ill || zone->faults.outlets[i].now.is_ill;
}

static bool is_silenced(const struct zone *zone)
{
    if (zone->speaker->voice_fault.is_ill && !zone->speaker->voice_fault.keeps_sound)
        return true;
    for (size_t i = 0; i < zone->player.count; i++)
        if (player_counts(&zone->player, &zone->player.outlets[i]) && !is_silent(zone, i))
            return false;
    return true;
}

const char *faults_first(const struct zone *zone)
{
    const struct illness_cause *voice = &zone->speaker->voice_fault;
    for (size_t i = 0; i < zone->player.count; i++) {
        if (zone->faults.outlets[i].sound.is_ill)
            return zone->faults.outlets[i].sound.what.text;
        if (zone->faults.outlets[i].now.is_ill)
            return zone->faults.outlets[i].now.what.text;
    }
    if (zone->faults.muted.is_ill)
        return zone->faults.muted.what.text;
    return voice->is_ill ? voice->what.text : NULL;
}

const char *faults_state(const struct zone *zone)
{
    return is_silenced(zone) ? "fault" : "idle";
}

// What waits for this zone since nobody heard the last needs not wait any longer.
static void note_return(struct zone *zone, size_t i, bool was_away, const char *fault)
{
    const struct player_outlet *place = &zone->player.outlets[i];
    const struct outlet_kind *kind = place->outlet->kind;
    unsigned *known = &zone->faults.outlets[i].returns;
    unsigned returns = kind->returns ? kind->returns(place->outlet) : 0;
    bool is_back = kind->returns ? returns != *known : was_away && !fault;
    bool is_muted =
        zone->contact.says == CONTACT_MUTED && player_is_at_station(&zone->player, place);
    *known = returns;
    if (is_back && !is_muted && player_counts(&zone->player, place))
        lt_bridge_is_back(zone->speaker->host, zone->name, "an outlet is there again");
}

// What was away and has come back is taken to be well.
static void look_at(struct zone *zone, size_t i, uint64_t now_ms)
{
    const struct player_outlet *place = &zone->player.outlets[i];
    const struct outlet_kind *kind = place->outlet->kind;
    struct illness_cause *now = &zone->faults.outlets[i].now;
    if (kind->look)
        kind->look(place->outlet, now_ms);
    const char *fault = kind->fault ? kind->fault(place->outlet) : NULL;
    bool was_away = now->is_ill;
    now->keeps_sound = !player_counts(&zone->player, place);
    if (fault) {
        ill(zone, now, place->name, fault);
    } else if (now->is_ill) {
        illness_well(&zone->speaker->illness, now, "an outlet is there again");
        illness_well(&zone->speaker->illness, &zone->faults.outlets[i].sound,
                     "an outlet is there again");
    }
    note_return(zone, i, was_away, fault);
}

// What nobody heard because it was muted needs no next sound to be well.
static void is_loud_again(struct zone *zone)
{
    struct illness *illness = &zone->speaker->illness;
    for (size_t i = 0; i < zone->player.count; i++)
        if (zone->player.outlets[i].doubt[0])
            illness_well(illness, &zone->faults.outlets[i].sound, "the amplifier is loud");
    illness_well(illness, &zone->faults.muted, "the amplifier is loud");
    lt_bridge_is_back(zone->speaker->host, zone->name, "the amplifier is loud");
}

// Where the sound goes to several places, others hear it all the same.
void faults_contact(struct zone *zone, enum contact_says says)
{
    if (zone->contact.says == says)
        return;
    contact_tell(&zone->contact, says, clock_ms());
    zone->state.muted = says == CONTACT_MUTED;
    zone->faults.muted.keeps_sound = !is_silenced(zone);
    if (says == CONTACT_MUTED)
        ill(zone, &zone->faults.muted, "ampli", "đang tắt tiếng");
    else
        is_loud_again(zone);
}

static void tell_state(struct zone *zone)
{
    bool speaks = strcmp(zone->state.state, "speaking") == 0;
    zone->faults.told = zone->speaker->illness.changes;
    turns_tell_state(zone, speaks ? "speaking" : faults_state(zone));
}

static void look(void *user)
{
    struct zone *zone = user;
    struct faults *faults = &zone->faults;
    uint64_t now = clock_ms();
    for (size_t i = 0; i < zone->player.count; i++)
        look_at(zone, i, now);
    if (faults->told != zone->speaker->illness.changes)
        tell_state(zone);
    if (++faults->quiet >= REMIND_TURNS) {
        faults->quiet = 0;
        illness_remind(&zone->speaker->illness);
    }
    lt_timer_set(faults->timer, LOOK_MS);
}

enum lt_code faults_open(struct zone *zone, struct lt_error *error)
{
    zone->faults.timer = lt_timer_new(zone->speaker->host, look, zone);
    if (!zone->faults.timer)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a timer");
    lt_timer_set(zone->faults.timer, LOOK_MS);
    return LT_DONE;
}

void faults_close(struct zone *zone)
{
    lt_timer_destroy(&zone->faults.timer);
}
