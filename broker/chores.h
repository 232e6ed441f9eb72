// What the clock asks of the hub, between what its peers ask.
#ifndef LT_CHORES_H
#define LT_CHORES_H

#include "broker.h"

void chores(struct broker *broker);
// How long the loop may wait, ms.
long chores_wait(const struct broker *broker);

#endif
