// The gain falls within 6 ms before a peak and comes back in some 100 ms: faster would distort what is said, slower is heard as
// a breath behind each loud word.
#include "limiter.h"

#include <ebur128.h>
#include <math.h>
#include <stdlib.h>

enum { AHEAD = 4, FILTER_DELAY = 1 }; // blocks

#define COMES_BACK 0.015 // of what is missing, a block

// The library's peak comes with the delay of its filter, which is shorter than a block.
static bool find_peaks(struct limiter *limiter, const int16_t *samples)
{
    ebur128_state *state = ebur128_init(1, SOUND_RATE, EBUR128_MODE_TRUE_PEAK);
    bool done = state != NULL;
    for (size_t i = 0; done && i < limiter->blocks; i++) {
        size_t at = i * LIMITER_BLOCK, left = limiter->count - at;
        double peak = 0;
        done = ebur128_add_frames_short(state, samples + at,
                                        left < LIMITER_BLOCK ? left : LIMITER_BLOCK) ==
                   EBUR128_SUCCESS &&
               ebur128_prev_true_peak(state, 0, &peak) == EBUR128_SUCCESS;
        limiter->peaks[i] = (float)peak;
    }
    if (state)
        ebur128_destroy(&state);
    return done;
}

bool limiter_take(struct limiter *limiter, const int16_t *samples, size_t count)
{
    limiter->count = count;
    limiter->blocks = (count + LIMITER_BLOCK - 1) / LIMITER_BLOCK;
    limiter->peaks = calloc(limiter->blocks + 1, sizeof *limiter->peaks);
    limiter->gains = calloc(limiter->blocks + 1, sizeof *limiter->gains);
    return limiter->peaks && limiter->gains && find_peaks(limiter, samples);
}

// The most that is allowed at the beginning of block `at`, for what is on both sides of it.
static double allowed(const struct limiter *limiter, size_t at, double gain, double most)
{
    size_t from = at ? at - 1 : 0, to = at + FILTER_DELAY;
    double peak = 0;
    for (size_t i = from; i <= to && i < limiter->blocks; i++)
        peak = fmax(peak, limiter->peaks[i]);
    return peak * gain > most ? most / peak : gain;
}

// As low as what comes within AHEAD wants it.
static double lowest(const struct limiter *limiter, size_t at, double gain, double most)
{
    double low = gain;
    for (size_t i = at; i <= at + AHEAD && i <= limiter->blocks; i++)
        low = fmin(low, allowed(limiter, i, gain, most));
    return low;
}

void limiter_plan(struct limiter *limiter, double gain, double most)
{
    double held[AHEAD + 1], now = lowest(limiter, 0, gain, most);
    for (size_t i = 0; i <= AHEAD; i++)
        held[i] = now;
    for (size_t i = 0; i <= limiter->blocks; i++) {
        double sum = 0;
        now = fmin(lowest(limiter, i, gain, most), now + (gain - now) * COMES_BACK);
        held[i % (AHEAD + 1)] = now;
        // Each of these knew of what is here, so their mean is not above it either.
        for (size_t j = 0; j <= AHEAD; j++)
            sum += held[j];
        limiter->gains[i] = (float)(sum / (AHEAD + 1));
    }
}

size_t limiter_block(const struct limiter *limiter, const int16_t *samples, size_t block,
                     int16_t *out)
{
    size_t at = block * LIMITER_BLOCK, left = limiter->count - at;
    size_t count = left < LIMITER_BLOCK ? left : LIMITER_BLOCK;
    double first = limiter->gains[block], last = limiter->gains[block + 1];
    for (size_t i = 0; i < count; i++) {
        double gain = first + (last - first) * (double)i / LIMITER_BLOCK;
        double value = samples[at + i] * gain;
        out[i] = (int16_t)lrint(fmax(INT16_MIN, fmin(INT16_MAX, value)));
    }
    return count;
}

void limiter_clear(struct limiter *limiter)
{
    free(limiter->peaks);
    free(limiter->gains);
    *limiter = (struct limiter){0};
}
