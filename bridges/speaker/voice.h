// One run of the synthesis command in its own process: text on its standard input, a WAV on its
// standard output. Never blocks; the caller watches the descriptor and the time.
#ifndef LT_SPEAKER_VOICE_H
#define LT_SPEAKER_VOICE_H

#include <lienthon/bytes.h>

enum { VOICE_TEXT_MAX = 64 * 1024 };

struct voice;

enum voice_state { VOICE_WORKS, VOICE_DONE, VOICE_FAILED };

// argv ends with NULL and is found by PATH. sound_max: bytes of WAV that are taken at most. LT_IO:
// the command cannot be started (the sentence says what to install).
enum lt_code voice_start(const char *const *argv, struct lt_slice text, size_t sound_max,
                         struct voice **voice, struct lt_error *error);
int voice_fd(
    const struct voice *voice); // readable when there is something to do; -1: watch voice_exit_fd
int voice_exit_fd(const struct voice *voice); // readable when the process has ended
// Takes what there is. VOICE_DONE: the process ended well and its WAV is whole.
enum voice_state voice_turn(struct voice *voice, struct lt_error *error);
int voice_status(
    const struct voice *voice); // behind VOICE_FAILED: how it ended; -1: it has not, or by a signal
struct lt_slice voice_wav(const struct voice *voice); // lent
void voice_end(struct voice **voice);                 // kills it if it still runs

#endif
