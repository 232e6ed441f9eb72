// SIGINT and SIGTERM stay the application's.
#include "signals.h"

#include <stddef.h>

struct signals signals_note(void)
{
    struct signals noted = {0};
    noted.known = sigaction(SIGINT, NULL, &noted.interrupt) == 0 &&
                  sigaction(SIGTERM, NULL, &noted.terminate) == 0;
    return noted;
}

void signals_restore(const struct signals *signals)
{
    if (!signals->known)
        return;
    sigaction(SIGINT, &signals->interrupt, NULL);
    sigaction(SIGTERM, &signals->terminate, NULL);
}
