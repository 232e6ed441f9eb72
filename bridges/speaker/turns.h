// What is shared between the loudspeaker's two files: turns.c, which says one announcement after the
// other, and speaker.c, which opens and closes.
#ifndef LT_SPEAKER_TURNS_H
#define LT_SPEAKER_TURNS_H

#include <lienthon/bridge.h>

#include "announcement.h"
#include "player.h"
#include "queue.h"
#include "render.h"
#include "state.h"

enum output { OUTPUT_AUTO, OUTPUT_CARD, OUTPUT_FILE, OUTPUT_BOTH };

struct job {
    struct queue_place place; // first, so that a place is its job
    lt_delivery *delivery;
    struct announcement announcement;
    struct sound sound; // made at its first turn, kept for the next
    bool made;
    char name[64];    // of its file: time and id
    struct said said; // who sent it, and its id
};

struct speaker {
    // Options.
    int output;
    char *card, *folder, *voice;
    struct lt_option_list command;
    struct lt_option_map words; // written → said
    int64_t rate, volume, loudness, timeout_ms, longest_ms, late_after_ms, keep, speed;
    bool chime;
    // State.
    lt_bridge_host *host;
    bool opened;
    struct render_style style;
    const char **argv;
    struct queue queue;
    struct job *current; // being made or played; NULL: silence
    struct render render;
    int watched; // the descriptor of render that the host watches; -1
    struct player player;
    struct speaker_state state;
};

// To be said now (plan.h decides when that is); state is a struct speaker.
void turns_deliver(void *state, lt_delivery *delivery, const struct lt_part *message);
void turns_cancel(void *state, lt_delivery *delivery, const struct lt_part *by);
void turns_wake(void *state, int fd);
// Publishes what the loudspeaker says of itself.
void turns_tell_state(struct speaker *speaker, const char *state);
// Silent, and nothing waits: what was not settled comes again.
void turns_end(struct speaker *speaker);

#endif
