// Killed at every step; a disk without room, a clock that is wrong, a far side that fails.
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "checks.h"

enum {
    AFTER_MS = 120,
    SAID_MAX = 1024 * 1024,
    FULL_MS = 1500,
    DOWN_MS = 600,
    HOUR_MS = 3600000,
    WAIT_FACTOR = 3
};

// The steps of one delivery, to its end and a moment beyond.
static uint64_t count_steps(struct suite *suite)
{
    suite_arm(suite, 0, false);
    bool done = suite_expect_done(suite, suite_post(suite, (struct wish){0}), "undisturbed");
    suite_rest(suite, AFTER_MS);
    uint64_t count = suite_disarm(suite);
    return done ? count : 0;
}

// The last word about it at the first target where it was not done.
static const char *undone_says(const struct letter *letter)
{
    while (letter->twin && letter_is_done(letter))
        letter = letter->twin;
    return letter->detail[0] ? letter->detail : "it was not done";
}

// One delivery that is cut off at that step; *died: it was. The next life brings it to its end.
static void kill_at(struct suite *suite, uint64_t step, bool *died)
{
    char what[96];
    *died = false;
    if (suite->life.pid == 0 && !suite_start(suite))
        return;
    suite_arm(suite, step, false);
    struct letter *letter = suite_post(suite, (struct wish){0});
    if (!letter)
        return;
    for (struct letter *at = letter; at; at = at->twin)
        at->step = step;
    (void)suite_until(suite, suite_settled_or_dead, letter, suite_patience(suite));
    *died = suite_until(suite, suite_dead, NULL, suite->life.pid == 0 ? 0 : AFTER_MS);
    suite_disarm(suite);
    if (*died && !suite_start(suite))
        return;
    snprintf(what, sizeof what, "killed at step %llu (%s)", (unsigned long long)step,
             *died ? suite->steps->name : "not reached");
    if (suite_goes_on(suite) &&
        !suite_until(suite, suite_settled, letter, WAIT_FACTOR * suite_patience(suite)))
        suite_fail(suite, "%s: it was not brought to its end by the next life", what);
    if (suite_goes_on(suite) && !letters_all(letter, letter_is_done))
        suite_fail(suite, "%s: %s", what, undone_says(letter));
    if (suite_goes_on(suite) && far_is_seen(suite->far) && suite_look(suite) &&
        letters_any(letter, letter_is_unseen))
        suite_fail(suite, "%s: it never happened, and was reported as done", what);
}

static void expect_at_most_twice(struct suite *suite)
{
    if (!suite_look(suite))
        return;
    for (const struct letter *at = suite->hub.letters; at; at = at->next)
        if (at->effects > 2 || (at->effects == 2 && !at->told_again))
            suite_fail(suite, "killed at step %llu: it happened %u times%s",
                       (unsigned long long)at->step, at->effects,
                       at->effects == 2 ? ", and nobody was told" : "");
}

static void kill_at_each(struct suite *suite)
{
    uint64_t kills = 0, most = (uint64_t)suite->settings->steps, tried = 0;
    count_steps(suite); // the first one makes what later ones find
    uint64_t count = suite_goes_on(suite) ? count_steps(suite) : 0;
    if (suite_goes_on(suite) && count == 0)
        suite_cannot_see(suite, "none of its calls could be counted");
    for (uint64_t i = 0; i < count && i < most && suite_goes_on(suite); i++) {
        bool died = false;
        uint64_t step = count <= most ? i + 1 : 1 + i * count / most;
        kill_at(suite, step, &died);
        kills += died;
        tried++;
    }
    if (suite_goes_on(suite) && kills == 0 && count > 0)
        suite_cannot_see(suite, "it could not be killed at a step");
    suite_note(suite, "killed %llu times at %llu of %llu steps%s", (unsigned long long)kills,
               (unsigned long long)tried, (unsigned long long)count,
               far_is_seen(suite->far) ? "" : "; judged by receipts, without `effects`");
}

void check_kill(struct suite *suite)
{
    if (!suite_start(suite))
        return;
    kill_at_each(suite);
    if (suite_goes_on(suite))
        expect_at_most_twice(suite);
}

// Whether it says of itself that it asks its far side what nobody knows.
static bool resolves(struct suite *suite)
{
    static const char *const words[] = {"--list", "--json", NULL};
    struct lt_buffer said = {.max = SAID_MAX};
    bool found = false;
    int status = suite_ask(suite, words, &said);
    const char *at = (const char *)said.data, *end = at + said.size;
    while (status == 0 && at < end && !found) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        json_t *row = json_loadb(at, (size_t)((next ? next : end) - at), 0, NULL);
        const char *name = json_string_value(json_object_get(row, "bridge"));
        found = name && strcmp(name, suite->settings->bridge) == 0 &&
                json_is_true(json_object_get(row, "resolves"));
        json_decref(row);
        at = next ? next + 1 : end;
    }
    lt_buffer_clear(&said);
    return found;
}

void check_once(struct suite *suite)
{
    if (!resolves(suite))
        suite_cannot_see(suite, "it does not say that its far side can be asked (`resolve`)");
    else if (!far_is_seen(suite->far))
        suite_cannot_see(suite, "what happened outside is not known without `effects`");
    if (suite->verdict != VERDICT_HELD || !suite_start(suite))
        return;
    kill_at_each(suite);
    if (!suite_goes_on(suite) || !suite_look(suite))
        return;
    for (const struct letter *at = suite->hub.letters; at; at = at->next)
        if (at->effects > 1)
            suite_fail(suite,
                       "killed at step %llu: it happened %u times; the far side was not asked, or "
                       "not believed",
                       (unsigned long long)at->step, at->effects);
}

static bool is_said_and_unseen(const struct letter *letter)
{
    return letter_says_done(letter) && letter_is_unseen(letter);
}

void check_disk(struct suite *suite)
{
    if (!suite_start(suite))
        return;
    suite_expect_done(suite, suite_post(suite, (struct wish){0}), "before the disk was full");
    if (!suite_goes_on(suite))
        return;
    atomic_store(&suite->steps->full, true);
    struct letter *letter = suite_post(suite, (struct wish){0});
    suite_rest(suite, FULL_MS);
    if (letter && suite_look(suite) && far_is_seen(suite->far) &&
        letters_any(letter, is_said_and_unseen))
        suite_fail(suite, "the disk was full: reported as done, but it had not happened");
    atomic_store(&suite->steps->full, false);
    if (!suite_goes_on(suite) || !letter)
        return;
    if (suite->life.pid == 0 && !suite_start(suite)) // to end is honest too
        return;
    if (!suite_until(suite, suite_settled, letter, WAIT_FACTOR * suite_patience(suite)) ||
        !letters_all(letter, letter_is_done))
        suite_fail(suite, "what came while the disk was full was lost: %s", undone_says(letter));
    if (suite_goes_on(suite))
        suite_expect_done(suite, letter, "what came while the disk was full");
    if (suite_goes_on(suite))
        suite_expect_done(suite, suite_post(suite, (struct wish){0}), "when there was room again");
}

static bool is_done_or_skipped(const struct letter *letter)
{
    return letter_is_done(letter) || letter_says_skipped(letter);
}

// Sealed time stands above a clock that is behind. With one that is ahead the bridge may take what lives on for expired, but its
// sender must hear so.
static void expect_expiry(struct suite *suite, bool ahead, const char *what)
{
    struct letter *lives = suite_post(suite, (struct wish){.expires_in = HOUR_MS});
    struct letter *old =
        suite_post(suite, (struct wish){.created_in = -HOUR_MS, .expires_in = -HOUR_MS / 60});
    if (!lives || !old)
        return;
    if (!suite_until(suite, suite_all_settled, NULL, suite_patience(suite)))
        suite_fail(suite, "%s: what has an end was not acknowledged and reported", what);
    if (suite_goes_on(suite) && !letters_all(lives, ahead ? is_done_or_skipped : letter_is_done))
        suite_fail(suite, "%s: what had not expired was not done: %s", what, undone_says(lives));
    if (suite_goes_on(suite))
        suite_expect_nothing(suite, old, "what had expired by the hub's sealed time");
}

void check_clock(struct suite *suite)
{
    static const struct {
        int64_t shift_ms;
        const char *what;
    } clocks[] = {{(int64_t)3 * HOUR_MS, "its clock three hours ahead"},
                  {(int64_t)-3 * HOUR_MS, "its clock three hours behind"},
                  {0, "its clock right again"}};
    if (!suite_start(suite))
        return;
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks && suite_goes_on(suite); i++) {
        atomic_store(&suite->steps->shift_ms, clocks[i].shift_ms);
        suite_expect_done(suite, suite_post(suite, (struct wish){0}), clocks[i].what);
        if (suite_goes_on(suite))
            expect_expiry(suite, clocks[i].shift_ms > 0, clocks[i].what);
    }
}

void check_far(struct suite *suite)
{
    struct lt_error error = {0};
    if (!far_can_go(suite->far)) {
        suite_cannot_see(suite, "conformance.yaml says neither `down` nor `up`");
        return;
    }
    if (!suite_start(suite))
        return;
    suite_expect_done(suite, suite_post(suite, (struct wish){0}), "before the far side failed");
    if (!suite_goes_on(suite))
        return;
    if (far_go(suite->far, true, &error) != LT_DONE)
        suite_fail(suite, "%s", error.text);
    struct letter *letter = suite_goes_on(suite) ? suite_post(suite, (struct wish){0}) : NULL;
    suite_rest(suite, DOWN_MS);
    if (letter && letters_any(letter, letter_says_done))
        suite_fail(suite, "the far side failed, and it was reported as done");
    if (suite_goes_on(suite) && far_go(suite->far, false, &error) != LT_DONE)
        suite_fail(suite, "%s", error.text);
    if (!suite_goes_on(suite) || !letter)
        return;
    if (suite->life.pid == 0)
        suite_fail(suite, "it ended when the far side failed");
    else if (!suite_until(suite, suite_settled, letter, WAIT_FACTOR * suite_patience(suite)) ||
             !letters_all(letter, letter_is_done))
        suite_fail(suite, "what the far side could not take was lost: %s", undone_says(letter));
    else
        suite_expect_done(suite, letter, "after the far side had failed");
}
