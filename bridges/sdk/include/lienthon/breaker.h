// A circuit breaker: after so many failures in a row nothing more is tried for a while; then one alone is let through, and by
// what becomes of it all are again, or the rest is longer. Pure: the clock is handed in (one that does not go back, in ms).
//
//     closed ──`failures` in a row──> open ──its rest is over──> trying (one at a time)
//        ^                             ^                            │ill: the rest is doubled, up to most_ms
//        └────────── well ─────────────┼────────────────────────────┘
#ifndef LIENTHON_BREAKER_H
#define LIENTHON_BREAKER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum lt_breaker_state { LT_BREAKER_CLOSED, LT_BREAKER_OPEN, LT_BREAKER_TRYING };

struct lt_breaker_limit {
    unsigned failures; // in a row; 0: it never opens
    uint64_t rest_ms, most_ms;
    uint64_t
        try_ms; // what was let through alone and has not been told well or ill for so long is held to be lost
};

struct lt_breaker { // zeroed: never opens. Its fields are its own, to be read.
    struct lt_breaker_limit limit;
    enum lt_breaker_state state;
    unsigned failed; // in a row
    uint64_t
        until; // OPEN: its rest; TRYING: when the one that is under way is held to be lost, 0: none is
    uint64_t rest_ms;
    uint64_t opened; // how often it has opened, for figures
};

void lt_breaker_init(struct lt_breaker *breaker, const struct lt_breaker_limit *limit);
// 0: go on, and tell what became of it; else nothing may be tried, and asking again makes sense in so many ms.
uint64_t lt_breaker_ask(struct lt_breaker *breaker, uint64_t now);
// The same without going on.
uint64_t lt_breaker_wait(const struct lt_breaker *breaker, uint64_t now);
void lt_breaker_well(struct lt_breaker *breaker);
void lt_breaker_ill(struct lt_breaker *breaker, uint64_t now);
// By other evidence the far side is there again: it closes at once. The next failure opens it anew, for a rest as long as it had.
void lt_breaker_back(struct lt_breaker *breaker);
// What was let through was not tried after all, or says nothing of the far side: the next may go.
void lt_breaker_pass(struct lt_breaker *breaker);
// "closed", "open", "trying"; a constant.
const char *lt_breaker_name(const struct lt_breaker *breaker);

#ifdef __cplusplus
}
#endif
#endif
