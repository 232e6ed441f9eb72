// Plays one sound on one or two outlets. It has ended when all of them gave it out to its end.
#ifndef LT_SPEAKER_PLAYER_H
#define LT_SPEAKER_PLAYER_H

#include "outlet.h"

enum { PLAYER_OUTLETS = 2, PLAYER_TURN_MS = 40 }; // how often player_turn wants to be called

struct player {
    struct outlet *outlets[PLAYER_OUTLETS];
    size_t count;
    bool ended[PLAYER_OUTLETS];
    bool plays;
};

void player_add(struct player *player, struct outlet **outlet); // takes it; at most PLAYER_OUTLETS
enum lt_code player_start(struct player *player, const struct sound *sound, const char *name,
                          uint64_t now, struct lt_error *error);
// When one outlet fails, all stop.
enum outlet_state player_turn(struct player *player, uint64_t now, struct lt_error *error);
void player_stop(struct player *player);
void player_clear(struct player *player);

#endif
