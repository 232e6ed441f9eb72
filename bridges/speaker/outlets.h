// `output` of the options: words that say where sound goes, each with what it opens.
#ifndef LT_SPEAKER_OUTLETS_H
#define LT_SPEAKER_OUTLETS_H

#include "zone.h"

// text: `card file`, `card:plughw:1`, separated by blanks. Adds an outlet to the zone's player for each, and notes in speaker-state
// what there is. LT_BAD_USE: a word that is none, or too many of them; what an outlet cannot be opened for.
enum lt_code outlets_open(struct zone *zone, const char *text, struct lt_error *error);

// Whether text is such words; opens nothing. For the option's row: LT_BAD_USE what is allowed.
enum lt_code outlets_check(const char *text, struct lt_error *error);
// What text says, for people: words, addresses, codecs. What does not fit marks `out`.
void outlets_tell(const struct speaker *speaker, const char *text, struct lt_buffer *out);

#endif
