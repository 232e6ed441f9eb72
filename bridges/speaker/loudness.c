// Measured by libebur128; one gain for the whole, no compression: speech stays as it was spoken.
#include "loudness.h"

#include <ebur128.h>
#include <math.h>

#define PEAK_MOST 0.891 // -1 dBTP

struct measure {
    double lufs, peak; // of full scale
};

static bool measure(const struct sound *sound, size_t from, struct measure *found)
{
    ebur128_state *state = ebur128_init(1, SOUND_RATE, EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK);
    if (!state)
        return false;
    bool done = ebur128_add_frames_short(state, sound->samples + from, sound->count - from) ==
                    EBUR128_SUCCESS &&
                ebur128_loudness_global(state, &found->lufs) == EBUR128_SUCCESS &&
                ebur128_true_peak(state, 0, &found->peak) == EBUR128_SUCCESS;
    ebur128_destroy(&state);
    return done;
}

// What is too short to be measured (-HUGE_VAL) goes by its peak alone.
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
