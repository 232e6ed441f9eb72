// Ctrl-C while something lies about that must not stay: it waits until that is cleaned up.
#ifndef CLI_STOP_H
#define CLI_STOP_H

#include <stdbool.h>

// From now on Ctrl-C, SIGTERM and SIGHUP wait. A descriptor for stop_asked, stop_end closes it; -1: they do what they did.
int stop_begin(void);
// Has one come?
bool stop_asked(int stop);
// What has waited does now what it does: the program ends by it.
void stop_end(int stop);

#endif
