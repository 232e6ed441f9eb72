// Opening the store at the start, and taking from it what the core must know.
#ifndef LT_OPENING_H
#define LT_OPENING_H

#include <lienthon/code.h>

struct broker;

// Makes what is loaded from the store (the book, the memory, subscriptions and what is due), loads it, and
// starts the threads that have the store from then on. A place that cannot be read is set aside first.
enum lt_code opening_store(struct broker *broker, struct lt_error *error);
// Frees what is loaded from the store.
void opening_clear(struct broker *broker);

#endif
