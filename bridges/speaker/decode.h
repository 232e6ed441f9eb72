// A recording from a stranger, read in a process that has nothing to lose.
#ifndef LT_SPEAKER_DECODE_H
#define LT_SPEAKER_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include <lienthon/code.h>

// How the process ends that decodes, beside 0 and 1.
enum { DECODE_TOO_LONG = 3, DECODE_SILENT = 4 };

// Reads the file (WAV, Opus, MP3, or what else libsndfile reads), whose SHA-256 this must be (64 hexadecimal digits), and
// writes it to standard output as a WAV of one channel at our rate, brought to so many LUFS: for an hour of sound that takes
// seconds, in which the loudspeaker must stay awake for an alarm. Gives away first what it does not need: no file can be
// written or opened any more, and a minute of the processor is all it gets. longest: samples that are taken at most, so that
// a small file of endless silence is no large one here. LT_TOO_LARGE: it is longer; LT_NOT_FOUND: nothing is to be heard in it.
enum lt_code decode_recording(const char *path, const char *sha256, int lufs, size_t longest,
                              struct lt_error *error);
// Reads it under the same limits, and writes to standard output how many ms it lasts: a number and a newline. LT_TOO_LARGE: it
// is longer than longest_ms.
enum lt_code decode_length(const char *path, const char *sha256, uint64_t longest_ms,
                           struct lt_error *error);
// The file's SHA-256, for who plays what has come over no link.
enum lt_code decode_hash(const char *path, uint8_t sha256[32], struct lt_error *error);
// What standard error has said, as one of these states.
int decode_status(enum lt_code code);

#endif
