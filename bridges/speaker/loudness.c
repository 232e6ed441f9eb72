// Measured by libebur128; one gain for the whole, no compression: speech stays as it was spoken.
#include "loudness.h"

#include <ebur128.h>
#include <math.h>

#define PEAK_MOST 0.891 // -1 dBTP

enum { MEASURED_LEAST = 2 * SOUND_RATE };

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

// What is too soft to be measured (-HUGE_VAL) goes by its peak alone.
static double gain_for(const struct measure *found, int lufs)
{
    double most = PEAK_MOST / found->peak;
    double wanted = isfinite(found->lufs) ? pow(10, (lufs - found->lufs) / 20) : 1;
    return wanted < most ? wanted : most;
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
    double gain = gain_for(&found, lufs);
    for (size_t i = from; i < sound->count; i++) {
        double value = sound->samples[i] * gain;
        sound->samples[i] = (int16_t)lrint(fmax(INT16_MIN, fmin(INT16_MAX, value)));
    }
    return true;
}
