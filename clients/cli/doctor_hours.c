// The hours of the loudspeakers: those of commune.yaml, those that were told, and those to which each says that it keeps.
#include "doctor.h"

#include <stdio.h>
#include <string.h>

#include <lienthon/cursor.h>

#include "hours.h"
#include "kept.h"
#include "speakers.h"
#include "tongue.h"

enum { NAME_MAX_SAID = 160 };

static void say_unheard(struct doctor *doctor, const char *whose, const struct kept *kept,
                        const char *advice)
{
    for (size_t i = 0; i < kept->programme_count; i++) {
        if (!kept_is_heard(kept, &kept->programmes[i])) {
            doctor_say(doctor, DOCTOR_WARNING, advice,
                       "%s: the programme %s can never be heard: it lies in quiet hours, or its "
                       "volume is 0",
                       whose, kept->programmes[i].name);
        }
    }
}

// Of the hours of all and of each hamlet that has others.
static void judge_commune(struct doctor *doctor, struct lt_slice body)
{
    struct lt_slice list;
    struct lt_slice area;
    struct kept kept;
    uint32_t count = 0;
    if (!lt_map_find(body, "areas", &list)) {
        return;
    }
    struct lt_cursor cursor = lt_cursor_of(list);
    if (!lt_cursor_array(&cursor, &count)) {
        return;
    }
    while (count-- > 0 && lt_cursor_skip(&cursor, &area)) {
        char whose[NAME_MAX_SAID];
        if (kept_read(area, &kept)) {
            snprintf(whose, sizeof whose, "commune.yaml, %s", kept.hamlet);
            say_unheard(doctor, whose, &kept,
                        PHRASE("change programmes, quiet or volume of `loudspeakers` there, and "
                               "tell them: lienthon hours"));
        }
    }
}

static void say_other(struct doctor *doctor, const char *name, const struct kept *kept, bool is_old)
{
    struct kept_words words;
    kept_say(kept, &words);
    if (is_old) {
        doctor_say(doctor, DOCTOR_WARNING,
                   "see that it is switched on and reaches the hub, from which it hears them; if "
                   "it does, start its bridge again, and tell them anew: lienthon hours",
                   "%s has not heard the commune's hours: it keeps to programmes %s; day %s; "
                   "quiet %s; volume %s",
                   name, words.programmes, words.day, words.quiet, words.volume);
    } else {
        doctor_say(doctor, DOCTOR_OK, NULL,
                   "%s has hours of its own, by hours-… or programme in its instance file: "
                   "programmes %s; day %s; quiet %s; volume %s",
                   name, words.programmes, words.day, words.quiet, words.volume);
    }
}

bool doctor_judge_hours(struct doctor *doctor, const char *name, struct lt_slice kept,
                        struct lt_slice commune, uint64_t newest, bool is_told)
{
    struct kept its;
    struct kept ours;
    if (kept.size == 0 || !kept_read(kept, &its)) {
        doctor_say(doctor, DOCTOR_SKIPPED, NULL,
                   "the hours of %s are not known: its program is older and does not say them; a "
                   "newer one there does",
                   name);
        return false;
    }
    if (!kept_of_hamlet(commune, its.hamlet, &ours)) {
        return false;
    }
    const bool same = kept_same(&its, &ours);
    const bool is_old = is_told && (its.told < newest || !its.own);
    if (!same && (its.own || is_old)) {
        say_other(doctor, name, &its, is_old);
    }
    if (!same) {
        say_unheard(doctor, name, &its,
                    PHRASE("change hours-programmes, hours-quiet or hours-volume in its instance "
                           "file, on the machine where it runs"));
    }
    return same;
}

static void judge_all(struct doctor *doctor, struct lt_slice body, uint64_t newest, bool is_told)
{
    struct lt_buffer values = {0};
    struct speaker_says says;
    size_t all = 0;
    size_t same = 0;
    if (speakers_ask(&doctor->session, &values) != LT_DONE) {
        doctor_say(doctor, DOCTOR_SKIPPED, NULL, "not looked at: %s", doctor->cli->error.text);
    }
    struct speakers speakers = speakers_of(&values, doctor->book);
    while (speakers_next(&speakers, &says)) {
        char name[NAME_MAX_SAID];
        if (says.stopped) {
            continue;
        }
        snprintf(name, sizeof name, "%.*s%s%.*s", (int)says.from.size, (const char *)says.from.data,
                 says.zone.size > 0 ? "/" : "", (int)says.zone.size,
                 says.zone.size > 0 ? (const char *)says.zone.data : "");
        all++;
        same += doctor_judge_hours(doctor, name, says.hours, body, newest, is_told);
    }
    if (same > 0) {
        doctor_say(doctor, DOCTOR_OK, NULL,
                   "%zu of %zu loudspeakers say that they keep to the hours of commune.yaml", same,
                   all);
    }
    lt_buffer_clear(&values);
}

void doctor_hours(struct doctor *doctor)
{
    struct lt_buffer body = {0};
    struct lt_error *error = &doctor->cli->error;
    uint64_t newest = 0;
    bool told = false;
    if (!doctor->has_commune || !doctor->is_up || doctor->book == NULL) {
        doctor_say(doctor, DOCTOR_SKIPPED, NULL, "not looked at: %s",
                   !doctor->has_commune ? PHRASE("commune.yaml is not here")
                   : doctor->is_up      ? doctor->silent.text
                                        : PHRASE("the hub does not answer"));
        return;
    }
    enum lt_code code = hours_pack(&doctor->commune, &body, error);
    if (code == LT_DONE) {
        code = hours_look(&doctor->session, doctor->book, &doctor->commune, lt_buffer_slice(&body),
                          &told, &newest);
    }
    if (code != LT_DONE) {
        doctor_say(doctor, DOCTOR_SKIPPED, NULL, "not looked at: %s", error->text);
    } else if (told) {
        doctor_say(doctor, DOCTOR_OK, NULL,
                   "the loudspeakers have been told the hours of commune.yaml");
    } else {
        doctor_say(doctor, DOCTOR_WARNING, "tell them: lienthon hours",
                   "the loudspeakers keep to other hours than those of commune.yaml");
    }
    if (code == LT_DONE) {
        judge_commune(doctor, lt_buffer_slice(&body));
        judge_all(doctor, lt_buffer_slice(&body), newest, told);
    }
    lt_buffer_clear(&body);
    *error = (struct lt_error){0};
}
