// What a program bridge says of itself (PROGRAMS.md, "describe"), as the tables that a bridge in C would have: its options,
// its types, its times. Everything is a copy of what it said.
#ifndef LT_BRIDGES_PROGRAM_ABOUT_H
#define LT_BRIDGES_PROGRAM_ABOUT_H

#include <jansson.h>

#include <lienthon/settings/option.h>

enum {
    ABOUT_VERSION = 1,
    ABOUT_OPTIONS = 64,
    ABOUT_TYPES = 60,
    ABOUT_CHOICES = 64,
    ABOUT_TEXT = 1000, // bytes of any text in it
};

struct program_about {         // zeroed: nothing
    char *about, *channel;     // channel NULL: none
    char **types;              // ends with NULL; NULL: every type
    struct lt_option *options; // ends with LT_OPTION_END
    size_t state_size;         // with room for the fields of the options, behind `head` bytes
    int64_t settle_ms;         // without a sign of progress for so long it hangs
    int64_t silence_ms;        // without an answer for so long it hangs
    bool rehearses;            // it answers "dry-run"
    bool resolves;             // it answers "resolve"
};

// From the object that it printed. LT_BAD_FILE names the field and what is allowed. Cleared already then.
enum lt_code about_read(const json_t *said, size_t head, struct program_about *about,
                        struct lt_error *error);
void about_clear(struct program_about *about);
// The values in a filled state, by name; NULL: no memory. What is not set is null.
json_t *about_values(const struct lt_option *options, const void *state);

#endif
