// The folder may be a person's own, with other sound in it: only what has exactly such a name is taken for ours.
#include "file_name.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char own_words[] = "loa", cut[] = ".cut";

void file_name_print(uint64_t at, const uint8_t *id, char name[FILE_NAME])
{
    time_t seconds = (time_t)(at / 1000);
    struct tm local;
    char text[16], who[37];
    localtime_r(&seconds, &local);
    strftime(text, sizeof text, "%Y%m%d-%H%M%S", &local);
    if (id)
        lt_id_print(id, who);
    snprintf(name, FILE_NAME, "%s.%03u-%s", text, (unsigned)(at % 1000), id ? who : own_words);
}

// How much of it has that form, in which 0 is a decimal digit and x a hexadecimal one; 0: it has another.
static size_t form(const char *name, const char *form_of)
{
    size_t size = strlen(form_of);
    for (size_t i = 0; i < size; i++) {
        const char *allowed = form_of[i] == '0'   ? "0123456789"
                              : form_of[i] == 'x' ? "0123456789abcdef"
                                                  : (char[]){form_of[i], '\0'};
        if (name[i] == '\0' || !strchr(allowed, name[i]))
            return 0;
    }
    return size;
}

bool file_name_later(char *name)
{
    static const char upto_ms[] = "00000000-000000.000";
    if (!form(name, upto_ms))
        return false;
    for (size_t at = sizeof upto_ms - 2; name[at] != '.'; at--) {
        if (name[at] != '9') {
            name[at]++;
            return true;
        }
        name[at] = '0';
    }
    return false;
}

bool file_name_is(const char *name, const char *ending)
{
    size_t time = form(name, "00000000-000000.000-");
    const char *at = name + time;
    size_t who = form(at, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    if (!who)
        who = form(at, own_words);
    if (!time || !who)
        return false;
    at += who;
    if (strncmp(at, cut, sizeof cut - 1) == 0)
        at += sizeof cut - 1;
    return strcmp(at, ending) == 0;
}
