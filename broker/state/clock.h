// The wall clock, and how far it is to be believed. Where it has jumped, what would be lost for good by a wrong one (an
// expiry, a grant's end, a sweep) is put off until the new time has held.
#ifndef LT_CLOCK_H
#define LT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct broker;

struct clock {                    // begins zeroed
    uint64_t (*read)(void *self); // ms since 1970
    void *self;
    uint64_t unsure_until; // monotonic, ms
    uint64_t sweeps_from;
};

// Looks at both clocks: broker->now and broker->tick.
void clock_look(struct broker *broker);
// At the start: `stored` is when the last message was (0: never).
void clock_begin(struct broker *broker, uint64_t stored);
bool clock_is_sure(const struct broker *broker);
// Has that time passed, by a clock that is believed. 0 never does.
bool clock_has_passed(const struct broker *broker, uint64_t time);
// May what has been kept long enough go.
bool clock_lets_sweep(const struct broker *broker);

enum { CLOCK_TEXT = 32 };
void clock_text(uint64_t ms, char text[CLOCK_TEXT]); // "2026-11-27T22:14:32Z"

#endif
