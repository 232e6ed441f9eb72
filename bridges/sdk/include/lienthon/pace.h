// How fast one may go: a limit on how often something is done (token buckets), and how long to wait before it is tried again.
// Pure: the clock and the chance are handed in, so the same steps give the same answers. The host keeps one for each target
// (`rate` of the instance); a bridge may keep more of them for what it calls itself.
//
// Times: any clock that does not go back, in ms.
#ifndef LIENTHON_PACE_H
#define LIENTHON_PACE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    LT_PACE_URGENT = 2
}; // priorities from here on (thuong-khan, hoa-toc) have a share of their own

struct lt_pace_limit {  // zeroed: none
    uint64_t count;     // so often …
    uint64_t period_ms; // … in so long
    uint64_t burst;     // so many at once after a rest; 0: one
    unsigned reserved;  // percent of both that only what is urgent may use; at most 99
};

struct lt_pace { // zeroed: no limit. Its fields are its own.
    uint64_t every_us, room_us, routine_every_us, routine_room_us;
    uint64_t next_us, routine_next_us; // when the next would come were it all evenly spread
    uint64_t closed_until;             // ms; the far side's wish
};

void lt_pace_init(struct lt_pace *pace, const struct lt_pace_limit *limit);
// 0: go on, and it is counted; else nothing is counted, and asking again makes sense in so many ms.
uint64_t lt_pace_take(struct lt_pace *pace, unsigned priority, uint64_t now);
// The same without counting.
uint64_t lt_pace_wait(const struct lt_pace *pace, unsigned priority, uint64_t now);
// Nobody goes on before then, whatever the priority: what the far side has asked for (Retry-After). The later of two holds.
void lt_pace_close(struct lt_pace *pace, uint64_t until);
// "20/m", "1/s", "500/h", "5000/d", "3/10s": a count and a time. Fills in count and period_ms alone; false: it is none.
bool lt_pace_parse(const char *text, struct lt_pace_limit *limit);

// How long to wait before the try after `failed` tries (1, 2, …): a time by chance between 1 ms and first_ms doubled for each
// more failure, most_ms at most (full jitter), so that many who failed together do not come back together. chance: 32 random bits.
uint64_t lt_backoff(unsigned failed, uint64_t first_ms, uint64_t most_ms, uint32_t chance);

#ifdef __cplusplus
}
#endif
#endif
