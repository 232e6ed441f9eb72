// One life of a program that the suite has started: the bridge in its host, the far side, a command. Its output lies in a file.
#ifndef LT_CONFORMANCE_LIFE_H
#define LT_CONFORMANCE_LIFE_H

#include <stdbool.h>
#include <sys/types.h>

#include <lienthon/code.h>

struct life {
    pid_t pid;  // 0: it does not run; its process group too
    int pidfd;  // readable when it has ended; -1
    int status; // as waitpid has it, of the last that ended
};

// `words` is argv, `set` a NULL-ended list of NAME=VALUE on top of our environment; both lent. cwd may be NULL. Output is
// appended to the file `log`.
enum lt_code life_start(struct life *life, const char *const *words, const char *const *set,
                        const char *cwd, const char *log, struct lt_error *error);
// Whether it runs; what has ended is reaped.
bool life_runs(struct life *life);
// With all that it has started, at once.
void life_kill(struct life *life);
// Exit status 0.
bool life_ended_well(const struct life *life);
// "exit status 3", "killed by signal 11 (Segmentation fault)", into text.
void life_how(const struct life *life, char *text, size_t room);

#endif
