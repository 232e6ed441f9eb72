// In the order in which a message would meet it.
#include "ruling.h"

#include <stdio.h>
#include <string.h>

static struct ruling close_with(const char *outcome, const char *detail)
{
    return (struct ruling){.kind = RULING_CLOSE, .outcome = outcome, .detail = detail};
}

static struct ruling wait_for(const char *what)
{
    return (struct ruling){.kind = RULING_WAIT, .detail = what};
}

static bool is_understood(const struct lt_bridge *bridge, struct lt_slice type)
{
    for (size_t i = 0; bridge->types && bridge->types[i]; i++)
        if (lt_slice_is(type, bridge->types[i]))
            return true;
    return !bridge->types;
}

// Brought in from the same far side by another instance: `<bridge>:<far side>/…`, as lt_bridge_publish writes it.
static bool is_echo(const struct lt_bridge_host *host, struct lt_slice origin)
{
    const char *far_side = host->instance.settings.far_side;
    char start[LT_ORIGIN_MAX + 1];
    if (!far_side || !origin.size)
        return false;
    int size = snprintf(start, sizeof start, "%s:%s/", host->instance.bridge->name, far_side);
    return size > 0 && (size_t)size <= origin.size && (size_t)size < sizeof start &&
           memcmp(origin.data, start, (size_t)size) == 0;
}

static struct ruling of_obeyed(const struct lt_bridge_host *host, const struct target *target,
                               const struct lt_part *part)
{
    // Schema, retain, max_life and label: enforced here too, since the hub that should have is not believed.
    struct ruling ruling = {.kind = RULING_REFUSE};
    const struct lt_type *type = lt_types_find(host->types, part->type);
    if (type && lt_type_check(type, part, &ruling.error) != LT_DONE)
        return ruling;
    if (lt_slice_is(part->type, "approval.v1"))
        ruling = close_with("done", NULL);
    else if (part->relation == LT_CANCELS)
        ruling = close_with("done", "cancelled");
    // What the bridge itself has said came from its far side, which knows it already.
    else if (lt_slice_is(part->from, host->instance.identity.principal) ||
             !is_understood(host->instance.bridge, part->type) ||
             !applies_to_us(&target->applies, part))
        ruling = close_with("skipped", "not-for-us");
    else if (is_echo(host, part->origin))
        ruling = close_with("skipped", "echo");
    else if (part->flags & LT_DRILL)
        ruling = close_with("skipped", "drill");
    else
        ruling = (struct ruling){.kind = RULING_GIVE};
    ruling.obeyed = true;
    return ruling;
}

// Without a clock nothing routine is judged before a sealed time was heard; what stops another is never held.
static bool waits_for_the_time(const struct lt_bridge_host *host, const struct lt_part *part,
                               enum lt_code verdict)
{
    if (!host->instance.settings.clockless || part->priority > LT_THUONG ||
        part->relation == LT_CANCELS || lt_slice_is(part->type, "approval.v1"))
        return false;
    return verdict == LT_DONE || verdict == LT_STALE || verdict == LT_EXPIRED;
}

struct ruling ruling_of(const struct lt_bridge_host *host, const struct target *target,
                        const struct lt_part *part, enum lt_code verdict, const char *text,
                        bool has_time)
{
    if (!has_time && waits_for_the_time(host, part, verdict))
        return wait_for("time");
    switch (verdict) {
    case LT_DONE:
        return of_obeyed(host, target, part);
    case LT_DONE_BEFORE:
        return close_with(NULL, NULL);
    case LT_NOT_DUE:
        return wait_for("hour");
    case LT_ONE_HAND:
        return wait_for("second-hand");
    case LT_CANCELLED:
        return close_with("skipped", "cancelled");
    case LT_EXPIRED:
        return close_with("skipped", "expired");
    default:
        break;
    }
    struct ruling ruling = {.kind = RULING_REFUSE};
    lt_fail(&ruling.error, verdict, "%s", text);
    return ruling;
}
