// Codes of wire.md section 5, the verdicts of a receiver, and the one way in which every part of
// Liên Thôn says what went wrong: a code and a sentence for people.
#ifndef LIENTHON_CODE_H
#define LIENTHON_CODE_H

#include <stddef.h>

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

enum lt_code {
    LT_DONE = 0,
    LT_DONE_BEFORE = 1, // stored already; for a receiver: seen already
    // A receiver's own verdicts; never on the wire.
    LT_NOT_DUE = 2,   // wait for deliver_at
    LT_CANCELLED = 3, // cancelled or replaced
    LT_ONE_HAND = 4,  // wait for a second person's approval
    // Refusals, as on the wire.
    LT_MALFORMED = 16,
    LT_TOO_LARGE = 17,
    LT_BAD_SEAL = 18,
    LT_UNKNOWN_PRINCIPAL = 19,
    LT_NOT_VALID = 20, // revoked or not yet valid
    LT_NOT_ALLOWED = 21,
    LT_BODY_WRONG = 22,
    LT_UNKNOWN_TYPE = 23,
    LT_STALE = 24,
    LT_EXPIRED = 25,
    LT_BUSY = 26,
    LT_NOT_FOUND = 27,
    LT_NO_SUBSCRIPTION = 28,
    LT_HELLO_FIRST = 29,
    LT_VERSION = 30,
    LT_INVITATION_USED = 31,
    LT_STORAGE_FAILED = 32,
    LT_SECRET = 33,
    LT_ID_TAKEN = 34,
    LT_TAKEN_OVER = 35, // a newer connection has the durable subscription
    // Failures of our own side or of the machine; never on the wire.
    LT_NO_MEMORY = 64,
    LT_IO = 65,        // a file, a socket, a child process; errno's text is in the sentence
    LT_BAD_FILE = 66,  // file:line:column: what is wrong, what is allowed
    LT_BAD_USE = 67,   // an argument of the caller's
    LT_TIMED_OUT = 68, // no answer within the limit
    LT_CLOSED = 69,    // the peer or the object has ended
    LT_UNKNOWN = 70,   // it may or may not have happened
};

enum {
    LT_TEXT_MAX = 255,  // bytes of a sentence on the wire, without the final NUL
    LT_ERROR_MAX = 1023 // of one that is only for people at this machine
};

// Zero-initialise before use: `struct lt_error error = {0};`
struct lt_error {
    enum lt_code code;
    char text[LT_ERROR_MAX + 1]; // UTF-8; what is too long is cut at a character, and ends with "…"
};

// Writes the sentence into *error, unless error is NULL, and returns code: `return lt_fail(e, …);`
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
enum lt_code
lt_fail(struct lt_error *error, enum lt_code code, const char *format, ...);
// The same with LT_ERROR_MAX bytes in place of LT_TEXT_MAX: for what is wrong in a file or an argument that somebody here has
// written, and never goes out on the wire, so that a list of all that is allowed is whole.
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
enum lt_code
lt_fail_whole(struct lt_error *error, enum lt_code code, const char *format, ...);
// Copies the text, which may be a stranger's, into room bytes (at least 4), with the NUL; what has no room is cut at a character,
// and it ends with "…". Returns out.
const char *lt_shorten(const char *text, char *out, size_t room);

// A constant short name for a code ("malformed"), for logs and `--json`; "?" for an unknown one.
const char *lt_code_name(enum lt_code code);
// What the code means, as a constant sentence; where there is a struct lt_error its text says more: what, where, what to do.
const char *lt_code_text(enum lt_code code);

// true for a code that a hub can send: the refusals from 16 on that wire.md names.
int lt_code_is_refusal(enum lt_code code);
// true for what may be otherwise when it is tried again later: busy, storage failed, no memory, a file or a socket that
// failed, timed out, closed. All else fails again until somebody changes something.
int lt_code_may_pass(enum lt_code code);

#ifdef __cplusplus
}
#endif
#endif
