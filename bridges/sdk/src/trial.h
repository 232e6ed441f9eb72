// Which messages the bridge had in hand when its process died, and how often: one small file each in the instance's state. It is
// not synced: a power cut is no message's fault.
//
// A message counts as one that the process has died of when it died within `deliver` (or `resolve`), however it did; of what had
// been taken and was still open, only when the process was ended by its own fault (a crash, an assertion, the watchdog), which
// a signal handler notes. So who is killed while it works on something that takes long sets nothing aside.
#ifndef LT_BRIDGES_TRIAL_H
#define LT_BRIDGES_TRIAL_H

#include <lienthon/code.h>

#include "ledger.h"

#define TRIAL_FOLDER "trial" // in the instance's state
enum { TRIAL_DEATHS = 3 };   // then it is set aside

// Makes the folder, and counts what an earlier life has left in it.
enum lt_code trial_open(const char *folder, struct lt_error *error);
unsigned trial_deaths(const char *folder, const char *name);
void trial_enter(const char *folder, const char *name, unsigned deaths); // just before the call
void trial_leave(const char *folder, const char *name, unsigned deaths); // it is open, and in hand
void trial_count(const char *folder, const char *name, unsigned deaths); // not in hand
void trial_end(const char *folder, const char *name);

// The handler. *watch is NULL where the kernel refuses it; ended by trial_unwatch, by the same thread.
struct trial_watch;
struct trial_watch *trial_watch(const char *folder);
void trial_unwatch(struct trial_watch **watch);

#endif
