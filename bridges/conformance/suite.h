// What a check works with: a commune, a hub that plays one, a far side, and the bridge in its host.
#ifndef LT_CONFORMANCE_SUITE_H
#define LT_CONFORMANCE_SUITE_H

#include "far.h"
#include "hub.h"
#include "life.h"
#include "steps.h"
#include "town.h"

enum verdict { VERDICT_HELD, VERDICT_FAILED, VERDICT_NOT_SEEN };

struct settings {        // of the whole run; all lent
    const char *bridge;  // the name of the shared object, or of a program
    const char *host;    // lienthon-bridge
    const char *preload; // steps.so
    const char *folder;  // temporary, of this run
    int64_t steps;       // at most so many kills
    int signals;         // signalfd: SIGINT, SIGTERM
};

struct suite {
    const struct settings *settings;
    struct far *far;
    // Of the check
    char folder[4096], log[4096 + 16];
    struct town town;
    struct hub hub;
    struct life life;
    struct steps *steps;
    const char *extra; // lines more for the instance's file, or NULL
    bool interrupted;
    enum verdict verdict;
    char why[512]; // what was seen
};

struct check {
    const char *name, *shows; // a sentence
    void (*run)(struct suite *suite);
};

extern const struct check checks[]; // ends with a name of NULL; in the order in which they run

// Sets the verdict; the first failure stays, and stands above "not seen".
void suite_fail(struct suite *suite, const char *format, ...) __attribute__((format(printf, 2, 3)));
void suite_cannot_see(struct suite *suite, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void suite_note(struct suite *suite, const char *format, ...) // what held, in figures
    __attribute__((format(printf, 2, 3)));
bool suite_goes_on(const struct suite *suite); // nothing has failed and nobody has interrupted

// A commune, a hub, a far side and the instance's file, all new. false: it failed, and is said.
bool suite_set_up(struct suite *suite, const char *name);
void suite_clear(struct suite *suite);
void suite_remove(const char *folder); // with all that is in it
bool suite_write_instance(struct suite *suite, const char *file, const char *text);

// The bridge's life. start waits until its subscription stands; stop sends SIGTERM and waits.
bool suite_launch(struct suite *suite); // without waiting
bool suite_start(struct suite *suite);
bool suite_stop(struct suite *suite, int64_t limit_ms, int64_t *took_ms);
// lienthon-bridge with those words behind the instance's name, to its end: its exit status, -1 where there is none; what it
// has said is appended to `said`.
int suite_ask(struct suite *suite, const char *const *words, struct lt_buffer *said);

// From now on its steps are counted; at the kill_at-th (0: at none) it ends, as in a power cut or in a crash.
void suite_arm(struct suite *suite, uint64_t kill_at, bool crash);
uint64_t suite_disarm(struct suite *suite); // how many it has taken

// Lets everything go on until `ready` says so, at most ms. false: it never did, or somebody interrupted.
typedef bool suite_ready(struct suite *suite, const void *what);
bool suite_until(struct suite *suite, suite_ready *ready, const void *what, int64_t ms);
void suite_rest(struct suite *suite, int64_t ms); // for what must not happen

// Writes a letter and posts it, to each target; NULL: it failed, and is said. What follows is about all its targets.
struct letter *suite_post(struct suite *suite, struct wish wish);
bool suite_settled(struct suite *suite, const void *letter);     // a suite_ready
bool suite_all_settled(struct suite *suite, const void *unused); // a suite_ready
bool suite_settled_or_dead(struct suite *suite, const void *letter);
bool suite_dead(struct suite *suite, const void *unused);
int64_t suite_patience(const struct suite *suite);
// Waits until the letter is done and says so where it is not; and, where the far side is seen, that it happened, once or as
// often as its sender was told.
bool suite_expect_done(struct suite *suite, struct letter *letter, const char *what);
bool suite_look(struct suite *suite);
// Nothing may have happened for it, and nobody may have said so.
bool suite_expect_nothing(struct suite *suite, struct letter *letter, const char *what);
// For the word behind a failure: the last lines of the bridge's log.
void suite_last_line(const struct suite *suite, char *text, size_t room);

#endif
