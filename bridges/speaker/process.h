// Programs that do a part of the loudspeaker's work in a process of their own.
#ifndef LT_SPEAKER_PROCESS_H
#define LT_SPEAKER_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

enum process_place {
    PROCESS_STAYS,
    PROCESS_GOES_FIRST, // where memory runs out it ends before the loudspeaker does, which has other ways
};

// argv ends with NULL and is found by PATH; in and out are its standard input and output, lent for the call. 0, or the errno with
// which it did not start. It has a process group of its own: a command is often a script, and what that has started ends with it.
// It ends when the thread ends that has started it, which is the host's only one: nothing goes on for a host that was killed.
int process_start(pid_t *pid, const char *const *argv, int in, int out, enum process_place place);
// lienthon-say: beside this program, else wherever PATH has it. size: at least 16 bytes.
void process_find_say(char *path, size_t size);

#endif
