// Well made, and in time? (22, 23, 24, 25, 33)
#include "rooms.h"
#include "state/clock.h"

static bool in_time(struct passage *passage, const struct lt_limits *limits, uint64_t now)
{
    const struct lt_part *part = &passage->sealed.part;
    char created[CLOCK_TEXT], here[CLOCK_TEXT], expires[CLOCK_TEXT];
    bool keeps = lt_slice_is(part->type, "grant.v1") || lt_slice_is(part->type, "receipt.v1");
    clock_text(part->created, created);
    clock_text(now, here);
    if (part->created > now + limits->ahead * 1000)
        return passage_refuse(passage, LT_STALE,
                              "created %s, here it is %s: check the sender's clock", created, here);
    if (!keeps && part->created + limits->age * 1000 < now)
        return passage_refuse(passage, LT_STALE,
                              "created %s, here it is %s: too long ago to be new", created, here);
    if (part->expires && part->expires <= now) {
        clock_text(part->expires, expires);
        return passage_refuse(passage, LT_EXPIRED, "expired %s, here it is %s", expires, here);
    }
    return true;
}

bool validate(struct passage *passage, const lt_types *types, const struct lt_limits *limits,
              uint64_t now)
{
    const struct lt_part *part = &passage->sealed.part;
    struct lt_error error = {0};
    if (part->label >= LT_MAT)
        return passage_refuse(passage, LT_SECRET,
                              "secret matter is not carried; nothing of it was kept");
    const struct lt_type *type = lt_types_find(types, part->type);
    if (!type)
        return passage_refuse(passage, LT_UNKNOWN_TYPE, "type %.*s is not known here",
                              (int)part->type.size, (const char *)part->type.data);
    enum lt_code code = lt_type_check(type, part, &error);
    if (code != LT_DONE)
        return passage_refuse(passage, code, "%s", error.text);
    return in_time(passage, limits, now);
}
