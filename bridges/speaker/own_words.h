// The commune's own words of a loudspeaker, for whoever says a notice without being one: out of its instance file, and
// nothing else of that.
#ifndef LT_SPEAKER_OWN_WORDS_H
#define LT_SPEAKER_OWN_WORDS_H

#include <lienthon/code.h>
#include <lienthon/settings/option.h>

// path: an instance file; or a folder of them, in which exactly one is a loudspeaker's, else there are no words. *words is
// zero at first, and to be cleared by own_words_clear, also after a failure. LT_IO; LT_BAD_FILE, with the file's name and line.
enum lt_code own_words_read(const char *path, struct lt_option_map *words, struct lt_error *error);
void own_words_clear(struct lt_option_map *words);

#endif
