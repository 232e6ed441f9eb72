// A recording from a stranger, read in a process that has nothing to lose.
#ifndef LT_SPEAKER_DECODE_H
#define LT_SPEAKER_DECODE_H

#include <lienthon/code.h>

// Reads the file (WAV, Opus, MP3, or what else libsndfile reads), whose SHA-256 this must be (64 hexadecimal digits), and
// writes it to standard output as a WAV of one channel at our rate, brought to so many LUFS: for an hour of sound that takes
// seconds, in which the loudspeaker must stay awake for an alarm. Gives away first what it does not need: no file can be
// written or opened any more, and a minute of the processor is all it gets.
enum lt_code decode_recording(const char *path, const char *sha256, int lufs,
                              struct lt_error *error);

#endif
