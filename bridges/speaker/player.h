// Plays one sound on one or two outlets. It has ended when all of them gave it out to its end. One that is stopped
// dies away, and nothing else begins on that outlet before.
#ifndef LT_SPEAKER_PLAYER_H
#define LT_SPEAKER_PLAYER_H

#include "outlet.h"

enum { PLAYER_OUTLETS = 2, PLAYER_TURN_MS = 40 }; // how often player_turn wants to be called

struct player {
    struct outlet *outlets[PLAYER_OUTLETS];
    size_t count;
    bool ended[PLAYER_OUTLETS];
    const struct sound *sound; // lent while it plays
    size_t heard; // samples of the last sound, once it plays no more: where they are fewest
    bool plays;
    bool drains; // something was stopped, and player_drain is to be called until it is silent
};

void player_add(struct player *player, struct outlet **outlet); // takes it; at most PLAYER_OUTLETS
enum lt_code player_start(struct player *player, const struct sound *sound,
                          const struct outlet_cue *cue, uint64_t now, struct lt_error *error);
// When one outlet fails, all stop.
enum outlet_state player_turn(struct player *player, uint64_t now, struct lt_error *error);
void player_stop(struct player *player);
void player_drain(struct player *player, uint64_t now);
void player_clear(struct player *player);

#endif
