// What several zones say at the same time is made once, and each of them hears of it in time.
#include <criterion/criterion.h>
#include <poll.h>
#include <time.h>

#include "speech.h"

static const struct render_style style = {.voice = "vi",
                                          .loudness = -20,
                                          .rate = 140,
                                          .volume = 100,
                                          .timeout_ms = 20000,
                                          .longest = 60 * SOUND_RATE};

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct speech *begin(struct speeches *speeches)
{
    struct speech *speech = NULL;
    cr_assert_eq(speech_say(speeches, &style, NULL, "vi", lt_slice_of("Mời họp."), clock_ms(),
                            &speech, NULL),
                 LT_DONE);
    return speech;
}

static void finish(struct speech *speech)
{
    while (speech_turn(speech, &style, clock_ms(), NULL) == VOICE_WORKS) {
        struct pollfd wait = {.fd = speech_fd(speech), .events = POLLIN};
        cr_assert_eq(poll(&wait, 1, 20000), 1);
    }
}

// The one in whose turn it was made may fail at once, with a broken card: then nobody wakes the other.
Test(speech, another_who_waits_for_what_is_made_is_due_at_once)
{
    struct speeches speeches = {0};
    struct speech *one = begin(&speeches), *other = begin(&speeches);
    cr_assert_eq(one, other, "it is made once");
    cr_expect_gt(speech_deadline(other), clock_ms());
    finish(one);
    speech_leave(&one);
    cr_expect_eq(speech_fd(other), -1);
    cr_expect_leq(speech_deadline(other), clock_ms());
    cr_expect_gt(speech_deadline(other), 0, "0 means that nothing is made");
    cr_assert_eq(speech_turn(other, &style, clock_ms(), NULL), VOICE_DONE);
    speech_leave(&other);
    speeches_clear(&speeches);
}

Test(speech, who_comes_a_little_later_has_what_was_made)
{
    struct speeches speeches = {0};
    struct speech *one = begin(&speeches);
    finish(one);
    speech_leave(&one);
    struct speech *later = begin(&speeches);
    cr_assert_eq(speech_turn(later, &style, clock_ms(), NULL), VOICE_DONE, "without a run");
    speech_leave(&later);
    speeches_clear(&speeches);
}

// Six zones, and a speech of a quarter of an hour: in memory it is there once.
Test(speech, zones_that_are_as_loud_hold_the_same_samples)
{
    struct speeches speeches = {0};
    struct speech *speech = begin(&speeches);
    finish(speech);
    struct leaf *one = speech_take(speech, 60), *other = speech_take(speech, 60),
                *loud = speech_take(speech, 100), *louder = speech_take(speech, 100);
    cr_assert(one && loud);
    cr_expect_eq(one, other);
    cr_expect_eq(loud, louder);
    cr_assert_eq(one->sound.count, loud->sound.count);
    cr_expect_gt(loud->sound.count, SOUND_RATE / 4);
    for (size_t i = 0; i < loud->sound.count; i++)
        cr_assert_eq(one->sound.samples[i], loud->sound.samples[i] * 60 / 100);
    speech_leave(&speech);
    speeches_clear(&speeches);
    cr_expect_eq(louder->sound.samples[0], 0, "what is held outlives the speech");
    leaf_leave(&one);
    leaf_leave(&other);
    leaf_leave(&loud);
    leaf_leave(&louder);
}
