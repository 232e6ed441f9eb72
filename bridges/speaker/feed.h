// What an outlet that keeps its own time takes samples from, one after the other without a hole: the last of what was
// stopped, the sound, and silence for as long as there is nothing else.
#ifndef LT_SPEAKER_FEED_H
#define LT_SPEAKER_FEED_H

#include "sound.h"

struct feed {                  // zeroed: silence
    const struct sound *sound; // lent from feed_start until it has ended or was stopped; NULL: none
    size_t at;                 // samples of the sound that were taken; stays behind its end
    int16_t tail[SOUND_FADE];
    size_t tail_at, tail_count;
};

void feed_start(struct feed *feed, const struct sound *sound);
// It dies away. How many samples of it were taken.
size_t feed_stop(struct feed *feed);
// The sound has been taken to its end, or is no longer there.
void feed_end(struct feed *feed);
// The next `count` samples. How many of them are of the sound.
size_t feed_take(struct feed *feed, int16_t *samples, size_t count);
// Whether anything but silence is still to come.
bool feed_has_more(const struct feed *feed);

#endif
