// What an instance counts for an operator, a target each.
#ifndef LT_BRIDGES_FIGURES_H
#define LT_BRIDGES_FIGURES_H

#include "histogram.h"

struct figures {
    uint64_t done, skipped, failed, unknown, refused; // deliveries by what became of them
    uint64_t again;                                   // tries that failed, and come again
    uint64_t done_before; // came again though they were done: not heard by the hub, or replayed
    uint64_t set_aside, rate_waits;
    uint64_t done_at; // ms since 1970: the last that was done; 0: none in this life
    struct histogram answers;
};

// The bridge has settled one that it had for so long.
void figures_answered(struct figures *figures, uint64_t ms);

#endif
