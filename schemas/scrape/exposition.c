// OpenMetrics 1.0 and Prometheus text 0.0.4. They differ in the names of counters and infos, in the
// line for the unit, and in the end.
#include "exposition.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *type_name(const struct exposition *exposition, enum exposition_type type)
{
    switch (type) {
    case EXPOSITION_COUNTER:
        return "counter";
    case EXPOSITION_HISTOGRAM:
        return "histogram";
    case EXPOSITION_INFO:
        return exposition->is_openmetrics ? "info" : "gauge";
    case EXPOSITION_GAUGE:
        break;
    }
    return "gauge";
}

// What a sample of the family is called beyond the family's name.
static const char *suffix_of(const struct exposition_family *family)
{
    if (family->type == EXPOSITION_COUNTER)
        return "_total";
    return family->type == EXPOSITION_INFO ? "_info" : "";
}

void exposition_open(struct exposition *exposition, const struct exposition_family *family)
{
    struct lt_buffer *out = &exposition->out;
    const char *suffix = exposition->is_openmetrics ? "" : suffix_of(family);
    exposition->family = family;
    lt_buffer_print(out, "# TYPE %s%s %s\n", family->name, suffix,
                    type_name(exposition, family->type));
    if (family->unit && exposition->is_openmetrics)
        lt_buffer_print(out, "# UNIT %s %s\n", family->name, family->unit);
    lt_buffer_print(out, "# HELP %s%s %s\n", family->name, suffix, family->help);
}

static void print_value(struct lt_buffer *out, const char *value)
{
    for (const char *at = value; *at; at++) {
        if (*at == '\n')
            lt_buffer_add(out, "\\n", 2);
        else if (*at == '"' || *at == '\\')
            lt_buffer_print(out, "\\%c", *at);
        else
            lt_buffer_add(out, at, 1);
    }
}

static void print_name(struct exposition *exposition, const struct exposition_label *labels,
                       size_t count)
{
    struct lt_buffer *out = &exposition->out;
    lt_buffer_print(out, "%s%s", exposition->family->name, suffix_of(exposition->family));
    for (size_t i = 0; i < count; i++) {
        lt_buffer_print(out, "%s%s=\"", i ? "," : "{", labels[i].name);
        print_value(out, labels[i].value);
        lt_buffer_add(out, "\"", 1);
    }
    if (count)
        lt_buffer_add(out, "}", 1);
}

void exposition_number(struct exposition *exposition, const struct exposition_label *labels,
                       size_t count, uint64_t value)
{
    print_name(exposition, labels, count);
    lt_buffer_print(&exposition->out, " %" PRIu64 "\n", value);
}

void exposition_real(struct exposition *exposition, const struct exposition_label *labels,
                     size_t count, double value)
{
    print_name(exposition, labels, count);
    lt_buffer_print(&exposition->out, " %.15g\n", value);
}

// The bound as the formats want it: a whole number has its ".0".
static void print_bound(struct lt_buffer *out, double bound)
{
    char text[32];
    snprintf(text, sizeof text, "%g", bound);
    lt_buffer_print(out, "%s%s", text, strchr(text, '.') ? "" : ".0");
}

void exposition_histogram(struct exposition *exposition, const struct histogram *histogram,
                          const struct histogram_scale *scale)
{
    struct lt_buffer *out = &exposition->out;
    const char *name = exposition->family->name;
    uint64_t below = 0;
    for (size_t i = 0; i < scale->count; i++) {
        below += histogram->buckets[i];
        lt_buffer_print(out, "%s_bucket{le=\"", name);
        print_bound(out, scale->bounds[i]);
        lt_buffer_print(out, "\"} %" PRIu64 "\n", below);
    }
    lt_buffer_print(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, histogram->count);
    lt_buffer_print(out, "%s_sum %.15g\n", name, histogram->sum);
    lt_buffer_print(out, "%s_count %" PRIu64 "\n", name, histogram->count);
}

void exposition_gauge(struct exposition *exposition, const char *name, const char *unit,
                      const char *help, uint64_t value)
{
    const struct exposition_family family = {name, EXPOSITION_GAUGE, unit, help};
    exposition_open(exposition, &family);
    exposition_number(exposition, NULL, 0, value);
}

void exposition_counter(struct exposition *exposition, const char *name, const char *help,
                        uint64_t value)
{
    const struct exposition_family family = {name, EXPOSITION_COUNTER, NULL, help};
    exposition_open(exposition, &family);
    exposition_number(exposition, NULL, 0, value);
}

bool exposition_end(struct exposition *exposition)
{
    if (exposition->is_openmetrics)
        lt_buffer_print(&exposition->out, "# EOF\n");
    return !exposition->out.failed;
}
