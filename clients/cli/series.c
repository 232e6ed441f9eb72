// What officers type, as a schedule.
#include "series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/schedule.h>

#include "every.h"
#include "programmes.h"
#include "say.h"
#include "when.h"
#include "words.h"

enum { HAMLET_SIZE = 64, HOUR_SIZE = 16, LIST_SIZE = 256, DAY_MINUTES = 1440 };

#define MINUTE_MS UINT64_C(60000)
#define DAY_MS    UINT64_C(86400000)
#define YEAR_MS   (365 * DAY_MS) // as long as the hub keeps notices

struct wish {
    struct cli *cli;
    const char *to;
    struct every every;
    uint64_t now;
    unsigned times[LT_SCHEDULE_TIMES]; // minutes of the day
    size_t time_count;
    char programme[PROGRAMME_NAME]; // empty: none
    uint64_t at, until;             // ms; 0: not given
};

static void add_time(struct wish *wish, unsigned minute)
{
    for (size_t i = 0; i < wish->time_count; i++) {
        if (wish->times[i] == minute) {
            return;
        }
    }
    wish->times[wish->time_count++] = minute;
}

// "5h30, 17:00". false: it is something else, or too many.
static bool read_times(const char *list, struct wish *wish)
{
    char hour[HOUR_SIZE];
    unsigned minute = 0;
    while (words_next(&list, hour, sizeof hour)) {
        if (!when_minute(hour, &minute) || wish->time_count == LT_SCHEDULE_TIMES) {
            return false;
        }
        add_time(wish, minute);
    }
    return *list == '\0' && wish->time_count > 0;
}

static enum lt_code no_programme(const struct wish *wish, const char *typed, const char *slug,
                                 const struct programmes *programmes)
{
    const char *names[LT_HOURS_PROGRAMMES];
    struct lt_buffer list = {.max = LIST_SIZE};
    for (size_t i = 0; i < programmes->count; i++) {
        names[i] = programmes->list[i].name;
    }
    programmes_list(programmes, &list);
    const char *near = lt_nearest(slug, names, programmes->count);
    if (near != NULL) {
        lt_fail(&wish->cli->error, LT_BAD_USE, "--at: there is no programme '%s'; did you mean %s?",
                typed, near);
    } else {
        lt_fail(
            &wish->cli->error, LT_BAD_USE,
            "--at '%s': with --every an hour is allowed, as 17:00, several with commas; a first "
            "time, as 1/12 17:00; or a programme: %.*s",
            typed, (int)list.size, list.size > 0 ? (const char *)list.data : "");
    }
    lt_buffer_clear(&list);
    return LT_BAD_USE;
}

static enum lt_code read_programme(const char *typed, const struct programmes *programmes,
                                   struct wish *wish)
{
    struct lt_error none = {0};
    char *slug = NULL;
    const struct programme *found = NULL;
    if (words_slug(typed, &slug, &none) == LT_DONE) {
        found = programmes_find(programmes, lt_slice_of(slug));
    }
    if (found != NULL) {
        memcpy(wish->programme, found->name, sizeof wish->programme);
    } else {
        no_programme(wish, typed, slug != NULL ? slug : "", programmes);
    }
    free(slug);
    return found != NULL ? LT_DONE : LT_BAD_USE;
}

// Its hours, its first time, or its programme: that which comes next where nothing is said, as of any notice.
static enum lt_code read_at(struct wish *wish, const struct programmes *programmes)
{
    struct lt_error *error = &wish->cli->error;
    struct lt_error why = {0};
    const char *at = arguments_value(&wish->cli->arguments, "at");
    if (at == NULL) {
        const struct programme *next = programmes_next(programmes, wish->now);
        if (next == NULL) {
            return lt_fail(error, LT_BAD_USE,
                           "there is no programme here: at what hour is it? --at 17:00");
        }
        memcpy(wish->programme, next->name, sizeof wish->programme);
        return LT_DONE;
    }
    if (read_times(at, wish)) {
        return LT_DONE;
    }
    wish->time_count = 0;
    if (when_parse(at, wish->now, &wish->at, &why) != LT_DONE) {
        return read_programme(at, programmes, wish);
    }
    if (wish->at <= wish->now) {
        return lt_fail(error, LT_BAD_USE, "--at %s is over already", at);
    }
    wish->at -= wish->at % MINUTE_MS;
    add_time(wish, (unsigned)((wish->at / MINUTE_MS + (uint64_t)when_utc_minutes(wish->at)) %
                              DAY_MINUTES));
    return LT_DONE;
}

// Loudspeakers of a hamlet that has not got the programme wait for it for ever.
static void warn_of(const struct wish *wish, const char *hamlet)
{
    struct programmes programmes;
    programmes_of(wish->cli, hamlet, &programmes);
    if (programmes_find(&programmes, lt_slice_of(wish->programme)) == NULL) {
        say_aside("%s has no programme '%s': it is not said there", hamlet, wish->programme);
    }
}

static void warn_of_hamlets(const struct wish *wish)
{
    struct lt_commune commune;
    const char *list = wish->to;
    char hamlet[HAMLET_SIZE];
    if (wish->programme[0] == '\0' ||
        lt_commune_load(wish->cli->folder, &commune, NULL) != LT_DONE) {
        return;
    }
    while (words_next(&list, hamlet, sizeof hamlet)) {
        const bool all = strcmp(hamlet, "tat-ca") == 0;
        for (size_t i = 0; all && i < commune.hamlets.count; i++) {
            warn_of(wish, commune.hamlets.items[i].name);
        }
        if (!all) {
            warn_of(wish, hamlet);
        }
    }
    lt_commune_clear(&commune);
}

// How long it goes on, and how long the message counts: a day longer, as any notice does behind its time.
static enum lt_code read_end(struct wish *wish, struct draft *draft)
{
    struct cli *cli = wish->cli;
    struct lt_part *part = &draft->part;
    const char *day = arguments_value(&cli->arguments, "until");
    const char *span = arguments_value(&cli->arguments, "expires");
    uint64_t life = day != NULL ? DAY_MS : YEAR_MS;
    if (span != NULL && when_duration(span, "expires", &life, &cli->error) != LT_DONE) {
        return cli->error.code;
    }
    if (day != NULL &&
        when_day_end(day, "until", wish->now, &wish->until, &cli->error) != LT_DONE) {
        return cli->error.code;
    }
    if (day != NULL && wish->until <= wish->now) {
        return lt_fail(&cli->error, LT_BAD_USE, "--until %s is over already", day);
    }
    const uint64_t from = wish->at > 0 ? wish->at : wish->now;
    const uint64_t latest = compose_latest_end(draft->type, part);
    part->expires = (day != NULL ? wish->until : from) + life;
    if (day == NULL) {
        wish->until = part->expires;
    }
    if (latest != 0 && part->expires > latest) {
        char until[WHEN_SIZE];
        when_full(latest, until);
        return lt_fail(&cli->error, LT_BAD_USE,
                       "this message cannot count beyond %s: a %s %s lives no longer", until,
                       compose_urgency_name(part->priority), draft->type->name);
    }
    return LT_DONE;
}

static json_t *schedule_of(const struct wish *wish)
{
    json_t *schedule = json_object();
    json_t *repeat = every_repeat(&wish->every);
    json_t *times = json_array();
    for (size_t i = 0; i < wish->time_count; i++) {
        char hour[HOUR_SIZE];
        snprintf(hour, sizeof hour, "%02u:%02u", wish->times[i] / 60, wish->times[i] % 60);
        json_array_append_new(times, json_string(hour));
    }
    if (wish->time_count > 0) {
        json_object_set(repeat, "times", times);
    }
    json_decref(times);
    json_object_set_new(schedule, "repeat", repeat);
    if (wish->every.kind == EVERY_LUNAR_DAY) {
        json_object_set_new(schedule, "calendar", json_string("lunar"));
    }
    if (wish->programme[0] != '\0') {
        json_object_set_new(schedule, "programme", json_string(wish->programme));
    }
    if (wish->at > 0) {
        json_object_set_new(schedule, "at", json_integer((json_int_t)wish->at));
    }
    json_object_set_new(schedule, "until", json_integer((json_int_t)wish->until));
    return schedule;
}

enum lt_code series_read(struct session *session, const char *to, struct draft *draft,
                         json_t **schedule)
{
    struct cli *cli = session->cli;
    struct wish wish = {.cli = cli, .to = to, .now = cli_now()};
    struct programmes programmes;
    char hamlet[HAMLET_SIZE] = "tat-ca";
    const char *list = to;
    *schedule = NULL;
    draft->part.created = wish.now;
    if (draft->part.priority == LT_HOA_TOC) {
        return lt_fail(&cli->error, LT_BAD_USE,
                       "--every: what is hoa-toc is said at once, and again until it is cancelled");
    }
    words_next(&list, hamlet, sizeof hamlet);
    programmes_of(cli, hamlet, &programmes);
    enum lt_code code =
        every_read(arguments_value(&cli->arguments, "every"), &wish.every, &cli->error);
    if (code == LT_DONE) {
        code = read_at(&wish, &programmes);
    }
    if (code == LT_DONE) {
        code = read_end(&wish, draft);
    }
    if (code == LT_DONE) {
        warn_of_hamlets(&wish);
        *schedule = schedule_of(&wish);
    }
    return code;
}
