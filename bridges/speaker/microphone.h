// A microphone that hears the station's own loudspeaker: it takes down the beginning of a part, and says afterwards whether the
// chime was in it. Does not block.
#ifndef LT_SPEAKER_MICROPHONE_H
#define LT_SPEAKER_MICROPHONE_H

#include <lienthon/bytes.h>

#include "sound.h"

struct microphone;

enum microphone_verdict {
    MICROPHONE_HEARS,
    MICROPHONE_HEARS_NOTHING, // the chime was not in it
    MICROPHONE_KNOWS_NOTHING, // it did not run, or not for long enough
};

// name: ALSA's. It is opened when something is to be heard, by a process of its own. LT_NO_MEMORY.
enum lt_code microphone_new(const char *name, struct microphone **microphone,
                            struct lt_error *error);
void microphone_destroy(struct microphone **microphone);
// A part begins whose first chime_count samples are a chime. LT_IO: it cannot be opened.
enum lt_code microphone_begin(struct microphone *microphone, size_t chime_count,
                              struct lt_error *error);
// Takes down what there is. LT_IO: it has stopped, and knows nothing.
enum lt_code microphone_turn(struct microphone *microphone, struct lt_error *error);
// The part has ended, of which so many samples were heard. chime: its chime_count samples.
enum microphone_verdict microphone_end(struct microphone *microphone, const int16_t *chime,
                                       size_t heard);

#endif
