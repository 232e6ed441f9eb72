// Outlets in step are not promised: a file and a card each keep their own time.
#include "player.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// Within a character nothing is cut.
static void cut(char *text)
{
    size_t size = strlen(text);
    while (!lt_utf8_valid((struct lt_slice){(const uint8_t *)text, size}))
        size--;
    text[size] = '\0';
}

void player_add(struct player *player, struct outlet **outlet, const char *name)
{
    assert(*outlet && player->count < PLAYER_OUTLETS);
    struct player_outlet *place = &player->outlets[player->count++];
    *place = (struct player_outlet){.outlet = *outlet};
    snprintf(place->name, sizeof place->name, "%s", name);
    cut(place->name);
    *outlet = NULL;
}

static bool all_are_records(const struct player *player)
{
    for (size_t i = 0; i < player->count; i++)
        if (!player->outlets[i].outlet->kind->is_record)
            return false;
    return true;
}

bool player_counts(const struct player *player, const struct player_outlet *place)
{
    return !place->outlet->kind->is_record || all_are_records(player);
}

// NULL: one that counts has not.
static const struct player_outlet *all_failed(const struct player *player)
{
    const struct player_outlet *first = NULL;
    for (size_t i = 0; i < player->count; i++) {
        const struct player_outlet *place = &player->outlets[i];
        if (player_counts(player, place) && place->state != PLAYER_FAILED)
            return NULL;
        if (!first && player_counts(player, place))
            first = place;
    }
    return first;
}

static void silence(struct player *player, struct player_outlet *place, enum player_state state)
{
    place->heard = place->outlet->kind->stop(place->outlet);
    place->state = state;
    place->dies = true;
    player->drains = true;
}

enum lt_code player_start(struct player *player, const struct sound *sound,
                          const struct outlet_cue *cue, uint64_t now, struct lt_error *error)
{
    player_stop(player);
    player->drains = false; // what is new goes on behind the last of it
    player->sound = sound;
    player->heard = 0;
    for (size_t i = 0; i < player->count; i++) {
        struct player_outlet *place = &player->outlets[i];
        place->dies = false;
        place->heard = 0;
        place->doubt[0] = '\0';
        place->why = (struct lt_error){0};
        enum lt_code code = place->outlet->kind->start(place->outlet, sound, cue, now, &place->why);
        place->state = code == LT_DONE ? PLAYER_PLAYS : PLAYER_FAILED;
    }
    player->plays = true;
    const struct player_outlet *failed = all_failed(player);
    if (!failed)
        return LT_DONE;
    player_stop(player);
    return lt_fail(error, failed->why.code, "%s", failed->why.text);
}

enum outlet_state player_turn(struct player *player, uint64_t now, struct lt_error *error)
{
    bool all = true;
    for (size_t i = 0; i < player->count; i++) {
        struct player_outlet *place = &player->outlets[i];
        if (place->state != PLAYER_PLAYS)
            continue;
        enum outlet_state state = place->outlet->kind->turn(place->outlet, now, &place->why);
        if (state == OUTLET_FAILED)
            silence(player, place, PLAYER_FAILED);
        else if (state == OUTLET_ENDED)
            place->state = PLAYER_ENDED;
        else
            all = false;
    }
    const struct player_outlet *failed = all_failed(player);
    if (failed) {
        player_stop(player);
        lt_fail(error, failed->why.code, "%s", failed->why.text);
        return OUTLET_FAILED;
    }
    if (!all)
        return OUTLET_PLAYS;
    player_stop(player);
    return OUTLET_ENDED;
}

// By those that count and have not failed; where all have, by what was heard of them before.
static size_t longest(const struct player *player, bool of_failed)
{
    size_t most = 0;
    for (size_t i = 0; i < player->count; i++) {
        const struct player_outlet *place = &player->outlets[i];
        if (player_counts(player, place) && (of_failed || place->state != PLAYER_FAILED) &&
            place->heard > most)
            most = place->heard;
    }
    return most;
}

void player_stop(struct player *player)
{
    if (!player->plays)
        return;
    for (size_t i = 0; i < player->count; i++) {
        struct player_outlet *place = &player->outlets[i];
        if (place->state == PLAYER_ENDED)
            place->heard = player->sound->count;
        else if (place->state == PLAYER_PLAYS)
            silence(player, place, PLAYER_RESTS);
    }
    player->heard = longest(player, all_failed(player) != NULL);
    player->plays = false;
}

void player_drain(struct player *player, uint64_t now)
{
    bool all = true;
    for (size_t i = 0; player->drains && i < player->count; i++) {
        struct player_outlet *place = &player->outlets[i];
        if (place->dies)
            place->dies = place->outlet->kind->drain(place->outlet, now) == OUTLET_PLAYS;
        all = all && !place->dies;
    }
    player->drains = !all;
}

bool player_is_at_station(const struct player *player, const struct player_outlet *place)
{
    bool any = false;
    for (size_t i = 0; i < player->count; i++)
        any = any || player->outlets[i].outlet->kind->is_amplified;
    return player_counts(player, place) && (!any || place->outlet->kind->is_amplified);
}

void player_doubt(struct player *player, const char *why)
{
    for (size_t i = 0; i < player->count; i++) {
        struct player_outlet *place = &player->outlets[i];
        if (!player_is_at_station(player, place))
            continue;
        snprintf(place->doubt, sizeof place->doubt, "%s", why);
        cut(place->doubt);
    }
}

const char *player_amiss(const struct player_outlet *place)
{
    const struct outlet_kind *kind = place->outlet->kind;
    if (place->state == PLAYER_FAILED)
        return place->why.text;
    if (place->doubt[0])
        return place->doubt;
    return kind->doubt && place->heard > 0 ? kind->doubt(place->outlet) : NULL;
}

bool player_was_heard(const struct player *player, char why[PLAYER_TEXT])
{
    bool was_heard = false;
    size_t size = 0;
    why[0] = '\0';
    for (size_t i = 0; i < player->count; i++) {
        const struct player_outlet *place = &player->outlets[i];
        const struct outlet_kind *kind = place->outlet->kind;
        bool failed = place->state == PLAYER_FAILED;
        const char *amiss = player_amiss(place);
        was_heard = was_heard || (!amiss && player_counts(player, place));
        if (!amiss && kind->gap && place->heard > 0)
            amiss = kind->gap(place->outlet);
        if (amiss && size < PLAYER_TEXT)
            size += (size_t)snprintf(why + size, PLAYER_TEXT - size, "%s%s%s: %s", size ? "; " : "",
                                     failed ? "không phát được qua " : "", place->name, amiss);
    }
    cut(why);
    return was_heard;
}

void player_clear(struct player *player)
{
    player_stop(player);
    for (size_t i = 0; i < player->count; i++)
        outlet_destroy(&player->outlets[i].outlet);
    player->count = 0;
}
