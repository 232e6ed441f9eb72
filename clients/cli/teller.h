// The hours of the loudspeakers, told by `lienthon up` itself: at its start and whenever commune.yaml is written, where they are
// not those that were told last. Another process does it (`lienthon hours --if-changed`), as the folder's own identity.
#ifndef CLI_TELLER_H
#define CLI_TELLER_H

#include <poll.h>

#include "child.h"
#include "cli.h"

enum { TELLER_POLLS = 3 };

struct teller {
    struct child child;
    char *identity; // the path; without that file nobody can tell anything
    int watch; // inotify on the folder; -1: it cannot be watched, so it is told at the start only
    uint64_t due; // (child_clock) when it is tried next; UINT64_MAX: when the file is written
};

void teller_init(struct teller *teller, const struct cli *cli);
void teller_clear(struct teller *teller);
// Starts what is due.
void teller_step(struct teller *teller);
// (child_clock) when teller_step has something to do; UINT64_MAX: not by itself.
uint64_t teller_due(const struct teller *teller);
void teller_poll(const struct teller *teller, struct pollfd set[TELLER_POLLS]);
void teller_handle(struct teller *teller, const struct pollfd set[TELLER_POLLS]);

#endif
