#include "zones_state.h"

#include <stdio.h>
#include <string.h>

static bool is_in(const struct zone *zone, const char *state)
{
    return strcmp(zone->state.state, state) == 0;
}

static bool has_word(const char *words, const char *word, size_t size)
{
    for (const char *at = words; *(at += strspn(at, " ")); at += strcspn(at, " "))
        if (strcspn(at, " ") == size && memcmp(at, word, size) == 0)
            return true;
    return false;
}

// What is not there yet; what does not fit is left out whole.
static void add_words(char output[STATE_OUTPUT], const char *words)
{
    for (const char *at = words; *(at += strspn(at, " ")); at += strcspn(at, " ")) {
        size_t size = strcspn(at, " "), used = strlen(output);
        if (!has_word(output, at, size) && used + 1 + size < STATE_OUTPUT)
            snprintf(output + used, STATE_OUTPUT - used, "%s%.*s", used ? " " : "", (int)size, at);
    }
}

// Of all of them: what the liveliest does, and what is wrong with the first that has something.
static void sum_up(const struct speaker *speaker, struct speaker_state *all)
{
    *all = speaker->zones[0].state;
    all->fault = illness_first(&speaker->illness);
    for (size_t i = 1; i < speaker->zone_count; i++) {
        const struct zone *zone = &speaker->zones[i];
        const struct speaker_state *state = &zone->state;
        bool speaks = is_in(zone, "speaking") && strcmp(all->state, "speaking") != 0;
        if (speaks || (is_in(zone, "fault") && strcmp(all->state, "speaking") != 0))
            all->state = state->state;
        if (state->speaks && !all->speaks) {
            all->speaks = true;
            all->playing = state->playing;
        }
        if (state->last.outcome && (!all->last.outcome || state->last.at > all->last.at))
            all->last = state->last;
        all->at = state->at > all->at ? state->at : all->at;
        all->queue += state->queue;
        add_words(all->output, state->output);
        all->muted = all->muted || state->muted;
    }
}

static struct hours_kept kept_by(const struct zone *zone)
{
    const struct speaker *speaker = zone->speaker;
    return (struct hours_kept){
        .hours = &zone->plan.hours,
        .hamlet = zone->plan.hamlet,
        .own = own_hours_given(&speaker->own_hours) || !speaker->programme,
        .told = zone->plan.hours_made,
    };
}

// With its hours; name as in speaker_state_write.
static bool write_zone(const struct zone *zone, const struct speaker_state *state, const char *name,
                       struct lt_buffer *body)
{
    struct hours_kept kept = kept_by(zone);
    struct speaker_state said = *state;
    said.hours = &kept;
    return speaker_state_write(&said, name, 0, body);
}

bool zones_state_write(const struct speaker *speaker, struct lt_buffer *body)
{
    struct speaker_state all, one = speaker->zones[0].state;
    one.fault = illness_first(&speaker->illness);
    if (speaker->zone_count == 1)
        return write_zone(&speaker->zones[0], &one, NULL, body);
    sum_up(speaker, &all);
    if (!speaker_state_write(&all, NULL, speaker->zone_count, body))
        return false;
    for (size_t i = 0; i < speaker->zone_count; i++)
        if (!write_zone(&speaker->zones[i], &speaker->zones[i].state, speaker->zones[i].name, body))
            return false;
    return true;
}
