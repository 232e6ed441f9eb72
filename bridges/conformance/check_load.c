// Many, few at a time, in which order, and when the hub is gone.
#include <stdio.h>

#include "checks.h"

enum { CREDIT_LETTERS = 8, AWAY_LETTERS = 6, AWAY_MS = 700, SILENT_MS = 4000, BACK_MS = 15000 };

// Each once, or as often as it says.
static void expect_each(struct suite *suite, const char *what)
{
    unsigned lost = 0, twice = 0, undone = 0;
    if (!suite_look(suite))
        return;
    for (const struct letter *at = suite->hub.letters; at; at = at->next) {
        undone += !letter_is_done(at);
        lost += letter_is_done(at) && at->effects == 0 && far_is_seen(suite->far);
        twice += at->effects > 1 && !at->told_again;
    }
    if (undone)
        suite_fail(suite, "%s: %u were not done", what, undone);
    if (lost)
        suite_fail(suite, "%s: %u were reported as done and did not happen", what, lost);
    if (twice)
        suite_fail(suite, "%s: %u happened more than once, and nobody was told", what, twice);
}

static unsigned count_open(const struct suite *suite)
{
    unsigned count = 0;
    for (const struct letter *at = suite->hub.letters; at; at = at->next)
        count += !letter_is_brought_in(at);
    return count;
}

// All, as long as each `patience` some go away.
static bool all_settle(struct suite *suite, const char *what)
{
    unsigned left = count_open(suite) + 1;
    while (!suite_until(suite, suite_all_settled, NULL, suite_patience(suite))) {
        unsigned now = count_open(suite);
        if (suite->interrupted || now >= left || suite->life.pid == 0) {
            suite_fail(suite, "%s: %u messages stay without an end, or nobody is told of it%s",
                       what, now, suite->life.pid == 0 ? ", and it has ended" : "");
            return false;
        }
        left = now;
    }
    return true;
}

void check_flood(struct suite *suite)
{
    int64_t count = suite->far->settings.flood;
    if (!suite_start(suite))
        return;
    for (int64_t i = 0; i < count; i++)
        if (!suite_post(suite, (struct wish){.priority = (uint8_t)(i % 3)}))
            return;
    if (all_settle(suite, "a flood"))
        expect_each(suite, "a flood");
    suite_note(suite, "%lld messages", (long long)count);
}

void check_credit(struct suite *suite)
{
    suite->hub.most = 1;
    if (!suite_start(suite))
        return;
    for (int i = 0; i < CREDIT_LETTERS; i++)
        if (!suite_post(suite, (struct wish){0}))
            return;
    // All of them in the time of one: whoever waits for more to come waits in vain.
    if (!suite_until(suite, suite_all_settled, NULL, suite_patience(suite)))
        suite_fail(suite, "of %d messages, one at a time, %u were not done within %lld s",
                   CREDIT_LETTERS, count_open(suite), (long long)suite_patience(suite) / 1000);
    if (suite_goes_on(suite))
        expect_each(suite, "one at a time");
}

static bool first_is_settled(struct suite *suite, const void *unused)
{
    (void)unused;
    for (const struct letter *at = suite->hub.letters; at; at = at->next)
        if (at->settled)
            return true;
    return false;
}

static bool urgent_is_settled(struct suite *suite, const void *letter)
{
    return letters_all(letter, letter_is_settled) || suite->life.pid == 0;
}

// What is routine, and was done before the urgent one that had come to the same target.
static unsigned count_passed(const struct suite *suite, const struct letter *urgent)
{
    unsigned count = 0;
    for (const struct letter *at = suite->hub.letters; at; at = at->next)
        count += at != urgent && at->target == urgent->target && at->settled &&
                 at->settled_as > urgent->sent_as &&
                 (!urgent->settled || at->settled_as < urgent->settled_as);
    return count;
}

void check_priority(struct suite *suite)
{
    unsigned window = (unsigned)suite->far->settings.window, passed = 0;
    suite->hub.most = window;
    if (!suite_start(suite))
        return;
    for (unsigned i = 0; i < 3 * window; i++)
        if (!suite_post(suite, (struct wish){0}))
            return;
    if (!suite_until(suite, first_is_settled, NULL, suite_patience(suite)))
        suite_fail(suite, "nothing was done within %lld s",
                   (long long)suite_patience(suite) / 1000);
    struct letter *urgent =
        suite_goes_on(suite) ? suite_post(suite, (struct wish){.priority = LT_THUONG_KHAN}) : NULL;
    if (!urgent)
        return;
    bool settled = suite_until(suite, urgent_is_settled, urgent, 3 * suite_patience(suite));
    if (!settled || !letters_all(urgent, letter_is_settled))
        suite_fail(suite, "the urgent one was not done");
    for (const struct letter *at = urgent; at; at = at->twin) {
        unsigned its = count_passed(suite, at);
        passed = its > passed ? its : passed;
    }
    // What was in its hands already may be finished first.
    if (passed > window)
        suite_fail(suite,
                   "%u routine messages were done before an urgent one that was there; at "
                   "most %u had come before it",
                   passed, window);
    if (suite_goes_on(suite) && all_settle(suite, "a burst"))
        expect_each(suite, "a burst");
}

static bool is_back(struct suite *suite, const void *hellos)
{
    return suite->life.pid == 0 ||
           (suite->hub.hellos > *(const unsigned *)hellos && hub_is_subscribed(&suite->hub));
}

static void come_back(struct suite *suite, unsigned hellos, const char *what)
{
    if (!suite_until(suite, is_back, &hellos, BACK_MS) || suite->life.pid == 0)
        suite_fail(suite, "%s: it did not come back within %d s", what, BACK_MS / 1000);
    if (suite_goes_on(suite) && all_settle(suite, what))
        expect_each(suite, what);
}

void check_reconnect(struct suite *suite)
{
    struct lt_error error = {0};
    if (!suite_start(suite))
        return;
    for (int i = 0; i < AWAY_LETTERS; i++)
        if (!suite_post(suite, (struct wish){0}))
            return;
    int wait_ms = 0;
    hub_turn(&suite->hub, &wait_ms); // they are on their way, and no answer is heard
    unsigned hellos = suite->hub.hellos;
    suite_rest(suite, 1);
    hub_away(&suite->hub);
    suite_rest(suite, AWAY_MS);
    if (hub_back(&suite->hub, &error) != LT_DONE) {
        suite_fail(suite, "%s", error.text);
        return;
    }
    come_back(suite, hellos, "after the hub was away");
    if (!suite_goes_on(suite))
        return;
    hellos = suite->hub.hellos;
    if (!suite_post(suite, (struct wish){0}))
        return;
    hub_turn(&suite->hub, &wait_ms);
    suite->hub.silent = true;
    suite_rest(suite, SILENT_MS);
    suite->hub.silent = false;
    come_back(suite, hellos, "after the hub was silent");
}
