// `output` of the options: words that say where sound goes. What they say; outlets.c opens it.
#ifndef LT_SPEAKER_OUTLET_WORDS_H
#define LT_SPEAKER_OUTLET_WORDS_H

#include "zone.h"

enum { OUTLET_WORD = 255 };
#define OUTLET_MOUNT "/thuong.mp3" // of `icecast` without one
enum outlet_word_kind {
    OUTLET_CARD,
    OUTLET_FILE,
    OUTLET_MQTT,
    OUTLET_ICECAST,
    OUTLET_RTP,
    OUTLET_KINDS, // none that is known
};

struct outlet_word {
    char text[OUTLET_WORD + 1];
    enum outlet_word_kind kind;
    const char *rest; // what stands behind its colon, "" where nothing does
};

// The next word behind *at, which moves behind it. false: there is none. *at: first what outlet_words has made of the option.
bool outlet_words_next(const char **at, struct outlet_word *word);
// `both` are two of them. `auto` is no word among others and stays.
const char *outlet_words(const char *text);
// Whether text is such words; opens nothing. For the option's row: LT_BAD_USE what is allowed.
enum lt_code outlet_words_check(const char *text, struct lt_error *error);
// What text says, for people: words, addresses, codecs. What does not fit marks `out`.
void outlet_words_tell(const struct speaker *speaker, const char *text, struct lt_buffer *out);
// Whether no two zones, count of them with their names and their outputs as words, speak at the same place, where what they say
// would be mixed: a card, a mount, an address, a topic, also of what is urgent. Files have a folder each. LT_BAD_USE.
enum lt_code outlet_words_apart(const struct speaker *speaker, const char *const *names,
                                const char *const *outputs, size_t count, struct lt_error *error);

#endif
