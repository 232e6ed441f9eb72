// Codes and the sentence that goes with them.
#include "lienthon/code.h"

#include <stddef.h>
#include <stdio.h>

struct name {
    enum lt_code code;
    const char *text;
};

static const struct name names[] = {
    {LT_DONE, "done"},
    {LT_DONE_BEFORE, "done-before"},
    {LT_NOT_DUE, "not-due"},
    {LT_CANCELLED, "cancelled"},
    {LT_ONE_HAND, "one-hand"},
    {LT_MALFORMED, "malformed"},
    {LT_TOO_LARGE, "too-large"},
    {LT_BAD_SEAL, "bad-seal"},
    {LT_UNKNOWN_PRINCIPAL, "unknown-principal"},
    {LT_NOT_VALID, "not-valid"},
    {LT_NOT_ALLOWED, "not-allowed"},
    {LT_BODY_WRONG, "body-wrong"},
    {LT_UNKNOWN_TYPE, "unknown-type"},
    {LT_STALE, "stale"},
    {LT_EXPIRED, "expired"},
    {LT_BUSY, "busy"},
    {LT_NOT_FOUND, "not-found"},
    {LT_NO_SUBSCRIPTION, "no-subscription"},
    {LT_HELLO_FIRST, "hello-first"},
    {LT_VERSION, "version"},
    {LT_INVITATION_USED, "invitation-used"},
    {LT_STORAGE_FAILED, "storage-failed"},
    {LT_SECRET, "secret"},
    {LT_ID_TAKEN, "id-taken"},
    {LT_NO_MEMORY, "no-memory"},
    {LT_IO, "io"},
    {LT_BAD_FILE, "bad-file"},
    {LT_BAD_USE, "bad-use"},
    {LT_TIMED_OUT, "timed-out"},
    {LT_CLOSED, "closed"},
    {LT_UNKNOWN, "unknown"},
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

enum lt_code lt_fail(struct lt_error *error, enum lt_code code, const char *format, ...)
{
    if (error == NULL) {
        return code;
    }
    va_list arguments;
    va_start(arguments, format);
    const int wanted = vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    error->code = code;
    if (wanted < 0) {
        error->text[0] = '\0';
    } else if ((size_t)wanted >= sizeof error->text) {
        trim_cut_character(error->text, sizeof error->text - 1);
    }
    return code;
}

const char *lt_code_name(enum lt_code code)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].code == code) {
            return names[i].text;
        }
    }
    return "?";
}

int lt_code_is_refusal(enum lt_code code)
{
    return code >= LT_MALFORMED && code <= LT_ID_TAKEN;
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
