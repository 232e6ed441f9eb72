// WAV, in and out, by libsndfile: what a synthesis command wrote, and the file that is heard later.
#ifndef LT_SPEAKER_WAV_H
#define LT_SPEAKER_WAV_H

#include <lienthon/bytes.h>

#include "sound.h"

// Appends the sound of a whole WAV (any rate from 4,000 to 192,000, any channels up to 8; streamed
// ones with a false length too), turned into ours. LT_MALFORMED: it is none; LT_TOO_LARGE: longer
// than out->max.
enum lt_code wav_read(struct lt_slice bytes, struct sound *out, struct lt_error *error);

// How long it lasts, by decoding it to its end and keeping nothing: what its head says is not believed. LT_MALFORMED;
// LT_TOO_LARGE: it is longer than longest_ms.
enum lt_code wav_length(struct lt_slice bytes, uint64_t longest_ms, uint64_t *ms,
                        struct lt_error *error);

// A file that grows: NAME.part while it is written, NAME once it is whole and synced. LT_BUSY: another writes NAME.part.
struct wav_file;
enum lt_code wav_open(const char *path, struct wav_file **file, struct lt_error *error);
enum lt_code wav_add(struct wav_file *file, const int16_t *samples, size_t count,
                     struct lt_error *error);
enum lt_code wav_finish(struct wav_file **file,
                        struct lt_error *error); // takes it, also if it fails
// It was cut off: NAME.wav becomes NAME.cut.wav, which is not synced. Takes it, also if it fails.
enum lt_code wav_cut(struct wav_file **file, struct lt_error *error);
// Removes a NAME.part that nobody writes any more. false: somebody does, or it is not there.
bool wav_part_remove(const char *path);
void wav_discard(struct wav_file **file); // removes it

// The head of a file of so many bytes of samples, for whoever gives it out piece by piece. UINT32_MAX: nobody knows how many.
enum { WAV_HEAD = 44 };
void wav_head(uint8_t head[WAV_HEAD], uint32_t bytes);

#endif
