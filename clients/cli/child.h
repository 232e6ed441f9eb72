// One program that `lienthon up` runs: started, listened to, started again when it falls.
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <lienthon/code.h>

enum { CHILD_LINE_MAX = 1024, CHILD_WORDS_MAX = 6 };

struct child {
    char *name;                   // before its lines
    char *words[CHILD_WORDS_MAX]; // its argv, NULL behind the last; [0] is the program's path
    pid_t pid;                    // 0: not running
    int pidfd, pipe;              // -1: none; pipe is what it says
    char line[CHILD_LINE_MAX];    // the beginning of a line that is not whole yet
    size_t line_size;
    uint64_t started, due; // ms, monotonic: since when it runs; when it is started next
    unsigned falls;        // in a row
    bool as_json;          // what becomes of it is told on stdout too
};

// Monotonic milliseconds.
uint64_t child_clock(void);
// Everything in *child must be zero but name and words; fds become -1.
void child_init(struct child *child);
void child_clear(struct child *child);
// Starts it in a process group of its own; it is told to stop when this process dies, whatever the way.
enum lt_code child_start(struct child *child, struct lt_error *error);
// Prints what it has said, each line behind its name. false: nothing more will come.
bool child_listen(struct child *child);
// It has ended: reaps it, says so, and sets when it is started next. `expected`: it was asked to stop.
void child_ended(struct child *child, bool expected);
void child_signal(const struct child *child, int signal_number);

#endif
