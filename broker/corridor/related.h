// What a replacement or a cancellation names: looked up in the store by the read thread, and in the
// group itself.
#ifndef LT_RELATED_H
#define LT_RELATED_H

#include "corridor.h"

// Asks for all that the group's messages name; false: nothing is asked. The corridor goes on when it
// is back.
bool related_ask(struct broker *broker, struct corridor_group *group);
// Adds those of the same group that were put before this one.
void related_in_group(const struct corridor_group *group, struct passage *passage);

#endif
