// Writes a Vietnamese text as it is to be said: hours, dates, telephone numbers, units and the
// abbreviations of a commune office, which the voice would otherwise spell in English letters.
#ifndef LT_SPEAKER_WORDS_H
#define LT_SPEAKER_WORDS_H

#include <lienthon/bytes.h>

// Appends it. `text` is valid UTF-8, NFC. false: out's maximum or no memory.
bool words_say(struct lt_slice text, struct lt_buffer *out);

#endif
