#include "programmes.h"

#include <stdio.h>
#include <string.h>

#include "when.h"

enum { DAY_MINUTES = 1440 };
#define MINUTE_MS UINT64_C(60000)

static void copy(const struct lt_hours *hours, const char *hamlet, struct programmes *programmes)
{
    struct lt_hours_named list[LT_HOURS_PROGRAMMES];
    size_t count = 0;
    if (lt_hours_programmes(hours, hamlet, "commune.yaml", list, &count, NULL) != LT_DONE) {
        return; // the file was read whole before: that cannot be
    }
    for (size_t i = 0; i < count; i++) {
        struct programme *one = &programmes->list[programmes->count++];
        snprintf(one->name, sizeof one->name, "%s", list[i].name);
        one->minute = list[i].read.at;
        one->days = list[i].read.days != 0 ? list[i].read.days : ALL_DAYS;
    }
}

void programmes_of(const struct cli *cli, const char *hamlet, struct programmes *programmes)
{
    struct lt_commune commune;
    *programmes = (struct programmes){0};
    if (lt_commune_load(cli->folder, &commune, NULL) == LT_DONE) {
        copy(&commune.loudspeakers, hamlet, programmes);
        lt_commune_clear(&commune);
    } else {
        copy(&(struct lt_hours){0}, hamlet, programmes);
        programmes->is_usual = true;
    }
}

const struct programme *programmes_find(const struct programmes *programmes, struct lt_slice name)
{
    for (size_t i = 0; i < programmes->count; i++) {
        if (lt_slice_is(name, programmes->list[i].name)) {
            return &programmes->list[i];
        }
    }
    return NULL;
}

const struct programme *programmes_next(const struct programmes *programmes, uint64_t now)
{
    const unsigned minute =
        (unsigned)((now / MINUTE_MS + (uint64_t)when_utc_minutes(now)) % DAY_MINUTES);
    const struct programme *next = NULL;
    unsigned wait = DAY_MINUTES;
    for (size_t i = 0; i < programmes->count; i++) {
        const unsigned until =
            (programmes->list[i].minute + DAY_MINUTES - minute - 1) % DAY_MINUTES;
        if (next == NULL || until < wait) {
            next = &programmes->list[i];
            wait = until;
        }
    }
    return next;
}

void programmes_list(const struct programmes *programmes, struct lt_buffer *out)
{
    for (size_t i = 0; i < programmes->count; i++) {
        lt_buffer_print(out, "%s%s", i > 0 ? ", " : "", programmes->list[i].name);
    }
}
