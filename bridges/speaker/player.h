// Plays one sound on several outlets. One that fails stops alone, and is tried again with the next sound; the sound has ended
// when the others gave it out to its end. One that is stopped dies away, and nothing else begins on that outlet before.
// A record (outlet.h) says nothing about having been heard where there is another outlet beside it.
#ifndef LT_SPEAKER_PLAYER_H
#define LT_SPEAKER_PLAYER_H

#include "outlet.h"

enum {
    PLAYER_OUTLETS = 8,
    PLAYER_TURN_MS = 40, // how often player_turn wants to be called
    PLAYER_NAME = 64,
    PLAYER_TEXT = 512,
    PLAYER_DOUBT = 128,
};

enum player_state { PLAYER_RESTS, PLAYER_PLAYS, PLAYER_ENDED, PLAYER_FAILED };

struct player_outlet {
    struct outlet *outlet;
    char name[PLAYER_NAME];   // as people know it
    enum player_state state;  // of the last sound, until the next
    struct lt_error why;      // PLAYER_FAILED
    size_t heard;             // samples, once it plays no more
    char doubt[PLAYER_DOUBT]; // by player_doubt; empty: none
    bool dies;                // it was stopped and is not silent yet
};

struct player {
    struct player_outlet outlets[PLAYER_OUTLETS];
    size_t count;
    const struct sound *sound; // lent while it plays
    size_t
        heard; // samples of the last sound, once it plays no more: by the outlet that went on longest without failing
    bool plays;
    bool drains; // something was stopped, and player_drain is to be called until it is silent
};

// Takes it; at most PLAYER_OUTLETS. name: lent for the call, cut at PLAYER_NAME.
void player_add(struct player *player, struct outlet **outlet, const char *name);
// Fails, with the first one's sentence, where every outlet that counts has failed.
enum lt_code player_start(struct player *player, const struct sound *sound,
                          const struct outlet_cue *cue, uint64_t now, struct lt_error *error);
// OUTLET_FAILED: as above.
enum outlet_state player_turn(struct player *player, uint64_t now, struct lt_error *error);
void player_stop(struct player *player);
void player_drain(struct player *player, uint64_t now);
// Of the last sound, once it plays no more: somebody who is not an outlet (the amplifier's contact, a microphone) knows that it
// was not heard at the station. why: a sentence in Vietnamese, copied. It holds for the outlets that are amplified, and where
// there is none of these, for all that count.
void player_doubt(struct player *player, const char *why);
// Of the last sound, once it plays no more: was it heard, as far as is known? true: there is an outlet that counts, has not
// failed, and which nothing speaks against. why: in either case what went wrong and where, in Vietnamese; empty: nothing.
bool player_was_heard(const struct player *player, char why[PLAYER_TEXT]);
// Of one: why it failed or nobody heard it, as player_was_heard says it; lent until the next start. NULL: nothing is known.
const char *player_amiss(const struct player_outlet *place);
// Whether what is known at the station (player_doubt) holds for it.
bool player_is_at_station(const struct player *player, const struct player_outlet *place);
// Whether its having been heard counts.
bool player_counts(const struct player *player, const struct player_outlet *place);
void player_clear(struct player *player);

#endif
