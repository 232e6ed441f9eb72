// What it crashes of: set aside, seen, released.
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "checks.h"

enum { AFTER_MS = 120, LIVES = 60, DEATHS = 3, SAID_MAX = 1024 * 1024, LOOKS = 50, LOOK_MS = 200 };

static bool said_done_or_dead(struct suite *suite, const void *letter)
{
    return suite->life.pid == 0 || letters_all(letter, letter_says_done);
}

// The words behind --quarantine; their exit status, and what was said.
static int ask_quarantine(struct suite *suite, const char *verb, const char *id,
                          struct lt_buffer *said)
{
    const char *words[] = {
        TOWN_INSTANCE, "-C", suite->town.folder, "--quarantine", "--json", verb, id, NULL};
    lt_buffer_empty(said);
    return suite_ask(suite, words, said);
}

// Is it among what is set aside? A line a message, as JSON; what else is said is passed over.
static bool lists(const struct lt_buffer *said, const char *id)
{
    const char *at = (const char *)said->data, *end = at + said->size;
    bool found = false;
    while (at && at < end && !found) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        size_t size = (size_t)((next ? next : end) - at);
        json_t *row = json_loadb(at, size, 0, NULL);
        const char *its = json_string_value(json_object_get(row, "id"));
        found = its && strcmp(its, id) == 0;
        json_decref(row);
        at = next ? next + 1 : end;
    }
    return found;
}

static bool is_aside(struct suite *suite, const struct letter *letter)
{
    char id[37];
    struct lt_buffer said = {.max = SAID_MAX};
    lt_id_print(letter->id, id);
    int status = ask_quarantine(suite, "list", NULL, &said);
    if (status != 0)
        suite_fail(suite, "--quarantine --json fails: %.*s", said.size < 300 ? (int)said.size : 300,
                   said.data ? (const char *)said.data : "");
    bool found = status == 0 && lists(&said, id);
    lt_buffer_clear(&said);
    return found;
}

static void release(struct suite *suite, struct letter *letter)
{
    char id[37];
    struct lt_buffer said = {.max = SAID_MAX};
    lt_id_print(letter->id, id);
    if (ask_quarantine(suite, "release", id, &said) != 0)
        suite_fail(suite, "--quarantine release fails: %.*s",
                   said.size < 300 ? (int)said.size : 300,
                   said.data ? (const char *)said.data : "");
    lt_buffer_clear(&said);
    if (!suite_goes_on(suite))
        return;
    if (!suite_until(suite, said_done_or_dead, letter, suite_patience(suite)) ||
        suite->life.pid == 0)
        suite_fail(suite, "what a person had released was not done: %s", letter->detail);
    else if (suite_look(suite) && far_is_seen(suite->far) && letters_any(letter, letter_is_unseen))
        suite_fail(suite, "what a person had released was reported as done, and never happened");
    for (int i = 0; i < LOOKS && suite_goes_on(suite) && is_aside(suite, letter); i++)
        if (i == LOOKS - 1)
            suite_fail(suite, "it is done, and still set aside");
        else
            suite_rest(suite, LOOK_MS);
}

// One life, that crashes at that step of the delivery. false: it did not.
static bool crash_at(struct suite *suite, struct letter *letter, uint64_t step)
{
    letters_hold(letter, true);
    if (suite->life.pid == 0 && !suite_start(suite))
        return false;
    suite_arm(suite, step, true);
    letters_hold(letter, false);
    (void)suite_until(suite, suite_settled_or_dead, letter, suite_patience(suite));
    (void)suite_until(suite, suite_dead, NULL, suite->life.pid == 0 ? 0 : AFTER_MS);
    suite_disarm(suite);
    if (suite->life.pid != 0 && !letters_all(letter, letter_is_settled))
        suite_fail(suite, "after crashes it does nothing with the message");
    return suite->life.pid == 0;
}

// One message, and a crash in each life, at a later step of its delivery after each `times`, until it is settled: whatever the
// bridge does with it, it crashes of it three times on the way. Whether it was set aside.
static bool crash_of(struct suite *suite, unsigned times, unsigned *crashes)
{
    struct letter *letter = suite_post(suite, (struct wish){0});
    *crashes = 0;
    for (unsigned life = 0; letter && life < times * LIVES; life++) {
        if (!suite_goes_on(suite) || letters_all(letter, letter_is_settled))
            break;
        *crashes += crash_at(suite, letter, life / times + 1);
    }
    if (suite_goes_on(suite) && suite->life.pid == 0)
        (void)suite_start(suite);
    if (!letter || !suite_goes_on(suite) || !is_aside(suite, letter))
        return false;
    suite_expect_done(suite, suite_post(suite, (struct wish){0}),
                      "another, when one was set aside");
    if (suite_goes_on(suite))
        release(suite, letter);
    return true;
}

void check_quarantine(struct suite *suite)
{
    unsigned crashes = 0;
    bool aside = false;
    if (!suite_start(suite))
        return;
    suite_expect_done(suite, suite_post(suite, (struct wish){0}), "before it crashed");
    // The steps of two deliveries are not quite the same: at one that was passed by it stays the second time.
    for (unsigned times = 1; times <= DEATHS && !aside && suite_goes_on(suite); times += 2)
        aside = crash_of(suite, times, &crashes);
    if (suite_goes_on(suite) && !aside && crashes < DEATHS)
        suite_cannot_see(suite, "it crashed %u times only", crashes);
    if (suite_goes_on(suite) && !aside && crashes >= DEATHS)
        suite_fail(suite,
                   "it crashed %u times of one message, three at each step, and was given it "
                   "again each time",
                   crashes);
    suite_note(suite, "after %u crashes", crashes);
}
