// What is shared between the loudspeaker's two files: turns.c, which says one announcement after the
// other, and speaker.c, which opens and closes.
#ifndef LT_SPEAKER_TURNS_H
#define LT_SPEAKER_TURNS_H

#include <lienthon/bridge.h>

#include "announcement.h"
#include "faults.h"
#include "file_name.h"
#include "illness.h"
#include "plan.h"
#include "player.h"
#include "queue.h"
#include "reading.h"
#include "state.h"

struct job {
    struct queue_place place; // first, so that a place is its job
    lt_delivery *delivery;    // NULL: the loudspeaker's own words
    struct announcement announcement;
    struct reading reading; // begun at its first turn, kept for the next
    char name[FILE_NAME];   // of the part that is heard
    struct said said;       // who sent it, and its id
    uint64_t arrived;       // ms since 1970
    uint64_t part_begun;    // ms since 1970; 0: nothing of this part was given out
    size_t heard;           // samples that were heard in all parts
    unsigned cuts;          // how often it was interrupted
    size_t again_at;        // the sentence at which it went on the last time
    bool resumes;           // it was interrupted at `stopped_at`, samples of its reading
    size_t stopped_at;
    bool has_words; // words of it were heard
    bool unheard; // of its last part it is known that nobody has heard it, though it was given out
    char amiss[PLAYER_TEXT]; // what went wrong at its outlets, for the receipt; empty: nothing
};

struct speaker {
    // Options.
    char *output, *card, *folder, *voice;
    struct lt_option_list command;
    struct lt_option_map words; // written → said
    int64_t rate, volume, loudness, timeout_ms, longest_ms, late_after_ms, keep, speed;
    bool chime, programme;
    // State.
    lt_bridge_host *host;
    bool opened;
    struct render_style style;
    struct sound bells[READING_BELLS];
    const char **argv;
    struct queue queue;
    struct job *current; // being made or played; NULL: silence
    int watched;         // the descriptor of the reading that the host watches; -1
    bool corrects;       // `correction` is filled in
    uint8_t correction
        [LT_ID_SIZE];      // what takes the place of a text that was heard: it is announced as such
    uint64_t command_from; // monotonic ms: the synthesis command has failed and rests till then
    struct player player;
    struct speaker_state state;
    struct plan plan;
    struct illness illness;
    struct faults faults;
    struct illness_cause voice_fault, memory_fault, hours_fault, log_fault;
};

// To be said now (plan.h decides when that is); state is a struct speaker. Life and property interrupts what is playing,
// which fades and goes on later at the beginning of its sentence. arrived: ms since 1970, for the play log.
void turns_deliver(struct speaker *speaker, lt_delivery *delivery, const struct lt_part *message,
                   uint64_t arrived);
// Where words of it were heard, people are told: that it was cancelled, or, when what replaces it is said, that this is a
// correction.
void turns_cancel(void *state, lt_delivery *delivery, const struct lt_part *by);
// Says a sentence of the loudspeaker's own, when its turn comes. words: as they are to be said. false: no memory.
bool turns_say(struct speaker *speaker, const char *words, uint8_t priority);
// The chime that ends a programme.
void turns_close(struct speaker *speaker);
void turns_wake(void *state, int fd);
// Publishes what the loudspeaker says of itself.
void turns_tell_state(struct speaker *speaker, const char *state);
// Silent, and nothing waits: what was not settled comes again.
void turns_end(struct speaker *speaker);

#endif
