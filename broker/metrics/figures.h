// Figures that are not counted where something happens: the store's and the process's, which the
// read thread looks up, and those of the grants, which the core sums up now and then.
#ifndef LT_FIGURES_H
#define LT_FIGURES_H

#include "broker.h"

struct figures {
    uint64_t looked; // wall clock, ms, when the read thread looked; 0: it has not yet
    struct store_health health;
    uint64_t resident, descriptors, descriptors_most;
    double processor; // seconds
};
// Of the grants in force, but for invitations, which are short by design.
struct figures_grants {
    uint64_t version, summed; // of the book; wall clock, ms
    size_t count, ending;     // ending: within 30 days
    uint64_t next, hub;       // expires of the next one to end, and of the hub's own; 0: none
    char next_principal[LT_PRINCIPAL_MAX + 1];
};

// Asks the read thread; `back` gets the reading on the core thread.
void figures_ask(struct broker *broker, void (*back)(void *core, struct reading **reading));
// What such a reading has found; false: the store could not be read.
bool figures_take(const struct reading *reading, uint64_t now, struct figures *figures);
// Sums up anew when the book has changed or a minute has passed.
// Of this process; reads a folder of the kernel's, so not on the core.
void figures_descriptors(uint64_t *open, uint64_t *most);
void figures_sum_grants(const struct broker *broker, struct figures_grants *grants);

#endif
