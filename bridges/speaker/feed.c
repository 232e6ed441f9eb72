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

static size_t take_some(const int16_t *from, size_t there, int16_t *to, size_t wanted)
{
    size_t count = there < wanted ? there : wanted;
    if (count)
        memcpy(to, from, count * sizeof *to);
    return count;
}

size_t feed_take(struct feed *feed, int16_t *samples, size_t count)
{
    size_t tail =
        take_some(feed->tail + feed->tail_at, feed->tail_count - feed->tail_at, samples, count);
    feed->tail_at += tail;
    size_t of_sound = 0;
    if (feed->sound)
        of_sound = take_some(feed->sound->samples + feed->at, feed->sound->count - feed->at,
                             samples + tail, count - tail);
    feed->at += of_sound;
    memset(samples + tail + of_sound, 0, (count - tail - of_sound) * sizeof *samples);
    return of_sound;
}

bool feed_has_more(const struct feed *feed)
{
    return feed->tail_at < feed->tail_count ||
           (feed->sound && (feed->sound->more || feed->at < feed->sound->count));
}
