// What takes the place of a text of which words were heard, until it is heard itself: it begins with a word of correction. Pure.
#ifndef LT_SPEAKER_CORRECTIONS_H
#define LT_SPEAKER_CORRECTIONS_H

#include <lienthon/message.h>

enum { CORRECTIONS_MOST = 64 }; // beyond it the oldest gives way

struct corrections {                           // all zero: none
    uint8_t ids[CORRECTIONS_MOST][LT_ID_SIZE]; // the oldest first
    size_t count;
};

void corrections_add(struct corrections *corrections, const uint8_t id[LT_ID_SIZE]);
bool corrections_have(const struct corrections *corrections, const uint8_t id[LT_ID_SIZE]);
// Also where it is not there.
void corrections_drop(struct corrections *corrections, const uint8_t id[LT_ID_SIZE]);
// Where `from` was to begin with that word and was never heard, `to` does, which takes its place.
void corrections_pass(struct corrections *corrections, const uint8_t from[LT_ID_SIZE],
                      const uint8_t to[LT_ID_SIZE]);

#endif
