// A microphone that hears the station's own loudspeaker: the beginning of a part is taken down, and the chime looked for in it, by a
// process of its own (serve.h). Does not block.
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
// A part begins with that chime (lent until it ends), or with none: NULL. LT_IO: it cannot listen.
enum lt_code microphone_begin(struct microphone *microphone, const struct sound *chime,
                              struct lt_error *error);
// About what it has heard so far. LT_IO: it has stopped, and knows nothing.
enum lt_code microphone_turn(struct microphone *microphone, struct lt_error *error);
// The part has ended, of which so many samples were heard.
enum microphone_verdict microphone_end(struct microphone *microphone, size_t heard);

#endif
