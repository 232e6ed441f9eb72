// Retention at work: what is kept no longer goes, a little at a time, on the store thread.
#ifndef LT_SWEEP_H
#define LT_SWEEP_H

#include <stddef.h>
#include <stdint.h>

struct broker;

// How far records of a bucket were looked through; size 0: begin.
enum { SWEEP_BUCKETS = 3 };
struct sweep_place {
    uint8_t key[16];
    size_t size;
};

void sweep(struct broker *broker); // call once a second

#endif
