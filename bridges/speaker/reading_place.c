// Where in a reading something was heard, and how it goes on from there.
#include <stdlib.h>
#include <string.h>

#include "reading.h"

// The first sentence that has not been heard to its end; NULL: all that are made have been.
static struct reading_mark *mark_at(const struct reading *reading, size_t heard)
{
    for (size_t i = 0; i < reading->mark_count; i++)
        if (heard < reading->marks[i].end)
            return &reading->marks[i];
    return NULL;
}

enum lt_code reading_resume(struct reading *reading, const struct render_style *style, size_t heard,
                            struct lt_error *error)
{
    if (!reading_has_words(reading, heard))
        return LT_DONE; // only the chime was heard: all of it again
    const struct reading_mark *mark = mark_at(reading, heard);
    size_t from = mark ? mark->from : reading->sound.count;
    size_t gone = mark ? (size_t)(mark - reading->marks) : reading->mark_count;
    struct sound sound = {.max = style->longest, .more = reading->sound.more};
    bool rings = reading_ring(style, CHIME_AGAIN, reading->percent, &sound);
    sound.max += sound.count; // what would have fitted does so behind the bell, too
    if (!rings || !sound_join_rest(&sound, &reading->sound, from)) {
        sound_clear(&sound);
        return reading_too_long(style, error);
    }
    size_t moved = sound.count - (reading->sound.count - from);
    reading->mark_count -= gone;
    memmove(reading->marks, reading->marks + gone, reading->mark_count * sizeof *reading->marks);
    for (size_t i = 0; i < reading->mark_count; i++) {
        reading->marks[i].from = reading->marks[i].from - from + moved;
        reading->marks[i].end = reading->marks[i].end - from + moved;
    }
    sound_clear(&reading->sound);
    reading->sound = sound;
    return LT_DONE;
}

size_t reading_sentence(const struct reading *reading, size_t heard)
{
    const struct reading_mark *mark = mark_at(reading, heard);
    return mark ? mark->sentence : reading->next;
}

size_t reading_last(const struct reading *reading, size_t heard)
{
    size_t last = 0;
    for (size_t i = 0; i < reading->mark_count && reading->marks[i].from < heard; i++)
        last = reading->marks[i].sentence;
    return last;
}

bool reading_has_words(const struct reading *reading, size_t heard)
{
    return reading->mark_count && heard > reading->marks[0].from;
}

bool reading_is_said(const struct reading *reading, size_t heard)
{
    if (reading->count == 0)
        return true; // a chime alone is not rung again
    return !reading->sound.more && !mark_at(reading, heard);
}
