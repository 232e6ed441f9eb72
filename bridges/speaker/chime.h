// What is heard before the words, so that people stop and listen: made in code, no recordings.
#ifndef LT_SPEAKER_CHIME_H
#define LT_SPEAKER_CHIME_H

#include "sound.h"

enum chime {
    CHIME_CALM,    // three falling bells: a notice
    CHIME_ALARM,   // two high bells in turn, quickly: life and property
    CHIME_AGAIN,   // one soft bell: what was interrupted goes on
    CHIME_CLOSING, // two rising bells: the programme is over
};

// Appends it, peak about half of full scale. false: the sound's maximum or no memory.
bool chime_ring(enum chime chime, struct sound *out);

#endif
