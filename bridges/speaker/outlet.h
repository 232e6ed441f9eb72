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

struct outlet_cue {   // of one part; lent for the call
    const char *name; // what a file of it is called
    uint8_t priority; // LT_THUONG … LT_HOA_TOC: what is urgent may have a way of its own
};

struct outlet_kind {
    // The sound is lent until it has ended, failed, or was stopped; it may grow meanwhile (sound->more).
    enum lt_code (*start)(struct outlet *outlet, const struct sound *sound,
                          const struct outlet_cue *cue, uint64_t now, struct lt_error *error);
    enum outlet_state (*turn)(struct outlet *outlet, uint64_t now, struct lt_error *error);
    // Before its end: it dies away within SOUND_FADE samples. How many samples of it are heard.
    size_t (*stop)(struct outlet *outlet);
    // Behind stop: OUTLET_ENDED when the last of it was heard.
    enum outlet_state (*drain)(struct outlet *outlet, uint64_t now);
    // Of the sound that it gave out last: why it was not heard all the same (nobody pulls the stream, the amplifier is muted),
    // a sentence in Vietnamese for the receipt, lent until the next start; NULL: nothing speaks against it. NULL in place of
    // the function: such a thing is never known.
    const char *(*doubt)(const struct outlet *outlet);
    // Of that sound too: it was heard, but not all of it (the server was away in the middle); else as `doubt`.
    const char *(*gap)(const struct outlet *outlet);
    // About once a second, before `fault`: may see for itself whether what it needs is there. NULL: it knows without.
    void (*look)(struct outlet *outlet, uint64_t now);
    // Without sound: what is wrong with it now (a server that is away), a sentence for health that stays the same while that
    // does, lent until the next call; NULL: nothing is known to be. NULL in place of the function: as above.
    const char *(*fault)(const struct outlet *outlet);
    // Without sound too: how often it has turned out that what kept a sound from being heard is over (a card that was away or in
    // other hands, a stream that is pulled again). NULL: `fault` tells.
    unsigned (*returns)(const struct outlet *outlet);
    // What it gives out goes through the station's own amplifier: a card.
    bool is_amplified;
    // Nobody hears it: a file. Where it stands beside other outlets, only those say whether it was heard.
    bool is_record;
    void (*destroy)(struct outlet *outlet);
};

struct outlet { // the first member of each
    const struct outlet_kind *kind;
};

// speed: percent of real time, 100. keep: how many files stay in the folder, the newest. The folder
// is made, and may be that of several loudspeakers; what was not finished there in an earlier life is removed. Files that are not called as file_name.h has it
// are not touched.
enum lt_code file_outlet_new(const char *folder, unsigned speed, size_t keep,
                             struct outlet **outlet, struct lt_error *error);
// card: an ALSA name, "default". It is in the hands of a process of its own (line.h), which is asked once whether it can be opened,
// and waited for 3 s at most; LT_IO: it cannot; LT_BUSY: somebody else has it.
enum lt_code card_line_new(const char *card, struct outlet **outlet, struct lt_error *error);
// The same in three steps, so that several are waited for together: it is begun and asked; all are waited for, until each has
// answered or 3 s are over (NULL among them is passed over); what the answer was, as above.
enum lt_code card_line_ask(const char *card, struct outlet **outlet, struct lt_error *error);
void card_line_wait(struct outlet *const *cards, size_t count);
enum lt_code card_line_found(const struct outlet *outlet, struct lt_error *error);
// Whether it is there or not: it is looked for from then on, and tried with each sound.
enum lt_code card_line_await(const char *card, struct outlet **outlet, struct lt_error *error);
// The same in this process, which waits for ALSA as long as ALSA likes; whether it is there is not looked for.
enum lt_code card_outlet_new(const char *card, struct outlet **outlet, struct lt_error *error);
enum lt_code card_outlet_await(const char *card, struct outlet **outlet, struct lt_error *error);
// Only whether it can be opened.
enum lt_code card_outlet_try(const char *card, struct lt_error *error);
// Of the last sound, how many samples the card has.
size_t card_outlet_has(const struct outlet *outlet);
// So many samples were taken away from the beginning of its sound; no more than it has.
void card_outlet_forget(struct outlet *outlet, size_t count);
void outlet_destroy(struct outlet **outlet);

#endif
