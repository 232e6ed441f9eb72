// czmq takes SIGINT and SIGTERM for itself when it is first used. In a library they stay the application's.
#ifndef LT_SIGNALS_H
#define LT_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct signals {
    bool known;
    struct sigaction interrupt, terminate;
};

// What stands before czmq is used, and put back after.
struct signals signals_note(void);
void signals_restore(const struct signals *signals);

#endif
