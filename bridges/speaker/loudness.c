// Measured by libebur128. One gain for the whole, so that speech stays as it was spoken; only peaks for which it is too much are
// limited, and the gain is then found by measuring what comes out.
#include "loudness.h"

#include <ebur128.h>
#include <math.h>

#include "limiter.h"

#define PEAK_MOST 0.891 // -1 dBTP

#define MORE_MOST 2.0 // 6 dB more than the gain without limits: with more, limiting is heard
#define NEAR      0.2 // LU

enum { MEASURED_LEAST = 2 * SOUND_RATE, TRIES = 6 };

struct measure {
    double lufs, peak; // of full scale
};

// Loudness is measured in blocks of 0.4 s, so a short word is measured as if it were said over and over.
static bool measure(const struct sound *sound, size_t from, struct measure *found)
{
    size_t count = sound->count - from;
    ebur128_state *state = ebur128_init(1, SOUND_RATE, EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK);
    if (!state)
        return false;
    bool done = true;
    for (size_t heard = 0; done && heard < (size_t)MEASURED_LEAST; heard += count)
        done = ebur128_add_frames_short(state, sound->samples + from, count) == EBUR128_SUCCESS;
    done = done && ebur128_loudness_global(state, &found->lufs) == EBUR128_SUCCESS &&
           ebur128_true_peak(state, 0, &found->peak) == EBUR128_SUCCESS;
    ebur128_destroy(&state);
    return done;
}

static void scale(struct sound *sound, size_t from, double gain)
{
    for (size_t i = from; i < sound->count; i++) {
        double value = sound->samples[i] * gain;
        sound->samples[i] = (int16_t)lrint(fmax(INT16_MIN, fmin(INT16_MAX, value)));
    }
}

// Of what would come out of the limiter as it is planned.
static bool measure_limited(const struct limiter *limiter, const int16_t *samples,
                            struct measure *found)
{
    int16_t block[LIMITER_BLOCK];
    ebur128_state *state = ebur128_init(1, SOUND_RATE, EBUR128_MODE_I);
    bool done = state != NULL;
    for (size_t heard = 0; done && heard < (size_t)MEASURED_LEAST; heard += limiter->count)
        for (size_t i = 0; done && i < limiter->blocks; i++) {
            size_t count = limiter_block(limiter, samples, i, block);
            done = ebur128_add_frames_short(state, block, count) == EBUR128_SUCCESS;
        }
    done = done && ebur128_loudness_global(state, &found->lufs) == EBUR128_SUCCESS;
    if (state)
        ebur128_destroy(&state);
    return done;
}

// Each try makes up for what limiting took from the last one.
static bool plan_for(struct limiter *limiter, const int16_t *samples, double wanted, int lufs)
{
    double gain = wanted;
    for (int i = 0; i < TRIES; i++) {
        struct measure found = {0};
        limiter_plan(limiter, gain, PEAK_MOST);
        if (!measure_limited(limiter, samples, &found))
            return false;
        double missing = lufs - found.lufs;
        if (!isfinite(missing) || fabs(missing) <= NEAR ||
            (missing > 0 && gain >= wanted * MORE_MOST))
            break;
        gain = fmin(gain * pow(10, missing / 20), wanted * MORE_MOST);
    }
    return true;
}

static bool limit(struct sound *sound, size_t from, double wanted, int lufs)
{
    int16_t *samples = sound->samples + from;
    struct limiter limiter = {0};
    struct measure found = {0};
    bool done = limiter_take(&limiter, samples, sound->count - from) &&
                plan_for(&limiter, samples, wanted, lufs);
    for (size_t i = 0; done && i < limiter.blocks; i++)
        limiter_block(&limiter, samples, i, samples + i * LIMITER_BLOCK);
    limiter_clear(&limiter);
    done = done && measure(sound, from, &found);
    if (done && found.peak > PEAK_MOST)
        scale(sound, from, PEAK_MOST / found.peak);
    return done;
}

bool loudness_level(struct sound *sound, size_t from, int lufs)
{
    struct measure found = {0};
    if (from >= sound->count)
        return true;
    if (!measure(sound, from, &found))
        return false;
    if (found.peak <= 0)
        return true;
    // What is too soft to be measured (-HUGE_VAL) stays as it is.
    double wanted = isfinite(found.lufs) ? pow(10, (lufs - found.lufs) / 20) : 1;
    if (found.peak * wanted > PEAK_MOST && isfinite(found.lufs))
        return limit(sound, from, wanted, lufs);
    scale(sound, from, fmin(wanted, PEAK_MOST / found.peak));
    return true;
}
