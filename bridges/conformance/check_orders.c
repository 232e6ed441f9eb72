// One message after the other: what is to be done, and what is not.
#include <signal.h>
#include <string.h>

#include <lienthon/pack.h>

#include "checks.h"

enum { QUIET_MS = 700, HUGE_TEXT = 27000, IN_HAND_MS = 150, HUGE_NOISE = 900000 };

void check_delivers(struct suite *suite)
{
    static const char *const what[] = {"a routine message", "an urgent message",
                                       "a very urgent message", "a message of life and property"};
    if (!suite_start(suite))
        return;
    for (uint8_t priority = 0; priority <= LT_HOA_TOC && suite_goes_on(suite); priority++)
        suite_expect_done(suite, suite_post(suite, (struct wish){.priority = priority}),
                          what[priority]);
    if (suite_goes_on(suite) && suite->hub.wrong_seals)
        suite_fail(suite, "what it published was sealed wrongly");
    if (suite_goes_on(suite) && !far_is_seen(suite->far))
        suite_cannot_see(suite, "reported as done; what happened outside is not known without "
                                "`effects`");
}

void check_replay(struct suite *suite)
{
    struct letter *letter = suite_start(suite) ? suite_post(suite, (struct wish){0}) : NULL;
    if (!letter || !suite_expect_done(suite, letter, "the first time"))
        return;
    for (int life = 0; life < 2 && suite_goes_on(suite); life++) {
        for (uint64_t i = 0; i < 3; i++)
            hub_lie(&suite->hub, letter, suite->hub.last_seq += 1, 1 + i);
        suite_rest(suite, QUIET_MS);
        if (life == 0 && !suite_start(suite)) // without a word, as after a power cut
            return;
    }
    if (!suite_look(suite))
        return;
    for (; letter; letter = letter->twin) {
        if (letter->effects > 1)
            suite_fail(suite,
                       "it happened %u times: a hub that says the same again makes it act again",
                       letter->effects);
        if (letter->said[SAID_DONE] > 1)
            suite_fail(suite, "it was reported as done %u times", letter->said[SAID_DONE]);
    }
}

void check_reorder(struct suite *suite)
{
    struct letter *letters[6];
    const int count = (int)(sizeof letters / sizeof *letters);
    if (!suite_start(suite))
        return;
    for (int i = 0; i < count; i++) {
        letters[i] = suite_post(suite, (struct wish){.created_in = (i - count) * 20000});
        if (!letters[i])
            return;
        letters_hold(letters[i], true);
    }
    for (int i = count - 1; i >= 0; i--) {
        letters_hold(letters[i], false);
        suite_rest(suite, 30);
    }
    for (int i = 0; i < count && suite_goes_on(suite); i++)
        suite_expect_done(suite, letters[i], "the newest first, then older ones");
}

static void freeze(struct suite *suite, bool frozen)
{
    if (life_runs(&suite->life))
        kill(-suite->life.pid, frozen ? SIGSTOP : SIGCONT);
}

// Nothing may begin once the life of a message is over. What was seen by then may have been in time.
static void expect_no_more(struct suite *suite, struct letter *letter, int64_t ms, const char *what)
{
    if (!letter || !suite_look(suite))
        return;
    unsigned before = letters_effects(letter);
    suite_rest(suite, ms);
    if (suite_look(suite) && letters_effects(letter) > before)
        suite_fail(suite, "%s", what);
}

void check_expired(struct suite *suite)
{
    if (!suite_start(suite))
        return;
    struct letter *old =
        suite_post(suite, (struct wish){.created_in = -60000, .expires_in = -1000});
    struct letter *brief = suite_post(suite, (struct wish){.expires_in = 2000});
    if (!old || !brief)
        return;
    suite_rest(suite, 2050);
    suite_expect_nothing(suite, old, "a message that had expired when it came");
    if (!suite_goes_on(suite))
        return;
    expect_no_more(suite, brief, 1500, "it was begun after it had expired in the bridge's hands");
    freeze(suite, true);
    struct letter *frozen = suite_post(suite, (struct wish){.expires_in = 300});
    suite_rest(suite, 400);
    freeze(suite, false);
    suite_rest(suite, QUIET_MS);
    if (frozen && suite_goes_on(suite))
        suite_expect_nothing(suite, frozen, "a message that expired on its way");
}

static void end_by(struct suite *suite, uint8_t relation, const char *late, const char *early)
{
    if (!suite_start(suite))
        return;
    struct letter *first = suite_post(suite, (struct wish){0});
    suite_rest(suite, IN_HAND_MS); // the bridge has it in hand
    struct letter *end = suite_post(suite, (struct wish){.relation = relation, .re = first});
    if (!first || !end)
        return;
    suite_rest(suite, IN_HAND_MS);
    expect_no_more(suite, first, 1500, late);
    if (suite_goes_on(suite) && !suite_until(suite, suite_all_settled, NULL, suite_patience(suite)))
        suite_fail(suite, "what was stopped, or what stops it, was not acknowledged and reported");
    // In the wrong order: the end is there before what it ends.
    struct letter *second = suite_goes_on(suite) ? suite_post(suite, (struct wish){0}) : NULL;
    if (!second)
        return;
    letters_hold(second, true);
    end = suite_post(suite, (struct wish){.relation = relation, .re = second});
    if (!end || !suite_until(suite, suite_settled, end, suite_patience(suite)))
        suite_fail(suite, "what takes the place of another was not acknowledged");
    letters_hold(second, false);
    suite_rest(suite, QUIET_MS);
    if (suite_goes_on(suite))
        suite_expect_nothing(suite, second, early);
    if (relation == LT_REPLACES && suite_goes_on(suite))
        suite_expect_done(suite, end, "what replaces another");
}

void check_cancelled(struct suite *suite)
{
    end_by(suite, LT_CANCELS, "it was begun after it had been cancelled",
           "a message whose cancellation had come before it");
}

void check_replaced(struct suite *suite)
{
    end_by(suite, LT_REPLACES, "it was begun after it had been replaced",
           "a message whose replacement had come before it");
}

void check_drill(struct suite *suite)
{
    struct letter *letter =
        suite_start(suite) ? suite_post(suite, (struct wish){.flags = LT_DRILL}) : NULL;
    if (!letter)
        return;
    if (!suite_until(suite, suite_settled, letter, suite_patience(suite)))
        suite_fail(suite, "a drill was neither acknowledged nor reported");
    suite_rest(suite, QUIET_MS);
    if (suite_goes_on(suite))
        suite_expect_nothing(suite, letter, "a drill");
    if (suite_goes_on(suite) && !letters_all(letter, letter_says_skipped))
        suite_fail(suite, "a drill was not reported as skipped");
}

static struct letter *forge(struct suite *suite, enum town_person from, int what)
{
    static const uint8_t wrong_body[] = {0x81, 0xa4, 't', 'e', 'x', 't', 7};
    struct wish wish = {.from = from};
    if (what == 2)
        wish.body = (struct lt_slice){wrong_body, sizeof wrong_body};
    struct letter *letter = suite_post(suite, wish);
    for (struct letter *at = letter; at && what == 1; at = at->twin)
        at->sealed.data[at->sealed.size - 1] ^= 1; // the last byte of the signature
    return letter;
}

void check_forged(struct suite *suite)
{
    static const struct {
        enum town_person from;
        int what;
        const char *text;
    } forged[] = {{TOWN_DESK, 1, "a message whose seal does not hold"},
                  {TOWN_STRANGER, 0, "a message of somebody without a grant"},
                  {TOWN_NARROW, 0, "a message of somebody who may not say that there"},
                  {TOWN_GONE, 0, "a message of somebody whose grant was revoked"},
                  {TOWN_DESK, 2, "a message whose body does not fit its type"}};
    enum { COUNT = sizeof forged / sizeof *forged };
    struct letter *letters[COUNT] = {NULL};
    if (!suite_start(suite))
        return;
    bool is_notice = lt_slice_is(suite->far->draft.type, "notice.v1");
    for (int i = 0; i < COUNT; i++)
        if (forged[i].what != 2 || is_notice)
            letters[i] = forge(suite, forged[i].from, forged[i].what);
    suite_expect_done(suite, suite_post(suite, (struct wish){0}),
                      "a genuine one behind forged ones");
    suite_rest(suite, QUIET_MS);
    for (int i = 0; i < COUNT && suite_goes_on(suite); i++)
        if (letters[i])
            suite_expect_nothing(suite, letters[i], forged[i].text);
}

static struct letter *post_huge(struct suite *suite)
{
    struct lt_buffer body = {.max = LT_MESSAGE_LIMIT}, text = {.max = HUGE_TEXT};
    while (lt_buffer_add(&text, "Nước lên. ", strlen("Nước lên. ")))
        ;
    lt_pack_map(&body, 1);
    lt_pack_text(&body, "text");
    lt_pack_str(&body, lt_buffer_slice(&text));
    struct letter *letter =
        body.failed ? NULL : suite_post(suite, (struct wish){.body = lt_buffer_slice(&body)});
    lt_buffer_clear(&text);
    lt_buffer_clear(&body);
    return letter;
}

static void babble(struct suite *suite)
{
    struct lt_buffer noise = {.max = HUGE_NOISE};
    static const uint8_t piece[] = {0x92, 0xc6, 0xff, 0xff, 0xff, 0xff, 0xdd, 0x00};
    for (size_t size = 1; size <= HUGE_NOISE; size *= 30) {
        while (noise.size < size && lt_buffer_add(&noise, piece, sizeof piece))
            ;
        hub_babble(&suite->hub, lt_buffer_slice(&noise), suite->hub.last_seq += 1);
    }
    lt_buffer_clear(&noise);
}

void check_huge(struct suite *suite)
{
    if (!suite_start(suite))
        return;
    if (lt_slice_is(suite->far->draft.type, "notice.v1")) {
        struct letter *letter = post_huge(suite);
        if (!letter)
            return;
        if (!suite_until(suite, suite_settled_or_dead, letter, suite_patience(suite)))
            suite_fail(suite, "a message of 27 kB was neither done nor refused");
        else if (suite->life.pid == 0)
            suite_fail(suite, "a message of 27 kB ended it");
    }
    babble(suite);
    suite_rest(suite, 200);
    suite_expect_done(suite, suite_post(suite, (struct wish){0}), "a small one behind huge ones");
}
