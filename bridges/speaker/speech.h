// The sound of one sentence, or of a recording, on its way. Zones that want the same at the same time share it: it is made once,
// and there for all of them at once. What was made last is kept for a while, for those that come a little later.
#ifndef LT_SPEAKER_SPEECH_H
#define LT_SPEAKER_SPEECH_H

#include "leaf.h"
#include "render.h"

struct speech;

struct speeches { // zeroed: nothing is there
    struct speech *first;
};

// As render_start: joins what is being made, or was made, of the same words by the same voice, else begins. speeches NULL: it is
// nobody else's. *speech is yours until speech_leave. LT_IO: the command cannot be run; LT_NO_MEMORY.
enum lt_code speech_say(struct speeches *speeches, const struct render_style *style,
                        const char *const *argv, const char *voice, struct lt_slice text,
                        uint64_t now, struct speech **speech, struct lt_error *error);
// The same, as render_recording.
enum lt_code speech_play(struct speeches *speeches, const struct render_style *style,
                         const char *path, const uint8_t sha256[32], uint64_t now,
                         struct speech **speech, struct lt_error *error);
// VOICE_FAILED: to each of those who share it.
enum voice_state speech_turn(struct speech *speech, const struct render_style *style, uint64_t now,
                             struct lt_error *error);
// Behind VOICE_DONE: it at that volume, held once more for you; the same samples for all who want it as loud. NULL: no memory.
struct leaf *speech_take(struct speech *speech, unsigned percent);
int speech_fd(const struct speech *speech); // to be watched for reading; -1: it is made
uint64_t speech_deadline(
    const struct speech
        *speech); // monotonic ms, when to turn it at the latest: at once where it is made
// What nobody wants any more is no longer made.
void speech_leave(struct speech **speech);
// Everybody has left.
void speeches_clear(struct speeches *speeches);

#endif
