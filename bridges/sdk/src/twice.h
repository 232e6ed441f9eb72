// One identity that runs twice, from a copied folder or device: each takes the other's subscription, and the hub tells the older
// one. It asks for it again, later and later, so that both learn of it, and it hears again once the other has gone.
#ifndef LT_BRIDGES_TWICE_H
#define LT_BRIDGES_TWICE_H

#include <stdbool.h>
#include <stdint.h>

#include <lienthon/code.h>

struct lt_bridge_host;
struct target;

struct twice {
    struct lt_error why; // a sentence for health; empty: all is well
    unsigned tries;      // how often it was asked for again in a row
    uint64_t ask_at;     // monotonic ms: when it is; 0: not
    uint64_t
        calm_at; // monotonic ms: when nobody will have taken it for long enough; 0: it is not there
};

// The hub's word: another has it, or it is ours again.
void twice_taken(struct lt_bridge_host *host, struct target *target, const char *why);
void twice_back(struct lt_bridge_host *host, struct target *target);
// Asks again, or says that it is over, where the time has come.
void twice_turn(struct lt_bridge_host *host, uint64_t now);

#endif
