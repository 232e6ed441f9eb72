// What `lienthond` does to a store when it does not serve one: a copy beside a running hub, a look
// through one, and making one that came from a backup ready to go on. `lienthon backup` and `restore`
// run these; the answers are lines "key value" on standard output.
#ifndef LT_UPKEEP_H
#define LT_UPKEEP_H

#include <lienthon/code.h>

// Copies the store of the commune in `folder` as it is now into `to`, a folder that is made.
enum lt_code upkeep_copy(const char *folder, const char *to, struct lt_error *error);
// Looks through the store in the folder `data` and prints what is there. LT_STORAGE_FAILED: not all of
// it is what was stored (everything is printed all the same).
enum lt_code upkeep_verify(const char *data, struct lt_error *error);
// The store in `data` came from a backup and is to be served.
enum lt_code upkeep_renew(const char *data, struct lt_error *error);

#endif
