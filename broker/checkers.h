// Check workers: signatures of a large group are checked beside the core, a share each. Handed only
// what pays; see `CHECKERS_FROM`.
#ifndef LT_CHECKERS_H
#define LT_CHECKERS_H

#include "corridor/corridor.h"

struct checkers;
// count 0: as many as pay on this machine (cores - 1, at least none). NULL: there are none.
struct checkers *checkers_new(size_t count);
void checkers_destroy(struct checkers **checkers);
// Gives the group's signatures away; corridor_checked follows. false: nobody takes them.
bool checkers_ask(struct checkers *checkers, struct corridor_group *group);
size_t checkers_sockets(struct checkers *checkers, void **sockets, size_t room); // to poll
// Takes what is back; true: the group that walks is done.
bool checkers_take(struct checkers *checkers);

#endif
