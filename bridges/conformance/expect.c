// What a check asks again and again: a letter written and posted, done, or not.
#include <stdio.h>

#include "suite.h"

enum { WHAT_MAX = 192 };

int64_t suite_patience(const struct suite *suite)
{
    return suite->far->settings.patience_ms;
}

struct letter *suite_post(struct suite *suite, struct wish wish)
{
    struct lt_error error = {0};
    struct letter *letter = NULL;
    if (letter_write(&suite->town, &suite->far->draft, &wish, &letter, &error) != LT_DONE) {
        suite_fail(suite, "a message could not be written: %s", error.text);
        return NULL;
    }
    struct letter *posted = hub_post(&suite->hub, &letter);
    if (!posted)
        suite_fail(suite, "no memory for a message");
    return posted;
}

bool suite_settled(struct suite *suite, const void *letter)
{
    (void)suite;
    return letters_all(letter, letter_is_brought_in);
}

bool suite_all_settled(struct suite *suite, const void *unused)
{
    (void)unused;
    for (const struct letter *at = suite->hub.letters; at; at = at->next)
        if (!at->held && !letter_is_brought_in(at))
            return false;
    return true;
}

bool suite_dead(struct suite *suite, const void *unused)
{
    (void)unused;
    return suite->life.pid == 0;
}

bool suite_settled_or_dead(struct suite *suite, const void *letter)
{
    return suite_dead(suite, NULL) || suite_settled(suite, letter);
}

bool suite_look(struct suite *suite)
{
    struct lt_error error = {0};
    if (far_look(suite->far, &suite->hub, &error) != LT_DONE) {
        suite_fail(suite, "%s", error.text);
        return false;
    }
    return true;
}

// What was tried, and for which target where there are several.
static void name_it(const struct letter *letter, const char *what, char text[WHAT_MAX])
{
    snprintf(text, WHAT_MAX, "%s%s%s", what, letter->target ? ", for " : "",
             letter->target ? letter->target : "");
}

static void tell_why_not(struct suite *suite, const struct letter *letter, const char *of)
{
    char line[256], how[128] = "", what[WHAT_MAX];
    while (letter->twin && letter_is_done(letter))
        letter = letter->twin;
    name_it(letter, of, what);
    suite_last_line(suite, line, sizeof line);
    if (!suite->life.pid) {
        life_how(&suite->life, how, sizeof how);
        suite_fail(suite, "%s: it ended (%s): %s", what, how, line);
    } else if (!letter->sent) {
        suite_fail(suite, "%s: it could not be delivered", what);
    } else if (letter->settled && letter->ack == LT_ACK_DONE && !letter->said[SAID_SKIPPED] &&
               !letter->said[SAID_FAILED]) {
        suite_fail(suite, "%s: acknowledged, but not reported as done within %lld s: %s", what,
                   (long long)suite_patience(suite) / 1000,
                   letter->detail[0] ? letter->detail : line);
    } else if (letter->settled) {
        suite_fail(suite, "%s: it was not done (%s): %s", what,
                   letter->said[SAID_SKIPPED]  ? "skipped"
                   : letter->said[SAID_FAILED] ? "failed"
                                               : "given up",
                   letter->detail[0] ? letter->detail : line);
    } else if (letter->said[SAID_DONE]) {
        suite_fail(suite, "%s: reported as done, but not acknowledged", what);
    } else {
        suite_fail(suite, "%s: neither done nor given up within %lld s (it came %u times): %s",
                   what, (long long)suite_patience(suite) / 1000, letter->sent, line);
    }
}

static void expect_once(struct suite *suite, const struct letter *letter, const char *of)
{
    char what[WHAT_MAX];
    name_it(letter, of, what);
    if (far_is_seen(suite->far) && letter->effects == 0)
        suite_fail(suite, "%s: reported as done, but nothing had happened on the far side", what);
    if (letter->effects > 1 && !letter->told_again)
        suite_fail(suite, "%s: it happened %u times, and nobody was told", what, letter->effects);
}

bool suite_expect_done(struct suite *suite, struct letter *letter, const char *what)
{
    if (!letter)
        return false;
    bool ended = suite_until(suite, suite_settled, letter, suite_patience(suite));
    if (suite->interrupted)
        return false;
    if (!ended || !letters_all(letter, letter_is_done)) {
        tell_why_not(suite, letter, what);
        return false;
    }
    if (!suite_look(suite))
        return false;
    for (const struct letter *at = letter; at; at = at->twin)
        expect_once(suite, at, what);
    return suite_goes_on(suite);
}

bool suite_expect_nothing(struct suite *suite, struct letter *letter, const char *what)
{
    if (!suite_look(suite))
        return false;
    if (letters_any(letter, letter_says_done))
        suite_fail(suite, "%s: it was reported as done", what);
    if (letters_effects(letter) > 0)
        suite_fail(suite, "%s: it happened all the same", what);
    return suite_goes_on(suite);
}
