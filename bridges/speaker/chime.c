// A bell is a few sines that die away, the high ones first.
#include "chime.h"

#include <math.h>

struct bell {
    double hz;
    unsigned at_ms, rings_ms;
};

static const struct bell calm[] = {{784, 0, 1400}, {659, 450, 1400}, {523, 900, 1900}};
static const struct bell alarm_bells[] = {
    {1175, 0, 320},   {880, 200, 320},  {1175, 400, 320},  {880, 600, 320},
    {1175, 800, 320}, {880, 1000, 320}, {1175, 1200, 320}, {880, 1400, 900},
};
static const struct bell closing[] = {{523, 0, 1400}, {784, 450, 1900}};
static const struct bell again[] = {{659, 0, 700}};

static const struct {
    const struct bell *bells;
    size_t count;
} peals[] = {[CHIME_CALM] = {calm, sizeof calm / sizeof *calm},
             [CHIME_ALARM] = {alarm_bells, sizeof alarm_bells / sizeof *alarm_bells},
             [CHIME_AGAIN] = {again, sizeof again / sizeof *again},
             [CHIME_CLOSING] = {closing, sizeof closing / sizeof *closing}};

static const struct {
    double times, loud, fades;
} partials[] = {{1.0, 0.6, 3.0}, {2.0, 0.25, 5.0}, {3.01, 0.1, 7.0}, {4.2, 0.05, 9.0}};

static const double pi = 3.14159265358979323846;

static double bell_at(const struct bell *bell, double seconds)
{
    double length = bell->rings_ms / 1000.0;
    double value = 0;
    for (size_t i = 0; i < sizeof partials / sizeof *partials; i++)
        value += partials[i].loud * exp(-partials[i].fades * seconds / length) *
                 sin(2 * pi * bell->hz * partials[i].times * seconds);
    // No click: 4 ms in, and the last tenth out.
    if (seconds < 0.004)
        value *= seconds / 0.004;
    if (seconds > length * 0.9)
        value *= (length - seconds) / (length * 0.1);
    return value;
}

static double bells_at(const struct bell *bells, size_t count, double ms)
{
    double value = 0;
    for (size_t i = 0; i < count; i++)
        if (ms >= bells[i].at_ms && ms < bells[i].at_ms + bells[i].rings_ms)
            value += bell_at(&bells[i], (ms - bells[i].at_ms) / 1000.0);
    return value;
}

bool chime_ring(enum chime chime, struct sound *out)
{
    const struct bell *bells = peals[chime].bells;
    size_t count = peals[chime].count;
    size_t begin = out->count;
    unsigned long_ms = bells[count - 1].at_ms + bells[count - 1].rings_ms;
    if (!sound_silence(out, long_ms))
        return false;
    for (size_t i = begin; i < out->count; i++) {
        double value = bells_at(bells, count, (double)(i - begin) * 1000.0 / SOUND_RATE) * 0.6;
        if (value > 1)
            value = 1;
        if (value < -1)
            value = -1;
        out->samples[i] = (int16_t)lrint(value * 32000);
    }
    return true;
}
