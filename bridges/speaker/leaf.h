// Samples that several sounds have in common: they do not change any more, and are freed by whoever leaves them last.
#ifndef LT_SPEAKER_LEAF_H
#define LT_SPEAKER_LEAF_H

#include "sound.h"

struct leaf {
    struct sound sound; // to be read
    size_t holders;
};

// Takes the samples, and is held once. NULL: no memory, and they are freed.
struct leaf *leaf_new(struct sound *sound);
struct leaf *leaf_hold(struct leaf *leaf); // once more
void leaf_leave(struct leaf **leaf);       // NULL in it: nothing happens

#endif
