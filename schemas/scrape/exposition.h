// Figures as text for a scraper: OpenMetrics 1.0, or the older text format of Prometheus. Knows
// nothing of a hub: a family is opened, its samples follow, and at last the end.
#ifndef LT_EXPOSITION_H
#define LT_EXPOSITION_H

#include <lienthon/bytes.h>

#include "histogram.h"

enum exposition_type {
    EXPOSITION_COUNTER,
    EXPOSITION_GAUGE,
    EXPOSITION_HISTOGRAM,
    EXPOSITION_INFO
};

// A family. `name` is without the suffixes _total and _info, and ends with the unit where it has one.
struct exposition_family {
    const char *name;
    enum exposition_type type;
    const char *unit; // NULL: none
    const char *help; // one line
};
struct exposition_label {
    const char *name, *value; // the value is UTF-8, and escaped here
};

struct exposition { // begins as {.out.max = n, .is_openmetrics = …}
    struct lt_buffer out;
    bool is_openmetrics;
    const struct exposition_family *family; // that is open
};

void exposition_open(struct exposition *exposition, const struct exposition_family *family);
void exposition_number(struct exposition *exposition, const struct exposition_label *labels,
                       size_t count, uint64_t value);
void exposition_real(struct exposition *exposition, const struct exposition_label *labels,
                     size_t count, double value);
void exposition_histogram(struct exposition *exposition, const struct histogram *histogram,
                          const struct histogram_scale *scale);
// A family of one sample without labels.
void exposition_gauge(struct exposition *exposition, const char *name, const char *unit,
                      const char *help, uint64_t value);
void exposition_counter(struct exposition *exposition, const char *name, const char *help,
                        uint64_t value);
// false: it did not fit, or there was no memory.
bool exposition_end(struct exposition *exposition);

#endif
