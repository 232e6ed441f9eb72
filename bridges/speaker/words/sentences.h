// Where one sentence ends and the next begins, in a text that words_say has written.
#ifndef LT_SPEAKER_SENTENCES_H
#define LT_SPEAKER_SENTENCES_H

#include <lienthon/bytes.h>

#include <stdbool.h>

// Takes the next sentence from *rest, with its stop and without the spaces around it. The full stop of an
// abbreviation or of an initial (Nguyễn Văn A.) ends none. What goes on for hundreds of bytes without a stop is parted at a comma, or between words. false: there is no more.
bool sentences_next(struct lt_slice *rest, struct lt_slice *sentence);

#endif
