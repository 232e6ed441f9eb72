#include "leaf.h"

#include <stdlib.h>

struct leaf *leaf_new(struct sound *sound)
{
    struct leaf *leaf = calloc(1, sizeof *leaf);
    if (!leaf) {
        sound_clear(sound);
        return NULL;
    }
    leaf->sound = *sound;
    leaf->holders = 1;
    *sound = (struct sound){.max = sound->max};
    return leaf;
}

struct leaf *leaf_hold(struct leaf *leaf)
{
    leaf->holders++;
    return leaf;
}

void leaf_leave(struct leaf **leaf)
{
    struct leaf *own = *leaf;
    *leaf = NULL;
    if (!own || --own->holders)
        return;
    sound_clear(&own->sound);
    free(own);
}
