// Two outlets in step are not promised: a file and a card each keep their own time.
#include "player.h"

#include <assert.h>

void player_add(struct player *player, struct outlet **outlet)
{
    assert(player->count < PLAYER_OUTLETS);
    player->outlets[player->count++] = *outlet;
    *outlet = NULL;
}

enum lt_code player_start(struct player *player, const struct sound *sound, const char *name,
                          uint64_t now, struct lt_error *error)
{
    player_stop(player);
    for (size_t i = 0; i < player->count; i++) {
        enum lt_code code =
            player->outlets[i]->kind->start(player->outlets[i], sound, name, now, error);
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
        enum outlet_state state = player->outlets[i]->kind->turn(player->outlets[i], now, error);
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
    return OUTLET_ENDED;
}

void player_stop(struct player *player)
{
    for (size_t i = 0; player->plays && i < player->count; i++)
        player->outlets[i]->kind->stop(player->outlets[i]);
    player->plays = false;
}

void player_clear(struct player *player)
{
    player_stop(player);
    for (size_t i = 0; i < player->count; i++)
        outlet_destroy(&player->outlets[i]);
    player->count = 0;
}
