// What the loudspeaker says of itself: speaker-state.v1, retained at its own topic.
#ifndef LT_SPEAKER_STATE_H
#define LT_SPEAKER_STATE_H

#include <lienthon/message.h>

#include "hours.h"

enum { STATE_OUTPUT = 256 }; // bytes with the end

struct said { // one message, and what became of it
    char from[65];
    uint8_t id[LT_ID_SIZE];
    uint64_t at;         // ms since 1970
    const char *outcome; // "done", "skipped", "failed"; NULL: none yet
};

struct speaker_state {
    const char *state;              // "idle", "speaking", "fault", "stopped"
    uint64_t at;                    // ms since 1970: since when
    size_t queue;                   // how many wait
    bool speaks;                    // `playing` is filled in
    struct said playing, last;      // last.outcome NULL: nothing was said yet
    unsigned volume;                // percent
    char output[STATE_OUTPUT];      // the words of what is open
    bool muted;                     // its amplifier gives out nothing
    const char *fault;              // a sentence, lent; NULL: none
    const struct hours_kept *hours; // lent; NULL: it does not say them
};

// Appends the body. false: no memory. name: of a zone among several, NULL: it is that of the whole loudspeaker. zones: so many
// are appended behind it.
bool speaker_state_write(const struct speaker_state *state, const char *name, size_t zones,
                         struct lt_buffer *body);

#endif
