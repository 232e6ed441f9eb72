// Deferred messages that became due for a subscription whose queue was full: they wait in the store, a
// record each, and come as there is room. So very many that are due at one moment cost disk, not memory.
#ifndef LT_LATE_H
#define LT_LATE_H

#include "desks.h"

// Writes it down with the next notes; the subscription has one more that waits.
void late_keep(struct broker *broker, struct subscription *sub, const struct offer *offer);
// Reads on where there is room in the queue.
void late_read(struct broker *broker, struct subscription *sub);
// It comes otherwise: its record goes with the next notes.
void late_drop(struct broker *broker, struct subscription *sub, uint8_t priority, uint64_t seq);
// The subscription goes, and its records with it.
void late_forget(struct broker *broker, const struct subscription *sub);
// At the start: counts them; those of subscriptions that are gone are dropped.
enum lt_code late_load(struct broker *broker, struct store_reader *store, struct lt_error *error);
// At the start: is this one among them. They are known until late_loaded.
bool late_has(const struct broker *broker, const struct subscription *sub, uint8_t priority,
              uint64_t seq);
void late_loaded(struct broker *broker);
void late_clear(struct broker *broker);

#endif
