// The texts were checked when the file was read.
#include "own_hours.h"

#include <stdio.h>
#include <string.h>

static const char none[] = "none";

static enum lt_code or_none(enum lt_code code, struct lt_error *error)
{
    struct lt_error why = *error;
    return code == LT_DONE ? code : lt_fail_whole(error, code, "%s; or none", why.text);
}

enum lt_code own_hours_check_quiet(const char *text, struct lt_error *error)
{
    return strcmp(text, none) == 0 ? LT_DONE : or_none(lt_hours_check_span(text, error), error);
}

enum lt_code own_hours_check_volume(const char *text, struct lt_error *error)
{
    return strcmp(text, none) == 0 ? LT_DONE : or_none(lt_hours_check_volume(text, error), error);
}

static size_t find(const struct hours *hours, const char *name)
{
    size_t i = 0;
    while (i < hours->programme_count && strcmp(hours->programmes[i].name, name) != 0)
        i++;
    return i;
}

static void drop(struct hours *hours, size_t at)
{
    if (at == hours->programme_count)
        return;
    hours->programme_count--;
    memmove(&hours->programmes[at], &hours->programmes[at + 1],
            (hours->programme_count - at) * sizeof hours->programmes[0]);
}

static bool put_programme(struct hours *hours, const struct lt_option_pair *given)
{
    struct lt_hours_programme read;
    size_t at = find(hours, given->name);
    if (!lt_hours_read_programme(given->text, &read))
        return true;
    if (read.none) {
        drop(hours, at);
        return true;
    }
    if (at == HOURS_PROGRAMMES)
        return false;
    struct hours_programme *programme = &hours->programmes[at];
    *programme = (struct hours_programme){
        .at = read.at,
        .minutes = read.minutes,
        .days = read.days ? read.days : HOURS_EVERY_DAY,
        .closing = read.closing,
    };
    snprintf(programme->name, sizeof programme->name, "%s", given->name);
    hours->programme_count += at == hours->programme_count;
    return true;
}

static void put_span(const char *text, struct hours_span *span)
{
    struct lt_hours_span read = {0};
    if (text && (strcmp(text, none) == 0 || lt_hours_read_span(text, &read)))
        *span = (struct hours_span){read.from, read.to};
}

static void put_volume(const char *text, struct hours *hours)
{
    struct lt_hours_span spans[LT_HOURS_VOLUMES];
    size_t count = 0;
    if (!text || (strcmp(text, none) != 0 && !lt_hours_read_volume(text, spans, &count)))
        return;
    hours->volume_count = count;
    for (size_t i = 0; i < count; i++)
        hours->volumes[i] = (struct hours_volume){
            .span = {spans[i].from, spans[i].to},
            .percent = spans[i].percent,
        };
}

bool own_hours_given(const struct own_hours *own)
{
    return own->programmes.count > 0 || own->day || own->quiet || own->volume;
}

bool own_hours_apply(const struct own_hours *own, struct hours *hours)
{
    bool whole = true;
    for (size_t i = 0; i < own->programmes.count; i++)
        whole = put_programme(hours, &own->programmes.items[i]) && whole;
    put_span(own->day, &hours->day);
    put_span(own->quiet, &hours->quiet);
    put_volume(own->volume, hours);
    return whole;
}
