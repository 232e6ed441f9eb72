// What is to become of a message that has come: decided from what is known, with no effect on anything. The host acts on it,
// a dry run says it.
#ifndef LT_BRIDGES_RULING_H
#define LT_BRIDGES_RULING_H

#include "host.h"

enum ruling_kind {
    RULING_GIVE,   // the bridge shall have it
    RULING_WAIT,   // for its hour, a second hand, or the time
    RULING_CLOSE,  // acknowledged; the host answers
    RULING_REFUSE, // given up: it is not to be believed, or does not fit its type
};

struct ruling {
    enum ruling_kind kind;
    const char *outcome;   // CLOSE: of the receipt; NULL: none
    const char *detail;    // CLOSE: of the receipt, may be NULL. WAIT: for what
    struct lt_error error; // REFUSE: why
    bool obeyed;           // genuine, due and fit: what it cancels, replaces or approves is so now
};

// verdict and text: what the client says of it. has_time: a sealed time was heard in this run.
struct ruling ruling_of(const struct lt_bridge_host *host, const struct target *target,
                        const struct lt_part *part, enum lt_code verdict, const char *text,
                        bool has_time);

#endif
