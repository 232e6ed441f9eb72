// Retention by type: what commune.yaml says under hub.keep, else the defaults here.
#include "keep.h"

#include <string.h>

#define DAY_MS UINT64_C(86400000)

static const struct {
    const char *type;
    uint64_t days; // 0: for ever
} defaults[] = {
    {"grant.v1", 0},     {"notice.v1", 365},       {"alert.v1", 1825},
    {"receipt.v1", 365}, {"approval.v1", 365},     {"time.v1", 1},
    {"health.v1", 14},   {"speaker-state.v1", 14}, {"speaker-hours.v1", 0},
};

enum { OTHERS_DAYS = 90 };

static uint64_t life(const struct lt_commune *commune, const char *type)
{
    const char *said = lt_option_map_find(&commune->hub.keep, type);
    int64_t ms = 0;
    if (said && lt_duration_parse(said, &ms) && ms > 0)
        return (uint64_t)ms;
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        if (strcmp(defaults[i].type, type) == 0)
            return defaults[i].days * DAY_MS;
    }
    return OTHERS_DAYS * DAY_MS;
}

uint64_t keep_until(const struct lt_commune *commune, const struct lt_part *part, uint64_t now)
{
    const struct lt_commune_limits *limits = &commune->hub.limits;
    char type[LT_TYPE_MAX + 1];
    memcpy(type, part->type.data, part->type.size);
    type[part->type.size] = '\0';
    uint64_t ms = life(commune, type);
    if (!ms)
        return 0;
    uint64_t until = now + ms;
    uint64_t comes_back = part->created + (uint64_t)(limits->age + limits->ahead) * 1000;
    if (strcmp(type, "time.v1") == 0)
        comes_back = 0; // the hub's own, and it does not send one twice
    if (until < comes_back)
        until = comes_back;
    if (until < part->expires)
        until = part->expires;
    if (until < part->deliver_at + DAY_MS)
        until = part->deliver_at + DAY_MS;
    return until;
}

enum lt_code keep_check(const struct lt_commune *commune, const lt_types *types,
                        struct lt_error *error)
{
    for (size_t i = 0; i < commune->hub.keep.count; i++) {
        const struct lt_option_pair *pair = &commune->hub.keep.items[i];
        int64_t ms = 0;
        if (!lt_types_find(types, lt_slice_of(pair->name)))
            return lt_fail(error, LT_BAD_FILE, "commune.yaml: hub.keep: '%.64s' is no type here",
                           pair->name);
        if (!lt_duration_parse(pair->text, &ms) || ms <= 0)
            return lt_fail(
                error, LT_BAD_FILE,
                "commune.yaml: hub.keep: %.64s: '%.32s' is no time; allowed: as 30d, 12h",
                pair->name, pair->text);
    }
    return LT_DONE;
}
