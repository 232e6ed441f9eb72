// What is wrong, a cause each, so that what has mended does not hide what has not. Health (bridge.h) and speaker-state.v1 are
// told from it.
#ifndef LT_SPEAKER_ILLNESS_H
#define LT_SPEAKER_ILLNESS_H

#include <lienthon/bridge.h>

enum { ILLNESS_TEXT = 1024 }; // of all causes together; the host cuts it

struct illness_cause { // zero at first: nothing is wrong. Stays where it is while something is
    struct illness_cause *next;
    bool is_ill;
    bool keeps_sound; // people hear all the same: it is told behind those by which they do not
    struct lt_error what;
};

struct illness {
    lt_bridge_host *host;
    struct illness_cause *first;
    unsigned changes; // counted, for whoever tells it
};

// what: a sentence, lent for the call. Health is told if it is news.
void illness_ill(struct illness *illness, struct illness_cause *cause, const char *what);
// Nothing happens where nothing was wrong with it. what: what shows it, for health.
void illness_well(struct illness *illness, struct illness_cause *cause, const char *what);
// Something has worked: evidence for health, as long as nothing else is wrong.
void illness_worked(const struct illness *illness, const char *what);
// What is wrong is told again: others tell the host of one health too (that its grant holds again), and would hide it.
void illness_remind(const struct illness *illness);
// The first cause's sentence, lent until the next change; NULL: all is well.
const char *illness_first(const struct illness *illness);

#endif
