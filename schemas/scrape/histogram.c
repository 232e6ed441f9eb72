// Histograms.
#include "histogram.h"

const struct histogram_scale histogram_seconds = {
    .count = 14,
    .bounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
};

const struct histogram_scale histogram_sizes = {
    .count = 11,
    .bounds = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024},
};

void histogram_observe(struct histogram *histogram, const struct histogram_scale *scale,
                       double value)
{
    size_t place = 0;
    while (place < scale->count && value > scale->bounds[place])
        place++;
    histogram->buckets[place]++;
    histogram->count++;
    histogram->sum += value;
}
