// Health from evidence: what worked last, what failed last, and which came later. Pure but for the
// time, which is handed in.
#ifndef LT_BRIDGES_HEALTH_H
#define LT_BRIDGES_HEALTH_H

#include <lienthon/message.h>

enum { HEALTH_TEXT = 200 };

struct health {
    char well[HEALTH_TEXT], ill[HEALTH_TEXT];
    uint64_t well_at, ill_at; // ms since 1970; 0: never
    bool is_ill, changed;
};

void health_well(struct health *health, const char *what, uint64_t now);
void health_ill(struct health *health, const char *what, uint64_t now);
// Appends the body of a health.v1.
bool health_write(const struct health *health, uint64_t since, uint64_t now,
                  struct lt_buffer *body);

#endif
