// Two outlets in step are not promised: a file and a card each keep their own time.
#include "player.h"

#include <assert.h>

static struct outlet *outlet_at(const struct player *player, size_t i)
{
    assert(player->outlets[i]);
    return player->outlets[i];
}

void player_add(struct player *player, struct outlet **outlet)
{
    assert(*outlet && player->count < PLAYER_OUTLETS);
    player->outlets[player->count++] = *outlet;
    *outlet = NULL;
}

enum lt_code player_start(struct player *player, const struct sound *sound,
                          const struct outlet_cue *cue, uint64_t now, struct lt_error *error)
{
    player_stop(player);
    player->drains = false; // what is new goes on behind the last of it
    player->sound = sound;
    player->heard = 0;
    for (size_t i = 0; i < player->count; i++) {
        struct outlet *outlet = outlet_at(player, i);
        enum lt_code code = outlet->kind->start(outlet, sound, cue, now, error);
        if (code != LT_DONE) {
            player->plays = true;
            player_stop(player);
            return code;
        }
        player->ended[i] = false;
    }
    player->plays = true;
    return LT_DONE;
}

enum outlet_state player_turn(struct player *player, uint64_t now, struct lt_error *error)
{
    bool all = true;
    for (size_t i = 0; i < player->count; i++) {
        if (player->ended[i])
            continue;
        struct outlet *outlet = outlet_at(player, i);
        enum outlet_state state = outlet->kind->turn(outlet, now, error);
        if (state == OUTLET_FAILED) {
            player_stop(player);
            return OUTLET_FAILED;
        }
        player->ended[i] = state == OUTLET_ENDED;
        all = all && player->ended[i];
    }
    if (!all)
        return OUTLET_PLAYS;
    player->plays = false;
    player->heard = player->sound->count;
    return OUTLET_ENDED;
}

void player_stop(struct player *player)
{
    if (!player->plays)
        return;
    player->heard = player->sound->count;
    for (size_t i = 0; i < player->count; i++) {
        size_t here = outlet_at(player, i)->kind->stop(outlet_at(player, i));
        if (here < player->heard && !player->ended[i])
            player->heard = here;
    }
    player->plays = false;
    player->drains = true;
}

void player_drain(struct player *player, uint64_t now)
{
    bool all = true;
    for (size_t i = 0; player->drains && i < player->count; i++) {
        struct outlet *outlet = outlet_at(player, i);
        all = outlet->kind->drain(outlet, now) != OUTLET_PLAYS && all;
    }
    player->drains = !all;
}

void player_clear(struct player *player)
{
    player_stop(player);
    for (size_t i = 0; i < player->count; i++)
        outlet_destroy(&player->outlets[i]);
    player->count = 0;
}
