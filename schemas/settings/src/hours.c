// Each hamlet that is named gets an area of its own, whole, so that a loudspeaker needs to look at one only.
#include "lienthon/settings/hours.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/pack.h>

#include "hours.h"

enum { AREAS = 65, ITEM = 64, DAYS = 7, HOUR_TEXT = 8, MINUTE_MS = 60000 };

static const char all_hamlets[] = "tat-ca";
struct reading {
    const struct lt_hours *hours;
    const char *path;
    struct lt_error *error;
};

static enum lt_code wrong(const struct reading *reading, const char *key, const char *name,
                          const char *text, const char *allowed)
{
    return lt_fail_whole(reading->error, LT_BAD_FILE,
                         "%s: loudspeakers.%s.%s: '%s' is wrong; allowed: %s", reading->path, key,
                         name, text, allowed);
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
                                    struct lt_hours_named *list, size_t *count)
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
        struct lt_hours_named one = {.name = name_of(key)};
        if (!lt_hours_read_programme(map->items[i].text, &one.read) ||
            *count == LT_HOURS_PROGRAMMES) {
            return wrong(reading, "programmes", key, map->items[i].text,
                         *count == LT_HOURS_PROGRAMMES ? "12 programmes a day"
                                                       : hours_programme_form);
        }
        if (!one.read.none) {
            list[(*count)++] = one;
        }
    }
    return LT_DONE;
}

enum lt_code lt_hours_programmes(const struct lt_hours *hours, const char *hamlet, const char *path,
                                 struct lt_hours_named list[LT_HOURS_PROGRAMMES], size_t *count,
                                 struct lt_error *error)
{
    const struct reading reading = {hours, path, error};
    return list_programmes(&reading, hamlet, list, count);
}

static void pack_pair(struct lt_buffer *out, const char *key, const char *text)
{
    lt_pack_text(out, key);
    lt_pack_text(out, text);
}

static void pack_hour(struct lt_buffer *out, const char *key, unsigned minute)
{
    char text[HOUR_TEXT];
    snprintf(text, sizeof text, "%02u:%02u", minute / 60 % 24, minute % 60);
    pack_pair(out, key, text);
}

static void pack_programme(struct lt_buffer *out, const char *name,
                           const struct lt_hours_programme *one)
{
    lt_pack_map(out, one->days != 0 ? 5 : 4);
    pack_pair(out, "name", name);
    pack_hour(out, "at", one->at);
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
    lt_pack_uint(out, one->minutes);
    lt_pack_text(out, "closing");
    lt_pack_bool(out, one->closing);
}

static enum lt_code pack_span(const struct reading *reading, const char *key, const char *area,
                              const struct lt_option_map *map, const char *usual,
                              struct lt_buffer *out)
{
    struct lt_hours_span span = {0};
    const char *text = of_area(map, area) != NULL ? of_area(map, area) : usual;
    if (!lt_hours_read_span(text, &span)) {
        return wrong(reading, key, area, text, hours_span_form);
    }
    lt_pack_text(out, key);
    lt_pack_map(out, 2);
    pack_hour(out, "from", span.from);
    pack_hour(out, "to", span.to);
    return LT_DONE;
}

static enum lt_code pack_volume(const struct reading *reading, const char *area,
                                struct lt_buffer *out)
{
    struct lt_hours_span spans[LT_HOURS_VOLUMES];
    size_t count = 0;
    const char *text = of_area(&reading->hours->volume, area);
    if (!lt_hours_read_volume(text, spans, &count)) {
        return wrong(reading, "volume", area, text, hours_volume_form);
    }
    lt_pack_text(out, "volume");
    lt_pack_array(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        lt_pack_map(out, 3);
        pack_hour(out, "from", spans[i].from);
        pack_hour(out, "to", spans[i].to);
        lt_pack_text(out, "percent");
        lt_pack_uint(out, spans[i].percent);
    }
    return LT_DONE;
}

static enum lt_code pack_area(const struct reading *reading, const char *area,
                              struct lt_buffer *out)
{
    const struct lt_hours *hours = reading->hours;
    struct lt_hours_named list[LT_HOURS_PROGRAMMES];
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
        pack_programme(out, list[i].name, &list[i].read);
    }
    code = pack_span(reading, "day", area, &hours->day, "06:00-21:00", out);
    if (code == LT_DONE && has_quiet) {
        code = pack_span(reading, "quiet", area, &hours->quiet, "", out);
    }
    if (code == LT_DONE && has_volume) {
        code = pack_volume(reading, area, out);
    }
    lt_pack_text(out, "repeat_minutes");
    // Less than a minute is not never.
    lt_pack_uint(out, (uint64_t)((hours->repeat_ms + MINUTE_MS - 1) / MINUTE_MS));
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
    return lt_fail_whole(reading->error, LT_BAD_FILE,
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
