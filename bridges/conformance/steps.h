// What the suite and the object that it preloads into the bridge's process (steps.c) tell each other: one page of shared memory.
#ifndef LT_CONFORMANCE_STEPS_H
#define LT_CONFORMANCE_STEPS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define STEPS_VARIABLE "LIENTHON_STEPS" // names the file of the page

enum { STEPS_PATH = 4096, STEPS_NAME = 16 };

struct steps {
    atomic_bool armed;          // calls are counted
    atomic_uint_fast64_t count; // so many were, since it was set to 0
    atomic_uint_fast64_t
        kill_at; // at this one the process group ends as in a power cut; 0: at none
    atomic_bool
        crash; // at it the host crashes (SIGABRT), so that it knows; else it is as a power cut
    atomic_int group;             // the process group
    atomic_bool full;             // files below `folder` take nothing: ENOSPC
    atomic_int_fast64_t shift_ms; // what the wall clock is ahead
    char folder[STEPS_PATH];
    char name[STEPS_NAME]; // of the call at which it ended
};

#endif
