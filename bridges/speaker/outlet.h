// Where sound goes: a card, or a file written as a card would play it. An outlet gives out one
// sound at a time, in real time, and never blocks; `now` is a monotonic clock in ms. Two sounds never
// overlap: what begins while the last of a stopped one dies away comes behind it.
#ifndef LT_SPEAKER_OUTLET_H
#define LT_SPEAKER_OUTLET_H

#include <lienthon/bytes.h>

#include "sound.h"

enum outlet_state {
    OUTLET_PLAYS,
    OUTLET_ENDED, // the sound was given out to its end
    OUTLET_FAILED,
};

struct outlet;

struct outlet_kind {
    // The sound is lent until it has ended, failed, or was stopped; it may grow meanwhile (sound->more).
    // name: what a file is called.
    enum lt_code (*start)(struct outlet *outlet, const struct sound *sound, const char *name,
                          uint64_t now, struct lt_error *error);
    enum outlet_state (*turn)(struct outlet *outlet, uint64_t now, struct lt_error *error);
    // Before its end: it dies away within SOUND_FADE samples. How many samples of it are heard.
    size_t (*stop)(struct outlet *outlet);
    // Behind stop: OUTLET_ENDED when the last of it was heard.
    enum outlet_state (*drain)(struct outlet *outlet, uint64_t now);
    void (*destroy)(struct outlet *outlet);
};

struct outlet { // the first member of each
    const struct outlet_kind *kind;
};

// speed: percent of real time, 100. keep: how many files stay in the folder, the newest. The folder
// is made; what was not finished there in an earlier life is removed. Files that are not called as file_name.h has it
// are not touched.
enum lt_code file_outlet_new(const char *folder, unsigned speed, size_t keep,
                             struct outlet **outlet, struct lt_error *error);
// card: an ALSA name, "default". Opens it once to see that it can be; LT_IO: it cannot.
enum lt_code card_outlet_new(const char *card, struct outlet **outlet, struct lt_error *error);
void outlet_destroy(struct outlet **outlet);

#endif
