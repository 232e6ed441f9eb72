// The outlets that a zone's `output` names (outlet_words.h).
#ifndef LT_SPEAKER_OUTLETS_H
#define LT_SPEAKER_OUTLETS_H

#include "zone.h"

// Asks all cards that the zones' `output`s name whether they are there, and waits for them together. LT_NO_MEMORY.
enum lt_code outlets_ask_cards(struct speaker *speaker, struct lt_error *error);
// text: `card file`, `card:plughw:1`, separated by blanks. Adds an outlet to the zone's player for each, and notes in speaker-state
// what there is. LT_BAD_USE: a word that is none, or too many of them; what an outlet cannot be opened for.
enum lt_code outlets_open(struct zone *zone, const char *text, struct lt_error *error);
// As outlet_words_apart, of zones that are all open.
enum lt_code outlets_apart(const struct speaker *speaker, struct lt_error *error);

#endif
