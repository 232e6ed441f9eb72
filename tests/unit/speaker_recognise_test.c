// The chime in what a microphone took down: late, soft, in noise; and what is not it.
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>

#include "chime.h"
#include "recognise.h"

enum { WITHIN = SOUND_RATE * 3 / 2 };

static struct sound ring(enum chime chime)
{
    struct sound sound = {.max = SOUND_RATE * 10};
    cr_assert(chime_ring(chime, &sound));
    return sound;
}

static int16_t noise_at(unsigned *seed, int most)
{
    *seed = *seed * 1103515245U + 12345U;
    return (int16_t)((int)(*seed >> 16 & 0x7fff) * 2 * most / 0x7fff - most);
}

// Silence before it, then it, in percent of its loudness, all of it in noise.
static struct sound take_down(const struct sound *sound, unsigned late_ms, int percent, int noise)
{
    struct sound heard = {.max = SOUND_RATE * 20};
    unsigned seed = 7;
    cr_assert(sound_silence(&heard, late_ms) && sound_add(&heard, sound->samples, sound->count) &&
              sound_silence(&heard, 1500));
    for (size_t i = 0; i < heard.count; i++)
        heard.samples[i] =
            (int16_t)(heard.samples[i] * percent / 100 + noise_at(&seed, noise ? noise : 1));
    return heard;
}

static unsigned alike(enum chime wanted, enum chime rung, unsigned late_ms, int percent, int noise)
{
    struct sound a = ring(wanted), b = ring(rung), heard = take_down(&b, late_ms, percent, noise);
    unsigned found = recognise(a.samples, a.count, heard.samples, heard.count, WITHIN);
    sound_clear(&a);
    sound_clear(&b);
    sound_clear(&heard);
    return found;
}

Test(recognise, the_same_is_found_late_and_soft)
{
    cr_expect_geq(alike(CHIME_CALM, CHIME_CALM, 0, 100, 0), 99);
    cr_expect_geq(alike(CHIME_CALM, CHIME_CALM, 730, 100, 0), 80);
    cr_expect_geq(alike(CHIME_ALARM, CHIME_ALARM, 1400, 5, 0), 80);
    cr_expect_geq(alike(CHIME_CALM, CHIME_CALM, 300, -40, 0), 80, "wires crossed");
}

Test(recognise, it_is_found_in_noise)
{
    cr_expect_geq(alike(CHIME_CALM, CHIME_CALM, 400, 20, 1500), 50);
    cr_expect_geq(alike(CHIME_ALARM, CHIME_ALARM, 400, 20, 1500), 50);
}

Test(recognise, another_is_not_it)
{
    cr_expect_lt(alike(CHIME_CALM, CHIME_ALARM, 300, 100, 0), 25);
    cr_expect_lt(alike(CHIME_ALARM, CHIME_CALM, 300, 100, 0), 25);
    cr_expect_lt(alike(CHIME_CALM, CHIME_CALM, 300, 0, 2000), 15, "noise alone");
}

Test(recognise, silence_and_what_is_too_short_is_nothing)
{
    struct sound chime = ring(CHIME_CALM), quiet = {.max = SOUND_RATE * 10};
    cr_assert(sound_silence(&quiet, 6000));
    cr_expect_eq(recognise(chime.samples, chime.count, quiet.samples, quiet.count, WITHIN), 0);
    cr_expect_eq(recognise(chime.samples, chime.count, chime.samples, chime.count / 2, WITHIN), 0);
    cr_expect_eq(recognise(chime.samples, 100, chime.samples, chime.count, WITHIN), 0);
    sound_clear(&chime);
    sound_clear(&quiet);
}
