#include "feed.h"

#include <string.h>

void feed_start(struct feed *feed, const struct sound *sound)
{
    feed->sound = sound;
    feed->at = 0;
}

size_t feed_stop(struct feed *feed)
{
    if (feed->sound && feed->at > 0) {
        feed->tail_count = sound_tail(feed->sound, feed->at, feed->tail);
        feed->tail_at = 0;
    }
    feed->sound = NULL;
    return feed->at;
}

void feed_end(struct feed *feed)
{
    feed->sound = NULL;
}

size_t feed_take(struct feed *feed, int16_t *samples, size_t count)
{
    size_t left = feed->tail_count - feed->tail_at, tail = left < count ? left : count;
    memcpy(samples, feed->tail + feed->tail_at, tail * sizeof *samples);
    feed->tail_at += tail;
    size_t of_sound = 0;
    if (feed->sound)
        of_sound = sound_copy(feed->sound, feed->at, samples + tail, count - tail);
    feed->at += of_sound;
    memset(samples + tail + of_sound, 0, (count - tail - of_sound) * sizeof *samples);
    return of_sound;
}

bool feed_has_more(const struct feed *feed)
{
    return feed->tail_at < feed->tail_count ||
           (feed->sound && (feed->sound->more || feed->at < feed->sound->count));
}
