// Codes and the sentence that goes with them.
#include "lienthon/code.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct name {
    enum lt_code code;
    const char *text, *sentence;
};

static const struct name names[] = {
    {LT_DONE, "done", "It is done."},
    {LT_DONE_BEFORE, "done-before", "It was done before."},
    {LT_NOT_DUE, "not-due", "Its time has not come yet."},
    {LT_CANCELLED, "cancelled", "It was cancelled or replaced."},
    {LT_ONE_HAND, "one-hand", "A second person has to approve it."},
    {LT_MALFORMED, "malformed", "It is not well formed."},
    {LT_TOO_LARGE, "too-large", "It is too large."},
    {LT_BAD_SEAL, "bad-seal", "Its seal does not hold."},
    {LT_UNKNOWN_PRINCIPAL, "unknown-principal", "Its sender is not known here."},
    {LT_NOT_VALID, "not-valid", "The grant has been revoked, has expired or does not hold yet."},
    {LT_NOT_ALLOWED, "not-allowed", "The grant does not allow it."},
    {LT_BODY_WRONG, "body-wrong", "The body does not fit its type."},
    {LT_UNKNOWN_TYPE, "unknown-type", "The type of the body is not known here."},
    {LT_STALE, "stale", "It is too old, or was made in the future."},
    {LT_EXPIRED, "expired", "It has expired."},
    {LT_BUSY, "busy", "There is no room just now; try again."},
    {LT_NOT_FOUND, "not-found", "There is no such thing."},
    {LT_NO_SUBSCRIPTION, "no-subscription", "There is no such subscription."},
    {LT_HELLO_FIRST, "hello-first", "A session begins with HELLO."},
    {LT_VERSION, "version", "That version of the protocol is not spoken here."},
    {LT_INVITATION_USED, "invitation-used", "The invitation has been used."},
    {LT_STORAGE_FAILED, "storage-failed", "It could not be stored."},
    {LT_SECRET, "secret", "Secret matter is not carried."},
    {LT_ID_TAKEN, "id-taken", "The id belongs to other content."},
    {LT_TAKEN_OVER, "taken-over", "A newer connection has the durable subscription now."},
    {LT_NO_MEMORY, "no-memory", "There is no memory for it."},
    {LT_IO, "io", "A file, a socket or a program failed."},
    {LT_BAD_FILE, "bad-file", "A file does not say what it should."},
    {LT_BAD_USE, "bad-use", "The call was not made as it has to be."},
    {LT_TIMED_OUT, "timed-out", "No answer came in time."},
    {LT_CLOSED, "closed", "The other side, or the object, has ended."},
    {LT_UNKNOWN, "unknown", "It may or may not have happened."},
};

// Ends the text before a character that was cut in the middle.
static void trim_cut_character(char *text, size_t size)
{
    size_t last = size;
    while (last > 0 && ((unsigned char)text[last - 1] & 0xC0U) == 0x80U) {
        last--;
    }
    if (last == 0) {
        return;
    }
    const unsigned char lead = (unsigned char)text[last - 1];
    size_t whole = 1;
    if (lead >= 0xF0U) {
        whole = 4;
    } else if (lead >= 0xE0U) {
        whole = 3;
    } else if (lead >= 0xC0U) {
        whole = 2;
    }
    if (size - (last - 1) < whole) {
        text[last - 1] = '\0';
    }
}

static const char ellipsis[] = "…";

// Of so many bytes there was more.
static void end_cut(char *text, size_t size)
{
    text[size - (sizeof ellipsis - 1)] = '\0';
    trim_cut_character(text, size - (sizeof ellipsis - 1));
    memcpy(text + strlen(text), ellipsis, sizeof ellipsis);
}

const char *lt_shorten(const char *text, char *out, size_t room)
{
    const size_t size = strnlen(text, room);
    memcpy(out, text, size < room ? size : room - 1);
    out[size < room ? size : room - 1] = '\0';
    if (size == room) {
        end_cut(out, room - 1);
    }
    return out;
}

static enum lt_code fail(struct lt_error *error, size_t room, enum lt_code code, const char *format,
                         va_list arguments)
{
    const int wanted = vsnprintf(error->text, room, format, arguments);
    error->code = code;
    if (wanted < 0) {
        error->text[0] = '\0';
    } else if ((size_t)wanted >= room) {
        end_cut(error->text, room - 1);
    }
    return code;
}

enum lt_code lt_fail(struct lt_error *error, enum lt_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (error != NULL) {
        fail(error, LT_TEXT_MAX + 1, code, format, arguments);
    }
    va_end(arguments);
    return code;
}

enum lt_code lt_fail_whole(struct lt_error *error, enum lt_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (error != NULL) {
        fail(error, sizeof error->text, code, format, arguments);
    }
    va_end(arguments);
    return code;
}

static const struct name *find(enum lt_code code)
{
    static const struct name none = {LT_UNKNOWN, "?", "This library does not know the code."};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].code == code) {
            return &names[i];
        }
    }
    return &none;
}

const char *lt_code_name(enum lt_code code)
{
    return find(code)->text;
}

const char *lt_code_text(enum lt_code code)
{
    return find(code)->sentence;
}

int lt_code_is_refusal(enum lt_code code)
{
    return code >= LT_MALFORMED && code <= LT_TAKEN_OVER;
}

int lt_code_may_pass(enum lt_code code)
{
    switch (code) {
    case LT_BUSY:
    case LT_STORAGE_FAILED:
    case LT_NO_MEMORY:
    case LT_IO:
    case LT_TIMED_OUT:
    case LT_CLOSED:
        return 1;
    default:
        return 0;
    }
}
