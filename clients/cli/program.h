// Another program of ours: found, and run to its end.
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include <lienthon/bytes.h>

// Beside this one, else wherever PATH has it. Yours (free).
char *program_path(const char *name);

// ../share/lienthon/KIND/NAME beside this program. Yours (free); it need not be there.
char *program_share(const char *kind, const char *name);

// Runs it and appends what it prints to out (its max set; NULL: it is not kept). arguments end with NULL and begin behind
// the program's name. LT_IO where it cannot be run or ends with another status than 0: the sentence is its last line on
// standard error. It ends when this process does, whatever the way.
enum lt_code program_run(const char *name, const char *const *arguments, struct lt_buffer *out,
                         struct lt_error *error);
// The same for a program whose exit status says something: *status has it (128 and the signal's number where one ended
// it). With a status other than 0 the error has its last line on standard error, or is untouched where it said nothing.
// LT_IO: it could not be run at all.
enum lt_code program_ask(const char *name, const char *const *arguments, struct lt_buffer *out,
                         int *status, struct lt_error *error);
// Becomes that program, with this one's input, output and environment. Returns only where it cannot: LT_IO.
enum lt_code program_become(const char *name, const char *const *arguments, struct lt_error *error);

#endif
