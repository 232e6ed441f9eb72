// What a message asks a loudspeaker to say, and how. Pure.
#ifndef LT_SPEAKER_ANNOUNCEMENT_H
#define LT_SPEAKER_ANNOUNCEMENT_H

#include <lienthon/message.h>

#include <lienthon/settings/option.h>

#include "chime.h"

enum { ANNOUNCEMENT_REPEATS = 3 };

struct announcement {
    struct lt_buffer words;          // UTF-8, written as it is to be said
    const struct lt_option_map *own; // lent
    char voice[64];                  // empty: the configured one
    bool has_chime;
    enum chime chime;
    bool drop_late;          // not to be said when it came later than it was meant
    unsigned repeat, volume; // 1..3; percent
    bool has_recording;      // to be played in place of the words
    uint8_t sha256[32];      // of it
    uint64_t size;           // bytes
};

// From a notice.v1 or an alert.v1. LT_DONE; LT_BODY_WRONG; LT_NOT_ALLOWED: it is not to be heard (an
// exercise, a test, an acknowledgement), the sentence says so in Vietnamese; LT_NO_MEMORY. own: as in
// words_say.
enum lt_code announcement_read(const struct lt_part *message, const struct lt_option_map *own,
                               struct announcement *announcement, struct lt_error *error);
// That it takes the place of what was heard is said before it. false: no memory; it is as it was.
bool announcement_correct(struct announcement *announcement);
// Words of the loudspeaker's own, without a chime. false: no memory.
bool announcement_own(const char *words, struct announcement *announcement);
void announcement_clear(struct announcement *announcement);

#endif
