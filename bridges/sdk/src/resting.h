// What an instance notes on its disk while its circuit breaker keeps it from trying a target, so that who asks why hears it.
#ifndef LT_BRIDGES_RESTING_H
#define LT_BRIDGES_RESTING_H

#include "host.h"

struct resting {
    uint64_t until; // ms since 1970
    char why[LT_TEXT_MAX + 1];
};

// Of a target; until 0: it is tried again. Where the disk takes nothing, nobody hears it.
void resting_note(const struct lt_bridge_host *host, const char *target, uint64_t until,
                  const char *why);
// false: it is tried.
bool resting_read(const struct instance *instance, const char *target, struct resting *resting);

#endif
