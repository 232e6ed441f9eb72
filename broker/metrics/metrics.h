// The metrics: what an operator's scraper reads from the hub (hub.metrics in commune.yaml). All on
// the core thread; NULL is a hub without them.
#ifndef LT_METRICS_H
#define LT_METRICS_H

#include <stdbool.h>
#include <stdint.h>

struct broker;
struct metrics;

// NULL when none are configured. Where they cannot be served a line says so, and it is tried again:
// a commune's notices do not wait for figures about them.
struct metrics *metrics_new(struct broker *broker);
void metrics_destroy(struct metrics **metrics);

int metrics_descriptor(const struct metrics *metrics, uint64_t tick); // to poll; -1: none
bool metrics_has_more(const struct metrics *metrics);                 // serve it without waiting
void metrics_serve(struct metrics *metrics);                          // its descriptor is readable
void metrics_look(struct metrics *metrics);                           // about once a second

#endif
