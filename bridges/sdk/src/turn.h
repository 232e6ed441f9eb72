// Whose turn it is: what the bridge may have waits in line until the target's rate, its breaker and its own back-off let it go,
// the more urgent first.
#ifndef LT_BRIDGES_TURN_H
#define LT_BRIDGES_TURN_H

#include "host.h"

enum turn_result { TURN_WELL, TURN_ILL, TURN_SAYS_NOTHING };

void turn_line_up(struct lt_delivery *delivery);
// Gives all that may go now. intake_turn judges each once more, and calls turn_give.
void turn_all(struct lt_bridge_host *host);
// Hands it to the bridge: to deliver, or to resolve what is not known; or sets it aside.
void turn_give(struct lt_delivery *delivery);
// What became of one that the bridge had: for the breaker.
void turn_over(struct lt_delivery *delivery, enum turn_result result, const char *why);
// What was away is there again, by evidence of the bridge's: nothing rests any more, and what is urgent is tried at once.
void turn_back(struct lt_bridge_host *host, struct target *target, const char *why);
// In line again, in so many ms; at the hub where too many wait here already. Takes it.
void turn_again(struct lt_delivery **delivery, uint64_t ms);
// When somebody may go, in monotonic ms; `otherwise` where nobody may earlier.
uint64_t turn_next(const struct lt_bridge_host *host, uint64_t otherwise);

#endif
