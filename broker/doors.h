// The sockets that the core thread serves.
#ifndef LT_DOORS_H
#define LT_DOORS_H

#include "broker.h"

// Makes them, without listening yet.
enum lt_code doors_make(struct broker *broker, const uint8_t curve_secret[LT_KEY_SIZE],
                        struct lt_error *error);
// Listens where commune.yaml says. A port in use: a sentence that says what to do.
enum lt_code doors_open(struct broker *broker, struct lt_error *error);
// Nobody comes in any more; whoever is in stays.
void doors_shut(struct broker *broker);
void doors_close(struct broker *broker);

#endif
