// An instance runs once, and a command finds who runs it: a lock on a file in its state, which the kernel lets go of whatever
// way the process ends. What the file says is how the last reload went.
#ifndef LT_BRIDGES_PRESENCE_H
#define LT_BRIDGES_PRESENCE_H

#include <sys/types.h>

#include <lienthon/bytes.h>

// *fd is held until it is closed. LT_BUSY names the process that has it.
enum lt_code presence_take(const char *state, int *fd, struct lt_error *error);
// 0: nobody.
pid_t presence_holder(const char *state);
// How many reloads there have been in this run, and what is wrong with the last; NULL: nothing.
void presence_tell(int fd, uint64_t reloads, const char *wrong);
// Appends the last one's sentence (nothing: it was right). false: nobody runs, or nothing was told.
bool presence_hear(const char *state, uint64_t *reloads, struct lt_buffer *wrong);

#endif
