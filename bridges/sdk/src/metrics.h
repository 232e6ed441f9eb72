// The figures of an instance for an operator's scraper: OpenMetrics on a loopback port (`metrics:`).
#ifndef LT_BRIDGES_METRICS_H
#define LT_BRIDGES_METRICS_H

#include "host.h"

struct metrics;
// NULL where none are asked for, or they cannot be served: a line says so, and the bridge goes on.
struct metrics *metrics_open(struct lt_bridge_host *host);
void metrics_close(struct metrics **metrics);

#endif
