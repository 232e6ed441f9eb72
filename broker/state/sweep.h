// Retention at work: what is kept no longer goes, a little at a time, on the store thread.
#ifndef LT_SWEEP_H
#define LT_SWEEP_H

struct broker;

void sweep(struct broker *broker); // call once a second

#endif
