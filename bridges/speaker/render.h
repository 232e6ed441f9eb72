// From words to one sound: the synthesis command is run, then chime, speech and its repetitions are
// put together. Does not block.
#ifndef LT_SPEAKER_RENDER_H
#define LT_SPEAKER_RENDER_H

#include "announcement.h"
#include "voice.h"

struct render_style {
    const char *voice;          // espeak-ng's name
    unsigned rate;              // words a minute
    const char *const *command; // in place of espeak-ng; ends with NULL; NULL: espeak-ng
    bool chime;
    int loudness;    // LUFS, below 0
    unsigned volume; // percent, on top of the announcement's
    uint64_t timeout_ms;
    size_t longest; // samples
};

struct render {
    struct voice *voice;
    uint64_t deadline;
};

// now: a monotonic clock in ms. The announcement's words are read at once.
enum lt_code render_start(struct render *render, const struct render_style *style,
                          const struct announcement *announcement, uint64_t now,
                          struct lt_error *error);
// VOICE_DONE: *sound (cleared by the caller) holds it whole.
enum voice_state render_turn(struct render *render, const struct render_style *style,
                             const struct announcement *announcement, uint64_t now,
                             struct sound *sound, struct lt_error *error);
// At the start, waiting for it: does the command speak with this voice?
enum lt_code render_try(const struct render_style *style, struct lt_error *error);
int render_fd(const struct render *render); // to be watched for reading; -1: nothing runs
void render_stop(struct render *render);

#endif
