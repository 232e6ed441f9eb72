// Each hamlet that is named gets an area of its own, whole, so that a loudspeaker needs to look at one only.
#include "lienthon/settings/hours.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/pack.h>

#include "hours.h"

enum { AREAS = 65, PROGRAMMES = 12, SPANS = 12, ITEM = 64, DAYS = 7, HOUR_TEXT = 6 };

static const char all_hamlets[] = "tat-ca";
static const char programme_form[] =
    "an hour, and behind commas what else is wanted: \"05:00, 30m, "
    "days 1-6, no-closing\", or none for a hamlet that has not got it";
static const char span_form[] = "two hours, as \"06:00-21:00\"";
static const char volume_form[] = "two hours and percent, several with commas: \"05:00-06:00 60, "
                                  "11:30-13:30 50\"";

struct reading {
    const struct lt_hours *hours;
    const char *path;
    struct lt_error *error;
};

struct span {
    char from[HOUR_TEXT], to[HOUR_TEXT];
    long percent;
};

struct programme {
    const char *name;
    char at[HOUR_TEXT];
    long minutes;
    unsigned days; // bits 1 to 7; 0: all
    bool closing, none;
};

static enum lt_code wrong(const struct reading *reading, const char *key, const char *name,
                          const char *text, const char *allowed)
{
    return lt_fail(reading->error, LT_BAD_FILE,
                   "%s: loudspeakers.%s.%s: '%s' is wrong; allowed: %s", reading->path, key, name,
                   text, allowed);
}

// One to `digits` digits at the text's beginning. How many there were; 0: none.
static size_t take_number(const char **text, size_t digits, long *number)
{
    size_t size = 0;
    *number = 0;
    while (size < digits && (*text)[size] >= '0' && (*text)[size] <= '9') {
        *number = *number * 10 + ((*text)[size++] - '0');
    }
    *text += size;
    return size;
}

// "HH:MM" at the text's beginning.
static bool take_hour(const char **text, char hour[HOUR_TEXT])
{
    long hours = 0;
    long minutes = 0;
    const char *at = *text;
    if (take_number(&at, 2, &hours) != 2 || *at++ != ':' || take_number(&at, 2, &minutes) != 2 ||
        hours > 23 || minutes > 59) {
        return false;
    }
    memcpy(hour, *text, HOUR_TEXT - 1);
    hour[HOUR_TEXT - 1] = '\0';
    *text = at;
    return true;
}

static bool take_span(const char **text, struct span *span)
{
    return take_hour(text, span->from) && *(*text)++ == '-' && take_hour(text, span->to);
}

// "days 1-6" or "days 1 3 5".
static bool read_days(const char *text, unsigned *days)
{
    *days = 0;
    for (long last = 0; *text != '\0'; text++) {
        const bool is_range = *text == '-';
        text += is_range;
        const long day = *text - '0';
        if (day < 1 || day > DAYS || (is_range && (last == 0 || day < last))) {
            return false;
        }
        for (long each = is_range ? last : day; each <= day; each++) {
            *days |= 1U << each;
        }
        last = day;
        if (text[1] == ' ') {
            text++;
        }
    }
    return *days != 0;
}

static bool read_word(const char *word, struct programme *programme)
{
    if (strcmp(word, "no-closing") == 0) {
        programme->closing = false;
        return true;
    }
    if (strncmp(word, "days ", 5) == 0) {
        return read_days(word + 5, &programme->days);
    }
    return take_number(&word, 3, &programme->minutes) > 0 && strcmp(word, "m") == 0 &&
           programme->minutes >= 1 && programme->minutes <= 240;
}

static bool read_programme(const char *text, struct programme *programme)
{
    programme->minutes = 30;
    programme->closing = true;
    programme->none = strcmp(text, "none") == 0;
    if (programme->none) {
        return true;
    }
    if (!take_hour(&text, programme->at)) {
        return false;
    }
    while (*text == ',') {
        char word[ITEM];
        text += 1 + strspn(text + 1, " ");
        const size_t size = strcspn(text, ",");
        if (size >= sizeof word) {
            return false;
        }
        memcpy(word, text, size);
        word[size] = '\0';
        text += size;
        if (!read_word(word, programme)) {
            return false;
        }
    }
    return *text == '\0';
}

static bool read_volumes(const char *text, struct span *spans, size_t *count)
{
    for (*count = 0; *count < SPANS; text++) {
        struct span *span = &spans[*count];
        if (!take_span(&text, span)) {
            return false;
        }
        text += strspn(text, " ");
        if (take_number(&text, 3, &span->percent) == 0 || span->percent > 100) {
            return false;
        }
        ++*count;
        if (*text == '\0') {
            return true;
        }
        if (*text != ',') {
            return false;
        }
        text += strspn(text + 1, " ");
    }
    return false;
}

static enum lt_code allow(bool right, const char *allowed, struct lt_error *error)
{
    return right ? LT_DONE : lt_fail(error, LT_BAD_USE, "allowed: %s", allowed);
}

enum lt_code hours_check_programme(const char *text, struct lt_error *error)
{
    struct programme one = {0};
    return allow(read_programme(text, &one), programme_form, error);
}

enum lt_code hours_check_span(const char *text, struct lt_error *error)
{
    struct span span;
    return allow(take_span(&text, &span) && *text == '\0', span_form, error);
}

enum lt_code hours_check_volume(const char *text, struct lt_error *error)
{
    struct span spans[SPANS];
    size_t count = 0;
    return allow(read_volumes(text, spans, &count), volume_form, error);
}

// That of the hamlet, else that of all; NULL: none.
static const char *of_area(const struct lt_option_map *map, const char *area)
{
    const char *own = lt_option_map_find(map, area);
    return own != NULL ? own : lt_option_map_find(map, all_hamlets);
}

static const char *name_of(const char *key)
{
    const char *slash = strchr(key, '/');
    return slash != NULL ? slash + 1 : key;
}

static bool is_of(const char *key, const char *area)
{
    const char *slash = strchr(key, '/');
    const size_t size = slash != NULL ? (size_t)(slash - key) : 0;
    return slash != NULL && strlen(area) == size && strncmp(key, area, size) == 0;
}

static bool is_overruled(const struct lt_option_map *map, const char *name, const char *area)
{
    for (size_t i = 0; i < map->count; i++) {
        if (is_of(map->items[i].name, area) && strcmp(name_of(map->items[i].name), name) == 0) {
            return true;
        }
    }
    return false;
}

// The programmes of an area, in the order of the file.
static enum lt_code list_programmes(const struct reading *reading, const char *area,
                                    struct programme *list, size_t *count)
{
    struct lt_option_pair usual_items[] = {{(char *)"sang", (char *)"05:00"},
                                           {(char *)"chieu", (char *)"17:00"}};
    const struct lt_option_map usual = {usual_items, 2};
    const struct lt_option_map *map =
        reading->hours->programmes.count > 0 ? &reading->hours->programmes : &usual;
    *count = 0;
    for (size_t i = 0; i < map->count; i++) {
        const char *key = map->items[i].name;
        const bool is_own = is_of(key, area);
        if (!is_own && (strchr(key, '/') != NULL || is_overruled(map, key, area))) {
            continue;
        }
        struct programme one = {.name = name_of(key)};
        if (!read_programme(map->items[i].text, &one) || *count == PROGRAMMES) {
            return wrong(reading, "programmes", key, map->items[i].text,
                         *count == PROGRAMMES ? "12 programmes a day" : programme_form);
        }
        if (!one.none) {
            list[(*count)++] = one;
        }
    }
    return LT_DONE;
}

static void pack_pair(struct lt_buffer *out, const char *key, const char *text)
{
    lt_pack_text(out, key);
    lt_pack_text(out, text);
}

static void pack_programme(struct lt_buffer *out, const struct programme *one)
{
    lt_pack_map(out, one->days != 0 ? 5 : 4);
    pack_pair(out, "name", one->name);
    pack_pair(out, "at", one->at);
    if (one->days != 0) {
        lt_pack_text(out, "days");
        lt_pack_array(out, (uint32_t)__builtin_popcount(one->days));
        for (unsigned day = 1; day <= DAYS; day++) {
            if ((one->days & (1U << day)) != 0) {
                lt_pack_uint(out, day);
            }
        }
    }
    lt_pack_text(out, "minutes");
    lt_pack_uint(out, (uint64_t)one->minutes);
    lt_pack_text(out, "closing");
    lt_pack_bool(out, one->closing);
}

static enum lt_code pack_span(const struct reading *reading, const char *key, const char *area,
                              const struct lt_option_map *map, const char *usual,
                              struct lt_buffer *out)
{
    struct span span = {0};
    const char *text = of_area(map, area) != NULL ? of_area(map, area) : usual;
    const char *rest = text;
    if (!take_span(&rest, &span) || *rest != '\0') {
        return wrong(reading, key, area, text, span_form);
    }
    lt_pack_text(out, key);
    lt_pack_map(out, 2);
    pack_pair(out, "from", span.from);
    pack_pair(out, "to", span.to);
    return LT_DONE;
}

static enum lt_code pack_volume(const struct reading *reading, const char *area,
                                struct lt_buffer *out)
{
    struct span spans[SPANS];
    size_t count = 0;
    const char *text = of_area(&reading->hours->volume, area);
    if (!read_volumes(text, spans, &count)) {
        return wrong(reading, "volume", area, text, volume_form);
    }
    lt_pack_text(out, "volume");
    lt_pack_array(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        lt_pack_map(out, 3);
        pack_pair(out, "from", spans[i].from);
        pack_pair(out, "to", spans[i].to);
        lt_pack_text(out, "percent");
        lt_pack_uint(out, (uint64_t)spans[i].percent);
    }
    return LT_DONE;
}

static enum lt_code pack_area(const struct reading *reading, const char *area,
                              struct lt_buffer *out)
{
    const struct lt_hours *hours = reading->hours;
    struct programme list[PROGRAMMES];
    size_t count = 0;
    enum lt_code code = list_programmes(reading, area, list, &count);
    if (code != LT_DONE) {
        return code;
    }
    const bool has_quiet = of_area(&hours->quiet, area) != NULL;
    const bool has_volume = of_area(&hours->volume, area) != NULL;
    lt_pack_map(out, 3U + (count > 0) + has_quiet + has_volume);
    pack_pair(out, "hamlet", area);
    if (count > 0) {
        lt_pack_text(out, "programmes");
        lt_pack_array(out, (uint32_t)count);
    }
    for (size_t i = 0; i < count; i++) {
        pack_programme(out, &list[i]);
    }
    code = pack_span(reading, "day", area, &hours->day, "06:00-21:00", out);
    if (code == LT_DONE && has_quiet) {
        code = pack_span(reading, "quiet", area, &hours->quiet, "", out);
    }
    if (code == LT_DONE && has_volume) {
        code = pack_volume(reading, area, out);
    }
    lt_pack_text(out, "repeat_minutes");
    lt_pack_uint(out, (uint64_t)(hours->repeat_ms / 60000));
    return code;
}

// The hamlet that a key names, added to the areas where it is new. It must be one that there is.
static enum lt_code add_area(const struct reading *reading, const struct lt_option_map *hamlets,
                             const char *map, const char *key, size_t size, const char **areas,
                             size_t *count)
{
    const char *names[AREAS] = {all_hamlets};
    size_t known = 1;
    char wanted[2 * ITEM];
    snprintf(wanted, sizeof wanted, "%.*s", (int)size, key);
    for (size_t i = 0; i < hamlets->count && known < AREAS; i++) {
        names[known++] = hamlets->items[i].name;
    }
    for (size_t i = 0; i < known; i++) {
        if (strcmp(names[i], wanted) != 0) {
            continue;
        }
        for (size_t k = 0; k < *count; k++) {
            if (strcmp(areas[k], wanted) == 0) {
                return LT_DONE;
            }
        }
        areas[(*count)++] = names[i];
        return LT_DONE;
    }
    const char *near = lt_nearest(wanted, names, known);
    return lt_fail(reading->error, LT_BAD_FILE,
                   "%s: loudspeakers.%s: '%s' is no hamlet; allowed: tat-ca, and those of "
                   "`hamlets`%s%s",
                   reading->path, map, wanted, near != NULL ? "; nearest: " : "",
                   near != NULL ? near : "");
}

static enum lt_code list_areas(const struct reading *reading, const struct lt_option_map *hamlets,
                               const char **areas, size_t *count)
{
    const struct lt_hours *hours = reading->hours;
    const struct {
        const char *name;
        const struct lt_option_map *map;
    } maps[] = {{"programmes", &hours->programmes},
                {"day", &hours->day},
                {"quiet", &hours->quiet},
                {"volume", &hours->volume}};
    enum lt_code code = LT_DONE;
    areas[0] = all_hamlets;
    *count = 1;
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        for (size_t k = 0; code == LT_DONE && k < maps[i].map->count; k++) {
            const char *key = maps[i].map->items[k].name;
            const bool has_hamlet = i > 0 || strchr(key, '/') != NULL;
            if (has_hamlet) {
                code =
                    add_area(reading, hamlets, maps[i].name, key, strcspn(key, "/"), areas, count);
            }
        }
    }
    return code;
}

enum lt_code lt_hours_pack(const struct lt_hours *hours, const struct lt_option_map *hamlets,
                           int utc_minutes, const char *path, struct lt_buffer *body,
                           struct lt_error *error)
{
    const struct reading reading = {hours, path, error};
    const char *areas[AREAS];
    size_t count = 0;
    struct lt_buffer unused = {.max = 1024 * 1024};
    struct lt_buffer *out = body != NULL ? body : &unused;
    enum lt_code code = list_areas(&reading, hamlets, areas, &count);
    lt_pack_map(out, 2);
    lt_pack_text(out, "utc_minutes");
    lt_pack_uint(out, (uint64_t)utc_minutes);
    lt_pack_text(out, "areas");
    lt_pack_array(out, (uint32_t)count);
    for (size_t i = 0; code == LT_DONE && i < count; i++) {
        code = pack_area(&reading, areas[i], out);
    }
    if (code == LT_DONE && out->failed) {
        code = lt_fail(error, LT_NO_MEMORY, "no memory for the hours of the loudspeakers");
    }
    lt_buffer_clear(&unused);
    return code;
}
