// Writes a Vietnamese text as it is to be said: numbers, hours, dates, money, telephone numbers, units,
// abbreviations and capitals as words, so that any voice says the same.
#ifndef LT_SPEAKER_WORDS_H
#define LT_SPEAKER_WORDS_H

#include <lienthon/settings/option.h>

// Appends it. `text` is valid UTF-8, NFC. `own`: the commune's own abbreviations and names, written →
// said, which come before the built-in ones; may be NULL. false: out's maximum or no memory.
bool words_say(struct lt_slice text, const struct lt_option_map *own, struct lt_buffer *out);

#endif
