// What the hub knows from its store when it starts.
#ifndef LT_START_H
#define LT_START_H

#include "broker.h"

// Reads grants, memory, subscriptions and what waits for them. The broker's empty parts are made.
enum lt_code start_load(struct broker *broker, struct store_reader *reader, uint64_t end,
                        struct lt_error *error);
// Sends a bundle's messages into the corridor, as the hub's own. They are committed by and by.
enum lt_code start_import(struct broker *broker, const char *path, struct lt_error *error);

#endif
