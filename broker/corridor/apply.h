// What a committed message changes in the core's memory, and what the clock changes.
#ifndef LT_APPLY_H
#define LT_APPLY_H

#include "passage.h"

void apply(struct broker *broker, struct passage *passage);
// The book has changed, or time has passed: who may still be connected, and have what.
void apply_grants(struct broker *broker);
// Deferred messages whose time has come.
void apply_due(struct broker *broker);
// So much is to be written down that what is due has to wait for that.
bool apply_due_waits(const struct broker *broker);

#endif
