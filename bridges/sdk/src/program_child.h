// A child process that is talked to in lines: what it is written, what it says, what it says on standard error. It knows
// nothing of what stands in the lines. None of its functions blocks.
#ifndef LT_BRIDGES_PROGRAM_CHILD_H
#define LT_BRIDGES_PROGRAM_CHILD_H

#include <sys/types.h>

#include <lienthon/bytes.h>

enum {
    CHILD_LINE_MAX = 8 * 1024 * 1024,    // bytes of a line that it says
    CHILD_SAID_MAX = 1000,               // of a line on standard error; a longer one is cut
    CHILD_UNREAD_MAX = 16 * 1024 * 1024, // what is written to it and not read yet
};

struct program_child {
    pid_t pid;               // 0: none
    int pidfd;               // readable when it has ended; this and the next three: -1: none
    int in, out, err;        // our ends
    bool deaf;               // it has closed its input
    struct lt_buffer unread; // to it
    struct lt_buffer line;   // of it, the beginning of one that is not whole yet
    struct lt_buffer said;   // the same on standard error
};

// A line without its end, lent for the call. false: no more lines, now.
typedef bool child_take(void *user, struct lt_slice line);

void child_init(struct program_child *child);
// Runs the file, in a process group of its own, which is told to stop when this process dies, whatever the way. It has
// this process's folder, its environment without what is the host's own, and no descriptor but its three.
enum lt_code child_start(struct program_child *child, const char *path, struct lt_error *error);
// Writes a line (without its end) now or when there is room. LT_BUSY: it does not read.
enum lt_code child_tell(struct program_child *child, struct lt_slice line);
// There is room again. unread is empty when all has been written.
void child_write(struct program_child *child);
// Reads once and hands over each whole line. LT_DONE: there may be more later; LT_CLOSED: the end of what it says;
// LT_TOO_LARGE: a line without an end.
enum lt_code child_read(struct program_child *child, child_take *take, void *user);
// The same of what it says on standard error; an end, or a line that is too long, is none of its errors.
enum lt_code child_read_said(struct program_child *child, child_take *take, void *user);
// It hears the end of its input.
void child_hush(struct program_child *child);
// To it and all that it has started.
void child_signal(const struct program_child *child, int number);
// It has ended (pidfd says so): what it has started ends with it. "ended with status=1", "was ended by signal=9".
void child_reap(struct program_child *child, char how[64]);
// Frees and closes; a running one is killed and waited for.
void child_clear(struct program_child *child);

#endif
