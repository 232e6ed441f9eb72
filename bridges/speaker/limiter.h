// A look-ahead limiter: short peaks are turned down, softly and before they come, so that what is between them can be louder.
#ifndef LT_SPEAKER_LIMITER_H
#define LT_SPEAKER_LIMITER_H

#include "sound.h"

enum { LIMITER_BLOCK = 32 }; // samples

// Begins as {0}.
struct limiter {
    float *peaks; // the true peak of each block, of full scale
    float *gains; // at the beginning of each block, and at the end of the last
    size_t count, blocks;
};

// Looks at the samples. false: no memory. limiter_clear frees what it has taken, also then.
bool limiter_take(struct limiter *limiter, const int16_t *samples, size_t count);
// By what each sample will be multiplied: `gain`, and less where a true peak would come above `most`.
void limiter_plan(struct limiter *limiter, double gain, double most);
// The samples of one block as planned; `samples` are those that were taken, `out` has room for a block and may lie on them.
// How many.
size_t limiter_block(const struct limiter *limiter, const int16_t *samples, size_t block,
                     int16_t *out);
void limiter_clear(struct limiter *limiter);

#endif
