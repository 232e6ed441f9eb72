// How often a figure was how large, in buckets with fixed upper bounds.
#ifndef LT_HISTOGRAM_H
#define LT_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 16 };

struct histogram_scale {
    size_t count;
    double bounds[HISTOGRAM_BOUNDS]; // upper, inclusive, rising
};
extern const struct histogram_scale histogram_seconds; // 0.5 ms to 10 s
extern const struct histogram_scale histogram_sizes;   // 1 to 1024

struct histogram {                          // begins zeroed
    uint64_t buckets[HISTOGRAM_BOUNDS + 1]; // each its own; the last: above every bound
    uint64_t count;
    double sum;
};
void histogram_observe(struct histogram *histogram, const struct histogram_scale *scale,
                       double value);

#endif
