// A list of the causes that are ill now: those by which people hear nothing first, the older before the later.
#include "illness.h"

#include <stdio.h>
#include <string.h>

static bool is_said(const struct illness *illness, const struct illness_cause *cause)
{
    const struct illness_cause *at = illness->first;
    while (at != cause && strcmp(at->what.text, cause->what.text) != 0)
        at = at->next;
    return at != cause;
}

static void tell(const struct illness *illness)
{
    char text[ILLNESS_TEXT] = "";
    size_t size = 0;
    for (const struct illness_cause *at = illness->first; at && size < sizeof text; at = at->next)
        if (!is_said(illness, at))
            size += (size_t)snprintf(text + size, sizeof text - size, "%s%s", size ? "; " : "",
                                     at->what.text);
    lt_bridge_ill(illness->host, text);
}

static void list(struct illness *illness, struct illness_cause *cause)
{
    struct illness_cause **at = &illness->first;
    while (*at && (cause->keeps_sound || !(*at)->keeps_sound))
        at = &(*at)->next;
    cause->next = *at;
    *at = cause;
    cause->is_ill = true;
}

static void unlist(struct illness *illness, struct illness_cause *cause)
{
    struct illness_cause **at = &illness->first;
    while (*at && *at != cause)
        at = &(*at)->next;
    if (*at)
        *at = cause->next;
    cause->next = NULL;
    cause->is_ill = false;
}

void illness_ill(struct illness *illness, struct illness_cause *cause, const char *what)
{
    struct lt_error cut = {0}; // at a character
    lt_fail(&cut, LT_DONE, "%s", what);
    if (cause->is_ill && strcmp(cause->what.text, cut.text) == 0)
        return;
    cause->what = cut;
    if (!cause->is_ill)
        list(illness, cause);
    illness->changes++;
    tell(illness);
}

void illness_well(struct illness *illness, struct illness_cause *cause, const char *what)
{
    if (!cause->is_ill)
        return;
    unlist(illness, cause);
    illness->changes++;
    if (illness->first)
        tell(illness);
    else
        lt_bridge_well(illness->host, what);
}

void illness_worked(const struct illness *illness, const char *what)
{
    if (!illness->first)
        lt_bridge_well(illness->host, what);
}

void illness_remind(const struct illness *illness)
{
    if (illness->first)
        tell(illness);
}

const char *illness_first(const struct illness *illness)
{
    return illness->first ? illness->first->what.text : NULL;
}
