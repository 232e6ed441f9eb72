// What it brings from the far side to the hub.
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "checks.h"

enum { AFTER_MS = 120, TROUBLE_MS = 700, BACK_FACTOR = 3, WORD_SIZE = 40 };

struct bringing {
    char run[17]; // so that no word of another run is taken for ours
    unsigned count;
    char word[WORD_SIZE]; // the latest
};

static void make_word(const struct bringing *bringing, unsigned number, char word[WORD_SIZE])
{
    snprintf(word, WORD_SIZE, "loi-%s-%06u", bringing->run, number);
}

// Something new comes up.
static bool bring(struct suite *suite, struct bringing *bringing)
{
    struct lt_error error = {0};
    make_word(bringing, ++bringing->count, bringing->word);
    if (far_bring(suite->far, bringing->word, &error) != LT_DONE)
        suite_fail(suite, "%s", error.text);
    return suite_goes_on(suite);
}

// The hub has it, and the far side is content.
static bool is_heard(struct suite *suite, const void *word)
{
    return hub_heard(&suite->hub, word) > 0 && !life_runs(&suite->far->bringer);
}

static bool is_heard_or_dead(struct suite *suite, const void *word)
{
    return suite->life.pid == 0 || is_heard(suite, word);
}

static void expect_heard(struct suite *suite, const struct bringing *bringing, const char *what)
{
    char line[256];
    if (!suite_goes_on(suite))
        return;
    bool heard = suite_until(suite, is_heard, bringing->word, BACK_FACTOR * suite_patience(suite));
    suite_last_line(suite, line, sizeof line);
    if (!heard && hub_heard(&suite->hub, bringing->word) == 0)
        suite_fail(suite, "%s: what came up on the far side did not reach the hub: %s", what, line);
    else if (!heard)
        suite_fail(suite, "%s: the hub has it, and the far side was not told: %s", what, line);
    else if (!life_ended_well(&suite->far->bringer))
        suite_fail(suite, "%s: the hub has it, and `brings` has failed", what);
}

// *died: it was killed at that step.
static void kill_at(struct suite *suite, struct bringing *bringing, uint64_t step, bool *died)
{
    char what[96];
    *died = false;
    if (suite->life.pid == 0 && !suite_start(suite))
        return;
    suite_arm(suite, step, false);
    if (!bring(suite, bringing))
        return;
    (void)suite_until(suite, is_heard_or_dead, bringing->word, suite_patience(suite));
    *died = suite_until(suite, suite_dead, NULL, suite->life.pid == 0 ? 0 : AFTER_MS);
    suite_disarm(suite);
    if (*died && !suite_start(suite))
        return;
    snprintf(what, sizeof what, "killed at step %llu (%s)", (unsigned long long)step,
             *died ? suite->steps->name : "not reached");
    expect_heard(suite, bringing, what);
}

static uint64_t count_steps(struct suite *suite, struct bringing *bringing)
{
    suite_arm(suite, 0, false);
    if (bring(suite, bringing))
        expect_heard(suite, bringing, "undisturbed");
    suite_rest(suite, AFTER_MS);
    return suite_disarm(suite);
}

static void kill_at_each(struct suite *suite, struct bringing *bringing)
{
    uint64_t most = (uint64_t)suite->settings->steps, kills = 0, tried = 0;
    count_steps(suite, bringing); // the first one makes what later ones find
    uint64_t count = suite_goes_on(suite) ? count_steps(suite, bringing) : 0;
    for (uint64_t i = 0; i < count && i < most && suite_goes_on(suite); i++, tried++) {
        bool died = false;
        kill_at(suite, bringing, count <= most ? i + 1 : 1 + i * count / most, &died);
        kills += died;
    }
    suite_note(suite, "killed %llu times at %llu of %llu steps", (unsigned long long)kills,
               (unsigned long long)tried, (unsigned long long)count);
}

// Not now, and not ever.
static void refuse(struct suite *suite, struct bringing *bringing)
{
    suite->hub.refuses = LT_BUSY;
    if (bring(suite, bringing))
        suite_rest(suite, TROUBLE_MS);
    suite->hub.refuses = LT_DONE;
    expect_heard(suite, bringing, "after the hub was busy");
    suite->hub.refuses = LT_NOT_ALLOWED;
    if (suite_goes_on(suite) && bring(suite, bringing))
        suite_rest(suite, TROUBLE_MS);
    suite->hub.refuses = LT_DONE;
    if (suite_goes_on(suite) && bring(suite, bringing))
        expect_heard(suite, bringing, "behind one that the hub has refused");
}

static void go_away(struct suite *suite, struct bringing *bringing, bool power_cut)
{
    struct lt_error error = {0};
    if (!suite_goes_on(suite))
        return;
    hub_away(&suite->hub);
    if (!bring(suite, bringing))
        return;
    suite_rest(suite, TROUBLE_MS);
    if (power_cut)
        life_kill(&suite->life);
    if (hub_back(&suite->hub, &error) != LT_DONE)
        suite_fail(suite, "%s", error.text);
    else if (!power_cut || suite_start(suite))
        expect_heard(suite, bringing,
                     power_cut ? "after a power cut without the hub" : "after the hub was away");
}

void check_publishes(struct suite *suite)
{
    uint8_t random[8];
    struct bringing bringing = {0};
    if (!suite->far->settings.brings) {
        suite_cannot_see(suite, "conformance.yaml does not say what `brings` it something");
        return;
    }
    randombytes_buf(random, sizeof random);
    lt_hex_encode((struct lt_slice){random, sizeof random}, bringing.run);
    if (!suite_start(suite))
        return;
    kill_at_each(suite, &bringing);
    if (suite_goes_on(suite))
        refuse(suite, &bringing);
    go_away(suite, &bringing, false);
    go_away(suite, &bringing, true);
    suite_rest(suite, TROUBLE_MS);
    for (unsigned i = 1; i <= bringing.count && suite_goes_on(suite); i++) {
        char word[WORD_SIZE];
        make_word(&bringing, i, word);
        if (hub_heard(&suite->hub, word) > 1)
            suite_fail(suite, "the %uth that came up was published %u times, as if it were another",
                       i, hub_heard(&suite->hub, word));
    }
}
