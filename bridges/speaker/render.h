// From the words of one sentence to their sound: the synthesis command is run in its own process, and what it
// gives is brought to the loudness that is asked for. Does not block.
#ifndef LT_SPEAKER_RENDER_H
#define LT_SPEAKER_RENDER_H

#include "sound.h"
#include "voice.h"

struct speeches;

struct render_style {
    const char *voice;          // espeak-ng's name
    unsigned rate;              // words a minute
    const char *const *command; // in place of espeak-ng; ends with NULL; NULL: espeak-ng
    bool chime;
    struct speeches *speeches; // where zones share what is made; NULL: nothing is shared
    const struct sound
        *bells;      // what reading_bells has made, lent; NULL: they are made for each announcement
    int loudness;    // LUFS, below 0
    unsigned volume; // percent, on top of the announcement's
    uint64_t timeout_ms;
    size_t longest; // samples
};

struct render {
    struct voice *voice; // NULL: nothing runs
    bool levelled;       // what runs brings it to its loudness itself
    uint64_t deadline, timeout_ms;
};

// argv: another command than espeak-ng, or NULL. voice: espeak-ng's name. now: a monotonic clock in ms. The text is read
// at once.
enum lt_code render_start(struct render *render, const struct render_style *style,
                          const char *const *argv, const char *voice, struct lt_slice text,
                          uint64_t now, struct lt_error *error);
// VOICE_DONE: *speech (cleared by the caller, also after a failure) holds it.
enum voice_state render_turn(struct render *render, const struct render_style *style, uint64_t now,
                             struct sound *speech, struct lt_error *error);
// At the start, waiting for it: does that command, or espeak-ng with the style's voice, speak?
enum lt_code render_try(const struct render_style *style, const char *const *argv,
                        struct lt_error *error);
// The same of a recording: a program of ours reads the file in a process of its own, so that one that is made to harm does
// none here, and sees to it that its hash is right. path: WAV, Opus, MP3, or what else libsndfile reads.
enum lt_code render_recording(struct render *render, const struct render_style *style,
                              const char *path, const uint8_t sha256[32], uint64_t now,
                              struct lt_error *error);
// Begins to measure how long that file lasts, in the same way: what voice_wav has at VOICE_DONE is its ms in decimal digits and
// a newline. *voice is yours until voice_end.
enum lt_code render_measure(const struct render_style *style, const char *path,
                            const uint8_t sha256[32], struct voice **voice, struct lt_error *error);
int render_fd(const struct render *render); // to be watched for reading; -1: nothing runs
void render_stop(struct render *render);

#endif
