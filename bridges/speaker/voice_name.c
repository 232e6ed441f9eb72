#include "voice_name.h"

#include <stdio.h>
#include <string.h>

#include <lienthon/settings/option.h>

enum { VOICES = 3, VOICE_NAME = 32 };

static const char *const voices[VOICES] = {"vi", "vi-vn-x-central", "vi-vn-x-south"};

enum lt_code voice_name_check(const char *text, struct lt_error *error)
{
    char name[VOICE_NAME];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, "+"), text);
    for (size_t i = 0; i < VOICES; i++)
        if (strcmp(name, voices[i]) == 0)
            return LT_DONE;
    const char *near = lt_nearest(name, voices, VOICES);
    return lt_fail(error, LT_BAD_USE,
                   "%s%s%sallowed: vi (north), vi-vn-x-central, vi-vn-x-south, and a variant of "
                   "espeak-ng's behind it, as vi+f2",
                   near ? "did you mean '" : "", near ? near : "", near ? "'? " : "");
}
